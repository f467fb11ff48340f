internal import Core
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Writes what waits, for all shards together, and answers when the disk has it.
///
/// While one group is on its way to the disk the next one gathers, so the more producers there
/// are, the more records share one sync. Shards are chosen when a group is written, between
/// which a stream's shards may change: no record is ever on its way to a shard that closes.
///
/// A disk that does not answer holds up one thread. Everyone who waits is answered with
/// `.stalled` when a step (a group, or a job between two) has not got on for too long, and whoever
/// comes after is at once, until that step ends.
final class Committer: Sendable {
  struct Request: Sendable {
    var stream: StreamState
    var records: [NewRecord]
    /// One for each record.
    var hashKeys: [UInt128]
    var answer: CheckedContinuation<Result<[AppendOutcome], StreamLogError>, Never>
  }

  /// Runs between two groups.
  private struct Job: Sendable {
    var run: @Sendable () -> Void
    /// Lets go whoever waits for it.
    var abandon: @Sendable () -> Void
  }

  private enum Step: Sendable {
    case group(WritingGroup)
    case job(Job)
  }

  private struct State {
    var waiting: [Request] = []
    var jobs: [Job] = []
    var isRunning = false
    var isClosed = false
    var onIdle: [CheckedContinuation<Void, Never>] = []
    /// What is under way, and since when.
    var step: Step?
    var since = ContinuousClock.now
    /// The step has been under way for too long.
    var isStalled = false
    /// Someone will look whether it has.
    var isWatched = false
    /// When the last step ended behind which there was nothing to do.
    var idleSince: ContinuousClock.Instant?
    /// Whoever was answered last came again at once, and may again.
    var followsSoon = false
  }

  private let queue = DispatchQueue(label: "weir.commit", qos: .userInitiated)
  private let watch = DispatchQueue(label: "weir.commit.watch")
  private let state = Mutex(State())
  private let writer: GroupWriter
  /// Something was submitted since the last step was chosen.
  private let hasArrival = Atomic(false)
  /// How long a step may take without getting on.
  private let stepLimit: Duration

  init(writer: GroupWriter, stepLimit: Duration) {
    self.writer = writer
    self.stepLimit = stepLimit
  }

  /// Whether the disk does not answer now. While it does not, a job that was abandoned may still
  /// be running.
  var isStalled: Bool { state.withLock(\.isStalled) }

  func submit(_ request: Request) {
    if let refusal = enqueue({ $0.waiting.append(request) }) {
      request.answer.resume(
        returning: .failure(refusal == .closed ? .closed : .stalled(path: request.stream.directory))
      )
    }
  }

