import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// Objects of other partitions are no Parquet: a statement that opens one fails.
@Suite struct PartitionPruningTests {
  private func fixture() async throws -> ExternalFixture {
    let fixture = try await ExternalFixture()
    try await fixture.makeSales(
      good: ["2024-02-01", "2024-02-02"],
      bad: ["2023-12-31", "2024-01-01", "2024-03-01", "2025-02-01"])
    try await fixture.run(
      """
      CREATE TABLE days (d date, name varchar(10));
      INSERT INTO days VALUES ('2024-02-01', 'first'), ('2024-02-02', 'second');
      CREATE TABLE recent (id bigint, day date);
      INSERT INTO recent VALUES (100, '2024-02-01'), (101, '2026-01-01');
      CREATE VIEW all_sales AS SELECT id, day FROM public.recent
          UNION ALL SELECT id, day FROM ext.sales
        WITH NO SCHEMA BINDING;
      CREATE VIEW over_view AS SELECT day AS d, count(*) AS n FROM public.all_sales GROUP BY 1
        WITH NO SCHEMA BINDING
      """)
    return fixture
  }

  static let statements: [(sql: String, rows: String)] = [
    ("SELECT count(*) FROM ext.sales WHERE day = '2024-02-01'", "10"),
    ("SELECT count(*) FROM ext.sales WHERE day IN ('2024-02-01', '2024-02-02')", "20"),
    ("SELECT count(*) FROM ext.sales s WHERE s.day BETWEEN '2024-02-01' AND '2024-02-28'", "20"),
    ("SELECT count(*) FROM ext.sales WHERE day > '2024-01-31' AND day < '2024-03-01'", "20"),
    (
      "SELECT count(*) FROM ext.sales WHERE day IN ('2024-02-01','2024-02-03','2024-02-04',"
        + "'2024-02-05','2024-02-06','2024-02-07','2024-02-08','2024-02-09','2024-02-10')", "10"
    ),
    (
      "SELECT count(*) FROM ext.sales WHERE extract(year FROM day) = 2024 "
        + "AND date_part(month, day) = 2", "20"
    ),
    ("SELECT count(*) FROM ext.sales WHERE date_trunc('month', day) = '2024-02-01'", "20"),
    ("SELECT count(*) FROM ext.sales WHERE to_char(day, 'YYYY-MM') = '2024-02'", "20"),
    (
      "SELECT count(*) FROM ext.sales WHERE day >= dateadd(day, -1, date '2024-02-03') "
        + "AND day <= last_day('2024-02-03')", "10"
    ),
    ("SELECT count(*) FROM ext.sales WHERE day = '2024-02-01' OR day = '2024-02-02'", "20"),
    ("SELECT count(*) FROM ext.sales WHERE day > CURRENT_DATE - 30", "0"),
    ("SELECT count(*) FROM ext.sales WHERE region = 'us'", "0"),
    ("SELECT count(*) FROM ext.sales WHERE false", "0"),
    ("SELECT count(*) FROM (SELECT * FROM ext.sales) x WHERE x.day = '2024-02-01'", "10"),
    ("SELECT count(*) FROM (SELECT day AS tag FROM ext.sales) x WHERE tag = '2024-02-01'", "10"),
    (
      "SELECT max(n) FROM (SELECT day, count(*) AS n FROM ext.sales GROUP BY day) x "
        + "WHERE day = '2024-02-02'", "10"
    ),
    ("WITH s AS (SELECT * FROM ext.sales) SELECT count(*) FROM s WHERE day = '2024-02-02'", "10"),
    (
      "WITH s AS (SELECT * FROM ext.sales) SELECT (SELECT count(*) FROM s WHERE day = "
        + "'2024-02-02') + (SELECT count(*) FROM s WHERE day = '2024-02-01')", "20"
    ),
    (
      "SELECT count(*) FROM days JOIN ext.sales s ON s.day = days.d AND s.day = '2024-02-01'",
      "10"
    ),
    (
      "SELECT count(*) FROM days JOIN ext.sales s ON s.day = days.d WHERE days.d = '2024-02-01'",
      "10"
    ),
    (
      "SELECT count(s.id) FROM days LEFT JOIN ext.sales s ON s.day = days.d "
        + "AND extract(month FROM s.day) = 2 AND extract(year FROM s.day) = 2024", "20"
    ),
    (
      "SELECT count(*) FROM ext.sales a, ext.sales b WHERE a.day = '2024-02-01' "
        + "AND b.day = '2024-02-02' AND a.id = b.id", "10"
    ),
    ("SELECT count(*) FROM all_sales WHERE day = '2024-02-01'", "11"),
    ("SELECT count(*) FROM all_sales WHERE extract(year FROM day) = 2026", "1"),
    ("SELECT n FROM over_view WHERE d = '2024-02-02'", "10"),
    ("SELECT count(*) FROM over_view WHERE d IN ('2024-02-01', '2024-02-02')", "2"),
    ("PREPARE p AS SELECT count(*) FROM ext.sales WHERE day = $1; EXECUTE p ('2024-02-01')", "10"),
    (
      "SELECT count(*) FROM ext.sales WHERE CASE WHEN region = 'eu' THEN day ELSE NULL END = "
        + "'2024-02-02'", "10"
    ),
    (
      "SELECT day FROM (SELECT day, id FROM ext.sales WHERE day < '2024-02-02' "
        + "AND day > '2024-01-02') ORDER BY id LIMIT 1", "2024-02-01"
    ),
  ]

