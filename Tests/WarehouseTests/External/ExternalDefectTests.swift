import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// What external tables, COPY and UNLOAD once did wrong.
@Suite struct ExternalDefectTests {
  @Test func `the tiers are told with partitions of any values`() async throws {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run(
      """
      CALL weir.archive('sales');
      CREATE EXTERNAL TABLE spectrum.days (a int) PARTITIONED BY (day date, k varchar(10))
      STORED AS PARQUET LOCATION 's3://lake/days/';
      ALTER TABLE spectrum.days ADD PARTITION (day = '2024-01-01', k = '99')
        LOCATION 's3://lake/days/day=2024-01-01/';
      CREATE EXTERNAL TABLE spectrum.numbers (a int) PARTITIONED BY (k int, l int)
      STORED AS PARQUET LOCATION 's3://lake/numbers/';
      ALTER TABLE spectrum.numbers ADD PARTITION (k = 0, l = 99) LOCATION 's3://lake/numbers/k=0/'
      """)
    #expect(
      try await fixture.warehouse.run(
        "SELECT relation FROM sys_weir_tiers WHERE policy IS NULL ORDER BY 1")
        == [["spectrum.days"], ["spectrum.numbers"]])
    #expect(
      try await fixture.warehouse.run(
        "SELECT count(*) FROM sys_weir_tier_months WHERE tier = 'archive'") == [["5"]])
    await fixture.close()
  }

  @Test func `links below the objects' folder are not followed`() async throws {
    let fixture = try await ExternalFixture()
    let outside = try TemporaryDirectory()
    try "1\n2\n".write(toFile: outside.file("secret.csv"), atomically: true, encoding: .utf8)
    try fixture.write(text: "3\n", as: "in/plain.csv")
    for (link, target) in [
      ("in/folder", outside.path), ("in/file.csv", outside.file("secret.csv")),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: fixture.file(link), withDestinationPath: target)
    }
    try await fixture.run("CREATE TABLE t (a int)")
    for key in ["in/folder/secret.csv", "in/folder/", "in/file.csv"] {
      let failure = await fixture.session.failure(
        "COPY t FROM 's3://lake/\(key)' IAM_ROLE default CSV")
      #expect(failure != nil, "\(key)")
    }
    try await fixture.run("COPY t FROM 's3://lake/in/' IAM_ROLE default CSV")
    #expect(try await fixture.run("SELECT a FROM t") == [["3"]])
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.linked (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
      STORED AS TEXTFILE LOCATION 's3://lake/in/folder/'
      """)
    #expect(try await fixture.run("SELECT count(*) FROM ext.linked") == [["0"]])
    #expect(
      await fixture.session.failure(
        "UNLOAD ('SELECT 1') TO 's3://lake/in/folder/out' IAM_ROLE default") != nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["secret.csv"])
    await fixture.close()
  }

  @Test func `a text is as long as its column at most, in every format`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.write("SELECT 'abcdéf' AS name, 1 AS k", as: "p/a.parquet")
    try fixture.write(text: "{\"name\": \"abcdéf\", \"k\": 2}\n", as: "j/a.json")
    try fixture.write(text: "abcdéf,3\n", as: "t/a.csv")
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.p (name varchar(5), k int) STORED AS PARQUET
        LOCATION 's3://lake/p/';
      CREATE EXTERNAL TABLE ext.j (name varchar(5), k int)
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' STORED AS TEXTFILE
        LOCATION 's3://lake/j/';
      CREATE EXTERNAL TABLE ext.t (name varchar(5), k int)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE LOCATION 's3://lake/t/';
      CREATE TABLE copied AS SELECT * FROM ext.p UNION ALL SELECT * FROM ext.j
        UNION ALL SELECT * FROM ext.t
      """)
    // In bytes, and never half a character.
    #expect(
      try await fixture.run("SELECT name, octet_length(name), k FROM copied ORDER BY k")
        == [["abcd", "4", "1"], ["abcd", "4", "2"], ["abcd", "4", "3"]])
    #expect(try await fixture.run("SELECT k FROM ext.p WHERE name = 'abcd'") == [["1"]])
    #expect(try await fixture.run("SELECT k FROM ext.p WHERE name = 'abcdéf'").isEmpty)
    await fixture.close()
  }

  @Test func `errors of text files say once what is wrong, and where`() async throws {
    let fixture = try await ExternalFixture()
    try fixture.write(text: "1.5\nx\n", as: "f/a.csv")
    try fixture.write(text: "a,1\n\"b\nc\",2\n", as: "q/a.csv")
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.f (v float8) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
        STORED AS TEXTFILE LOCATION 's3://lake/f/';
      CREATE EXTERNAL TABLE ext.q (a varchar(10), b int)
        ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' STORED AS TEXTFILE
        LOCATION 's3://lake/q/'
      """)
    let value = await fixture.session.failure("SELECT sum(v) FROM ext.f")
    #expect(value?.sqlState == "22P02")
    #expect(
      value?.message == "s3://lake/f/a.csv: column \"v\": invalid input syntax for float8: \"x\"")
    let quoted = await fixture.session.failure("SELECT * FROM ext.q")
    #expect(quoted?.sqlState == "22P04")
    #expect(quoted?.message.hasPrefix("s3://lake/q/a.csv, line 2: a value in quotes has") == true)
    await fixture.close()
  }

  @Test func `NULL and the text that stands for it in a folder's name are one partition`()
    async throws
  {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE TABLE t (k varchar(40), v int);
      INSERT INTO t VALUES (NULL, 1), ('__HIVE_DEFAULT_PARTITION__', 2), ('a', 3)
      """)
    for format in ["PARQUET", "CSV"] {
      try await fixture.run(
        """
        UNLOAD ('SELECT * FROM t') TO 's3://lake/\(format)/' IAM_ROLE default FORMAT \(format)
        PARTITION BY (k)
        """)
      let folders = try FileManager.default.contentsOfDirectory(atPath: fixture.file(format))
      #expect(folders.sorted() == ["k=__HIVE_DEFAULT_PARTITION__", "k=a"], "\(format)")
    }
    await fixture.close()
  }
}
