internal import Core

/// A delivery that is due, as it is stored.
struct DueDelivery: Sendable {
  var sequence: Int64
  var lane: Lane
  var eventID: String
  var replay: String?
  var body: [UInt8]
  /// Attempts that failed.
  var attempts: Int
  var acceptedAt: Timestamp
}

extension StoreState {
  /// Every target that something waits for.
  func lanes() throws -> Set<Lane> {
    Set(
      try database.query("SELECT DISTINCT bus, rule, target FROM delivery").map {
        Lane(bus: $0.string(0), rule: $0.string(1), target: $0.string(2))
      })
  }

  /// The targets that got something to wait for since the last call.
  func takeNewLanes() -> Set<Lane> {
    defer { newLanes = [] }
    return newLanes
  }

  /// What is due for a target, the longest due first.
  func due(_ lane: Lane, at now: Timestamp, limit: Int) throws -> [DueDelivery] {
    try database.query(
      """
      SELECT d.seq, e.id, e.replay, e.body, d.attempts, d.accepted_at
        FROM delivery d JOIN event e ON e.seq = d.event
       WHERE d.bus = ? AND d.rule = ? AND d.target = ? AND d.due_at <= ?
       ORDER BY d.due_at, d.seq LIMIT ?
      """, lane.values + [.integer(now.microseconds), .int(limit)]
    ).map { row in
      DueDelivery(
        sequence: row.integer(0) ?? 0, lane: lane, eventID: row.string(1), replay: row.text(2),
        body: row.blob(3), attempts: row.int(4),
        acceptedAt: Timestamp(microseconds: row.integer(5) ?? 0))
    }
  }

  /// When the next delivery to a target is due that is not yet; nil if none waits.
  func nextDue(_ lane: Lane, after now: Timestamp) throws -> Timestamp? {
    try database.query(
      """
      SELECT min(due_at) FROM delivery WHERE bus = ? AND rule = ? AND target = ? AND due_at > ?
      """, lane.values + [.integer(now.microseconds)]
    ).first?.integer(0).map { Timestamp(microseconds: $0) }
  }

  func definition(_ lane: Lane) throws -> TargetDefinition? {
    try database.query(
      "SELECT definition FROM target WHERE bus = ? AND rule = ? AND id = ?", lane.values
    ).first.map { try TargetDefinition(stored: $0.string(0)) }
  }

  func finish(_ delivery: DueDelivery) throws {
    try database.run("DELETE FROM delivery WHERE seq = ?", [.integer(delivery.sequence)])
  }

  func postpone(_ delivery: DueDelivery, to time: Timestamp, _ error: DeliveryError) throws {
    try database.run(
      """
      UPDATE delivery SET attempts = attempts + 1, due_at = ?, error_code = ?, error = ?
       WHERE seq = ?
      """,
      [
        .integer(time.microseconds), .text(error.code.rawValue), .text(error.message),
        .integer(delivery.sequence),
      ])
    newLanes.insert(delivery.lane)
  }

  /// Moves a delivery to the dead-letter queue.
  ///
  /// - Parameters:
  ///   - exhausted: the limit of the retry policy that ended it, if one did.
  ///   - attempts: how many failed.
  func bury(
    _ delivery: DueDelivery, _ error: DeliveryError, exhausted: String?, attempts: Int,
    now: Timestamp
  ) throws {
    try database.run(
      """
      INSERT INTO dead_letter
        (event_id, bus, rule, target, target_arn, source, detail_type, event_time, replay,
         accepted_at, died_at, attempts, error_code, error, exhausted, body)
      SELECT e.id, d.bus, d.rule, d.target, t.arn, e.source, e.detail_type, e.event_time, e.replay,
             d.accepted_at, ?, ?, ?, ?, ?, e.body
        FROM delivery d JOIN event e ON e.seq = d.event
        LEFT JOIN target t ON t.bus = d.bus AND t.rule = d.rule AND t.id = d.target
       WHERE d.seq = ?
      """,
      [
        .integer(now.microseconds), .int(attempts),
        .text(error.code.rawValue), .text(error.message), .text(optional: exhausted),
        .integer(delivery.sequence),
      ])
    try finish(delivery)
  }

  // MARK: Schedules

  /// The enabled rules with a schedule whose time has come.
  func schedulesDue(at now: Timestamp) throws -> [(rule: String, text: String, at: Timestamp)] {
    try database.query(
      """
      SELECT name, schedule, next_at FROM rule
       WHERE bus = 'default' AND is_enabled AND next_at <= ? ORDER BY next_at
      """, [.integer(now.microseconds)]
    ).map { ($0.string(0), $0.string(1), Timestamp(microseconds: $0.integer(2) ?? 0)) }
  }

  func nextSchedule() throws -> Timestamp? {
    try database.query("SELECT min(next_at) FROM rule WHERE is_enabled").first?.integer(0)
      .map { Timestamp(microseconds: $0) }
  }

  func setNext(_ time: Timestamp?, rule: String) throws {
    try database.run(
      "UPDATE rule SET next_at = ? WHERE bus = 'default' AND name = ?",
      [time.map { .integer($0.microseconds) } ?? .null, .text(rule)])
  }
}
