internal import Core

extension StoreState {
  func deadLetters(_ choice: DeadLetterChoice) throws -> [DeadLetter] {
    let (condition, values) = choice.condition
    return try database.query(
      """
      SELECT id, event_id, bus, rule, target, target_arn, source, detail_type, event_time,
             accepted_at, died_at, attempts, error_code, error, exhausted, body
        FROM dead_letter WHERE \(condition) ORDER BY id
      """, values
    ).map { row in
      DeadLetter(
        id: row.integer(0) ?? 0, eventID: row.string(1), bus: row.string(2), rule: row.string(3),
        target: row.string(4), targetARN: row.text(5), source: row.string(6),
        detailType: row.string(7), eventTime: row.time(8), acceptedAt: row.time(9),
        diedAt: row.time(10), attempts: row.int(11), errorCode: row.string(12),
        error: row.string(13), exhausted: row.text(14), event: row.blob(15))
    }
  }

  /// Gives dead letters another life: a delivery each, with all its attempts before it.
  ///
  /// - Returns: how many, and how many stay because their target is gone.
  func redrive(_ choice: DeadLetterChoice, now: Timestamp) throws -> (redriven: Int, kept: Int) {
    var (redriven, kept) = (0, 0)
    for letter in try deadLetters(choice) {
      let lane = Lane(bus: letter.bus, rule: letter.rule, target: letter.target)
      guard try definition(lane) != nil else {
        kept += 1
        continue
      }
      try database.run(
        """
        INSERT INTO event (id, bus, source, detail_type, event_time, accepted_at, replay,
          rules_matched, body)
        SELECT event_id, bus, source, detail_type, event_time, ?, replay, 1, body
          FROM dead_letter WHERE id = ?
        """, [.integer(now.microseconds), .integer(letter.id)])
      try database.run(
        """
        INSERT INTO delivery (event, bus, rule, target, attempts, accepted_at, due_at)
        VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5)
        """, [.integer(database.lastRowID)] + lane.values + [.integer(now.microseconds)])
      try database.run("DELETE FROM dead_letter WHERE id = ?", [.integer(letter.id)])
      newLanes.insert(lane)
      redriven += 1
    }
    return (redriven, kept)
  }

  func purge(_ choice: DeadLetterChoice) throws -> Int {
    let (condition, values) = choice.condition
    return try database.run("DELETE FROM dead_letter WHERE \(condition)", values)
  }

  func events(limit: Int) throws -> [EventFact] {
    try database.query(
      """
      SELECT seq, id, bus, source, detail_type, event_time, accepted_at, replay, rules_matched,
             (SELECT count(*) FROM delivery d WHERE d.event = e.seq), body
        FROM event e ORDER BY seq DESC LIMIT ?
      """, [.int(limit)]
    ).map { row in
      EventFact(
        sequence: row.integer(0) ?? 0, id: row.string(1), bus: row.string(2),
        source: row.string(3), detailType: row.string(4), time: row.time(5),
        acceptedAt: row.time(6), replay: row.text(7), rulesMatched: row.int(8),
        pending: row.int(9), body: row.blob(10))
    }
  }

  func deliveries(limit: Int) throws -> [DeliveryFact] {
    try database.query(
      """
      SELECT d.seq, e.id, d.bus, d.rule, d.target, t.arn, d.attempts, d.accepted_at, d.due_at,
             d.error_code, d.error
        FROM delivery d JOIN event e ON e.seq = d.event
        LEFT JOIN target t ON t.bus = d.bus AND t.rule = d.rule AND t.id = d.target
       ORDER BY d.due_at, d.seq LIMIT ?
      """, [.int(limit)]
    ).map { row in
      DeliveryFact(
        sequence: row.integer(0) ?? 0, eventID: row.string(1), bus: row.string(2),
        rule: row.string(3), target: row.string(4), targetARN: row.text(5), attempts: row.int(6),
        acceptedAt: row.time(7), dueAt: row.time(8), errorCode: row.text(9), error: row.text(10))
    }
  }

  /// By bus and rule, joined by a slash: how many rows of a table there are.
  func counts(of table: String) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for row in try database.query("SELECT bus, rule, count(*) FROM \(table) GROUP BY bus, rule") {
      counts[row.string(0) + "/" + row.string(1)] = row.int(2)
    }
    return counts
  }
}
