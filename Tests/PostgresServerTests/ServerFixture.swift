import Core
import Logging
import NIOCore
import NIOPosix
import PostgresClient
import PostgresServer
import PostgresWire
import Synchronization
import TestSupport
import Testing

/// A server of fake sessions on a free port. User `weir`, password `sec ret`.
struct ServerFixture {
  let server: PostgresServer
  let journal: FakeJournal
  let port: Int

  /// On a machine that runs all tests at once even a login can take long.
  static let patience = Duration.seconds(90)
  private static let credential = Credential(user: "weir", password: "sec ret")

  /// Runs the body against a server, which is stopped afterwards.
  static func run(
    limits: ServerLimits = ServerLimits(startupTime: patience),
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    let journal = FakeJournal()
    let server = PostgresServer(
      host: "127.0.0.1", port: 0, credential: { $0 == "weir" ? credential : nil },
      makeSession: { request in
        guard request.database != "missing" else {
          throw SQLError("3D000", "database \"missing\" does not exist")
        }
        return FakeSession(journal: journal)
      },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, limits: limits)
    let fixture = ServerFixture(server: server, journal: journal, port: try await server.start())
    do {
      try await body(fixture)
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  func url(password: String = "sec%20ret", database: String = "dev") -> String {
    "postgresql://weir:\(password)@127.0.0.1:\(port)/\(database)?connect_timeout=90"
  }

  func connect() async throws -> RemoteSession {
    try await RemoteSession.connect(url())
  }

  /// Runs the text and gathers what comes of it, up to an error.
  func outputs(
    of text: String, in session: RemoteSession
  ) async -> (outputs: [SQLOutput], error: SQLError?) {
    let outputs = Mutex<[SQLOutput]>([])
    do {
      try await session.execute(text) { output in outputs.withLock { $0.append(output) } }
      return (outputs.withLock { $0 }, nil)
    } catch {
      return (outputs.withLock { $0 }, error as? SQLError ?? SQLError("XX000", "\(error)"))
    }
  }

  /// Waits, at most some seconds, until no session is open; false if one stays.
  func isEmptySoon() async -> Bool {
    await eventually { server.connectionCount == 0 }
  }

  /// Sends bytes and gathers what comes back until the server closes.
  func exchange(_ bytes: [UInt8]) async throws -> [UInt8] {
    let socket = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await socket.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(bytes: bytes))
      var answer: [UInt8] = []
      for try await buffer in inbound { answer += Array(buffer.readableBytesView) }
      return answer
    }
  }
}
