package import Core
package import Logging
import NIOCore
import NIOPosix
package import PostgresWire
import Synchronization

/// Who connected and what they asked for, for the engine that makes their session.
package struct SessionRequest: Sendable, Equatable {
  package var user: String
  package var database: String
  package var applicationName: String
  /// All parameters of the startup message.
  package var parameters: [String: String]
  /// What `pg_backend_pid()` should say: unique among the open sessions.
  package var processID: Int32

  package init(
    user: String, database: String, applicationName: String, parameters: [String: String],
    processID: Int32
  ) {
    self.user = user
    self.database = database
    self.applicationName = applicationName
    self.parameters = parameters
    self.processID = processID
  }
}

/// Why a server could not start.
package struct PostgresServerError: Error, Equatable, CustomStringConvertible {
  package let description: String
}

/// Speaks PostgreSQL's protocol on a loopback address: one `SQLSession` for each connection.
///
/// There is no TLS, so it binds to loopback addresses only.
package final class PostgresServer: Sendable {
  private typealias Listener = NIOAsyncChannel<any Channel, Never>

  private struct State {
    var port: Int?
    var acceptor: Task<Void, Never>?
    var isStarted = false
  }

  /// How long `stop()` waits for sessions to end.
  private static let stopTime = Duration.seconds(10)

  private let host: String
  private let port: Int
  private let service: ConnectionService
  private let state = Mutex(State())
  /// Ends when the server does.
  private let (ended, endedContinuation) = AsyncStream.makeStream(of: Never.self)

  /// - Parameters:
  ///   - port: 0 picks a free one; `start()` tells which.
  ///   - credential: of a user, or nil if there is none of that name.
  ///   - makeSession: called for each client that has given the right password. A `SQLError`
  ///     that it throws is shown to the client.
  package init(
    host: String, port: Int,
    credential: @escaping @Sendable (_ user: String) async -> Credential?,
    makeSession: @escaping @Sendable (SessionRequest) async throws -> any SQLSession,
    logger: Logger, limits: ServerLimits = ServerLimits()
  ) {
    self.host = host
    self.port = port
    service = ConnectionService(
      credential: credential, makeSession: makeSession, logger: logger, limits: limits)
  }

  /// Sessions that are open now.
  package var connectionCount: Int { service.registry.count }

  /// Binds, begins to accept, and returns the port. May be called once.
  ///
  /// - Throws: `PostgresServerError`
  package func start() async throws -> Int {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { throw PostgresServerError(description: "the server was started before") }
    let address = try loopbackAddress()
    let listener = try await bind(to: address)
    let bound = listener.channel.localAddress?.port ?? port
    let acceptor = Task { [service, endedContinuation] in
      await Self.accept(from: listener, service)
      endedContinuation.finish()
    }
    state.withLock {
      $0.port = bound
      $0.acceptor = acceptor
    }
    service.logger.info("accepting SQL connections", metadata: ["port": "\(bound)"])
    return bound
  }

  /// Starts, if nobody has, and returns after `stop()`; stops when its task is canceled.
  package func run() async throws {
    if !state.withLock({ $0.isStarted }) { _ = try await start() }
    for await _ in ended {}
    await stop()
  }

  /// Tells every client that the server goes down, closes their sessions and the port.
  /// Waits for sessions to end, but not for ever.
  package func stop() async {
    guard let acceptor = state.withLock({ $0.acceptor }) else { return }
    let shutdown = SQLError(
      "57P01", "terminating connection due to administrator command")
    for channel in service.registry.stop() { channel.end(with: shutdown) }
    acceptor.cancel()
    // Not a child of the caller's task: that may be canceled already, and the wait is short.
    await Task { [ended] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { for await _ in ended {} }
        group.addTask { try? await Task.sleep(for: Self.stopTime) }
        await group.next()
        group.cancelAll()
      }
    }.value
  }

  /// Tells the client with that process id that its session ends, and closes its connection.
  ///
  /// - Returns: whether there is such a client.
  @discardableResult
  package func terminate(processID: Int32) -> Bool {
    guard let channel = service.registry.channel(of: processID) else { return false }
    channel.end(
      with: SQLError("57P01", "terminating connection due to administrator command"))
    return true
  }

  private func loopbackAddress() throws -> SocketAddress {
    let name = host == "localhost" ? "127.0.0.1" : host
    let address = try? SocketAddress(ipAddress: name, port: port)
    let isLoopback =
      switch address {
      case .v4: name.hasPrefix("127.")
      case .v6: name == "::1"
      default: false
      }
    guard let address, isLoopback, (0...65_535).contains(port) else {
      throw PostgresServerError(
        description: "cannot serve SQL on \(host):\(port): without TLS only a loopback address"
          + " is allowed; use 127.0.0.1")
    }
    return address
  }

  private func bind(to address: SocketAddress) async throws -> Listener {
    do {
      return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: 256)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.autoRead, value: false)
        .bind(to: address) { [service] channel in
          let isWelcome = service.registry.add(channel, limit: service.limits.socketCount)
          if !isWelcome { channel.close(promise: nil) }
          return channel.eventLoop.makeSucceededFuture(channel)
        }
    } catch {
      throw PostgresServerError(description: "cannot listen on \(host):\(port): \(error)")
    }
  }

  private static func accept(
    from listener: Listener, _ service: ConnectionService
  ) async {
    do {
      try await listener.executeThenClose { clients in
        try await withThrowingDiscardingTaskGroup { group in
          for try await client in clients {
            group.addTask { await service.serve(client) }
          }
          group.cancelAll()
        }
      }
    } catch is CancellationError {
    } catch {
      service.logger.error("accepting SQL connections failed", metadata: ["error": "\(error)"])
    }
  }
}
