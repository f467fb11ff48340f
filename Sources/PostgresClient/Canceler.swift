import CPostgres
import Synchronization

/// Asks the server to stop what a connection runs, over a connection of its own.
///
/// Safe to share because the handle is only used under the lock, and freed with the last
/// reference.
final class Canceler: @unchecked Sendable {
  private let lock = Mutex(())
  private let pointer: OpaquePointer?

  init(_ connection: OpaquePointer) {
    pointer = PQgetCancel(connection)
  }

  deinit {
    PQfreeCancel(pointer)
  }

  /// Blocks until the server has taken the request.
  func cancel() {
    guard let pointer else { return }
    lock.withLock { _ in
      var message = [CChar](repeating: 0, count: 256)
      _ = PQcancel(pointer, &message, Int32(message.count))
    }
  }
}
