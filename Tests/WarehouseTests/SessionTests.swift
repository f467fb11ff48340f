import Core
import StreamLog
import Synchronization
import TestSupport
import Testing
import Warehouse

@Suite struct SessionTests {
  @Test func `plain statements run and tell what they did`() async throws {
    let fixture = try WarehouseFixture()
    let tags = try await fixture.session.tags(
      """
      CREATE TABLE t (id INT NOT NULL DISTKEY, name VARCHAR(MAX) ENCODE zstd) SORTKEY (id);
      INSERT INTO t VALUES (1, 'one'), (2, NULL);
      UPDATE t SET name = 'two' WHERE id = 2;
      DELETE FROM t WHERE id = 1;
      SELECT * FROM dev.public.t;
      DROP TABLE t
      """)
    #expect(
      tags == ["CREATE TABLE", "INSERT 0 2", "UPDATE 1", "DELETE 1", "SELECT 1", "DROP TABLE"])
    await fixture.close()
  }

  static let dialect: [(sql: String, value: String)] = [
    ("SELECT 7 / 2", "3"),
    ("SELECT nvl(NULL, 'b')", "b"),
    ("SELECT decode(NULL, NULL, 'same', 'other')", "same"),
    ("SELECT dateadd(month, 1, '2024-01-31'::date)", "2024-02-29 00:00:00"),
    ("SELECT datediff(qtr, '1998-07-01', '2008-06-05')", "39"),
    ("SELECT datediff(hour, '2020-01-01 08:30', '2020-01-01 10:00')", "2"),
    ("SELECT len('é')", "1"),
    ("SELECT charindex('b', 'abc')", "2"),
    (
      "SELECT listagg(x, ',') WITHIN GROUP (ORDER BY x DESC) FROM (SELECT 'a' AS x UNION ALL SELECT 'b') t",
      "b,a"
    ),
    ("SELECT json_extract_path_text('{\"a\":{\"b\":[1,2]}}', 'a', 'b', '1')", "2"),
    ("SELECT json_extract_path_text('{', 'a', true)", "NULL"),
    ("SELECT is_valid_json('[1]')", "f"),
    ("SELECT 'a' SIMILAR TO x FROM (SELECT '(a|b)' AS x) t", "t"),
    ("SELECT convert_timezone('America/New_York', '2024-07-01 12:00')", "2024-07-01 08:00:00"),
    ("SELECT TOP 1 x FROM (SELECT 2 AS x UNION ALL SELECT 1) t ORDER BY x", "1"),
    ("SELECT max(x) FROM (SELECT 1 AS x MINUS SELECT 2) t", "1"),
    ("SELECT 'a' || NULL", "NULL"),
    ("SELECT x FROM (SELECT NULL::int AS x UNION ALL SELECT 1) t ORDER BY x LIMIT 1", "1"),
    ("SELECT to_varbyte('616', 'hex')", "0616"),
    ("SELECT 'abc' ~ 'b'", "t"),
    ("SELECT 'abc' !~ 'b'", "f"),
    ("SELECT 'abc' SIMILAR TO 'a%'", "t"),
    ("SELECT 'abc' SIMILAR TO 'b'", "f"),
    ("SELECT 'a.c' NOT SIMILAR TO '(a|b).c'", "f"),
    ("SELECT 'abc' SIMILAR TO 'a.c'", "f"),
    ("SELECT 'a%c' SIMILAR TO 'a\\%c'", "t"),
    ("SELECT 'a_c' LIKE 'a\\_c'", "t"),
    ("SELECT 'abc' LIKE 'a\\_c'", "f"),
    ("SELECT current_user", "weir"),
    ("SELECT current_date = getdate()::date", "t"),
  ]

  @Test(arguments: dialect)
  func `Redshift's functions give Redshift's values`(
    _ example: (sql: String, value: String)
  ) async throws {
    let fixture = try WarehouseFixture()
    #expect(try await fixture.run(example.sql).first?.first == example.value)
    await fixture.close()
  }

  static let errors: [(sql: String, state: String, position: Int?)] = [
    ("SELECT * FORM t", "42601", 10),
    ("SELECT 1;\nSELECT nothing FROM (SELECT 1 AS a) t", "42703", 18),
    ("SELECT * FROM missing_table", "42P01", 15),
    ("SELECT dateadd(fortnight, 1, '2020-01-01')", "22023", 16),
    ("CREATE DATABASE d", "0A000", 8),
    ("SELECT 'abc'::int", "22P02", 9),
    ("CREATE TABLE t (a int); CREATE TABLE t (a int)", "42P07", 38),
    (" DROP TABLE nope", "42P01", 13),
    ("SELECT * FROM read_text('/etc/passwd')", "42883", 15),
    ("SELECT * FROM query('SELECT 1')", "42883", 15),
    ("SELECT * FROM \"/etc/passwd\"", "42P01", 15),
    ("SELECT * FROM \"a.csv\"", "42P01", 15),
    ("SELECT * FROM \"/etc/os\".json", "42P01", 15),
    ("SELECT (SELECT count(*) FROM postgres_scan('', 'public', 't'))", "42883", 30),
    ("SELECT * FROM '/etc/passwd'", "42601", 15),
  ]

  @Test(arguments: errors)
  func `an error has its place in the text as written, and the session goes on`(
    _ example: (sql: String, state: String, position: Int?)
  ) async throws {
    let fixture = try WarehouseFixture()
    let error = await fixture.session.failure(example.sql)
    #expect(error?.sqlState == example.state, "\(String(describing: error))")
    if let position = example.position {
      #expect(error?.position == position, "\(String(describing: error))")
    }
    #expect(try await fixture.run("SELECT 1") == [["1"]])
    await fixture.close()
  }

  @Test func `CURRENT_DATE and its like stand alone in a SELECT`() async throws {
    let fixture = try WarehouseFixture()
    let row = try await fixture.run("SELECT current_date, current_timestamp, current_user").first
    #expect(row?.count == 3)
    await fixture.close()
  }

  @Test func `an error within a transaction leaves only ROLLBACK`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a INT); BEGIN; INSERT INTO t VALUES (1)")
    #expect(await fixture.session.failure("SELECT missing")?.sqlState == "42703")
    #expect(await fixture.session.transactionStatus == .failed)
    #expect(await fixture.session.failure("SELECT 1")?.sqlState == "25P02")
    #expect(try await fixture.session.tags("COMMIT") == ["ROLLBACK"])
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["0"]])
    await fixture.close()
  }

  @Test func `a view made in a transaction that is rolled back is not there`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.log.createStream("s", shardCount: 1)
    try await fixture.run(
      """
      BEGIN;
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT * FROM k.s;
      ROLLBACK
      """)
    #expect(try await fixture.run("SELECT count(*) FROM svv_external_schemas") == [["0"]])
    #expect(try await fixture.run("SELECT count(*) FROM svv_mv_info") == [["0"]])
    await fixture.close()
  }

  @Test func `cancel stops a running statement, and the session goes on`() async throws {
    let fixture = try WarehouseFixture()
    let session = fixture.session
    let canceller = Task {
      while !Task.isCancelled {
        session.cancel()
        await Task.yield()
      }
    }
    let error = await session.failure(
      "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 3 = b.range % 5")
    canceller.cancel()
    await canceller.value
    #expect(error?.sqlState == "57014")
    #expect(error?.message == "canceling statement due to user request")
    #expect(try await fixture.run("SELECT 1") == [["1"]])
    await fixture.close()
  }

  @Test func `a statement that outlasts its time-out is cancelled`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("SET statement_timeout TO 50")
    let error = await fixture.session.failure(
      "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 3 = b.range % 5")
    #expect(error?.message == "canceling statement due to statement timeout")
    await fixture.close()
  }

  @Test func `a large result comes in batches`() async throws {
    let fixture = try WarehouseFixture()
    let rows = try await fixture.run("SELECT range FROM range(200000)")
    #expect(rows.count == 200_000)
    #expect(rows.last == ["199999"])
    await fixture.close()
  }

  @Test func `settings are kept, shown and refused by name`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("SET application_name TO 'mine'")
    #expect(try await fixture.run("SHOW application_name") == [["mine"]])
    #expect(await fixture.session.failure("SET no_such_setting = 1")?.sqlState == "42704")
    try await fixture.run("RESET application_name")
    #expect(try await fixture.run("SHOW application_name") == [[""]])
    await fixture.close()
  }

  @Test func `names come in lower case unless the session keeps their case`() async throws {
    let fixture = try WarehouseFixture()
    let names = Mutex<[String]>([])
    let sql = """
      SELECT 1 AS "Total", 2 AS Other;
      SET enable_case_sensitive_identifier TO true;
      SELECT 1 AS "Total", 2 AS Other
      """
    try await fixture.session.execute(sql) { output in
      guard case .columns(let columns) = output else { return }
      names.withLock { $0 += columns.map(\.name) }
    }
    #expect(names.withLock { $0 } == ["total", "other", "Total", "other"])
    await fixture.close()
  }
}
