import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

/// Statements that other sessions stop, in each state that a statement can be in.
@Suite struct CancelTests {
  /// Long enough that only a cancel ends it.
  private static let endless =
    "SELECT count(*) FROM t a, t b, t c, t d WHERE a.i + b.i + c.i + d.i = -1"

  private static func fixture(_ limits: WorkloadLimits = WorkloadLimits()) async throws
    -> WarehouseFixture
  {
    let fixture = try WarehouseFixture(limits: limits)
    try await fixture.run("CREATE TABLE t AS SELECT * FROM range(10000) AS r(i)")
    return fixture
  }

  private static func process(_ session: WarehouseSession) async throws -> String {
    try await session.rows("SELECT pg_backend_pid()")[0][0]
  }

  /// Waits until the session's statement is in the state, then stops it.
  ///
  /// - Returns: the error that the statement ended with, and the time from the cancel to it.
  private func cancel(
    _ sql: String, in session: WarehouseSession, when status: String,
    of fixture: WarehouseFixture, with statement: (String) -> String = { "CANCEL \($0)" }
  ) async throws -> (SQLError?, Duration) {
    let process = try await Self.process(session)
    let running = Task { (await session.failure(sql), ContinuousClock.now) }
    let isThere = await eventually {
      let found = try? await fixture.run(
        """
        SELECT count(*) FROM sys_query_history
        WHERE session_id = \(process) AND \(status) AND end_time IS NULL
        """)
      return found == [["1"]]
    }
    #expect(isThere)
    let start = ContinuousClock.now
    _ = try await fixture.run(statement(process))
    let (failure, end) = await running.value
    return (failure, end - start)
  }

  @Test func `a query in the midst of DuckDB's work`() async throws {
    let fixture = try await Self.fixture()
    let other = try fixture.warehouse.makeSession(user: "weir")
    let (failure, time) = try await cancel(
      Self.endless, in: other, when: "status = 'running'", of: fixture)
    #expect(failure?.sqlState == "57014")
    #expect(failure?.message.hasSuffix("cancelled on user's request") == true)
    #expect(time < .seconds(30))
    let status = try await fixture.run(
      "SELECT status FROM sys_query_history WHERE query_text LIKE 'SELECT count(*) FROM t a%'")
    #expect(status == [["canceled"]])
    #expect(try await other.rows("SELECT 1") == [["1"]])
    await other.close()
    await fixture.close()
  }

  @Test func `the cancelled client sees the message that was given`() async throws {
    let fixture = try await Self.fixture()
    let other = try fixture.warehouse.makeSession(user: "weir", processID: 802)
    let (failure, _) = try await cancel(
      Self.endless, in: other, when: "status = 'running'", of: fixture
    ) { "CANCEL \($0) 'Long-running query'" }
    #expect(failure == SQLError("57014", "Long-running query"))
    await other.close()
    await fixture.close()
  }

  @Test func `pg_cancel_backend stops a query, and tells whether there is the session`()
    async throws
  {
    let fixture = try await Self.fixture()
    let other = try fixture.warehouse.makeSession(user: "weir", processID: 803)
    let (failure, _) = try await cancel(
      Self.endless, in: other, when: "status = 'running'", of: fixture
    ) { "SELECT pg_cancel_backend(\($0))" }
    #expect(failure?.sqlState == "57014")
    #expect(try await fixture.run("SELECT pg_cancel_backend(803)") == [["1"]])
    #expect(try await fixture.run("SELECT pg_cancel_backend(99)") == [["0"]])
    #expect(await fixture.session.failure("CANCEL 99")?.sqlState == "42704")
    await other.close()
    await fixture.close()
  }

