import Core
import LocalPostgres
import TestSupport
import Testing
import Warehouse

/// What is asked of a PostgreSQL server's rows means the same, wherever it is looked at.
@Suite struct FederatedFilterTests {
  private static let things = """
    CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE things (
      id integer, big bigint, t text, c text COLLATE "und-x-icu", i text COLLATE nocase,
      at timestamp, n numeric(10, 2), f double precision, nothing integer);
    INSERT INTO things SELECT g, g, 't' || g, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'B' END || g,
        'x' || g, timestamp '2026-01-01' + g * interval '1 hour', g / 4.0, g, NULL
      FROM generate_series(1, 900) g;
    """

  private static func first(_ rows: [[String]]) -> [String] { rows.map { $0[0] } }

  static let ordered = [
    ("id", ["900", "899"]), ("big", ["900", "899"]), ("t", ["t99", "t98"]), ("c", ["a98", "a96"]),
    ("at", ["2026-02-07 12:00:00", "2026-02-07 11:00:00"]), ("n", ["225.00", "224.75"]),
    ("f", ["900", "899"]),
  ]

  @Test func `the first rows are the first, with NULLs at either end`() async throws {
    let fixture = try await FederatedFixture(tables: Self.things)
    for (column, expected) in Self.ordered {
      for sql in [
        "SELECT \(column) FROM live.things ORDER BY \(column) DESC LIMIT 2",
        "SELECT TOP 2 \(column) FROM live.things ORDER BY 1 DESC",
        "SELECT \(column) FROM live.things ORDER BY \(column) DESC NULLS LAST LIMIT 2",
        "SELECT DISTINCT \(column) FROM live.things ORDER BY 1 DESC LIMIT 2",
        "SELECT \(column), count(*) FROM live.things GROUP BY 1 ORDER BY \(column) DESC LIMIT 2",
        "SELECT x FROM (SELECT TOP 2 \(column) AS x FROM live.things ORDER BY x DESC) ORDER BY x DESC",
        """
        SELECT \(column) FROM live.things UNION SELECT \(column) FROM live.things
        ORDER BY 1 DESC LIMIT 2
        """,
        """
        WITH w AS (SELECT \(column) AS x FROM live.things ORDER BY x DESC LIMIT 2)
        SELECT x FROM w ORDER BY x DESC
        """,
      ] {
        #expect(Self.first(try await fixture.run(sql)) == expected, "\(sql)")
      }
    }
    // NULLs come first where they are.
    try await fixture.remote("INSERT INTO things (id) VALUES (NULL), (1000)")
    #expect(
      Self.first(try await fixture.run("SELECT id FROM live.things ORDER BY id DESC LIMIT 3"))
        == ["NULL", "1000", "900"])
    #expect(
      Self.first(
        try await fixture.run("SELECT id FROM live.things ORDER BY id NULLS FIRST LIMIT 2"))
        == ["NULL", "1"])
    #expect(
      try await fixture.run("SELECT id, nothing FROM live.things ORDER BY 2 DESC, 1 LIMIT 1")
        == [["1", "NULL"]])
    await fixture.close()
  }

  @Test func `the first rows of views, joins, tables and cursors are the first too`() async throws {
    let fixture = try await FederatedFixture(tables: Self.things)
    try await fixture.run(
      """
      CREATE VIEW newest AS SELECT id, at FROM live.things ORDER BY at DESC LIMIT 3
        WITH NO SCHEMA BINDING;
      CREATE VIEW all_things AS SELECT * FROM live.things WITH NO SCHEMA BINDING;
      CREATE TABLE mine (id integer);
      INSERT INTO mine VALUES (5), (7), (800);
      CREATE TABLE kept AS SELECT id FROM live.things ORDER BY id DESC LIMIT 2
      """)
    for (sql, expected) in [
      ("SELECT id FROM newest ORDER BY 1", ["898", "899", "900"]),
      ("SELECT id FROM all_things ORDER BY id DESC LIMIT 2", ["900", "899"]),
      ("SELECT id FROM kept ORDER BY 1", ["899", "900"]),
      (
        "SELECT l.id FROM mine m JOIN live.things l ON l.id = m.id ORDER BY l.id DESC LIMIT 2",
        ["800", "7"]
      ),
    ] {
      #expect(Self.first(try await fixture.run(sql)) == expected, "\(sql)")
    }
    try await fixture.run(
      "BEGIN; DECLARE c CURSOR FOR SELECT id FROM live.things ORDER BY id DESC LIMIT 2")
    #expect(Self.first(try await fixture.run("FETCH ALL FROM c")) == ["900", "899"])
    try await fixture.run("ROLLBACK")
    // Other conditions go to the server all the same.
    try await fixture.run("SELECT id FROM live.things WHERE id > 890 ORDER BY id DESC LIMIT 2")
    let sent = try await fixture.run(
      "SELECT external_query_text FROM sys_external_query_detail ORDER BY query_id")
    #expect(sent.last?[0].contains("WHERE \"id\" > '890'") == true)
    #expect(!sent.contains { $0[0].contains("IS NULL") })
    await fixture.close()
  }

  @Test func `texts are compared here as everywhere, whatever their collation on the server`()
    async throws
  {
    let fixture = try await FederatedFixture(tables: Self.things)
    for (condition, count) in [
      ("c > 'Z'", 450), ("c = 'a2'", 1), ("c IN ('a2', 'A2')", 1), ("i = 'X5'", 0),
      ("i IN ('X5', 'X6')", 0), ("i = 'x5'", 1), ("t LIKE 't89%'", 11), ("t > 't899'", 12),
    ] {
      #expect(
        try await fixture.run("SELECT count(*) FROM live.things WHERE \(condition)")
          == [["\(count)"]], "\(condition)")
    }
    await fixture.close()
  }

  @Test func `types that are text here are compared as text`() async throws {
    let fixture = try await FederatedFixture(
      tables: """
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE odd (id integer, js json, jb jsonb, x xml, m mood, ip inet, p point, b box,
          l lseg, c circle, y polygon, big numeric(5, -2));
        INSERT INTO odd VALUES
          (1, '{"a":  1}', '{"a":  1}', '<a/>', 'sad', '10.0.0.1', '(1,2.5)', '(1,1),(0,0)',
           '[(1,2),(3,4)]', '<(1,2),3>', '((0,0),(1,1),(1,0))', 12345),
          (2, NULL, NULL, NULL, 'ok', NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        """)
    for (condition, ids) in [
      (#"js = '{"a":  1}'"#, ["1"]), (#"js = '{"a": 1}'"#, []), (#"jb = '{"a": 1}'"#, ["1"]),
      ("jb > 'a'", ["1"]), ("x = '<a/>'", ["1"]), ("m > 'ok'", ["1"]), ("m = 'ok'", ["2"]),
      ("ip = '10.0.0.1'", []), ("ip = '10.0.0.1/32'", ["1"]), ("js IS NULL", ["2"]),
    ] {
      #expect(
        Self.first(try await fixture.run("SELECT id FROM live.odd WHERE \(condition)")) == ids,
        "\(condition)")
    }
    #expect(
      Self.first(try await fixture.run("SELECT m FROM live.odd ORDER BY m")) == ["ok", "sad"])
    #expect(
      try await fixture.run("SELECT p, b, l, c, y FROM live.odd WHERE id = 1") == [
        ["(1,2.5)", "(1,1),(0,0)", "[(1,2),(3,4)]", "<(1,2),3>", "((0,0),(1,1),(1,0))"]
      ])
    let failure = await fixture.failure("SELECT big FROM live.odd")
    #expect(failure?.sqlState == "0A000")
    #expect(failure?.message.contains("\"big\" is numeric(5,-2)") == true)
    #expect(try await fixture.run("SELECT count(*) FROM live.odd") == [["2"]])
    await fixture.close()
  }
}
