import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// INSERT INTO an external table, and CREATE EXTERNAL TABLE … AS.
@Suite struct ExternalWriteTests {
  private static let rows = """
    SELECT i AS id, 'name ' || i AS name, (i * 1.25)::decimal(12,2) AS amount,
           dateadd(day, (i % 3)::int, '2026-01-01')::date AS day
      FROM generate_series(1, 30) AS g(i)
    """

  private func keys(_ fixture: ExternalFixture, _ folder: String) -> [String] {
    let paths = FileManager.default.enumerator(atPath: fixture.file(folder))
    return (paths?.compactMap { $0 as? String } ?? []).filter { $0.contains("_part_") }.sorted()
  }

  @Test(arguments: ["PARQUET", "TEXTFILE"])
  func `a table is made of a query, with its partitions and files, in one step`(
    format: String
  ) async throws {
    let fixture = try await ExternalFixture()
    let tags = try await fixture.session.tags(
      """
      CREATE EXTERNAL TABLE ext.made PARTITIONED BY (day) STORED AS \(format)
      LOCATION 's3://lake/made/' AS \(Self.rows)
      """)
    #expect(tags == ["CREATE EXTERNAL TABLE"])
    #expect(
      try await fixture.run("SELECT count(*), sum(amount), min(name), max(day) FROM ext.made")
        == [["30", "581.25", "name 1", "2026-01-03"]])
    #expect(
      try await fixture.run(
        """
        SELECT columnname, external_type, part_key FROM svv_external_columns
         WHERE tablename = 'made' ORDER BY columnnum
        """) == [
          ["id", "bigint", "0"], ["name", "varchar(65535)", "0"], ["amount", "decimal(12,2)", "0"],
          ["day", "date", "1"],
        ])
    #expect(
      try await fixture.run(
        """
        SELECT "values", location FROM svv_external_partitions WHERE tablename = 'made'
         ORDER BY location LIMIT 1
        """) == [["[\"2026-01-01\"]", "s3://lake/made/day=2026-01-01/"]])
    let name = try #require(keys(fixture, "made").first)
    // As 20200303_004509_810669_1007_0001_part_00.parquet of the documentation.
    #expect(
      name.wholeMatch(
        of: #/day=2026-01-01\/\d{8}_\d{6}_\d{6}_\d+_\d{4}_part_\d{2}(\.parquet)?/#) != nil,
      "\(name)")
    #expect(
      try await fixture.run(
        "SELECT parameters FROM svv_external_tables WHERE tablename = 'made'")[0][0]
        .contains("\"numRows\":\"30\""))
    await fixture.close()
  }

  @Test(arguments: ["PARQUET", "TEXTFILE"])
  func `rows are added as new files, and partitions that are new are the table's`(
    format: String
  ) async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.t (id bigint, name varchar(10), amount decimal(12,2))
      PARTITIONED BY (day date, region varchar(10)) STORED AS \(format) LOCATION 's3://lake/t/';
      ALTER TABLE ext.t ADD PARTITION (day='2026-01-01', region='eu')
        LOCATION 's3://lake/elsewhere/';
      CREATE TABLE here AS \(Self.rows)
      """)
    let tags = try await fixture.session.tags(
      "INSERT INTO ext.t SELECT id, name, amount, day, 'eu' FROM here")
    #expect(tags == ["INSERT 0 30"])
    try await fixture.run(
      "INSERT INTO ext.t SELECT id + 100, NULL, amount, '2026-01-01', 'us' FROM here WHERE id < 3")
    try await fixture.run("INSERT INTO ext.t SELECT 999, 'null', 0, NULL, 'eu'")
    #expect(
      try await fixture.run(
        """
        SELECT day, region, count(*), count(name), sum(amount) FROM ext.t GROUP BY 1, 2
         ORDER BY 1, 2
        """) == [
          ["2026-01-01", "eu", "10", "10", "206.25"], ["2026-01-01", "us", "2", "0", "3.75"],
          ["2026-01-02", "eu", "10", "10", "181.25"], ["2026-01-03", "eu", "10", "10", "193.75"],
          ["NULL", "eu", "1", "1", "0.00"],
        ])
    // A partition that had a place keeps it.
    #expect(keys(fixture, "elsewhere").count >= 1)
    #expect(keys(fixture, "t").allSatisfy { !$0.hasPrefix("day=2026-01-01/region=eu") })
    // The table can be read while it is written to.
    try await fixture.run("INSERT INTO ext.t SELECT * FROM ext.t WHERE region = 'us'")
    #expect(try await fixture.run("SELECT count(*) FROM ext.t") == [["35"]])
    await fixture.close()
  }

  static let mistakes: [(statement: String, state: String)] = [
    ("INSERT INTO ext.t SELECT 1, 'a'", "42601"),
    ("INSERT INTO ext.t SELECT 1, 'a', 2, '2026-01-01', 'eu', 3", "42601"),
    ("INSERT INTO ext.t VALUES (1, 'a', 2, '2026-01-01', 'eu')", "0A000"),
    ("INSERT INTO ext.t (id) SELECT 1", "0A000"),
    ("INSERT INTO ext.t SELECT 1, 'a', 2, '2026-01-01', 'eu' LIMIT 1", "0A000"),
    ("INSERT INTO ext.t SELECT 1, 'much too long for it', 2, '2026-01-01', 'eu'", "22001"),
    ("INSERT INTO ext.t SELECT 1, 'a', 2, '2026-01-01', no_such_function(1)", "42883"),
    ("INSERT INTO ext.none SELECT 1", "42P01"),
    ("INSERT INTO ext.json SELECT 1", "0A000"),
    ("BEGIN; INSERT INTO ext.t SELECT 1, 'a', 2, '2026-01-01', 'eu'", "25001"),
    (
      "CREATE EXTERNAL TABLE ext.u STORED AS PARQUET LOCATION 's3://lake/full/' AS SELECT 1 AS a",
      "42P07"
    ),
    (
      "CREATE EXTERNAL TABLE ext.t STORED AS PARQUET LOCATION 's3://lake/u/' AS SELECT 1 AS a",
      "42P07"
    ),
    (
      "CREATE EXTERNAL TABLE ext.u PARTITIONED BY (b) STORED AS PARQUET LOCATION 's3://lake/u/' "
        + "AS SELECT 1 AS a", "42703"
    ),
    (
      "CREATE EXTERNAL TABLE ext.u PARTITIONED BY (a) STORED AS PARQUET LOCATION 's3://lake/u/' "
        + "AS SELECT 1 AS a", "42601"
    ),
    (
      "CREATE EXTERNAL TABLE ext.u STORED AS PARQUET LOCATION 's3://lake/u/' AS SELECT 1 AS a, 2 AS a",
      "42701"
    ),
    ("CREATE EXTERNAL TABLE ext.u STORED AS ORC LOCATION 's3://lake/u/' AS SELECT 1 AS a", "0A000"),
    (
      "CREATE EXTERNAL TABLE ext.u STORED AS PARQUET LOCATION 's3://lake/u/' AS SELECT 1 AS a LIMIT 1",
      "0A000"
    ),
    (
      "CREATE EXTERNAL TABLE ext.u STORED AS PARQUET LOCATION 's3://lake/u/' "
        + "AS SELECT json_parse('{}') AS a", "0A000"
    ),
  ]

  @Test func `what cannot be written is refused, and leaves nothing`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.t (id bigint, name varchar(10), amount decimal(12,2))
      PARTITIONED BY (day date, region varchar(10)) STORED AS PARQUET LOCATION 's3://lake/t/';
      CREATE EXTERNAL TABLE ext.json (id bigint) ROW FORMAT SERDE
      'org.openx.data.jsonserde.JsonSerDe' STORED AS TEXTFILE LOCATION 's3://lake/json/'
      """)
    try fixture.write(text: "x", as: "full/x")
    for mistake in Self.mistakes {
      let error = await fixture.session.failure(mistake.statement)
      #expect(
        error?.sqlState == mistake.state, "\(mistake.statement): \(String(describing: error))")
      _ = await fixture.session.failure("ROLLBACK")
    }
    #expect(keys(fixture, "t").isEmpty && keys(fixture, "u").isEmpty)
    #expect(try await fixture.run("SELECT count(*) FROM weir.external_pending") == [["0"]])
    #expect(
      try await fixture.run("SELECT count(*) FROM svv_external_tables WHERE tablename = 'u'")
        == [["0"]])
    #expect(try await fixture.run("SELECT count(*) FROM ext.t") == [["0"]])
    await fixture.close()
  }

  @Test(arguments: [
    "INSERT INTO ext.made SELECT id + 100, name, amount, day FROM here",
    "CREATE EXTERNAL TABLE ext.other PARTITIONED BY (day) STORED AS PARQUET "
      + "LOCATION 's3://lake/other/' AS SELECT * FROM here",
  ])
  func `a kill when all objects are there leaves none of them to readers, and they are removed`(
    statement: String
  ) async throws {
    let fixture = try await ExternalFixture()
    let copies = try TemporaryDirectory()
    try await fixture.run(
      """
      CREATE TABLE here AS \(Self.rows);
      CREATE EXTERNAL TABLE ext.made PARTITIONED BY (day) STORED AS PARQUET
      LOCATION 's3://lake/made/' AS SELECT * FROM here
      """)
    let (from, to) = (fixture.warehouse.directory.path, copies.path + "/copy")
    let other = try fixture.warehouse.warehouse.makeSession(user: "weir")
    fixture.warehouse.warehouse.onExternalWrite {
      // Readers of this very moment, too.
      #expect(try await other.rows("SELECT count(*) FROM ext.made") == [["30"]])
      try await BlockingQueue(label: "test.copy").run {
        try FileManager.default.copyItem(atPath: from, toPath: to)
      }
    }
    try await fixture.run(statement)
    await other.close()
    let whole = keys(fixture, "made").count + keys(fixture, "other").count
    await fixture.close()
    let left = try WarehouseFixture(directory: TemporaryDirectory(adopting: to))
    #expect(try await left.run("SELECT count(*) FROM ext.made") == [["30"]])
    func count() -> Int {
      let paths = FileManager.default.enumerator(atPath: left.directory.file("objects/lake"))
      return (paths?.compactMap { $0 as? String } ?? []).count { $0.hasSuffix(".parquet") }
    }
    #expect(count() == whole)
    await left.warehouse.keepArchive()
    #expect(count() < whole)
    try await left.run(statement)
    #expect(
      try await left.run("SELECT count(*) FROM ext.made")
        == [[statement.hasPrefix("INSERT") ? "60" : "30"]])
    #expect(count() == whole)
    await left.close()
  }

  @Test func `readers see all files of an INSERT or none`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE TABLE here AS \(Self.rows);
      CREATE EXTERNAL TABLE ext.made PARTITIONED BY (day) STORED AS PARQUET
      LOCATION 's3://lake/made/' AS SELECT * FROM here
      """)
    let isOver = Locked(false)
    let warehouse = fixture.warehouse.warehouse
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...2 {
        group.addTask {
          let session = try warehouse.makeSession(user: "weir")
          var last = 0
          while !isOver.value {
            let count = Int(try await session.rows("SELECT count(*) FROM ext.made")[0][0]) ?? -1
            #expect(count % 30 == 0 && count >= last, "\(count) after \(last)")
            last = count
          }
          await session.close()
        }
      }
      for place in 1...8 {
        // New partitions and old ones.
        try await fixture.run(
          """
          INSERT INTO ext.made SELECT id, name, amount,
            dateadd(day, \(place) * (id % 2)::int, day)::date FROM here
          """)
      }
      isOver.withLock { $0 = true }
      try await group.waitForAll()
    }
    #expect(try await fixture.run("SELECT count(*) FROM ext.made") == [["270"]])
    await fixture.close()
  }
}
