internal import Core

extension StoreState {
  /// Stores an event, what archives keep of it, and the deliveries that its rules demand.
  ///
  /// - Parameter rules: only these, of a replay that names some.
  func accept(_ event: AcceptedEvent, rules only: Set<String>? = nil, now: Timestamp) throws {
    var rules = try rules(of: event.bus, matching: event.body)
    if let only { rules.removeAll { !only.contains($0) } }
    let sequence = try insert(event, rulesMatched: rules.count, now: now)
    for rule in rules {
      try addDeliveries(sequence, bus: event.bus, rule: rule, now: now)
    }
    guard event.replay == nil else { return }
    for archive in try archives(of: event.bus, matching: event.body) {
      try database.run(
        """
        INSERT INTO archived_event (archive, event_time, accepted_at, body) VALUES (?, ?, ?, ?)
        """,
        [
          .text(archive), .integer(event.time.microseconds), .integer(now.microseconds),
          .blob(event.body),
        ])
    }
  }

  /// Stores an event for the targets of one rule, whatever its pattern: a schedule's.
  func accept(_ event: AcceptedEvent, for rule: String, now: Timestamp) throws {
    let sequence = try insert(event, rulesMatched: 1, now: now)
    try addDeliveries(sequence, bus: event.bus, rule: rule, now: now)
  }

  private func insert(
    _ event: AcceptedEvent, rulesMatched: Int, now: Timestamp
  ) throws -> Int64 {
    try database.run(
      """
      INSERT INTO event
        (id, bus, source, detail_type, event_time, accepted_at, replay, rules_matched, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(event.id), .text(event.bus), .text(event.source), .text(event.detailType),
        .integer(event.time.microseconds), .integer(now.microseconds),
        .text(optional: event.replay), .int(rulesMatched), .blob(event.body),
      ])
    return database.lastRowID
  }

  private func addDeliveries(
    _ event: Int64, bus: String, rule: String, now: Timestamp
  ) throws {
    let time = SQLiteValue.integer(now.microseconds)
    for target in try database.query(
      "SELECT id FROM target WHERE bus = ? AND rule = ?", [.text(bus), .text(rule)])
    {
      let id = target.string(0)
      try database.run(
        """
        INSERT INTO delivery (event, bus, rule, target, attempts, accepted_at, due_at)
        VALUES (?, ?, ?, ?, 0, ?, ?)
        """, [.integer(event), .text(bus), .text(rule), .text(id), time, time])
      newLanes.insert(Lane(bus: bus, rule: rule, target: id))
    }
  }

  /// Removes events that were delivered, but for the newest.
  func pruneEvents(keeping count: Int) throws {
    try database.run(
      """
      DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?
        AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event = event.seq)
      """, [.int(count)])
  }
}

/// One target of one rule: what waits for it waits for nobody else.
struct Lane: Hashable, Sendable {
  var bus: String
  var rule: String
  var target: String

  var values: [SQLiteValue] { [.text(bus), .text(rule), .text(target)] }
}
