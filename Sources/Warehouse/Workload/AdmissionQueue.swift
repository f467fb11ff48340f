internal import Core
internal import Synchronization

/// Lets as many statements run at a time as there are slots; the others wait, the most important
/// first and then in the order in which they came.
///
/// The first step of capacity is not to wait: where all slots are taken and the ceiling is not
/// reached, one more is opened. Slots that nobody needed for a while are closed again.
final class AdmissionQueue: Sendable {
  private enum Outcome { case admitted, timedOut, cancelled }

  private struct Waiter {
    var id: Int
    var priority: QueryPriority
    var continuation: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    var slots: Int
    var running = 0
    var waiters: [Waiter] = []
    var next = 0
    /// When a statement last ended, and when the last slot was in use.
    var endedAt: ContinuousClock.Instant?
    var fullAt = ContinuousClock.now
    var isShrinking = false
    var usage = CapacityUsage()
  }

  /// A queue as it is now.
  struct Facts: Sendable {
    var slots: Int
    var running: Int
    var waiting: Int
    var minutes: [CapacityUsage.Minute]
  }

  let limits: WorkloadLimits
  private let clock: any WallClock
  private let state: Mutex<State>
  private let onResize = Mutex<(@Sendable (Int) -> Void)?>(nil)

  init(limits: WorkloadLimits, clock: any WallClock) {
    self.limits = limits
    self.clock = clock
    state = Mutex(State(slots: limits.slotsMin))
  }

  /// Has `body` called with the number of slots whenever it changes, and now.
  func follow(_ body: @escaping @Sendable (Int) -> Void) {
    onResize.withLock { $0 = body }
    body(state.withLock { $0.slots })
  }

  var slots: Int { state.withLock { $0.slots } }

  var facts: Facts {
    let now = clock.now()
    return state.withLock { state in
      state.usage.account(running: state.running, slots: state.slots, until: now)
      return Facts(
        slots: state.slots, running: state.running, waiting: state.waiters.count,
        minutes: state.usage.minutes)
    }
  }

  enum Activity: Sendable {
    /// A statement runs.
    case running
    /// One ran a moment ago: between two statements of a client there is no time for anything
    /// that lasts.
    case busy
    /// The next may come soon.
    case recent
    case quiet
  }

  var activity: Activity {
    state.withLock { state in
      guard state.running == 0 else { return .running }
      guard let endedAt = state.endedAt else { return .quiet }
      let time = ContinuousClock.now - endedAt
      return time < .milliseconds(500) ? .busy : time < .seconds(10) ? .recent : .quiet
    }
  }

  // MARK: Coming and going

  /// Takes a slot if there is one.
  ///
  /// - Parameter isEntitled: gets one in any case: a transaction that others wait for.
  func enterAtOnce(isEntitled: Bool) -> Bool {
    if case .entered = tryEnter(isEntitled: isEntitled) { true } else { false }
  }

  /// Waits for a slot. Whoever got one calls `leave()` later.
  ///
  /// - Throws: `SQLError` 53300 if too many wait already, 57014 after too long a wait;
  ///   `CancellationError` if the task was cancelled.
  func enter(_ priority: QueryPriority) async throws {
    switch tryEnter(isEntitled: false) {
    case .entered: return
    case .full(let waiting):
      throw SQLError(
        "53300", "the workload queue is full: \(waiting) statements wait already",
        detail: "\(limits.slotsMax) statements run at a time, \(limits.queueMax) wait",
        hint: "try again later, or raise workload.queue_max or workload.slots_max")
    case .mustWait: break
    }
    switch await wait(priority) {
    case .admitted: return
    case .cancelled: throw CancellationError()
    case .timedOut:
      throw SQLError(
        "57014",
        "canceling statement due to queue timeout: it waited "
          + "\(limits.queueTimeout.map(Self.seconds) ?? 0) s for a slot",
        hint: "raise workload.queue_timeout or workload.slots_max")
    }
  }

