import Core
import RedshiftSQL
import Testing

@Suite struct ParserTests {
  private func statement(_ sql: String) throws -> Statement {
    try #require(try Parser.parse(sql).first).statement
  }

  @Test func `the statements of streaming ingestion parse as written`() throws {
    let parsed = try Parser.parse(
      """
      CREATE EXTERNAL SCHEMA kinesis_schema FROM KINESIS
      IAM_ROLE 'arn:aws:iam::account:role/RedshiftStreamingRole';

      CREATE MATERIALIZED VIEW real_time_analytics AS
      SELECT json_extract_path_text(kinesis_data, 'customer_id') as customer_id
      FROM kinesis_schema.my_stream;

      ALTER MATERIALIZED VIEW real_time_analytics AUTO REFRESH YES;
      REFRESH MATERIALIZED VIEW real_time_analytics;
      DROP MATERIALIZED VIEW IF EXISTS real_time_analytics;
      """)
    #expect(parsed.count == 5)
    guard case .createExternalSchema(let schema) = parsed[0].statement,
      case .createMaterializedView(let view) = parsed[1].statement
    else {
      Issue.record("\(parsed)")
      return
    }
    #expect(schema.source == "KINESIS")
    #expect(schema.clauses.map(\.name) == ["IAM_ROLE"])
    #expect(
      schema.clauses.map(\.value) == ["arn:aws:iam::account:role/RedshiftStreamingRole"])
    #expect(view.name.name == "real_time_analytics")
    #expect(view.queryText.hasPrefix("SELECT json_extract_path_text"))
    #expect(view.queryText.hasSuffix("my_stream"))
  }

  @Test func `CALL takes literals, with their signs and places`() throws {
    guard
      case .call(let call) = try statement(
        "CALL weir.set_fault('it''s', -0.5, NULL, true, 7::bigint)")
    else {
      Issue.record("no CALL")
      return
    }
    #expect(call.procedure.parts.map(\.name) == ["weir", "set_fault"])
    #expect(
      call.arguments.map(\.value) == [
        .string("it's"), .number("-0.5"), .null, .boolean(true), .number("7"),
      ])
    #expect(call.arguments.map(\.position) == [21, 30, 36, 42, 48])
  }

  static let errors: [(sql: String, state: String, position: Int, near: String)] = [
    ("SELECT * FORM t", "42601", 10, "\"FORM\""),
    ("SELECT a FORM t", "42601", 15, "\"t\""),
    ("SELECT", "42601", 7, "end of input"),
    ("SELECT 1 +", "42601", 11, "end of input"),
    ("SELECT 'abc", "42601", 8, "unterminated quoted string"),
    ("SELECT /* x", "42601", 8, "unterminated comment"),
    ("SELECT \"\"", "42601", 8, "zero-length"),
    ("SELECT 1 SELECT 2", "42601", 10, "\"SELECT\""),
    ("é SELECT 1", "42601", 1, "\"é\""),
    ("SELECT 'é' FROM t WHERE )", "42601", 25, "\")\""),
    ("CREATE MATERIALIZED VEIW v AS SELECT 1", "0A000", 8, "MATERIALIZED"),
    ("CREATE DATABASE d", "0A000", 8, "CREATE DATABASE"),
    ("CALL weir.f(a)", "42601", 13, "\"a\""),
    ("CALL weir.f(1, )", "42601", 16, "\")\""),
    ("CALL weir.f", "42601", 12, "end of input"),
    ("SELECT a.b.c.d.e.f.g.h.i(1)", "42601", 25, "\"(\""),
  ]

  @Test(arguments: errors)
  func `an error names what was wrong and where`(
    _ example: (sql: String, state: String, position: Int, near: String)
  ) {
    do {
      _ = try Parser.parse(example.sql)
      Issue.record("no error")
    } catch {
      #expect(error.sqlState == example.state)
      #expect(error.position == example.position, "\(error)")
      #expect(error.message.contains(example.near), "\(error)")
    }
  }

  @Test func `a near miss is recognised`() {
    #expect(throws: SQLError.self) { try Parser.parse("SELECT a FORM t") }
    do {
      _ = try Parser.parse("SELECT a FORM t")
    } catch {
      #expect(error.hint == "did you mean FROM?")
    }
  }

  @Test(arguments: [
    String(repeating: "(", count: 100_000) + "1",
    "SELECT " + String(repeating: "(", count: 100_000) + "1"
      + String(repeating: ")", count: 100_000),
    "SELECT " + String(repeating: "-", count: 3) + String(repeating: "NOT ", count: 100_000) + "a",
    "SELECT NOT " + String(repeating: "NOT ", count: 100_000) + "a",
    "SELECT 1" + String(repeating: " + 1", count: 100_000),
    "SELECT 1" + String(repeating: " UNION SELECT 1", count: 100_000),
  ])
  func `what nests too deep is an error, not a crash`(_ sql: String) {
    #expect(throws: SQLError.self) { try Parser.parse(sql) }
  }

  @Test func `a long list of conditions is no nesting`() throws {
    let sql = "SELECT 1 WHERE a = 0" + String(repeating: " OR a = 1", count: 20_000)
    #expect(try Parser.parse(sql).count == 1)
  }

  @Test func `noise never crashes the parser`() {
    let words = [
      "SELECT", "FROM", "WHERE", "(", ")", ",", "*", "'x'", "1", "a", "\"b\"", "CASE", "WHEN",
      "END", "::", "int", "JOIN", "ON", "WITH", "AS", ".", "[", "]", "CREATE", "TABLE", "VIEW",
      "MATERIALIZED", "EXTERNAL", "SCHEMA", ";", "--", "/*", "E'\\", "$1", "$$", "INTERVAL", "OVER",
      "é", "\u{0}", "NOT", "IN", "BETWEEN", "AND", "INSERT", "INTO", "VALUES", "SET", "=",
    ]
    var random = SeededRandom(seed: 99)
    for _ in 0..<5_000 {
      let count = Int.random(in: 1...25, using: &random)
      let text = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
        .joined(separator: Bool.random(using: &random) ? " " : "")
      _ = try? Parser.parse(text)
    }
  }

  static let roundTrips = [
    "SELECT DISTINCT a AS x, t.*, count(*) FROM s.t AS t LEFT JOIN u USING (id) WHERE a > 1 AND b IS NOT NULL GROUP BY a HAVING count(*) > 2 ORDER BY a DESC NULLS LAST LIMIT 3 OFFSET 1",
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT * FROM c",
    "SELECT CASE WHEN a BETWEEN 1 AND 2 THEN 'x' ELSE 'y' END, CAST(b AS DECIMAL(10, 2)), a IN (1, 2), a NOT LIKE 'x%' ESCAPE '!'",
    "SELECT max(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AND b = ANY (SELECT b FROM v)",
    "SELECT -a + b * (c - 1) % 3, NOT (a OR b) AND c, a || b, INTERVAL '3 days', DATE '2026-01-01', EXTRACT(year FROM d)",
    "SELECT a FROM t GROUP BY GROUPING SETS ((a, b), (a), ())",
    "SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(a, b)",
    "INSERT INTO t (a, b) SELECT 1, 2",
    "UPDATE t SET a = 1, b = DEFAULT_VALUE WHERE c = 2",
    "DELETE FROM t USING u WHERE t.id = u.id",
  ]

  @Test(arguments: roundTrips)
  func `what is written reads as the same tree`(_ sql: String) throws {
    let tree = try statement(sql)
    let written = try Rewriter().statement(tree)
    let again = try statement(written)
    #expect(try Rewriter().statement(again) == written)
  }

  @Test func `identifiers fold unless they are quoted`() throws {
    let written = try Rewriter().statement(try statement("SELECT Abc, \"Abc\" FROM T"))
    #expect(written == "SELECT \"abc\", \"Abc\" FROM \"t\"")
  }

  static let rewrites: [(before: String, after: String)] = [
    ("SELECT nvl(a, 1)", "SELECT coalesce(\"a\", 1) AS \"coalesce\""),
    ("SELECT TOP 5 a FROM t", "SELECT \"a\" FROM \"t\" LIMIT 5"),
    (
      "SELECT a FROM t MINUS SELECT b FROM u",
      "SELECT \"a\" FROM \"t\" EXCEPT SELECT \"b\" FROM \"u\""
    ),
    (
      "SELECT json_extract_path_text(j, 'a', 'b') AS x",
      "SELECT weir_json_path(\"j\", 0, 'a', 'b') AS \"x\""
    ),
    (
      "CREATE TABLE t (a SUPER, b VARBYTE DISTKEY) DISTSTYLE KEY SORTKEY (b)",
      "CREATE TABLE \"t\" (\"a\" JSON, \"b\" BLOB); COMMENT ON COLUMN \"t\".\"b\" IS "
        + #"'{"type": "varbyte", "length": 64000}'; COMMENT ON TABLE "t" IS "#
        + #"'{"diststyle": "key", "distkey": "b", "sortkey": ["b"], "sortstyle": "compound"}'"#
    ),
    ("SELECT 'it''s'", "SELECT 'it''s' AS \"?column?\""),
    (
      "SELECT count(*), sum(a) FROM t",
      "SELECT count(*) AS \"count\", replace_type(sum(\"a\"), CAST(NULL AS HUGEINT), "
        + "CAST(NULL AS BIGINT)) AS \"sum\" FROM \"t\""
    ),
  ]

  @Test(arguments: rewrites)
  func `Redshift's words become DuckDB's`(_ example: (before: String, after: String)) throws {
    #expect(try Rewriter().statement(try statement(example.before)) == example.after)
  }
}
