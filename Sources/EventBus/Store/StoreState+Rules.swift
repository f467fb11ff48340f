internal import Core

extension StoreState {
  func rule(_ name: String, bus: String) throws -> RuleRecord {
    guard
      let record = try rules(where: "bus = ? AND name = ?", [.text(bus), .text(name)]).first
    else {
      throw EventBusError.notFound("Rule \(name) does not exist on EventBus \(bus).")
    }
    return record
  }

  func rules(bus: String) throws -> [RuleRecord] {
    try rules(where: "bus = ?", [.text(bus)])
  }

  func rules(where condition: String, _ values: [SQLiteValue]) throws -> [RuleRecord] {
    try database.query(
      """
      SELECT bus, name, pattern, schedule, is_enabled, attributes, created_at FROM rule
       WHERE \(condition) ORDER BY name
      """, values
    ).map { row in
      let attributes = row.object(5)
      return RuleRecord(
        bus: row.string(0), name: row.string(1), pattern: row.text(2), schedule: row.text(3),
        state: row.int(4) == 0 ? "DISABLED" : attributes["State"]?.text ?? "ENABLED",
        attributes: attributes, createdAt: row.time(6))
    }
  }

  /// Makes a rule, or gives one another definition; its targets stay.
  func put(_ rule: RuleRecord, max: Int, now: Timestamp) throws {
    _ = try bus(rule.bus)
    let pattern = try rule.pattern.map { text in
      do throws(PatternError) {
        return try EventPattern(text)
      } catch {
        throw EventBusError.invalidPattern(error)
      }
    }
    var nextAt: Timestamp?
    if let schedule = rule.schedule {
      guard rule.bus == "default" else {
        throw EventBusError.invalid(
          "ScheduleExpression is supported only on the default event bus.")
      }
      guard let parsed = try? Schedule(schedule) else {
        throw EventBusError.invalid("Parameter ScheduleExpression is not valid.")
      }
      nextAt = parsed.next(after: now)
    }
    let known = try database.query(
      "SELECT 1 FROM rule WHERE bus = ? AND name = ?", [.text(rule.bus), .text(rule.name)])
    if known.isEmpty {
      let count = try database.query(
        "SELECT count(*) FROM rule WHERE bus = ?", [.text(rule.bus)]
      ).first?.int(0)
      guard count ?? 0 < max else {
        throw EventBusError.limitExceeded(
          "The requested resource exceeds the maximum number allowed.")
      }
    }
    var attributes = rule.attributes
    attributes["State"] = rule.isEnabled ? .string(rule.state) : nil
    try database.run(
      """
      INSERT INTO rule (bus, name, pattern, schedule, is_enabled, attributes, created_at, next_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (bus, name) DO UPDATE SET pattern = excluded.pattern,
        schedule = excluded.schedule, is_enabled = excluded.is_enabled,
        attributes = excluded.attributes, next_at = excluded.next_at
      """,
      [
        .text(rule.bus), .text(rule.name), .text(optional: rule.pattern),
        .text(optional: rule.schedule), .int(rule.isEnabled ? 1 : 0), .object(attributes),
        .integer(now.microseconds), nextAt.map { .integer($0.microseconds) } ?? .null,
      ])
    note(rule: rule.name, of: rule.bus, rule.isEnabled ? pattern : nil)
  }

  func set(enabled: Bool, rule name: String, bus: String, now: Timestamp) throws {
    _ = try self.bus(bus)
    var record = try rule(name, bus: bus)
    record.state = enabled ? "ENABLED" : "DISABLED"
    try put(record, max: .max, now: now)
  }

  func delete(rule name: String, bus: String, arns: EventARNs) throws {
    _ = try self.bus(bus)
    guard (try? rule(name, bus: bus)) != nil else { return }
    guard try targets(rule: name, bus: bus).isEmpty else {
      throw EventBusError.invalid("Rule can't be deleted since it has targets.")
    }
    try database.run("DELETE FROM rule WHERE bus = ? AND name = ?", [.text(bus), .text(name)])
    try removeTags(of: arns.rule(name, bus: bus))
    note(rule: name, of: bus, nil)
  }

  // MARK: Targets

  func targets(rule: String, bus: String) throws -> [TargetDefinition] {
    try database.query(
      "SELECT definition FROM target WHERE bus = ? AND rule = ? ORDER BY id",
      [.text(bus), .text(rule)]
    ).map { try TargetDefinition(stored: $0.string(0)) }
  }

  func put(_ targets: [TargetDefinition], rule name: String, bus: String, max: Int) throws {
    _ = try self.bus(bus)
    _ = try rule(name, bus: bus)
    for target in targets {
      try database.run(
        """
        INSERT OR REPLACE INTO target (bus, rule, id, arn, definition) VALUES (?, ?, ?, ?, ?)
        """,
        [
          .text(bus), .text(name), .text(target.id), .text(target.arn),
          .text(target.json.serializedText),
        ])
    }
    guard try self.targets(rule: name, bus: bus).count <= max else {
      throw EventBusError.limitExceeded(
        "The requested resource exceeds the maximum number allowed.")
    }
  }

  /// - Returns: those of the ids that the rule has no target for.
  func remove(targets ids: [String], rule name: String, bus: String) throws -> [String] {
    _ = try self.bus(bus)
    _ = try rule(name, bus: bus)
    return try ids.filter { id in
      try database.run(
        "DELETE FROM target WHERE bus = ? AND rule = ? AND id = ?",
        [.text(bus), .text(name), .text(id)]) == 0
    }
  }

  func ruleNames(target arn: String, bus: String) throws -> [String] {
    try database.query(
      "SELECT DISTINCT rule FROM target WHERE bus = ? AND arn = ? ORDER BY rule",
      [.text(bus), .text(arn)]
    ).map { $0.string(0) }
  }
}