  @Test func `no object is opened outside the partitions that a statement asks for`() async throws {
    let fixture = try await fixture()
    for (sql, rows) in Self.statements {
      do {
        let found = try await fixture.run(sql)
        #expect(found == [[rows]], "\(sql)")
      } catch {
        Issue.record("\(sql): \(error)")
      }
    }
    await fixture.close()
  }

  @Test func `conditions that do not decide open all partitions, and fail on a bad one`()
    async throws
  {
    let fixture = try await fixture()
    for sql in [
      "SELECT count(*) FROM ext.sales", "SELECT sum(amount) FROM ext.sales WHERE customer = 1",
      "SELECT count(*) FROM ext.sales WHERE day = '2024-02-01' OR customer = 1",
      "SELECT count(d) FROM days LEFT JOIN ext.sales s ON s.day = d "
        + "WHERE coalesce(extract(year FROM s.day), 2024) = 2024",
      "SELECT count(*) FROM (SELECT id AS day, day AS id FROM ext.sales) x WHERE day = 3",
    ] {
      let failure = await fixture.session.failure(sql)
      #expect(
        failure?.message.contains("s3://lake/sales/day=") == true, "\(sql): \(failure as Any)")
    }
    await fixture.close()
  }

  @Test func `a null-extended row is not lost by pruning`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.makeSales(good: ["2024-02-01", "2025-02-01"])
    let rows = try await fixture.run(
      """
      CREATE TABLE days (d date); INSERT INTO days VALUES ('2024-02-01'), ('2025-02-01');
      SELECT d, count(s.id) FROM days LEFT JOIN ext.sales s ON s.day = d
      WHERE coalesce(extract(year FROM s.day), 2024) = 2024 GROUP BY d
      """)
    #expect(rows == [["2024-02-01", "10"]])
    await fixture.close()
  }

  @Test func `statements that write read only the partitions they need`() async throws {
    let fixture = try await fixture()
    try await fixture.run(
      """
      CREATE TABLE copied AS SELECT id, day FROM ext.sales WHERE day = '2024-02-01';
      INSERT INTO copied SELECT id, day FROM ext.sales WHERE day = '2024-02-02';
      DELETE FROM copied USING ext.sales s WHERE copied.id = s.id AND s.day = '2024-02-01'
        AND copied.day = '2024-02-01';
      SELECT id, day INTO copied2 FROM ext.sales WHERE day = '2024-02-02'
      """)
    let rows = try await fixture.run(
      "SELECT (SELECT count(*) FROM copied), (SELECT count(*) FROM copied2)")
    #expect(rows == [["10", "10"]])
    try await fixture.run(
      """
      UNLOAD ('SELECT id FROM ext.sales WHERE day = ''2024-02-01''') TO 's3://lake/copy/'
      IAM_ROLE default FORMAT PARQUET;
      CREATE EXTERNAL TABLE ext.copy (id bigint) STORED AS PARQUET LOCATION 's3://lake/copy/'
      """)
    #expect(try await fixture.run("SELECT count(*), max(id) FROM ext.copy") == [["10", "9"]])
    await fixture.close()
  }
}
