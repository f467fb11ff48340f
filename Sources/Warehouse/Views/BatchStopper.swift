internal import Synchronization

/// Interrupts one batch of work, and never the one behind it.
final class BatchStopper: Sendable {
  private enum State { case waiting, running, stopping, ended }

  private let state = Mutex(State.waiting)
  private let interrupt: @Sendable () -> Void

  init(interrupt: @escaping @Sendable () -> Void) {
    self.interrupt = interrupt
  }

  /// - Throws: `CancellationError` if `stop()` came first.
  func run<Value>(_ body: () throws -> Value) throws -> Value {
    let mayRun = state.withLock { state in
      guard state == .waiting else { return false }
      state = .running
      return true
    }
    guard mayRun else { throw CancellationError() }
    defer { state.withLock { $0 = .ended } }
    return try body()
  }

  /// DuckDB forgets an interrupt that comes between two statements: so again until it ends.
  func stop() {
    let isRunning = state.withLock { state in
      guard state == .running || state == .waiting else { return false }
      let isRunning = state == .running
      state = isRunning ? .stopping : .ended
      if isRunning { interrupt() }
      return isRunning
    }
    guard isRunning else { return }
    Task.detached { [self] in
      while interruptAgain() { try? await Task.sleep(for: .milliseconds(20)) }
    }
  }

  private func interruptAgain() -> Bool {
    state.withLock { state in
      guard state == .stopping else { return false }
      interrupt()
      return true
    }
  }
}
