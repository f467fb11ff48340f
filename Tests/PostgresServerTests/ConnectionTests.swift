import Core
import Foundation
import Logging
import PostgresClient
import PostgresServer
import PostgresWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ConnectionTests {
  private static let startup: [UInt8] =
    [0, 0, 0, 19, 0, 3, 0, 0] + Array("user\0weir\0\0".utf8)

  @Test func `a client that leaves mid-query ends its statement and its session`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      #expect(server.server.connectionCount == 1)
      async let running = server.outputs(of: "wait", in: session)
      await server.journal.nextWait()
      // Closing cancels and hangs up.
      await session.close()
      _ = await running
      await server.journal.nextClose()
      #expect(server.server.connectionCount == 0)
    }
  }

  @Test func `a session can be ended from outside`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      async let running = server.outputs(of: "wait", in: session)
      await server.journal.nextWait()
      #expect(!server.server.terminate(processID: 99))
      #expect(server.server.terminate(processID: 1))
      _ = await running
      await server.journal.nextClose()
      #expect(server.server.connectionCount == 0)
      await session.close()
    }
  }

  @Test(.enabled(if: Psql.isInstalled, "psql is not installed"))
  func `a client that is killed mid-query ends its statement`() async throws {
    try await ServerFixture.run { server in
      let psql = Task { try await Psql.run(server.url(), ["wait"]) }
      await server.journal.nextWait()
      psql.cancel()
      await server.journal.nextClose()
      let status = try await psql.value.status
      #expect(status == 128 + SIGKILL)
    }
  }

  @Test(
    arguments: [
      Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [0x7F, 0xFF, 0xFF, 0xFF, 0, 3, 0, 0],
      [0, 0, 0, 8, 0, 2, 0, 0], startup + [0x7A, 0, 0, 0, 4],
      startup + [0x70, 0x7F, 0xFF, 0xFF, 0xFF], startup + [0x51, 0, 0, 0, 5, 0],
      startup + [0x70, 0, 0, 0, 5, 0],
    ] as [[UInt8]])
  func `garbage is answered with an error and a closed connection`(bytes: [UInt8]) async throws {
    try await ServerFixture.run { server in
      let answer = try await server.exchange(bytes)
      let text = String(decoding: answer, as: UTF8.self)
      #expect(text.contains("SFATAL\0"))
      #expect(text.contains("C08P01\0") || text.contains("C0A000\0"))
    }
  }

  @Test func `a client that does not finish its startup is sent away`() async throws {
    try await ServerFixture.run(limits: ServerLimits(startupTime: .milliseconds(500))) { server in
      for bytes in [[0, 0, 0], [0, 0, 0, 8, 4, 210, 22, 47], Self.startup] as [[UInt8]] {
        let answer = String(decoding: try await server.exchange(bytes), as: UTF8.self)
        #expect(answer.contains("C57014\0"))
      }
      #expect(await server.isEmptySoon())
    }
  }

  @Test func `one client too many is refused with 53300 and others are served`() async throws {
    let limits = ServerLimits(connectionCount: 1, startupTime: ServerFixture.patience)
    try await ServerFixture.run(limits: limits) { server in
      let session = try await server.connect()
      await #expect {
        try await server.connect()
      } throws: {
        ($0 as? SQLError)?.sqlState == "53300"
      }
      // A cancel request is taken even when the server is full.
      async let running = server.outputs(of: "wait", in: session)
      await server.journal.nextWait()
      session.cancel()
      #expect(await running.error?.sqlState == "57014")
      await session.close()
      await server.journal.nextClose()
      let next = try await server.connect()
      await next.close()
    }
  }

  @Test func `a cancel request with a wrong secret does nothing`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      async let running = server.outputs(of: "wait; rows", in: session)
      await server.journal.nextWait()
      let answer = try await server.exchange(
        [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 0])
      #expect(answer.isEmpty)
      session.cancel()
      #expect(await running.error?.sqlState == "57014")
      await session.close()
    }
  }

  @Test func `stopping tells the clients and closes their sessions`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      async let running = server.outputs(of: "wait", in: session)
      await server.journal.nextWait()
      await server.server.stop()
      let error = await running.error
      #expect(error?.sqlState == "57P01")
      await server.journal.nextClose()
      await session.close()
      await #expect(throws: SQLError.self) { try await server.connect() }
    }
  }

  @Test func `a server may stop while clients are just arriving`() async throws {
    for _ in 0..<10 {
      try await ServerFixture.run { server in
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<20 {
            group.addTask { _ = try? await server.exchange([0, 0, 0]) }
          }
          await server.server.stop()
        }
      }
    }
  }

  @Test func `run returns when its task is canceled`() async throws {
    try await ServerFixture.run { server in
      let task = Task { try await server.server.run() }
      task.cancel()
      try await task.value
      await #expect(throws: SQLError.self) { try await server.connect() }
    }
  }

  @Test(arguments: ["0.0.0.0", "::", "192.168.0.1", "example.com", ""])
  func `without TLS only a loopback address is bound`(host: String) async throws {
    let server = PostgresServer(
      host: host, port: 0, credential: { _ in nil },
      makeSession: { _ in FakeSession(journal: FakeJournal()) },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    await #expect(throws: PostgresServerError.self) { try await server.start() }
  }
}
