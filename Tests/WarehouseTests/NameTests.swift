import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// What a session's statements may name, and what becomes of several at once.
@Suite struct NameTests {
  @Test func `a user's settings and the client's options say where names are looked for`()
    async throws
  {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE SCHEMA z1; CREATE TABLE z1.t (a int)")
    try await fixture.run("INSERT INTO z1.t VALUES (1)")
    try await fixture.run("CREATE USER ann PASSWORD 'Abcd1234'; CREATE SCHEMA ann")
    try await fixture.run("ALTER USER ann SET search_path TO z1, public")
    let ann = try fixture.warehouse.makeSession(user: "ann")
    #expect(try await ann.rows("SELECT a FROM t") == [["1"]])
    #expect(try await ann.rows("SHOW search_path") == [["z1, public"]])
    try await fixture.run("ALTER USER ann RESET search_path")
    let own = try fixture.warehouse.makeSession(user: "ann")
    try await own.execute("CREATE TABLE mine (a int)") { _ in }
    #expect(try await fixture.run("SELECT count(*) FROM ann.mine") == [["0"]])
    let other = try fixture.warehouse.makeSession(user: "weir")
    try other.applyStartup(["options": "-c search_path=z1"])
    #expect(try await other.rows("SELECT a, current_schema() FROM t") == [["1", "z1"]])
    for session in [ann, own, other] { await session.close() }
    await fixture.close()
  }

  @Test(arguments: [
    "SELECT * FROM duckdb_tables", "SELECT * FROM weir.principal", "SELECT * FROM principal",
    "SELECT * FROM sqlite_master", "SELECT * FROM weir.mv_rows_1", "SELECT * FROM mv_rows_1",
    "SELECT * FROM weir.view_mark", "CREATE VIEW v AS SELECT * FROM weir.materialized_view",
  ])
  func `what the warehouse keeps for itself is nobody's to read`(_ sql: String) async throws {
    let fixture = try WarehouseFixture()
    let session = try fixture.warehouse.makeSession(user: "weir")
    let failure = try #require(await session.failure(sql))
    #expect(failure.sqlState == "42P01", "\(failure)")
    #expect(failure.position != nil)
    await session.close()
    await fixture.close()
  }

  @Test func `a user's table may have the name of one of the warehouse's`() async throws {
    let fixture = try WarehouseFixture()
    let session = try fixture.warehouse.makeSession(user: "weir")
    try await session.execute("CREATE TABLE principal (a int)") { _ in }
    try await session.execute("INSERT INTO principal VALUES (5)") { _ in }
    #expect(try await session.rows("SELECT a FROM principal") == [["5"]])
    #expect(try await session.rows("SELECT count(*) FROM weir.sys_weir_sessions") != [["0"]])
    #expect(try await session.rows("SHOW TABLES FROM SCHEMA dev.public").count == 1)
    let settings = try await session.rows(
      "SELECT setting FROM pg_settings WHERE name = 'timezone'")
    #expect(settings == [["UTC"]])
    await session.close()
    await fixture.close()
  }

  @Test func `statements that come together are kept together or not at all`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a int)")
    let failure = await fixture.session.failure("INSERT INTO t VALUES (1); SELECT nope")
    #expect(failure?.sqlState == "42703")
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["0"]])
    #expect(await fixture.session.transactionStatus == .idle)
    try await fixture.run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["2"]])
    let second = await fixture.session.failure(
      "INSERT INTO t VALUES (3); BEGIN; INSERT INTO t VALUES (4); SELECT nope")
    #expect(second?.sqlState == "42703")
    #expect(await fixture.session.transactionStatus == .failed)
    try await fixture.run("ROLLBACK")
    #expect(try await fixture.run("SELECT count(*) FROM t WHERE a = 4") == [["0"]])
    await fixture.close()
  }

  @Test func `TRUNCATE commits the transaction that it is in`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a int); CREATE TABLE u (a int)")
    try await fixture.run("INSERT INTO t VALUES (1)")
    try await fixture.run("BEGIN")
    try await fixture.run("INSERT INTO u VALUES (1)")
    try await fixture.run("TRUNCATE t")
    try await fixture.run("INSERT INTO u VALUES (2)")
    try await fixture.run("ROLLBACK")
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["0"]])
    #expect(try await fixture.run("SELECT a FROM u") == [["1"]])
    await fixture.close()
  }

  @Test func `GETDATE moves on within a transaction, and SYSDATE does not`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (g timestamp, s timestamp)")
    try await fixture.run("BEGIN")
    for _ in 0..<2 {
      try await fixture.run("INSERT INTO t SELECT GETDATE(), SYSDATE")
    }
    try await fixture.run("COMMIT")
    let rows = try await fixture.run("SELECT count(DISTINCT g), count(DISTINCT s) FROM t")
    #expect(rows == [["2", "1"]])
    await fixture.close()
  }

  @Test func `no history tells a key or a password`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a int)")
    for sql in [
      "COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=AKIA1;aws_secret_access_key=hush'",
      "COPY t FROM 's3://b/k' ACCESS_KEY_ID 'AKIA2' SECRET_ACCESS_KEY 'hush' SESSION_TOKEN 'hush'",
      "UNLOAD ('select a from t') TO 's3://b/u' CREDENTIALS AS 'aws_secret_access_key=hush'",
      "CREATE USER bob PASSWORD 'hush1234A'",
    ] { _ = await fixture.session.failure(sql) }
    for view in ["sys_query_history", "stl_query", "stv_recents"] {
      let column = view == "stl_query" ? "querytxt" : view == "stv_recents" ? "query" : "query_text"
      let texts = try await fixture.run("SELECT \(column) FROM \(view)").joined()
      #expect(!texts.contains { $0.contains("hush") && !$0.contains("SELECT") }, "\(view)")
      #expect(!texts.contains { $0.contains("AKIA") }, "\(view)")
    }
    await fixture.close()
  }

  @Test func `functions outlive a restart, and go with their schema`() async throws {
    let directory = try TemporaryDirectory()
    var fixture = try WarehouseFixture(directory: directory)
    try await fixture.run(
      "CREATE SCHEMA s; CREATE FUNCTION s.f_twice (int) RETURNS int IMMUTABLE "
        + "AS $$ SELECT $1 * 2 $$ LANGUAGE sql")
    await fixture.close()
    fixture = try WarehouseFixture(directory: directory)
    #expect(try await fixture.run("SELECT s.f_twice(21)") == [["42"]])
    try await fixture.run("CREATE VIEW v AS SELECT s.f_twice(4) AS a")
    try await fixture.run("DROP SCHEMA s CASCADE")
    #expect(try await fixture.run("SELECT a FROM v") == [["8"]])
    #expect(await fixture.session.failure("SELECT s.f_twice(21)")?.sqlState == "42883")
    await fixture.close()
  }
}
