internal import Core
internal import Synchronization

/// Brings stored deliveries to their targets.
///
/// Each target of each rule is a lane with places of its own: one that hangs or fails holds up no
/// other. What is on its way is known here only; whatever happens to this process, the store has
/// it as due, so it is tried again.
actor Deliverer {
  private let broker: EventBroker
  private var lanes: Set<Lane> = []
  private var inFlight: [Lane: Set<Int64>] = [:]
  /// How many each takes at once, as far as that is known.
  private var places: [Lane: Int] = [:]
  /// Lanes in which nothing is due before a time.
  private var waiting: [Lane: Timestamp] = [:]
  private var keptAt = ContinuousClock.now
  private var random = SystemRandomNumberGenerator()
  private var isStopped = false

  /// Seconds between two cleanings up, and the longest that anything is waited for.
  private static let upkeepSeconds = 10.0

  init(_ broker: EventBroker) {
    self.broker = broker
  }

  /// Runs until the task is cancelled. What is on its way then is left to the next start.
  func run() async {
    lanes = (try? await broker.read { try $0.lanes() }) ?? []
    while !Task.isCancelled {
      let seconds: Double
      do {
        seconds = try await turn()
      } catch {
        // The disk refuses: what is due stays due.
        seconds = 1
      }
      if seconds > 0 { await broker.signal.wait(seconds: min(seconds, Self.upkeepSeconds)) }
    }
    isStopped = true
  }

  /// Does what can be done now.
  ///
  /// - Returns: seconds until something is due; 0 if there is more to do at once.
  private func turn() async throws -> Double {
    let hasMore = try await fireAndReplay()
    try await keepUp()
    let now = broker.clock.now()
    var next = try await broker.read { try $0.nextSchedule() }
    for lane in lanes {
      if let due = waiting[lane], due > now {
        next = min(next ?? due, due)
        continue
      }
      waiting[lane] = nil
      let due = try await deliver(lane, at: now)
      if let due { next = min(next ?? due, due) }
    }
    if hasMore { return 0 }
    guard let next else { return Self.upkeepSeconds }
    return max(0.001, next.seconds(since: broker.clock.now()))
  }

  /// Fires the schedules whose time has come, takes a step of a replay, and finds new lanes.
  private func fireAndReplay() async throws -> Bool {
    let now = broker.clock.now()
    let (configuration, arns) = (broker.configuration, broker.arns)
    let isDue = try await broker.read { state in
      let next = try state.nextSchedule()
      return try next.map { $0 <= now } ?? false
        || !state.replays(where: "state IN ('STARTING', 'RUNNING', 'CANCELLING')", []).isEmpty
    }
    var hasMore = false
    if isDue {
      hasMore = try await broker.write { state in
        try state.fireSchedules(at: now, configuration, arns)
        return try state.stepReplay(now: now)
      }
    }
    let new = try await broker.read { $0.takeNewLanes() }
    lanes.formUnion(new)
    for lane in new { waiting[lane] = nil }
    return hasMore
  }

  private func keepUp() async throws {
    guard ContinuousClock.now - keptAt > .seconds(Self.upkeepSeconds) else { return }
    keptAt = .now
    let (now, kept) = (broker.clock.now(), broker.configuration.limits.eventsKept)
    try await broker.write { state in
      try state.pruneEvents(keeping: kept)
      try state.expireArchives(now: now)
    }
  }

  // MARK: Lanes

  /// Starts what is due in a lane and has a place.
  ///
  /// - Returns: when the lane has something due that is not yet.
  private func deliver(_ lane: Lane, at now: Timestamp) async throws -> Timestamp? {
    let taken = inFlight[lane] ?? []
    let known = places[lane] ?? 8
    guard taken.count < known else { return nil }
    let (definition, due, next) = try await broker.read { state in
      (
        try state.definition(lane), try state.due(lane, at: now, limit: known + taken.count),
        try state.nextDue(lane, after: now)
      )
    }
    let target = definition.flatMap { broker.target(for: $0.kind) }
    let count = definition.flatMap { target?.concurrency(of: $0) } ?? 64
    places[lane] = count
    let free = due.filter { !taken.contains($0.sequence) }.prefix(max(0, count - taken.count))
    if due.isEmpty, taken.isEmpty {
      places[lane] = nil
      if let next { waiting[lane] = next } else { lanes.remove(lane) }
    }
    for delivery in free {
      inFlight[lane, default: []].insert(delivery.sequence)
      Task { await self.bring(delivery, definition, target) }
    }
    return next
  }

  private func bring(
    _ delivery: DueDelivery, _ definition: TargetDefinition?, _ target: (any EventTarget)?
  ) async {
    let outcome: Result<Void, DeliveryError>
    if let definition, let target {
      outcome = await attempt(delivery, definition, target)
    } else {
      outcome = .failure(Self.missing(definition))
    }
    let attempts = delivery.attempts + (target == nil ? 0 : 1)
    while !isStopped {
      do {
        try await settle(delivery, outcome, definition?.retry ?? .standard, attempts)
        break
      } catch {
        // The disk refuses: the delivery stays on its way until it can be noted.
        try? await Task.sleep(for: .seconds(1))
      }
    }
    inFlight[delivery.lane]?.remove(delivery.sequence)
    if inFlight[delivery.lane]?.isEmpty == true { inFlight[delivery.lane] = nil }
    lanes.insert(delivery.lane)
    waiting[delivery.lane] = nil
    broker.signal.raise()
  }

  private static func missing(_ definition: TargetDefinition?) -> DeliveryError {
    DeliveryError(
      .noResource,
      definition.map { "nothing here takes events for \($0.arn)" } ?? "the target was removed",
      isRetryable: false)
  }

  private func attempt(
    _ due: DueDelivery, _ definition: TargetDefinition, _ target: any EventTarget
  ) async -> Result<Void, DeliveryError> {
    let lane = due.lane
    let ruleARN = broker.arns.rule(lane.rule, bus: lane.bus)
    let input: [UInt8]
    do throws(DeliveryError) {
      input = try InputTemplate.input(
        of: definition, for: due.body,
        InputTemplate.Context(
          ruleARN: ruleARN, ruleName: lane.rule, ingestedAt: due.acceptedAt))
    } catch {
      return .failure(error)
    }
    let delivery = Delivery(
      key: Delivery.key(
        event: due.eventID, replay: due.replay, bus: lane.bus, rule: lane.rule,
        target: lane.target),
      eventID: due.eventID, event: due.body, input: input, target: definition, bus: lane.bus,
      rule: lane.rule, attempt: due.attempts + 1, acceptedAt: due.acceptedAt)
    return await Self.race(target, delivery)
  }

  /// The attempt, or its time-out, whichever comes first: a target that does not end when its
  /// task is cancelled holds nobody up.
  private static func race(
    _ target: any EventTarget, _ delivery: Delivery
  ) async -> Result<Void, DeliveryError> {
    let seconds = target.timeout(of: delivery.target)
    return await withCheckedContinuation { continuation in
      let end = Once { continuation.resume(returning: $0) }
      let work = Task {
        do throws(DeliveryError) {
          try await target.deliver(delivery)
          end.call(.success(()))
        } catch {
          end.call(.failure(error))
        }
      }
      let alarm = Task {
        try await Task.sleep(for: .seconds(seconds))
        work.cancel()
        end.call(.failure(DeliveryError(.timeout, "no answer within \(seconds) seconds")))
      }
      end.onCall { alarm.cancel() }
    }
  }

  // MARK: Outcomes

  private func settle(
    _ delivery: DueDelivery, _ outcome: Result<Void, DeliveryError>, _ policy: RetryPolicy,
    _ attempts: Int
  ) async throws {
    let now = broker.clock.now()
    let lane = delivery.lane
    guard case .failure(let error) = outcome else {
      try await broker.write { try $0.finish(delivery) }
      broker.progress.withLock {
        $0.delivered(lane, at: now, acceptedAt: delivery.acceptedAt)
      }
      return
    }
    let deadline = delivery.acceptedAt.advanced(bySeconds: Double(policy.ageMax))
    var exhausted: String?
    if attempts > policy.attemptsMax { exhausted = "MaximumRetryAttempts" }
    if now >= deadline { exhausted = "MaximumEventAgeInSeconds" }
    if !error.isRetryable || exhausted != nil {
      let limit = error.isRetryable ? exhausted : nil
      try await broker.write {
        try $0.bury(delivery, error, exhausted: limit, attempts: attempts, now: now)
      }
      broker.progress.withLock { $0.buried(lane) }
    } else {
      let delay = broker.configuration.backoff.delay(after: attempts, using: &random)
      let due = min(now.advanced(bySeconds: delay), deadline)
      try await broker.write { try $0.postpone(delivery, to: due, error) }
      broker.progress.withLock { $0.failed(lane) }
    }
  }
}

