import Core
import Synchronization

/// The session behind a connection, reachable from outside of it: from a cancel request, from
/// the reader that saw the client leave, from the server's shutdown.
final class RunningSession: Sendable {
  private struct State {
    var session: (any SQLSession)?
    var isExecuting = false
    var isEnding = false
  }

  private let state = Mutex(State())

  func set(_ session: any SQLSession) {
    state.withLock { $0.session = session }
  }

  /// Marks a statement as running; nil if the connection is ending and nothing may start.
  func begin() -> (any SQLSession)? {
    state.withLock {
      guard !$0.isEnding, let session = $0.session else { return nil }
      $0.isExecuting = true
      return session
    }
  }

  func end() {
    state.withLock { $0.isExecuting = false }
  }

  func cancel() {
    let session = state.withLock { $0.isExecuting ? $0.session : nil }
    session?.cancel()
  }

  /// Lets nothing start any more, and cancels until what runs has ended: a cancel that comes
  /// before the engine has begun is lost on it, so once is not enough.
  func cancelForGood() async {
    state.withLock { $0.isEnding = true }
    while let session = state.withLock({ $0.isExecuting ? $0.session : nil }) {
      session.cancel()
      // In a task of its own, for this one may be canceled and would not sleep.
      await Task { try? await Task.sleep(for: .milliseconds(50)) }.value
    }
  }

  /// Takes the session away to close it.
  func take() -> (any SQLSession)? {
    state.withLock { state in
      state.isEnding = true
      defer { state.session = nil }
      return state.session
    }
  }
}