  private static func seconds(_ time: Duration) -> Double { time / .seconds(1) }

  private enum Entry {
    case entered, mustWait
    case full(Int)
  }

  private func tryEnter(isEntitled: Bool) -> Entry {
    let now = clock.now()
    let (entry, grown) = state.withLock { state -> (Entry, Int?) in
      state.usage.account(running: state.running, slots: state.slots, until: now)
      if isEntitled || (state.running < state.slots && state.waiters.isEmpty) {
        Self.start(&state)
        return (.entered, nil)
      }
      if state.slots < limits.slotsMax {
        state.slots += 1
        Self.start(&state)
        return (.entered, state.slots)
      }
      return (state.waiters.count < limits.queueMax ? .mustWait : .full(state.waiters.count), nil)
    }
    if let grown { resized(to: grown) }
    return entry
  }

  private static func start(_ state: inout State) {
    state.running += 1
    if state.running >= state.slots { state.fullAt = .now }
  }

  private func wait(_ priority: QueryPriority) async -> Outcome {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    let timer = limits.queueTimeout.map { time in
      Task { [weak self] in
        try await Task.sleep(for: time)
        self?.giveUp(id, .timedOut)
      }
    }
    defer { timer?.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isFree = state.withLock { state in
          // A slot may have become free since the last look.
          if state.running < state.slots, state.waiters.isEmpty {
            Self.start(&state)
            return true
          }
          let place = state.waiters.firstIndex { $0.priority < priority }
          state.waiters.insert(
            Waiter(id: id, priority: priority, continuation: continuation),
            at: place ?? state.waiters.count)
          return false
        }
        if isFree { continuation.resume(returning: .admitted) }
        if Task.isCancelled { giveUp(id, .cancelled) }
      }
    } onCancel: {
      giveUp(id, .cancelled)
    }
  }

  private func giveUp(_ id: Int, _ outcome: Outcome) {
    let waiter = state.withLock { state -> Waiter? in
      guard let place = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      return state.waiters.remove(at: place)
    }
    waiter?.continuation.resume(returning: outcome)
  }

  func leave() {
    let now = clock.now()
    let (waiter, shrinks) = state.withLock { state -> (Waiter?, Bool) in
      state.usage.account(running: state.running, slots: state.slots, until: now)
      if state.running >= state.slots { state.fullAt = .now }
      state.running -= 1
      state.endedAt = .now
      var next: Waiter?
      if state.running < state.slots, !state.waiters.isEmpty {
        next = state.waiters.removeFirst()
        Self.start(&state)
      }
      let shrinks = state.slots > limits.slotsMin && !state.isShrinking
      if shrinks { state.isShrinking = true }
      return (next, shrinks)
    }
    waiter?.continuation.resume(returning: .admitted)
    if shrinks { shrinkLater() }
  }

  // MARK: Capacity

  private func shrinkLater() {
    Task { [weak self, limits] in
      var isShrinking = true
      while isShrinking {
        try await Task.sleep(for: limits.idleTime)
        isShrinking = self?.shrink() ?? false
      }
    }
  }

  /// Closes a slot that was not needed for a while.
  ///
  /// - Returns: whether there may be another to close later.
  private func shrink() -> Bool {
    let now = clock.now()
    let (slots, goesOn) = state.withLock { state -> (Int?, Bool) in
      state.usage.account(running: state.running, slots: state.slots, until: now)
      var slots: Int?
      if state.running < state.slots, state.slots > limits.slotsMin,
        ContinuousClock.now - state.fullAt >= limits.idleTime
      {
        state.slots -= 1
        slots = state.slots
      }
      state.isShrinking = state.slots > limits.slotsMin
      return (slots, state.isShrinking)
    }
    if let slots { resized(to: slots) }
    return goesOn
  }

  private func resized(to slots: Int) {
    onResize.withLock { $0 }?(slots)
  }
}
