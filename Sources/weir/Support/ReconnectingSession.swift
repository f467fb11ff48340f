import Core
import PostgresClient
import Synchronization

/// A session of a server that may go away and come back, perhaps elsewhere: a statement after the
/// connection was lost connects anew. What the lost session held (a transaction, settings) is gone
/// with it.
final class ReconnectingSession: SQLSession {
  private let applicationName: String?
  /// The server's address, looked up for each connection.
  private let locate: @Sendable () throws -> String
  private let current = Mutex<RemoteSession?>(nil)

  init(applicationName: String? = nil, locate: @escaping @Sendable () throws -> String) {
    self.applicationName = applicationName
    self.locate = locate
  }

  /// Connects, unless the connection stands.
  @discardableResult
  func connect() async throws -> RemoteSession {
    if let known = current.withLock({ $0 }) {
      if await known.isConnected { return known }
      current.withLock { $0 = nil }
      await known.close()
    }
    let session = try await RemoteSession.connect(try locate(), applicationName: applicationName)
    current.withLock { $0 = session }
    return session
  }

  var transactionStatus: TransactionStatus {
    get async { await current.withLock { $0 }?.transactionStatus ?? .idle }
  }

  func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    let session = try await connect()
    do {
      try await session.execute(text, receive: receive)
    } catch let error as SQLError where error.isConnectionLost {
      current.withLock { $0 = nil }
      await session.close()
      throw error
    }
  }

  func cancel() { current.withLock { $0 }?.cancel() }

  func close() async { await current.withLock { $0 }?.close() }
}

extension SQLError {
  /// Class 08 is about connections; 57P01 comes from a server that goes down.
  var isConnectionLost: Bool { sqlState.hasPrefix("08") || sqlState == "57P01" }
}
