internal import Core
internal import Dispatch
internal import Synchronization

/// Writes what waits, for all shards together, and answers when the disk has it.
///
/// While one group is on its way to the disk the next one gathers, so the more producers there
/// are, the more records share one sync. Shards are chosen when a group is written, between
/// which a stream's shards may change: no record is ever on its way to a shard that closes.
final class Committer: Sendable {
  struct Request: Sendable {
    var stream: StreamState
    var records: [NewRecord]
    /// One for each record.
    var hashKeys: [UInt128]
    var answer: CheckedContinuation<Result<[AppendOutcome], StreamLogError>, Never>
  }

  private struct State {
    var waiting: [Request] = []
    var jobs: [@Sendable () -> Void] = []
    var isRunning = false
    var isClosed = false
    var onIdle: [CheckedContinuation<Void, Never>] = []
  }

  private let queue = DispatchQueue(label: "weir.commit", qos: .userInitiated)
  private let state = Mutex(State())
  private let writer: GroupWriter

  init(writer: GroupWriter) {
    self.writer = writer
  }

  func submit(_ request: Request) {
    let isAccepted = enqueue { $0.waiting.append(request) }
    if !isAccepted { request.answer.resume(returning: .failure(.closed)) }
  }

  /// Runs `body` between two groups: nothing is appended meanwhile.
  ///
  /// Blocking; must not be called from `body`, nor on Swift's cooperative pool.
  func exclusively<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StreamLogError) -> Value
  ) throws(StreamLogError) -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Value, StreamLogError>>(.failure(.closed))
    let isAccepted = enqueue { state in
      state.jobs.append {
        let value = Result { () throws(StreamLogError) in try body() }
        result.withLock { $0 = value }
        done.signal()
      }
    }
    if isAccepted { done.wait() }
    return try result.withLock { $0 }.get()
  }

  /// - Returns: false if the committer is closed; then nothing was done.
  private func enqueue(_ change: (inout State) -> Void) -> Bool {
    enum Next { case start, wait, refuse }
    let next = state.withLock { state -> Next in
      if state.isClosed { return .refuse }
      change(&state)
      if state.isRunning { return .wait }
      state.isRunning = true
      return .start
    }
    if next == .start { queue.async { self.drain() } }
    return next != .refuse
  }

  /// Returns when everything that was submitted is answered; refuses what comes after.
  func close() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        state.isClosed = true
        if state.isRunning { state.onIdle.append(continuation) }
        return !state.isRunning
      }
      if isIdle { continuation.resume() }
    }
  }

  private func drain() {
    while true {
      let next = state.withLock { state -> ([Request], [@Sendable () -> Void])? in
        guard !state.waiting.isEmpty || !state.jobs.isEmpty else {
          state.isRunning = false
          return nil
        }
        defer { (state.waiting, state.jobs) = ([], []) }
        return (state.waiting, state.jobs)
      }
      guard let (group, jobs) = next else { break }
      for job in jobs { job() }
      if !group.isEmpty { writer.write(group) }
    }
    let idle = state.withLock { state in
      guard !state.isRunning else { return [CheckedContinuation<Void, Never>]() }
      defer { state.onIdle = [] }
      return state.onIdle
    }
    for continuation in idle { continuation.resume() }
  }
}