  @Test func `a statement that waits for a slot`() async throws {
    var limits = WorkloadLimits()
    limits.slotsMin = 1
    limits.slotsMax = 1
    let fixture = try await Self.fixture(limits)
    let first = try fixture.warehouse.makeSession(user: "weir", processID: 1)
    let second = try fixture.warehouse.makeSession(user: "weir", processID: 2)
    let running = Task { await first.failure(Self.endless) }
    _ = await eventually {
      (try? await fixture.run("SELECT count(*) FROM stv_inflight WHERE pid = 1")) == [["1"]]
    }
    let (failure, time) = try await cancel(
      "SELECT * FROM t", in: second, when: "status = 'queued'", of: fixture)
    #expect(failure?.sqlState == "57014")
    #expect(time < .seconds(30))
    try await fixture.run("CANCEL 1")
    #expect(await running.value?.sqlState == "57014")
    // The slot of neither is lost.
    #expect(try await second.rows("SELECT count(*) FROM t") == [["10000"]])
    for session in [first, second] { await session.close() }
    await fixture.close()
  }

  @Test func `a statement that waits for a table`() async throws {
    let fixture = try await Self.fixture()
    let writer = try fixture.warehouse.makeSession(user: "weir")
    let other = try fixture.warehouse.makeSession(user: "weir")
    _ = try await writer.rows("BEGIN; INSERT INTO t VALUES (-5)")
    let sql = "CREATE MATERIALIZED VIEW v AS SELECT i FROM t"
    let (failure, time) = try await cancel(
      sql, in: other, when: "status = 'running'", of: fixture)
    #expect(failure?.sqlState == "57014")
    #expect(time < .seconds(30))
    _ = try await writer.rows("COMMIT")
    _ = try await other.rows(sql)
    #expect(try await fixture.run("SELECT count(*) FROM v") == [["10001"]])
    for session in [writer, other] { await session.close() }
    await fixture.close()
  }

  @Test func `a REFRESH, which changes nothing then`() async throws {
    let fixture = try await Self.fixture()
    let other = try fixture.warehouse.makeSession(user: "weir")
    try await fixture.run(
      """
      CREATE TABLE few (i BIGINT);
      CREATE MATERIALIZED VIEW v AS
        SELECT a.i FROM t a, t b, t c, few d WHERE a.i + b.i + c.i + d.i = -1;
      INSERT INTO few VALUES (1)
      """)
    let (failure, time) = try await cancel(
      "REFRESH MATERIALIZED VIEW v", in: other, when: "status = 'running'", of: fixture)
    #expect(failure?.sqlState == "57014")
    #expect(time < .seconds(30))
    #expect(try await fixture.run("SELECT is_stale FROM svv_mv_info") == [["t"]])
    try await fixture.run("TRUNCATE few; SELECT 1")
    await other.close()
    await fixture.close()
  }

  @Test func `a session that is ended rolls back what it had done`() async throws {
    let fixture = try await Self.fixture()
    let ended = Locked<[Int32]>([])
    fixture.warehouse.onTerminate { id in ended.withLock { $0.append(id) } }
    let other = try fixture.warehouse.makeSession(user: "weir", processID: 9)
    _ = try await other.rows("BEGIN; INSERT INTO t VALUES (-5)")
    let (failure, _) = try await cancel(
      Self.endless, in: other, when: "status = 'running'", of: fixture
    ) { "SELECT pg_terminate_backend(\($0))" }
    #expect(failure?.sqlState == "57P01")
    #expect(await other.failure("SELECT 1")?.sqlState == "57P01")
    #expect(ended.withLock { $0 } == [9])
    let isGone = await eventually {
      (try? await fixture.run("SELECT count(*) FROM stv_sessions WHERE process = 9")) == [["0"]]
    }
    #expect(isGone)
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["10000"]])
    await fixture.close()
  }

  @Test func `a statement longer than the warehouse allows`() async throws {
    var limits = WorkloadLimits()
    limits.statementTimeout = .milliseconds(300)
    let fixture = try WarehouseFixture(limits: limits)
    #expect(
      await fixture.session.failure(
        "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c")
        == SQLError("57014", "canceling statement due to statement timeout"))
    #expect(try await fixture.run("SHOW query_group") == [[""]])
    await fixture.close()
  }
}
