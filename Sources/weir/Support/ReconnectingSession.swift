import Core
import PostgresClient
import Synchronization

/// A session of a server that may go away and come back: a statement after the connection was
/// lost connects anew. What the lost session held (a transaction, settings) is gone with it.
final class ReconnectingSession: SQLSession {
  private let url: String
  private let current: Mutex<RemoteSession?>

  init(_ url: String, first: RemoteSession) {
    self.url = url
    current = Mutex(first)
  }

  var transactionStatus: TransactionStatus {
    get async { await current.withLock { $0 }?.transactionStatus ?? .idle }
  }

  func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    let session: RemoteSession
    if let known = current.withLock({ $0 }) {
      session = known
    } else {
      session = try await RemoteSession.connect(url)
      current.withLock { $0 = session }
    }
    do {
      try await session.execute(text, receive: receive)
    } catch let error as SQLError where Self.isLost(error) {
      current.withLock { $0 = nil }
      await session.close()
      throw error
    }
  }

  /// Class 08 is about connections; 57P01 comes from a server that goes down.
  private static func isLost(_ error: SQLError) -> Bool {
    error.sqlState.hasPrefix("08") || error.sqlState == "57P01"
  }

  func cancel() { current.withLock { $0 }?.cancel() }

  func close() async { await current.withLock { $0 }?.close() }
}
