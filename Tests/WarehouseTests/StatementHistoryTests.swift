import Core
import TestSupport
import Testing
import Warehouse

@Suite struct StatementHistoryTests {
  @Test func `a statement is in SYS_QUERY_HISTORY while it runs and when it has ended`()
    async throws
  {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2)")
    try await fixture.run("SELECT * FROM t")
    _ = await fixture.session.failure("SELECT nothing FROM t")
    let rows = try await fixture.run(
      """
      SELECT query_text, query_type, status, returned_rows FROM sys_query_history
      ORDER BY query_id
      """)
    #expect(
      rows == [
        ["CREATE TABLE t (a INT)", "DDL", "success", "0"],
        ["INSERT INTO t VALUES (1), (2)", "INSERT", "success", "0"],
        ["SELECT * FROM t", "SELECT", "success", "2"],
        ["SELECT nothing FROM t", "SELECT", "failed", "0"],
        [
          "SELECT query_text, query_type, status, returned_rows FROM sys_query_history\n"
            + "ORDER BY query_id", "SELECT", "running", "0",
        ],
      ])
    await fixture.close()
  }

  @Test func `times add up, in microseconds`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t AS SELECT * FROM range(1000) AS r(a)")
    try await fixture.run("SELECT sum(a) FROM t")
    let rows = try await fixture.run(
      """
      SELECT elapsed_time = queue_time + execution_time + planning_time + lock_wait_time,
             elapsed_time = datediff(microsecond, start_time, end_time),
             elapsed_time BETWEEN 1 AND 60000000, returned_bytes
      FROM sys_query_history WHERE query_text = 'SELECT sum(a) FROM t'
      """)
    #expect(rows == [["t", "t", "t", "6"]])
    await fixture.close()
  }

  @Test func `a session's queries carry its label, process and transaction`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      """
      SET query_group TO 'nightly'; BEGIN; CREATE TABLE t (a INT); INSERT INTO t VALUES (1); COMMIT
      """)
    let rows = try await fixture.run(
      """
      SELECT count(DISTINCT transaction_id), bool_and(query_label = 'nightly'),
             bool_and(session_id = pg_backend_pid())
      FROM sys_query_history WHERE query_type IN ('INSERT', 'DDL')
      """)
    #expect(rows == [["1", "t", "t"]])
    await fixture.close()
  }

  @Test func `the last query has its number`() async throws {
    let fixture = try WarehouseFixture()
    #expect(try await fixture.run("SELECT pg_last_query_id()") == [["-1"]])
    try await fixture.run("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    let rows = try await fixture.run(
      "SELECT query_text FROM sys_query_history WHERE query_id = pg_last_query_id()")
    #expect(rows == [["INSERT INTO t VALUES (1)"]])
    await fixture.close()
  }

  @Test func `queries that differ in literals only have one generic hash`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a1 INT, b VARCHAR)")
    try await fixture.run("SELECT a1 FROM t WHERE a1 = 1 AND b = 'it''s'")
    try await fixture.run("SELECT a1 FROM t WHERE a1 = 22 AND b = ''")
    try await fixture.run("SELECT a1 FROM t WHERE b = ''")
    let rows = try await fixture.run(
      """
      SELECT count(DISTINCT generic_query_hash), count(DISTINCT user_query_hash)
      FROM sys_query_history WHERE query_text LIKE 'SELECT a1%'
      """)
    #expect(rows == [["2", "3"]])
    await fixture.close()
  }

  @Test func `sessions are listed while they are open and after`() async throws {
    let fixture = try WarehouseFixture()
    let other = try fixture.warehouse.makeSession(user: "ann", processID: 77)
    #expect(
      try await fixture.run("SELECT user_name, process FROM stv_sessions ORDER BY process")
        == [["ann", "77"], ["weir", "\(try await fixture.run("SELECT pg_backend_pid()")[0][0])"]])
    await other.close()
    let rows = try await fixture.run(
      "SELECT status, end_time IS NULL FROM sys_session_history WHERE session_id = 77")
    #expect(rows == [["closed", "f"]])
    #expect(try await fixture.run("SELECT count(*) FROM stv_sessions") == [["1"]])
    await fixture.close()
  }

  @Test func `what the dashboard asks is not listed`() async throws {
    let fixture = try WarehouseFixture()
    let dashboard = try fixture.warehouse.makeSession(user: "weir")
    try dashboard.applyStartup(["application_name": WarehouseSession.watcher])
    _ = try await dashboard.rows("SELECT 1")
    #expect(
      try await fixture.run("SELECT count(*) FROM sys_query_history WHERE query_text = 'SELECT 1'")
        == [["0"]])
    await dashboard.close()
    await fixture.close()
  }
}
