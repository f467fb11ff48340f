import Core
import LocalPostgres
import TestSupport
import Testing
import Warehouse

/// PostgreSQL servers that refuse, die, restart and hang.
@Suite struct FederationFailureTests {
  private static let table = """
    CREATE TABLE t (id integer, pad text);
    INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(1, 20000) g
    """
  /// A table whose rows take for ever to come; each is sent at once, because it is long.
  private static let slow = """
    CREATE VIEW slow AS SELECT id, pg_sleep(0.05)::text || repeat('y', 9000) AS nap FROM t
    """

  @Test func `what the server refuses is told in its words, with its SQLSTATE`() async throws {
    let fixture = try await FederatedFixture(tables: Self.table)
    try await fixture.run(fixture.create("nobody", secret: "wrong"))
    let refused = await fixture.failure("SELECT * FROM nobody.t")
    #expect(refused?.sqlState == "28P01")
    #expect(refused?.message.contains("password authentication failed for user \"weir\"") == true)
    #expect(refused?.message.contains("wrong") == false)
    try await fixture.run(fixture.create("nowhere", database: "none"))
    let missing = await fixture.failure("SELECT * FROM nowhere.t")
    #expect(missing?.sqlState == "3D000")
    #expect(missing?.message.contains("database \"none\" does not exist") == true)
    try await fixture.run(fixture.create("down", uri: FederatedFixture.downURI))
    let start = ContinuousClock.now
    let down = await fixture.failure("SELECT * FROM down.t")
    #expect(down?.sqlState == "08001")
    #expect(
      down?.message
        == "external schema \"down\": cannot connect to 127.0.0.1:1: Connection refused")
    #expect(.now - start < .seconds(5))
    try await fixture.run(fixture.create("noschema", remote: "none"))
    #expect(await fixture.failure("SELECT * FROM noschema.t")?.sqlState == "42P01")
    try await fixture.remote("CREATE TABLE closed (a int); CREATE ROLE reader")
    // A server that is down has no rows in the lists, and does not fail them.
    #expect(
      try await fixture.run("SELECT DISTINCT schemaname FROM svv_external_tables") == [["live"]])
    #expect(
      try await fixture.run(
        "SELECT row_count IS NULL, byte_count IS NULL FROM sys_weir_tiers WHERE relation = 'down'")
        == [["t", "t"]])
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    await fixture.close()
  }

  @Test func `an error in a row's value names the server, and the next statement works`()
    async throws
  {
    let fixture = try await FederatedFixture(
      tables: Self.table + "; CREATE VIEW bad AS SELECT 1 / (id - 5000) AS x FROM t")
    let failure = await fixture.failure("SELECT sum(x) FROM live.bad")
    #expect(failure?.sqlState == "22012")
    #expect(failure?.message.hasSuffix("division by zero") == true)
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    let status = try await fixture.run(
      "SELECT count(*) FROM sys_external_query_detail WHERE returned_rows > 0")
    #expect(status == [["2"]])
    await fixture.close()
  }

  @Test func `connections that died in the pool fail nothing`() async throws {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(server: server, tables: Self.table)
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    try await fixture.remote(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weir'")
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    await server.stop()
    let down = await fixture.failure("SELECT count(*) FROM live.t")
    #expect(down?.sqlState == "08001")
    let again = try await PostgresFixture.restart(server)
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    await again.stop(.kill)
    await fixture.close()
  }

  @Test(arguments: [LocalPostgres.Ending.fast, .kill])
  func `a server that goes in the midst of a query fails it, and is found again`(
    _ ending: LocalPostgres.Ending
  ) async throws {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(server: server, tables: Self.table + ";" + Self.slow)
    let query = Task { await fixture.failure("SELECT count(nap) FROM live.slow") }
    #expect(await eventually { (try? await Self.isReading(fixture)) ?? false })
    let start = ContinuousClock.now
    await server.stop(ending)
    let failure = await query.value
    #expect(failure?.sqlState == "08006", "\(failure?.message ?? "")")
    #expect(.now - start < .seconds(10))
    let again = try await PostgresFixture.restart(server)
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    await again.stop(.kill)
    await fixture.close()
  }

  private static func isReading(_ fixture: FederatedFixture) async throws -> Bool {
    try await fixture.remote(
      """
      SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir'
       AND state = 'active' AND query LIKE 'COPY%'
      """) == "1"
  }

  @Test func `a server that hangs fails the statement in time, and serves again when it goes on`()
    async throws
  {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(
      server: server, tables: Self.table + ";" + Self.slow, connectTimeout: .seconds(2),
      statementTimeout: .seconds(2))
    let query = Task { await fixture.failure("SELECT count(nap) FROM live.slow") }
    #expect(await eventually { (try? await Self.isReading(fixture)) ?? false })
    server.pause()
    var start = ContinuousClock.now
    let failure = await query.value
    #expect(failure?.sqlState == "57014", "\(failure?.message ?? "")")
    #expect(failure?.message.hasSuffix("it did not answer within 2 s") == true)
    #expect(.now - start < .seconds(10))
    // A new connection gets no answer either; nor do the lists wait for it.
    start = .now
    let refused = await fixture.failure("SELECT count(*) FROM live.t")
    #expect(["08001", "57014"].contains(refused?.sqlState))
    #expect(.now - start < .seconds(12))
    start = .now
    #expect(try await fixture.run("SELECT count(*) FROM svv_external_tables") == [["0"]])
    #expect(.now - start < .seconds(12))
    server.resume()
    let isBack = await eventually {
      (try? await fixture.run("SELECT count(*) FROM live.t")) == [["20000"]]
    }
    #expect(isBack)
    #expect(try await fixture.connections() == "")
    await server.stop(.kill)
    await fixture.close()
  }

  @Test func `a cancel ends a scan that waits for the server`() async throws {
    let fixture = try await FederatedFixture(tables: Self.table + ";" + Self.slow)
    let other = try fixture.warehouse.warehouse.makeSession(user: "weir", processID: 901)
    let query = Task { await other.failure("SELECT count(nap) FROM live.slow") }
    #expect(await eventually { (try? await Self.isReading(fixture)) ?? false })
    let start = ContinuousClock.now
    try await fixture.run("CANCEL 901")
    let failure = await query.value
    #expect(failure?.sqlState == "57014")
    #expect(failure?.message.hasSuffix("cancelled on user's request") == true)
    #expect(.now - start < .seconds(5))
    // The server has stopped it too.
    #expect(await eventually { (try? await fixture.connections()) == "" })
    #expect(try await other.rows("SELECT count(*) FROM live.t") == [["20000"]])
    await other.close()
    await fixture.close()
  }

  @Test func `a cancel ends a statement on a server that hangs`() async throws {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(server: server, tables: Self.table)
    #expect(try await fixture.run("SELECT count(*) FROM live.t") == [["20000"]])
    server.pause()
    let other = try fixture.warehouse.warehouse.makeSession(user: "weir", processID: 902)
    let query = Task { await other.failure("SELECT count(*) FROM live.t") }
    let isRunning = await eventually {
      (try? await fixture.run(
        "SELECT count(*) FROM stv_inflight WHERE pid = 902")) == [["1"]]
    }
    #expect(isRunning)
    let start = ContinuousClock.now
    other.cancel()
    #expect(await query.value?.sqlState == "57014")
    #expect(.now - start < .seconds(10))
    server.resume()
    #expect(try await other.rows("SELECT count(*) FROM live.t") == [["20000"]])
    await server.stop(.kill)
    await other.close()
    await fixture.close()
  }

  @Test func `rows that were read from a server that died are not kept in part`() async throws {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(server: server, tables: Self.table + ";" + Self.slow)
    try await fixture.run("CREATE TABLE copied (id integer)")
    let copy = Task { await fixture.failure("INSERT INTO copied SELECT id FROM live.slow") }
    #expect(await eventually { (try? await Self.isReading(fixture)) ?? false })
    await server.stop(.kill)
    #expect(await copy.value?.sqlState == "08006")
    #expect(try await fixture.run("SELECT count(*) FROM copied") == [["0"]])
    let failed = await fixture.failure("BEGIN; SELECT count(*) FROM copied; SELECT * FROM live.t")
    #expect(failed?.sqlState == "08001")
    #expect(await fixture.failure("SELECT 1")?.sqlState == "25P02")
    try await fixture.run("ROLLBACK")
    #expect(try await fixture.run("SELECT 1") == [["1"]])
    await fixture.close()
  }

  @Test func `a client that leaves in the midst of a result leaves nothing open`() async throws {
    let fixture = try await FederatedFixture(tables: Self.table)
    let other = try fixture.warehouse.warehouse.makeSession(user: "weir")
    struct Enough: Error {}
    await #expect(throws: Enough.self) {
      try await other.execute("SELECT a.id, b.id FROM live.t a, range(1000) b(id)") { output in
        if case .rows = output { throw Enough() }
      }
    }
    #expect(await eventually { (try? await fixture.connections()) == "" })
    #expect(try await other.rows("SELECT count(*) FROM live.t") == [["20000"]])
    await other.close()
    await fixture.close()
  }

  @Test func `while a server is killed, paused and restarted, a join has all its rows or fails`()
    async throws
  {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(
      server: server, tables: Self.table, connectTimeout: .seconds(1), statementTimeout: .seconds(1)
    )
    try await fixture.run(
      "CREATE TABLE here AS SELECT i AS id, i % 10 AS part FROM generate_series(1, 20000) AS g(i)")
    let expected = [["20000", "90000", "200010000"]]
    let join = """
      SELECT count(*), sum(h.part), sum(t.id) FROM live.t t JOIN here h ON h.id = t.id
       WHERE length(t.pad) = 200
      """
    let warehouse = fixture.warehouse.warehouse
    let (isOver, answers, failures) = (Locked(false), Locked(0), Locked<[String]>([]))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...2 {
        group.addTask {
          let session = try warehouse.makeSession(user: "weir")
          while !isOver.value {
            do {
              #expect(try await session.rows(join) == expected)
              answers.withLock { $0 += 1 }
            } catch let error as SQLError {
              failures.withLock { $0.append("\(error.sqlState) \(error.message)") }
              await moment()
            }
          }
          await session.close()
        }
      }
      func goOn() async {
        let before = answers.value
        #expect(await eventually(within: 20) { answers.value > before + 2 })
      }
      await goOn()
      var running = server
      for ending in [LocalPostgres.Ending.kill, .fast] {
        await running.stop(ending)
        running = try await PostgresFixture.restart(running)
        await goOn()
        let before = failures.value.count
        running.pause()
        #expect(await eventually(within: 20) { failures.value.count > before })
        running.resume()
        await goOn()
      }
      isOver.withLock { $0 = true }
      try await group.waitForAll()
      await running.stop(.kill)
    }
    // Refused, cut or silent: nothing else may come of it.
    let others = Set(failures.value).filter {
      !["08001", "08006", "57014", "57P03"].contains($0.prefix(5))
    }
    #expect(others.isEmpty)
    await fixture.close()
  }
}
