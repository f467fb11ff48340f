import Core
import DuckDB
import Foundation
import TestSupport
import Testing
import Warehouse

@Suite struct ScanAccountTests {
  /// Two days in four files of several row groups each.
  private func fixture() async throws -> ExternalFixture {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.events (id bigint, customer int, pad varchar(100), price double precision)
      PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/events/'
      """)
    for (number, day) in ["2024-02-01", "2024-02-02"].enumerated() {
      for part in 0..<2 {
        try await fixture.write(
          """
          SELECT \((number * 2 + part) * 60_000) + i AS id, (i % 1000)::INTEGER AS customer,
                 md5(i::VARCHAR) AS pad, sqrt(i) AS price FROM range(60000) t(i)
          """, as: "events/day=\(day)/\(part).parquet",
          options: "FORMAT parquet, ROW_GROUP_SIZE 20480, COMPRESSION snappy")
      }
      try await fixture.run(
        """
        ALTER TABLE ext.events ADD PARTITION (day='\(day)')
        LOCATION 's3://lake/events/day=\(day)/'
        """)
    }
    return fixture
  }

  private func files(_ days: [String], of fixture: ExternalFixture) -> String {
    let paths = days.flatMap { day in
      (0..<2).map { "'\(fixture.file("events/day=\(day)/\($0).parquet"))'" }
    }
    return "[\(paths.joined(separator: ", "))]"
  }

  static let queries:
    [(sql: String, condition: String, columns: String, days: [String], groups: Int)] = [
      (
        "SELECT sum(price) FROM ext.events WHERE day = '2024-02-01'", "true", "sum(price)",
        ["2024-02-01"], 6
      ),
      (
        "SELECT max(pad) FROM ext.events WHERE customer = 5", "customer = 5", "max(pad)",
        ["2024-02-01", "2024-02-02"], 12
      ),
      (
        "SELECT max(pad) FROM ext.events WHERE id BETWEEN 1000 AND 21000",
        "id BETWEEN 1000 AND 21000",
        "max(pad)", ["2024-02-01", "2024-02-02"], 2
      ),
      (
        "SELECT max(pad) FROM ext.events WHERE id = 100 AND day >= '2024-02-01'", "id = 100",
        "max(pad)", ["2024-02-01", "2024-02-02"], 1
      ),
    ]

  @Test func `bytes scanned are those that DuckDB reads of the same files, but for footers`()
    async throws
  {
    let fixture = try await fixture()
    for query in Self.queries {
      let notices = try await fixture.session.notices(query.sql)
      let facts = try await fixture.run(
        """
        SELECT bytes_scanned, scanned_row_groups, scanned_files, qualified_partitions,
               total_partitions FROM sys_weir_scan_cost ORDER BY query_id DESC LIMIT 1
        """)
      let scanned = try #require(Int(facts[0][0]))
      #expect(
        facts[0].dropFirst() == [
          "\(query.groups)", "\(query.days.count * 2)", "\(query.days.count)", "2",
        ], "\(query.sql)")
      let partitions = "\(query.days.count) of 2 partitions, \(query.days.count * 2) files"
      #expect(notices.count == 1)
      #expect(notices.first?.contains(partitions) == true, "\(notices)")
      let list = files(query.days, of: fixture)
      let log = try await fixture.peer(
        "SET enable_external_file_cache = false", "SET prefetch_all_parquet_files = false",
        "CALL enable_logging('FileSystem', level = 'trace')", "CALL truncate_duckdb_logs()",
        "SELECT \(query.columns) FROM read_parquet(\(list)) WHERE \(query.condition)",
        "CALL disable_logging()",
        """
        SELECT sum(bytes), (SELECT sum(footer_size) FROM parquet_file_metadata(\(list)))
        FROM duckdb_logs_parsed('FileSystem') WHERE op = 'READ'
        """)
      let read = try #require(log[0][0].flatMap(Int.init))
      let footers = try #require(log[0][1].flatMap(Int.init))
      // A footer is read in a piece of at least so many bytes.
      let slack = footers + query.days.count * 2 * 16_384 + scanned / 20
      #expect(abs(read - scanned) <= slack, "\(query.sql): read \(read), scanned \(scanned)")
    }
    await fixture.close()
  }

  @Test func `the views have what a query scanned, and what it would cost`() async throws {
    let fixture = try await fixture()
    let notices = try await fixture.session.notices("SELECT count(DISTINCT pad) FROM ext.events")
    #expect(notices.first?.hasPrefix("INFO: scanned ") == true, "\(notices)")
    #expect(notices.first?.hasSuffix("2 of 2 partitions, 4 files: $0.00005") == true, "\(notices)")
    let detail = try await fixture.run(
      """
      SELECT d.source_type, trim(d.table_name), d.total_partitions, d.qualified_partitions,
             d.scanned_files, d.file_format, d.file_location, q.query_text
        FROM sys_external_query_detail d JOIN sys_query_history q USING (query_id)
      """)
    #expect(
      detail == [
        [
          "S3", "ext.events", "2", "2", "4", "Parquet", "s3://lake/events/",
          "SELECT count(DISTINCT pad) FROM ext.events",
        ]
      ])
    let summary = try await fixture.run(
      """
      SELECT s.external_table_name, s.is_partitioned, s.files, s.s3_scanned_rows, s.aborted,
             s.s3_scanned_bytes = c.bytes_scanned, c.bytes_billed, c.price_usd > 0
        FROM svl_s3query_summary s JOIN sys_weir_scan_cost c ON c.query_id = s.query
      """)
    #expect(summary == [["ext.events", "t", "4", "240000", "0", "t", "10485760", "t"]])
    await fixture.close()
  }

  @Test func `a query that needs no column and no row costs nothing`() async throws {
    let fixture = try await fixture()
    #expect(
      try await fixture.session.notices("SELECT count(*) FROM ext.events")
        == ["INFO: scanned 0 B in 2 of 2 partitions, 4 files: $0"])
    #expect(
      try await fixture.session.notices("SELECT * FROM ext.events WHERE day = '2030-01-01'")
        == ["INFO: scanned 0 B in 0 of 2 partitions, 0 files: $0"])
    #expect(try await fixture.session.notices("SELECT 1").isEmpty)
    await fixture.close()
  }

  @Test func `text counts with its whole objects`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.t (a int, b int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
      STORED AS TEXTFILE LOCATION 's3://lake/t/'
      """)
    try fixture.write(text: "1,2\n3,4\n", as: "t/a.csv")
    #expect(
      try await fixture.session.notices("SELECT sum(a) FROM ext.t")
        == ["INFO: scanned 8 B in 1 file: $0.00005"])
    await fixture.close()
  }
}
