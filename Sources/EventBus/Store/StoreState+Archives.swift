internal import Core

extension StoreState {
  // MARK: Archives

  func archives(where condition: String, _ values: [SQLiteValue]) throws -> [ArchiveRecord] {
    try database.query(
      """
      SELECT name, bus, pattern, description, retention_days, created_at,
             (SELECT count(*) FROM archived_event e WHERE e.archive = a.name),
             (SELECT coalesce(sum(length(body)), 0) FROM archived_event e
               WHERE e.archive = a.name)
        FROM archive a WHERE \(condition) ORDER BY name
      """, values
    ).map { row in
      ArchiveRecord(
        name: row.string(0), bus: row.string(1), pattern: row.text(2), description: row.text(3),
        retentionDays: row.int(4), createdAt: row.time(5), eventCount: row.int(6),
        byteCount: row.int(7))
    }
  }

  func archive(_ name: String) throws -> ArchiveRecord {
    guard let record = try archives(where: "name = ?", [.text(name)]).first else {
      throw EventBusError.notFound("Archive \(name) does not exist.")
    }
    return record
  }

  func create(_ archive: ArchiveRecord) throws {
    _ = try bus(archive.bus)
    guard try archives(where: "name = ?", [.text(archive.name)]).isEmpty else {
      throw EventBusError.exists("Archive \(archive.name) already exists.")
    }
    try check(archive.pattern)
    try database.run(
      """
      INSERT INTO archive (name, bus, pattern, description, retention_days, created_at)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      [
        .text(archive.name), .text(archive.bus), .text(optional: archive.pattern),
        .text(optional: archive.description), .int(archive.retentionDays),
        .integer(archive.createdAt.microseconds),
      ])
    forgetArchives(of: archive.bus)
  }

  func update(_ archive: ArchiveRecord) throws {
    try check(archive.pattern)
    try database.run(
      "UPDATE archive SET pattern = ?, description = ?, retention_days = ? WHERE name = ?",
      [
        .text(optional: archive.pattern), .text(optional: archive.description),
        .int(archive.retentionDays), .text(archive.name),
      ])
    forgetArchives(of: archive.bus)
  }

  func delete(archive name: String, arns: EventARNs) throws {
    let record = try archive(name)
    try database.run("DELETE FROM archive WHERE name = ?", [.text(name)])
    try removeTags(of: arns.archive(name))
    forgetArchives(of: record.bus)
  }

  private func check(_ pattern: String?) throws {
    guard let pattern else { return }
    do throws(PatternError) {
      _ = try EventPattern(pattern)
    } catch {
      throw EventBusError.invalidPattern(error)
    }
  }

  /// Removes archived events that are older than their archive keeps them.
  func expireArchives(now: Timestamp) throws {
    try database.run(
      """
      DELETE FROM archived_event WHERE seq IN (
        SELECT e.seq FROM archived_event e JOIN archive a ON a.name = e.archive
         WHERE a.retention_days > 0
           AND e.event_time < ? - a.retention_days * 86400000000 LIMIT 10000)
      """, [.integer(now.microseconds)])
  }

  // MARK: Replays

  func replays(where condition: String, _ values: [SQLiteValue]) throws -> [ReplayRecord] {
    try database.query(
      """
      SELECT name, archive, definition, state, reason, from_time, to_time, last_time, started_at,
             ended_at
        FROM replay WHERE \(condition) ORDER BY name
      """, values
    ).map { row in
      ReplayRecord(
        name: row.string(0), archive: row.string(1), definition: row.object(2),
        state: row.string(3), reason: row.text(4), from: row.time(5), to: row.time(6),
        lastReplayed: row.time(optional: 7), startedAt: row.time(8),
        endedAt: row.time(optional: 9))
    }
  }

  func replay(_ name: String) throws -> ReplayRecord {
    guard let record = try replays(where: "name = ?", [.text(name)]).first else {
      throw EventBusError.notFound("Replay \(name) does not exist.")
    }
    return record
  }

  func start(_ replay: ReplayRecord) throws {
    guard try replays(where: "name = ?", [.text(replay.name)]).isEmpty else {
      throw EventBusError.exists("Replay \(replay.name) already exists.")
    }
    try database.run(
      """
      INSERT INTO replay (name, archive, definition, state, from_time, to_time, last_time,
        last_seq, replayed, started_at)
      VALUES (?, ?, ?, 'STARTING', ?, ?, NULL, 0, 0, ?)
      """,
      [
        .text(replay.name), .text(replay.archive), .object(replay.definition),
        .integer(replay.from.microseconds), .integer(replay.to.microseconds),
        .integer(replay.startedAt.microseconds),
      ])
  }

  func cancel(replay name: String) throws {
    let record = try replay(name)
    guard ["STARTING", "RUNNING"].contains(record.state) else {
      throw EventBusError.illegalStatus(
        "Replay \(name) is not in a valid state for this operation.")
    }
    try database.run("UPDATE replay SET state = 'CANCELLING' WHERE name = ?", [.text(name)])
  }

  private func end(replay name: String, _ state: String, _ reason: String?, now: Timestamp) throws {
    try database.run(
      "UPDATE replay SET state = ?, reason = ?, ended_at = ? WHERE name = ?",
      [
        .text(state), .text(optional: reason), .integer(now.microseconds), .text(name),
      ])
  }

  /// Events of one step of a replay. Steps are whole transactions: after a crash a replay goes on
  /// where the last one ended, and no event is replayed twice.
  private static let replayStep = 200

  /// Takes one step of one replay.
  ///
  /// - Returns: whether there is more to do.
  func stepReplay(now: Timestamp) throws -> Bool {
    guard
      let replay = try replays(where: "state IN ('STARTING', 'RUNNING', 'CANCELLING')", []).first
    else { return false }
    if replay.state == "CANCELLING" {
      try end(replay: replay.name, "CANCELLED", nil, now: now)
      return true
    }
    guard let archive = try archives(where: "name = ?", [.text(replay.archive)]).first else {
      try end(
        replay: replay.name, "FAILED", "Archive \(replay.archive) does not exist.", now: now)
      return true
    }
    let last = try database.query(
      "SELECT last_seq FROM replay WHERE name = ?", [.text(replay.name)])
    let events = try database.query(
      """
      SELECT seq, event_time, body FROM archived_event
       WHERE archive = ? AND event_time < ? AND (event_time, seq) > (?, ?)
       ORDER BY event_time, seq LIMIT \(Self.replayStep)
      """,
      [
        .text(replay.archive), .integer(replay.to.microseconds),
        .integer(replay.lastReplayed?.microseconds ?? replay.from.microseconds - 1),
        .integer(replay.lastReplayed == nil ? .max : last.first?.integer(0) ?? 0),
      ])
    let rules = replay.definition["Destination"]?["FilterArns"]?.elements.map { arns in
      Set(arns.compactMap { $0.text.flatMap(EventARNs.rule)?.rule })
    }
    for row in events {
      if let event = AcceptedEvent(replaying: row.blob(2), bus: archive.bus, replay: replay.name) {
        try accept(event, rules: rules, now: now)
      }
    }
    if let row = events.last {
      try database.run(
        """
        UPDATE replay SET state = 'RUNNING', last_time = ?, last_seq = ?, replayed = replayed + ?
         WHERE name = ?
        """,
        [
          .integer(row.integer(1) ?? 0), .integer(row.integer(0) ?? 0), .int(events.count),
          .text(replay.name),
        ])
    }
    if events.count < Self.replayStep {
      try end(replay: replay.name, "COMPLETED", nil, now: now)
    }
    return true
  }
}
