internal import Core
internal import Synchronization

/// What screens, system views and people see of the buses.
extension EventBroker {
  package func deadLetters(
    _ choice: DeadLetterChoice = .all
  ) async throws(EventBusError) -> [DeadLetter] {
    try await read { try $0.deadLetters(choice) }
  }

  /// Gives dead letters all their attempts again.
  ///
  /// - Returns: how many; and how many stay, because their target was removed.
  package func redrive(
    _ choice: DeadLetterChoice
  ) async throws(EventBusError) -> (redriven: Int, kept: Int) {
    let now = clock.now()
    let outcome = try await write { try $0.redrive(choice, now: now) }
    signal.raise()
    return outcome
  }

  /// Throws dead letters away. Returns how many.
  package func purge(_ choice: DeadLetterChoice) async throws(EventBusError) -> Int {
    try await write { try $0.purge(choice) }
  }

  /// The newest events, newest first.
  package func events(limit: Int) async throws(EventBusError) -> [EventFact] {
    try await read { try $0.events(limit: limit) }
  }

  /// What waits, the first due first.
  package func deliveries(limit: Int) async throws(EventBusError) -> [DeliveryFact] {
    try await read { try $0.deliveries(limit: limit) }
  }

  package func ruleFacts() async throws(EventBusError) -> [RuleFact] {
    let progress = progress.withLock { $0 }
    return try await read { state in
      let pending = try state.counts(of: "delivery")
      let dead = try state.counts(of: "dead_letter")
      var targets: [String: Int] = [:]
      for (key, count) in try state.counts(of: "target") { targets[key] = count }
      return try state.rules(where: "true", []).map { rule in
        let key = rule.bus + "/" + rule.name
        let counts = progress.counts.filter { $0.key.bus == rule.bus && $0.key.rule == rule.name }
          .values
        let newest = counts.max {
          ($0.lastDeliveredAt?.microseconds ?? 0) < ($1.lastDeliveredAt?.microseconds ?? 0)
        }
        return RuleFact(
          rule: rule, targets: targets[key] ?? 0, pending: pending[key] ?? 0,
          deadLetters: dead[key] ?? 0, delivered: counts.reduce(0) { $0 + $1.delivered },
          failed: counts.reduce(0) { $0 + $1.failed }, lastDeliveredAt: newest?.lastDeliveredAt,
          lastMilliseconds: newest?.lastLatency)
      }
    }
  }
}
