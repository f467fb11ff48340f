package import Core
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOPosix
package import PostgresWire
internal import Synchronization

/// Who asks for a session.
package struct SessionRequest: Sendable {
  package var user: String
  package var database: String
  package var applicationName: String
  package var processID: Int32
}

/// The SQL port: PostgreSQL's wire protocol over sessions that the owner makes.
package final class PostgresServer: Sendable {
  package struct Limits: Sendable {
    package var connectionsMax = 500
    package var messageBytesMax = 64 << 20
    /// From the first byte to the right password.
    package var startupSeconds = 10.0

    package init() {}
  }

  private let host: String
  private let port: Int
  private let credential: @Sendable (String) async -> Credential?
  private let makeSession: @Sendable (SessionRequest) async throws -> any SQLSession
  private let logger: Logger
  private let limits: Limits
  private let listener = Mutex<NIOAsyncChannel<Connection, Never>?>(nil)
  private let sessions = Mutex(Sessions())

  fileprivate typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private struct Sessions {
    var nextProcess = Int32.random(in: 1_000...9_999)
    var count = 0
    var cancellable: [Int32: (secret: Int32, session: any SQLSession)] = [:]
  }

  /// - Parameters:
  ///   - port: 0 picks a free one.
  ///   - credential: what is known of a user; nil for an unknown one.
  package init(
    host: String, port: Int, credential: @escaping @Sendable (String) async -> Credential?,
    makeSession: @escaping @Sendable (SessionRequest) async throws -> any SQLSession,
    logger: Logger, limits: Limits = Limits()
  ) {
    self.host = host
    self.port = port
    self.credential = credential
    self.makeSession = makeSession
    self.logger = logger
    self.limits = limits
  }

  package var connectionCount: Int { sessions.withLock { $0.count } }

  /// Binds the port.
  ///
  /// - Returns: the port that clients connect to.
  package func start() async throws -> Int {
    guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
      throw SQLError(
        "58000", "refusing to listen on \(host): without TLS only loopback is allowed")
    }
    let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .bind(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try Connection(wrappingChannelSynchronously: channel)
        }
      }
    listener.withLock { $0 = channel }
    return channel.channel.localAddress?.port ?? port
  }

  /// Serves until the task is cancelled or `stop` is called; then every session is closed.
  package func run() async throws {
    guard let channel = listener.withLock({ $0 }) else {
      throw SQLError("58000", "the server was not started")
    }
    try await withThrowingDiscardingTaskGroup { group in
      try await withTaskCancellationHandler {
        try await channel.executeThenClose { inbound in
          for try await connection in inbound {
            group.addTask { await self.serve(connection) }
          }
        }
      } onCancel: {
        channel.channel.close(promise: nil)
      }
      group.cancelAll()
    }
  }

  package func stop() {
    listener.withLock { $0 }?.channel.close(promise: nil)
  }

  // MARK: One connection

  private func serve(_ connection: Connection) async {
    let admitted = sessions.withLock { sessions in
      sessions.count += 1
      return sessions.count <= limits.connectionsMax
    }
    defer { sessions.withLock { $0.count -= 1 } }
    do {
      try await connection.executeThenClose { inbound, outbound in
        let conversation = Conversation(server: self, outbound: outbound, limits: limits)
        guard admitted else { return try await conversation.refuse() }
        let timer = Task {
          try await Task.sleep(for: .seconds(limits.startupSeconds))
          if await !conversation.hasStarted { connection.channel.close(promise: nil) }
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
          do {
            for try await bytes in inbound {
              guard try await conversation.receive(bytes) else { break }
            }
          } catch {
            // The peer went away, or writes to it fail: the same to us.
          }
          await conversation.end()
        } onCancel: {
          connection.channel.close(promise: nil)
        }
      }
    } catch {
      logger.debug("connection ended: \(error)")
    }
  }

  // MARK: What conversations ask for

  func findCredential(_ user: String) async -> Credential? { await credential(user) }

  func openSession(
    user: String, database: String, parameters: [String: String]
  ) async throws -> (session: any SQLSession, processID: Int32, secret: Int32) {
    let process = sessions.withLock { sessions in
      sessions.nextProcess &+= 1
      return sessions.nextProcess
    }
    let session = try await makeSession(
      SessionRequest(
        user: user, database: database, applicationName: parameters["application_name"] ?? "",
        processID: process))
    let secret = Int32.random(in: .min ... .max)
    sessions.withLock { $0.cancellable[process] = (secret, session) }
    return (session, process, secret)
  }

  func closeSession(_ session: any SQLSession, processID: Int32) async {
    sessions.withLock { _ = $0.cancellable.removeValue(forKey: processID) }
    await session.close()
  }

  func cancel(processID: Int32, secret: Int32) {
    let found = sessions.withLock { $0.cancellable[processID] }
    if let found, found.secret == secret { found.session.cancel() }
  }
}
