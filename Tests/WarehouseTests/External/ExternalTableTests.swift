import Core
import DuckDB
import Foundation
import TestSupport
import Testing
import Warehouse

@Suite struct ExternalTableTests {
  @Test func `rows of Parquet have the declared columns and the catalog's partition values`()
    async throws
  {
    let fixture = try await ExternalFixture()
    try await fixture.makeSales(good: ["2024-02-01", "2024-02-02"])
    // The catalog decides what a folder's rows are of, not its name.
    try await fixture.write(
      "SELECT 7::BIGINT AS \"ID\", 1.25::DECIMAL(12, 2) AS \"Amount\"", as: "sales/other/x.parquet")
    try await fixture.run(
      """
      ALTER TABLE ext.sales ADD PARTITION (day='2024-03-01', region=null)
      LOCATION 's3://lake/sales/other'
      """)
    #expect(
      try await fixture.run("SELECT * FROM ext.sales WHERE id = 7 ORDER BY day") == [
        ["7", "1", "10.50", "note 7", "2024-02-01", "eu"],
        ["7", "1", "10.50", "note 7", "2024-02-02", "eu"],
        ["7", "NULL", "1.25", "NULL", "2024-03-01", "NULL"],
      ])
    #expect(
      try await fixture.run(
        "SELECT day, region, count(*), sum(amount) FROM ext.sales GROUP BY 1, 2 ORDER BY 1") == [
          ["2024-02-01", "eu", "10", "67.50"], ["2024-02-02", "eu", "10", "67.50"],
          ["2024-03-01", "NULL", "1", "1.25"],
        ])
    await fixture.close()
  }

  @Test func `the pseudocolumns path and size are there when they are named, and not in a star`()
    async throws
  {
    let fixture = try await ExternalFixture()
    try await fixture.makeSales(good: ["2024-02-01"])
    let size =
      try FileManager.default.attributesOfItem(
        atPath: fixture.file("sales/day=2024-02-01/region=eu/part.parquet"))[.size] as? Int
    #expect(
      try await fixture.run(
        "SELECT DISTINCT \"$path\", \"$size\" FROM ext.sales WHERE day = '2024-02-01'") == [
          ["s3://lake/sales/day=2024-02-01/region=eu/part.parquet", "\(size ?? 0)"]
        ])
    let columns = try await fixture.session.columns(
      "SELECT *, \"$size\" AS size FROM ext.sales s WHERE \"$path\" LIKE '%part%'")
    #expect(
      columns.map(\.name) == ["id", "customer", "amount", "note", "day", "region", "size"])
    try await fixture.run("SET spectrum_enable_pseudo_columns TO false")
    #expect(await fixture.session.failure("SELECT \"$path\" FROM ext.sales")?.sqlState == "42703")
    await fixture.close()
  }

  @Test func `hidden and empty objects are passed over, and subfolders are not`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      "CREATE EXTERNAL TABLE ext.t (i int) STORED AS PARQUET LOCATION 's3://lake/t'")
    try await fixture.write("SELECT 1::INTEGER AS i", as: "t/a.parquet")
    try await fixture.write("SELECT 2::INTEGER AS i", as: "t/deep/er/b.parquet")
    try await fixture.write("SELECT 3::INTEGER AS i", as: "tt/a.parquet")
    for name in ["t/_SUCCESS", "t/.hidden", "t/_temporary/x.parquet", "t/#x", "t/x~"] {
      try fixture.write(text: "garbage", as: name)
    }
    try fixture.write(text: "", as: "t/empty.parquet")
    #expect(try await fixture.run("SELECT i FROM ext.t ORDER BY 1") == [["1"], ["2"]])
    await fixture.close()
  }

  @Test func `a value of another type names the object and the column`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      "CREATE EXTERNAL TABLE ext.t (i int) STORED AS PARQUET LOCATION 's3://lake/t/'")
    try await fixture.write("SELECT 'text' AS i", as: "t/a.parquet")
    let failure = await fixture.session.failure("SELECT i + 1 FROM ext.t")
    #expect(failure?.message.contains("s3://lake/t/a.parquet") == true, "\(failure as Any)")
    #expect(failure?.message.contains("\"i\"") == true, "\(failure as Any)")
    await fixture.close()
  }

  @Test func `delimited text has NULLs, empty texts, headers and dates as documented`()
    async throws
  {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.t (id int, name varchar(5), born date, at timestamp, ok boolean)
      ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' STORED AS TEXTFILE LOCATION 's3://lake/t/'
      TABLE PROPERTIES ('skip.header.line.count'='1')
      """)
    try fixture.write(
      text: """
        id|name|born|at|ok
        1|one "quoted|2017-05-01|2017-05-01 11:30:59.000000|true
        2||05-01-2017|\\N|false
        |\\N|01-may-2017||
        4|äöüß
        """ + "\n", as: "t/a.txt")
    #expect(
      try await fixture.run("SELECT * FROM ext.t ORDER BY id") == [
        ["1", "one \"", "2017-05-01", "2017-05-01 11:30:59", "t"],
        ["2", "", "2017-05-01", "NULL", "f"], ["4", "äö", "NULL", "NULL", "NULL"],
        ["NULL", "NULL", "2017-05-01", "NULL", "NULL"],
      ])
    try fixture.write(text: "x|x\ny|one||\n", as: "t/b.txt")
    let failure = await fixture.session.failure("SELECT id FROM ext.t")
    #expect(failure?.message.contains("s3://lake/t/b.txt") == true, "\(failure as Any)")
    await fixture.close()
  }

  @Test func `quoted CSV, compressed text and JSON are read`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.c (id int, name varchar(50))
      ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
      WITH SERDEPROPERTIES ('separatorChar' = ';', 'quoteChar' = '"')
      STORED AS TEXTFILE LOCATION 's3://lake/c/';
      CREATE EXTERNAL TABLE ext.j (id int, customername varchar(50), amount decimal(8,2))
      ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
      WITH SERDEPROPERTIES ('mapping.customername' = 'customerName')
      STORED AS TEXTFILE LOCATION 's3://lake/j/'
      """)
    try fixture.write(text: "1;\"a;b\"\n2;plain\n", as: "c/a.csv")
    try await fixture.write(
      "SELECT 3 AS id, 'zipped' AS name", as: "c/b.csv.gz",
      options: "FORMAT csv, DELIMITER ';', HEADER false, COMPRESSION gzip")
    try fixture.write(
      text: """
        {"id": 1, "customerName": "Ann", "amount": 1.5, "more": [1]}
        {"id": 2}
        """, as: "j/a.json")
    #expect(
      try await fixture.run("SELECT * FROM ext.c ORDER BY 1") == [
        ["1", "a;b"], ["2", "plain"], ["3", "zipped"],
      ])
    #expect(
      try await fixture.run("SELECT * FROM ext.j ORDER BY 1") == [
        ["1", "Ann", "1.50"], ["2", "NULL", "NULL"],
      ])
    await fixture.close()
  }

  @Test func `a manifest names the files of a table, and those that must be there`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.write("SELECT 1::INTEGER AS i", as: "a/one.parquet")
    try await fixture.write("SELECT 2::INTEGER AS i", as: "b/two.parquet")
    try fixture.write(
      text: """
        {"entries": [{"url": "s3://lake/a/one.parquet"}, {"url": "s3://lake/gone.parquet"},
                     {"url": "s3://lake/b/two.parquet", "mandatory": true}]}
        """, as: "manifest.json")
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.t (i int) STORED AS PARQUET LOCATION 's3://lake/manifest.json'
      """)
    #expect(try await fixture.run("SELECT i FROM ext.t ORDER BY 1") == [["1"], ["2"]])
    try FileManager.default.removeItem(atPath: fixture.file("b/two.parquet"))
    #expect(await fixture.session.failure("SELECT i FROM ext.t")?.sqlState == "58P01")
    await fixture.close()
  }

  @Test func `a managed table opens only the files of its manifest`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.makeSales(good: ["2024-02-01"], bad: ["2024-02-02"])
    try await fixture.manage("sales", files: ["sales/day=2024-02-01/region=eu/part.parquet"])
    try fixture.write(text: "garbage", as: "sales/day=2024-02-01/region=eu/late.parquet")
    #expect(try await fixture.run("SELECT count(*) FROM ext.sales") == [["10"]])
    // Within a transaction the files are those of its snapshot.
    let other = try fixture.warehouse.warehouse.makeSession(user: "other")
    #expect(try await other.rows("BEGIN; SELECT count(*) FROM ext.sales") == [["10"]])
    try await fixture.manage("sales", files: [])
    #expect(try await fixture.run("SELECT count(*) FROM ext.sales") == [["0"]])
    #expect(try await other.rows("SELECT count(*) FROM ext.sales") == [["10"]])
    #expect(try await other.rows("COMMIT; SELECT count(*) FROM ext.sales") == [["0"]])
    await other.close()
    await fixture.close()
  }

  @Test func `a cursor, EXPLAIN and three levels of views read external tables`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.makeSales(good: ["2024-02-01"])
    #expect(
      try await fixture.run(
        """
        BEGIN; DECLARE c CURSOR FOR SELECT id FROM ext.sales ORDER BY id; FETCH 2 FROM c
        """) == [["0"], ["1"]])
    try await fixture.run("COMMIT")
    #expect(try await !fixture.run("EXPLAIN SELECT * FROM ext.sales").isEmpty)
    let rows = try await fixture.run(
      """
      CREATE VIEW a (x, d) AS SELECT id, day FROM ext.sales WITH NO SCHEMA BINDING;
      CREATE VIEW b AS SELECT x + 1 AS y, d FROM public.a WITH NO SCHEMA BINDING;
      CREATE OR REPLACE VIEW c AS SELECT max(y) AS z FROM public.b WHERE d = '2024-02-01'
        WITH NO SCHEMA BINDING;
      SELECT z FROM c
      """)
    #expect(rows == [["10"]])
    #expect(
      try await fixture.run(
        "SELECT column_name, data_type FROM svv_columns WHERE table_name = 'b' ORDER BY 1") == [
          ["d", "date"], ["y", "bigint"],
        ])
    await fixture.close()
  }
}