  /// Runs `body` between two groups: nothing is appended meanwhile.
  ///
  /// Blocking; must not be called from `body`, nor on Swift's cooperative pool.
  ///
  /// - Throws: what `body` throws; `.stalled` if the disk did not answer: then `body` may be under
  ///   way and have its effect later, but only while `isStalled`.
  func exclusively<Value: Sendable>(
    at path: String, _ body: @escaping @Sendable () throws(StreamLogError) -> Value
  ) throws(StreamLogError) -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Value, StreamLogError>?>(nil)
    @Sendable func settle(_ value: Result<Value, StreamLogError>) {
      let isFirst = result.withLock { result in
        defer { result = result ?? value }
        return result == nil
      }
      if isFirst { done.signal() }
    }
    let job = Job(
      run: { settle(Result { () throws(StreamLogError) in try body() }) },
      abandon: { settle(.failure(.stalled(path: path))) })
    switch enqueue({ $0.jobs.append(job) }) {
    case .closed: throw .closed
    case .stalled: throw .stalled(path: path)
    case nil: done.wait()
    }
    guard let value = result.withLock({ $0 }) else { throw .closed }
    return try value.get()
  }

  private enum Refusal { case closed, stalled }

  /// - Returns: why nothing was done, if so.
  private func enqueue(_ change: (inout State) -> Void) -> Refusal? {
    enum Next {
      case start, wait
      case refuse(Refusal)
    }
    let next = state.withLock { state -> Next in
      if state.isClosed { return .refuse(.closed) }
      if state.isStalled { return .refuse(.stalled) }
      change(&state)
      hasArrival.store(true, ordering: .releasing)
      if state.isRunning { return .wait }
      state.isRunning = true
      state.followsSoon =
        state.idleSince.map { ContinuousClock.now - $0 < Self.lingerTime } ?? false
      return .start
    }
    if case .start = next { queue.async { self.drain() } }
    if case .refuse(let refusal) = next { return refusal }
    return nil
  }

  /// Returns when everything that was submitted is answered; refuses what comes after.
  func close() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        state.isClosed = true
        let isBusy = state.isRunning && !state.isStalled
        if isBusy { state.onIdle.append(continuation) }
        return !isBusy
      }
      if isIdle { continuation.resume() }
    }
  }

  // MARK: Working

  /// How long the thread stays awake for whoever comes again at once. To wake it takes a good
  /// part of this, in which the disk has nothing to do.
  private static let lingerTime = Duration.microseconds(100)
  private static let mayLinger = ProcessInfo.processInfo.activeProcessorCount > 1

  private func drain() {
    repeat {
      while let step = nextStep() {
        switch step {
        case .job(let job): job.run()
        case .group(let group): writer.write(group)
        }
      }
    } while isFollowed()
    let idle = state.withLock { state in
      guard !state.isRunning else { return [CheckedContinuation<Void, Never>]() }
      defer { state.onIdle = [] }
      return state.onIdle
    }
    for continuation in idle { continuation.resume() }
  }

  /// Whether there is something to do, now or in a moment. If not, the next request starts anew.
  private func isFollowed() -> Bool {
    if Self.mayLinger, state.withLock(\.followsSoon) {
      let end = ContinuousClock.now + Self.lingerTime
      while !hasArrival.load(ordering: .acquiring), ContinuousClock.now < end {}
    }
    return state.withLock { state in
      state.isRunning = !state.jobs.isEmpty || !state.waiting.isEmpty
      return state.isRunning
    }
  }

  private func nextStep() -> Step? {
    let (step, mustWatch) = state.withLock { state -> (Step?, Bool) in
      hasArrival.store(false, ordering: .relaxed)
      state.isStalled = false
      state.since = ContinuousClock.now
      if !state.jobs.isEmpty {
        state.step = .job(state.jobs.removeFirst())
      } else if !state.waiting.isEmpty {
        state.step = .group(WritingGroup(state.waiting))
        state.waiting = []
      } else {
        state.step = nil
        state.idleSince = state.since
      }
      let mustWatch = state.step != nil && !state.isWatched
      state.isWatched = state.isWatched || mustWatch
      return (state.step, mustWatch)
    }
    if mustWatch { look(in: stepLimit) }
    return step
  }

  // MARK: Watching

  /// While there is work, someone looks at it about once in the time that a step may take.
  private func look(in time: Duration) {
    watch.asyncAfter(deadline: .now() + time.dispatchInterval) { [weak self] in
      self?.look()
    }
  }

  private func look() {
    var late: [Request] = []
    var abandoned: [Job] = []
    var idle: [CheckedContinuation<Void, Never>] = []
    let (step, rest) = state.withLock { state -> (Step?, Duration?) in
      guard let step = state.step else {
        state.isWatched = false
        return (nil, nil)
      }
      var since = state.since
      if case .group(let group) = step { since = max(since, group.progressAt) }
      let rest = stepLimit - (ContinuousClock.now - since)
      guard rest <= .zero else { return (nil, rest) }
      (state.isStalled, state.isWatched) = (true, false)
      swap(&late, &state.waiting)
      swap(&abandoned, &state.jobs)
      swap(&idle, &state.onIdle)
      return (step, nil)
    }
    if let rest { look(in: rest) }
    switch step {
    case .group(let group): group.abandon()
    case .job(let job): job.abandon()
    case nil: return
    }
    for job in abandoned { job.abandon() }
    for request in late {
      request.answer.resume(returning: .failure(.stalled(path: request.stream.directory)))
    }
    for continuation in idle { continuation.resume() }
  }
}