/// Something that is done the first time it is called for.
private final class Once<Value: Sendable>: Sendable {
  private struct State {
    var isOver = false
    var body: (@Sendable (Value) -> Void)?
    var after: (@Sendable () -> Void)?
  }

  private let state: Mutex<State>

  init(_ body: @escaping @Sendable (Value) -> Void) {
    state = Mutex(State(body: body))
  }

  func call(_ value: Value) {
    let (body, after) = state.withLock { state in
      defer {
        state.isOver = true
        state.body = nil
        state.after = nil
      }
      return (state.body, state.after)
    }
    body?(value)
    after?()
  }

  /// What follows the call; at once, if it was made.
  func onCall(_ after: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      if !state.isOver { state.after = after }
      return state.isOver
    }
    if isOver { after() }
  }
}

extension StoreState {
  /// Makes an event for every schedule whose time has come. Its id follows from rule and time, so
  /// that the same point of a schedule is the same event, whatever crashes.
  ///
  /// Points that passed while nobody was running are one event.
  fileprivate func fireSchedules(
    at now: Timestamp, _ configuration: BusConfiguration, _ arns: EventARNs
  ) throws {
    for (rule, text, time) in try schedulesDue(at: now) {
      let arn = arns.rule(rule, bus: "default")
      let event = NewEvent(
        source: "aws.events", detailType: "Scheduled Event", detail: "{}", resources: [arn],
        time: time, id: EventID.derived(from: "\(arn) \(time.microseconds)"))
      try accept(
        AcceptedEvent(event, bus: "default", now: now, configuration: configuration), for: rule,
        now: now)
      let schedule = try? Schedule(text)
      var next = schedule?.next(after: time)
      if let found = next, found <= now { next = schedule?.next(after: now) }
      try setNext(next, rule: rule)
    }
  }
}

extension EventBroker {
  /// Brings events to their targets until the task is cancelled.
  package func run() async {
    await Deliverer(self).run()
  }
}
