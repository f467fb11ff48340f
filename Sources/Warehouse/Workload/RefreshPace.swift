internal import Synchronization

/// How background refreshes give way to statements.
///
/// DuckDB's threads belong to its database, not to a connection: a refresh cannot be given fewer.
/// So while statements run, refreshes come one at a time, each does little, and then rests for
/// as long as keeps it within its share of the time. Otherwise nothing holds them back.
final class RefreshPace: Sendable {
  /// How long one batch should take while statements run: what it takes from one of them.
  private static let batchTime = Duration.milliseconds(20)
  /// How long it may take while records wait behind it: a batch costs its commit, whatever it
  /// reads, and so larger ones catch up where small ones fall ever farther behind.
  private static let behindTime = Duration.milliseconds(60)
  /// Below this a batch costs as much: its transaction and its commit.
  private static let bytesMin = 1 << 20
  private static let bytesMax = 8 << 20
  private static let look = Duration.milliseconds(5)
  /// A view that is computed anew takes long, and others wait behind it.
  private static let restMax = Duration.seconds(5)

  private struct State {
    var isTaken = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    /// When the next batch may begin, if statements still run then.
    var restsUntil = ContinuousClock.now
    /// What a batch may read: more where batches are quick, less where they are slow.
    var bytes = RefreshPace.bytesMin
  }

  private let share: Double
  private let activity: @Sendable () -> AdmissionQueue.Activity
  private let state = Mutex(State())

  /// - Parameter share: of the time; from 0 to 1, both excluded.
  init(share: Double, activity: @escaping @Sendable () -> AdmissionQueue.Activity) {
    self.share = min(max(share, 0.01), 1)
    self.activity = activity
  }

  var isBusy: Bool { [.running, .busy].contains(activity()) }

  /// Bytes that a batch may read now; nil where nothing speaks against a large one. Large ones
  /// would be in the way of a statement that comes while they run.
  var batchBytes: Int? {
    guard share < 1 else { return nil }
    switch activity() {
    case .quiet: return nil
    case .recent: return Self.bytesMax
    case .running, .busy: break
    }
    return state.withLock { $0.bytes }
  }

  /// Runs one batch of a background refresh when its time has come.
  ///
  /// - Parameter body: returns what it did, how many bytes of a stream it read, and whether more
  ///   of them wait.
  func run<Value: Sendable>(
    _ body: () async throws -> (Value, bytes: Int, isBehind: Bool)
  ) async throws -> Value {
    guard share < 1, isBusy else { return try await body().0 }
    await take()
    defer { giveBack() }
    while activity() == .running, state.withLock({ $0.restsUntil }) > .now {
      try await Task.sleep(for: Self.look)
    }
    let start = ContinuousClock.now
    let (value, bytes, isBehind) = try await body()
    note(bytes, isBehind: isBehind, in: ContinuousClock.now - start)
    return value
  }

  private func note(_ bytes: Int, isBehind: Bool, in time: Duration) {
    state.withLock { state in
      state.restsUntil = .now + min(time * (1 / share - 1), Self.restMax)
      // What reads no stream says nothing about how fast one is read.
      guard bytes > 0 else { return }
      if time > (isBehind ? Self.behindTime : Self.batchTime) {
        state.bytes = max(Self.bytesMin, state.bytes / 2)
      } else if isBehind || bytes >= state.bytes / 2 {
        state.bytes = min(Self.bytesMax, state.bytes * (isBehind ? 8 : 5) / 4)
      }
    }
  }

  // MARK: Turns

  private func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isTaken {
          state.waiters.append(continuation)
          return false
        }
        state.isTaken = true
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  private func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
      state.isTaken = false
      return nil
    }
    next?.resume()
  }
}
