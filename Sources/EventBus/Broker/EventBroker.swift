package import Core
internal import Synchronization

/// Event buses with their rules, and the deliveries that follow from them.
///
/// What is accepted is on the disk, together with the deliveries that its rules demand, before it
/// is acknowledged. `run` brings these to their targets, again after each failure and after every
/// restart, until they are there or in the dead-letter queue.
package final class EventBroker: Sendable {
  package let arns: EventARNs
  package let configuration: BusConfiguration
  let store: EventStore
  let clock: any WallClock
  let signal = Signal()
  private let targets = Mutex<[TargetKind: any EventTarget]>([:])
  let progress = Mutex(DeliveryProgress())

  /// Opens (or makes) the database in a folder that exists. Blocking.
  ///
  /// - Throws: `EventBusError.unknownFormat` for a database of a later version.
  package init(
    directory: String, configuration: BusConfiguration = BusConfiguration(),
    clock: any WallClock = SystemClock()
  ) throws {
    self.configuration = configuration
    self.clock = clock
    arns = EventARNs(region: configuration.region, account: configuration.account)
    store = try EventStore(path: directory + "/events.sqlite", now: clock.now())
  }

  /// Says who takes the events for targets of a kind. To be called before `run`.
  package func register(_ target: any EventTarget, for kind: TargetKind) {
    targets.withLock { $0[kind] = target }
  }

  func target(for kind: TargetKind) -> (any EventTarget)? {
    targets.withLock { $0[kind] }
  }

  /// Tells that the clock moved, or that something is due.
  package func wake() {
    signal.raise()
  }

  package func close() async {
    targets.withLock { $0 = [:] }
    await store.close()
  }

  // MARK: Events

  /// Takes events, each by itself. Returns after those that were accepted are on the disk.
  ///
  /// - Throws: `EventBusError.storage`: then none was accepted, as far as anybody knows.
  package func put(_ events: [NewEvent]) async throws(EventBusError) -> [PutOutcome] {
    let now = clock.now()
    let configuration = configuration
    let outcomes = try await write { state in
      try events.map { event in
        if let refusal = Self.refusal(of: event) { return refusal }
        let bus = EventARNs.busName(event.bus)
        // As on EventBridge, an event for a bus that does not exist is accepted, and lost.
        let accepted = AcceptedEvent(event, bus: bus, now: now, configuration: configuration)
        if try state.hasBus(bus) { try state.accept(accepted, now: now) }
        return .accepted(id: accepted.id)
      }
    }
    signal.raise()
    return outcomes
  }

  private static func refusal(of event: NewEvent) -> PutOutcome? {
    for (name, value) in [
      ("Source", event.source), ("DetailType", event.detailType), ("Detail", event.detail),
    ] where value.isEmpty {
      return .refused(
        code: "InvalidArgument",
        message: "Parameter \(name) is not valid. Reason: \(name) is a required argument.")
    }
    guard case .object? = try? JSONValue(parsing: event.detail) else {
      return .refused(code: "MalformedDetail", message: "Detail is malformed.")
    }
    return nil
  }

  // MARK: The store

  func write<Value: Sendable>(
    _ body: @escaping @Sendable (StoreState) throws -> Value
  ) async throws(EventBusError) -> Value {
    do {
      return try await store.write(body)
    } catch {
      throw Self.mapped(error)
    }
  }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (StoreState) throws -> Value
  ) async throws(EventBusError) -> Value {
    do {
      return try await store.read(body)
    } catch {
      throw Self.mapped(error)
    }
  }

  private static func mapped(_ error: any Error) -> EventBusError {
    (error as? EventBusError) ?? .storage("\(error)")
  }
}

/// Wakes whoever waits; a wake that nobody waits for is kept for the next.
package final class Signal: Sendable {
  private struct State {
    var isRaised = false
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var next: UInt64 = 0
  }

  private let state = Mutex(State())

  package init() {}

  package func raise() {
    let waiters = state.withLock { state in
      state.isRaised = state.waiters.isEmpty
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the signal is raised, or the task is cancelled.
  package func wait() async {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.isRaised || Task.isCancelled {
            state.isRaised = false
            return true
          }
          state.waiters[id] = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }

  /// As `wait`, for so many seconds at most.
  package func wait(seconds: Double) async {
    let alarm = Task {
      try await Task.sleep(for: .seconds(seconds))
      self.raise()
    }
    await wait()
    alarm.cancel()
  }
}
