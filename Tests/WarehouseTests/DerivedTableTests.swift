import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

/// Views over a stream whose FROM is a subquery, which stands for the stream's rows.
@Suite struct DerivedTableTests {
  private static let documents = [
    #"{"a":1,"b":{"c":["x",{"d":2.5}]},"city":"Oslo"}"#, #"{"a":"7","city":"Lima"}"#, "no json",
    #"{"a":[1],"b":null,"city":"Oslo"}"#, "[1,2]",
  ]

  private func fixture() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.run("CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default")
    try await fixture.put(Self.documents)
    return fixture
  }

  private func rows(
    _ query: String, of columns: String, in fixture: WarehouseFixture
  ) async throws -> [[String]] {
    try await fixture.run(
      """
      DROP MATERIALIZED VIEW IF EXISTS v; CREATE MATERIALIZED VIEW v AS \(query);
      REFRESH MATERIALIZED VIEW v
      """)
    return try await fixture.run("SELECT \(columns) FROM v ORDER BY \(columns)")
  }

  @Test func `a column of the subquery is what it stands for`() async throws {
    let fixture = try await fixture()
    let parsed = "SELECT json_parse(kinesis_data) AS d, partition_key AS k FROM kds.my_stream"
    let valid = "\(parsed) WHERE can_json_parse(kinesis_data)"
    let queries = [
      "SELECT d.a::int, d.b.c[1].d::decimal(12, 2) AS n, k FROM (\(valid)) t",
      "SELECT t.d.a::int AS a, (t.d.b).c[1].d::decimal(12, 2) AS n, t.k FROM (\(valid)) AS t",
      "SELECT x.a::int, x.b.c[1].d::decimal(12, 2) AS n, y AS k FROM (\(valid)) AS t(x, y)",
      "WITH t AS (\(valid)) SELECT d.a::int, d.b.c[1].d::decimal(12, 2) AS n, k FROM t",
      "SELECT e.a::int, e.b.c[1].d::decimal(12, 2) AS n, k "
        + "FROM (SELECT d AS e, k FROM (\(valid)) i) o",
    ]
    for query in queries {
      let rows = try await rows(query, of: "k, a, n", in: fixture)
      #expect(
        rows == [
          ["k0", "1", "2.50"], ["k1", "7", "NULL"], ["k3", "NULL", "NULL"],
          ["k4", "NULL", "NULL"],
        ], "\(query)")
    }
    #expect(try await fixture.run("SELECT count(*) FROM sys_weir_dead_letters") == [["0"]])
    await fixture.close()
  }

  @Test func `the outer condition is asked of what passed the inner one`() async throws {
    let fixture = try await fixture()
    let query =
      "SELECT d.city::varchar AS city, k FROM (SELECT json_parse(kinesis_data) AS d, "
      + "partition_key AS k FROM kds.my_stream WHERE can_json_parse(kinesis_data)) t "
      + "WHERE d.a::int > 0 OR d.city = 'Oslo'"
    let found = try await rows(query, of: "k, city", in: fixture)
    #expect(found == [["k0", "Oslo"], ["k1", "Lima"], ["k3", "Oslo"]])
    #expect(try await fixture.run("SELECT count(*) FROM sys_weir_dead_letters") == [["0"]])
    await fixture.close()
  }

  @Test func `a star is the subquery's columns, and groups are of them`() async throws {
    let fixture = try await fixture()
    let inner =
      "SELECT json_parse(kinesis_data).city::varchar AS city, partition_key AS k "
      + "FROM kds.my_stream WHERE can_json_parse(kinesis_data)"
    let all = try await rows("SELECT * FROM (\(inner)) t", of: "k, city", in: fixture)
    #expect(all == [["k0", "Oslo"], ["k1", "Lima"], ["k3", "Oslo"], ["k4", "NULL"]])
    let groups = try await rows(
      "SELECT city, count(*) AS n FROM (\(inner)) t GROUP BY city", of: "n, city", in: fixture)
    #expect(groups == [["1", "Lima"], ["1", "NULL"], ["2", "Oslo"]])
    await fixture.close()
  }

  @Test(arguments: [
    ("SELECT sequence_number FROM (SELECT partition_key AS k FROM kds.my_stream) t", "42703"),
    ("SELECT k FROM (SELECT DISTINCT partition_key AS k FROM kds.my_stream) t", "0A000"),
    ("SELECT n FROM (SELECT count(*) AS n FROM kds.my_stream) t", "0A000"),
    ("SELECT k FROM (SELECT partition_key AS k FROM kds.my_stream LIMIT 1) t", "0A000"),
    ("SELECT k FROM (SELECT random() AS k FROM kds.my_stream) t", "0A000"),
  ])
  func `what is no plain subquery is refused`(_ query: String, _ code: String) async throws {
    let fixture = try await fixture()
    let error = await #expect(throws: SQLError.self) {
      try await fixture.run("CREATE MATERIALIZED VIEW v AS \(query)")
    }
    #expect(error?.sqlState == code)
    await fixture.close()
  }
}
