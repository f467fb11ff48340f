import Core
import PostgresClient
import PostgresServer
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RemoteSessionTests {
  @Test func `rows, notices and tags come as the engine gave them`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      var batch = RowBatch(columnCount: 2)
      for (number, text) in [("1", "ä"), ("2", ""), ("3", nil)] as [(String, String?)] {
        batch.append(number)
        if let text { batch.append(text) } else { batch.appendNull() }
      }
      let columns = [
        SQLColumn(name: "n", type: .integer), SQLColumn(name: "text", type: .varchar),
      ]
      let (outputs, error) = await server.outputs(of: "notice; begin; rows", in: session)
      #expect(error == nil)
      #expect(
        outputs == [
          .notice(SQLNotice(severity: "WARNING", sqlState: "01000", message: "mind")),
          .complete(tag: "NOTICE"), .complete(tag: "BEGIN"),
          .columns(columns), .rows(batch), .complete(tag: "SELECT 3"),
        ])
      #expect(await session.transactionStatus == .inTransaction)
      #expect(await server.outputs(of: " ", in: session).outputs == [.empty])
      #expect(
        await server.outputs(of: "count 0", in: session).outputs.last
          == .complete(tag: "SELECT 0"))
      await session.close()
      await session.close()
      #expect(await server.outputs(of: "rows", in: session).error?.sqlState == "08003")
    }
  }

  @Test func `an error keeps its code, detail, hint and position`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      let (outputs, error) = await server.outputs(of: "rows; fail", in: session)
      #expect(outputs.last == .complete(tag: "SELECT 3"))
      #expect(
        error
          == SQLError(
            "42703", "column \"nope\" does not exist", detail: "none at all",
            hint: "look again", position: 10))
      #expect(await server.outputs(of: "rows", in: session).error == nil)
      await session.close()
    }
  }

  @Test func `a wrong password is refused with 28P01`() async throws {
    try await ServerFixture.run { server in
      await #expect {
        try await RemoteSession.connect(server.url(password: "nope"))
      } throws: {
        ($0 as? SQLError)?.sqlState == "28P01"
      }
      await #expect {
        try await RemoteSession.connect("host=127.0.0.1 port=1 user=weir")
      } throws: {
        ($0 as? SQLError)?.sqlState == "08006"
      }
    }
  }

  @Test func `a million rows stream while the engine keeps step with the reader`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      let journal = server.journal
      let read = Mutex((rows: 0, isFirst: true))
      try await session.execute("count 1000000") { output in
        guard case .rows(let batch) = output else { return }
        let isFirst = read.withLock { read in
          defer { read.isFirst = false }
          read.rows += batch.rowCount
          return read.isFirst
        }
        guard isFirst else { return }
        // The reader stands still: soon the engine must, too. Sockets hold some megabytes.
        await standstill(of: { journal.producedRowCount })
        #expect(journal.producedRowCount < 300_000)
      }
      #expect(read.withLock { $0.rows } == 1_000_000)
      await session.close()
    }
  }

  /// Returns when the number has not changed for a while.
  private func standstill(of number: () -> Int) async {
    var last = -1
    var unchanged = 0
    while unchanged < 20 {
      await moment()
      unchanged = number() == last ? unchanged + 1 : 0
      last = number()
    }
  }

  @Test func `a running statement is canceled and the session goes on`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      async let running = server.outputs(of: "wait", in: session)
      await server.journal.nextWait()
      session.cancel()
      #expect(await running.error?.sqlState == "57014")
      let next = await server.outputs(of: "rows", in: session)
      #expect(next.error == nil)
      await session.close()
    }
  }

  @Test func `a canceled task cancels its statement`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      let task = Task { await server.outputs(of: "wait", in: session) }
      await server.journal.nextWait()
      task.cancel()
      #expect(await task.value.error?.sqlState == "57014")
      await session.close()
    }
  }

  @Test func `an error of the reader ends the statement and is passed on`() async throws {
    struct Enough: Error {}
    try await ServerFixture.run { server in
      let session = try await server.connect()
      await #expect(throws: Enough.self) {
        try await session.execute("count 1000000") { output in
          if case .rows = output { throw Enough() }
        }
      }
      #expect(server.journal.producedRowCount < 1_000_000)
      #expect(await server.outputs(of: "rows", in: session).error == nil)
      await session.close()
    }
  }

  @Test func `statements of one session take turns`() async throws {
    try await ServerFixture.run { server in
      let session = try await server.connect()
      await withTaskGroup(of: SQLError?.self) { group in
        for _ in 0..<20 {
          group.addTask { await server.outputs(of: "count 1000", in: session).error }
        }
        for await error in group { #expect(error == nil) }
      }
      await session.close()
    }
  }
}
