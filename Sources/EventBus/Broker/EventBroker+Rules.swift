package import Core

/// What clients ask for, one transaction each. Names of buses may be ARNs, and nil is the default
/// bus. Errors are in EventBridge's words.
extension EventBroker {
  // MARK: Buses

  package func createBus(_ name: String, _ attributes: JSONObject) async throws(EventBusError) {
    let (now, max) = (clock.now(), configuration.limits.busesMax)
    try await write { try $0.create(bus: name, attributes, max: max, now: now) }
  }

  package func updateBus(_ name: String?, _ attributes: JSONObject) async throws(EventBusError) {
    let (now, bus) = (clock.now(), EventARNs.busName(name))
    try await write { try $0.update(bus: bus, attributes, policy: nil, now: now) }
  }

  package func deleteBus(_ name: String) async throws(EventBusError) {
    let (arns, bus) = (arns, EventARNs.busName(name))
    try await write { try $0.delete(bus: bus, arns: arns) }
  }

  package func bus(_ name: String?) async throws(EventBusError) -> BusRecord {
    let bus = EventARNs.busName(name)
    return try await read { try $0.bus(bus) }
  }

  package func buses() async throws(EventBusError) -> [BusRecord] {
    try await read { try $0.buses() }
  }

  /// - Parameter change: gets the policy, and gives the new one; nil is none.
  package func changePolicy(
    of name: String?, _ change: @escaping @Sendable (String?) throws(EventBusError) -> String?
  ) async throws(EventBusError) {
    let (now, bus) = (clock.now(), EventARNs.busName(name))
    try await write { state in
      let policy = try change(try state.bus(bus).policy)
      try state.update(bus: bus, policy: .some(policy), now: now)
    }
  }

  // MARK: Rules

  package func put(_ rule: RuleRecord) async throws(EventBusError) {
    let (now, max) = (clock.now(), configuration.limits.rulesMax)
    try await write { try $0.put(rule, max: max, now: now) }
    signal.raise()
  }

  package func rule(_ name: String, bus: String?) async throws(EventBusError) -> RuleRecord {
    let bus = EventARNs.busName(bus)
    return try await read { state in
      _ = try state.bus(bus)
      return try state.rule(name, bus: bus)
    }
  }

  package func rules(bus: String?) async throws(EventBusError) -> [RuleRecord] {
    let bus = EventARNs.busName(bus)
    return try await read { state in
      _ = try state.bus(bus)
      return try state.rules(bus: bus)
    }
  }

  package func setRule(
    _ name: String, bus: String?, enabled: Bool
  ) async throws(EventBusError) {
    let (now, bus) = (clock.now(), EventARNs.busName(bus))
    try await write { try $0.set(enabled: enabled, rule: name, bus: bus, now: now) }
    signal.raise()
  }

  package func deleteRule(_ name: String, bus: String?) async throws(EventBusError) {
    let (arns, bus) = (arns, EventARNs.busName(bus))
    try await write { try $0.delete(rule: name, bus: bus, arns: arns) }
  }

  // MARK: Targets

  package func put(
    _ targets: [TargetDefinition], rule: String, bus: String?
  ) async throws(EventBusError) {
    let (max, bus) = (configuration.limits.targetsPerRuleMax, EventARNs.busName(bus))
    try await write { try $0.put(targets, rule: rule, bus: bus, max: max) }
  }

  package func targets(
    rule: String, bus: String?
  ) async throws(EventBusError) -> [TargetDefinition] {
    let bus = EventARNs.busName(bus)
    return try await read { state in
      _ = try state.bus(bus)
      _ = try state.rule(rule, bus: bus)
      return try state.targets(rule: rule, bus: bus)
    }
  }

  /// - Returns: ids that the rule has no target for.
  package func removeTargets(
    _ ids: [String], rule: String, bus: String?
  ) async throws(EventBusError) -> [String] {
    let bus = EventARNs.busName(bus)
    return try await write { try $0.remove(targets: ids, rule: rule, bus: bus) }
  }

  package func ruleNames(
    target arn: String, bus: String?
  ) async throws(EventBusError) -> [String] {
    let bus = EventARNs.busName(bus)
    return try await read { state in
      _ = try state.bus(bus)
      return try state.ruleNames(target: arn, bus: bus)
    }
  }

  // MARK: Tags

  /// - Throws: `.notFound` if there is no bus, rule or archive of this ARN.
  package func tags(
    of arn: String
  ) async throws(EventBusError) -> [(key: String, value: String)] {
    try await read { state in
      try Self.check(arn, state)
      return try state.tags(of: arn)
    }
  }

  package func tag(
    _ arn: String, _ tags: [(key: String, value: String)]
  ) async throws(EventBusError) {
    try await write { state in
      try Self.check(arn, state)
      try state.tag(arn, tags)
    }
  }

  package func untag(_ arn: String, _ keys: [String]) async throws(EventBusError) {
    try await write { state in
      try Self.check(arn, state)
      try state.untag(arn, keys)
    }
  }

  private static func check(_ arn: String, _ state: StoreState) throws {
    if let (bus, rule) = EventARNs.rule(of: arn) {
      _ = try state.bus(bus)
      _ = try state.rule(rule, bus: bus)
    } else if arn.contains(":archive/") {
      _ = try state.archive(TargetKind.lastName(of: arn))
    } else {
      _ = try state.bus(EventARNs.busName(arn))
    }
  }
}
