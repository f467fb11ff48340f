import Core
import Foundation
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct ArchiveTests {
  @Test(arguments: ["month", "day"])
  func `old months move, once each, and a reader of both tiers sees no difference`(
    partitions: String
  ) async throws {
    let fixture = try await ArchiveFixture.make(partitions: partitions)
    let before = try await fixture.digest()
    let moved = try await fixture.warehouse.run("CALL weir.archive('sales')")
    #expect(moved.map { $0[1] } == ArchiveFixture.oldMonths)
    #expect(moved.allSatisfy { $0[2] == "done" && $0[3] == "\(ArchiveFixture.rowsPerMonth)" })
    #expect(try await fixture.digest() == before)
    #expect(try await fixture.count("sales") == 2 * ArchiveFixture.rowsPerMonth)
    #expect(try await fixture.count("sales", "sold_at < '2025-11-01'") == 0)
    #expect(
      try await fixture.count("spectrum.sales_history", "year = 2025 AND month = 6")
        == ArchiveFixture.rowsPerMonth)
    #expect(try await fixture.warehouse.run("CALL weir.archive('sales')").isEmpty)
    let runs = try await fixture.warehouse.run(
      "SELECT kind, month, state, step, row_count FROM sys_weir_archive_runs ORDER BY batch_id")
    #expect(runs.map { $0[1] } == ArchiveFixture.oldMonths)
    #expect(runs.first == ["archive", "2025-06", "done", "committed", "200"])
    await fixture.close()
  }

  @Test func `late rows of a month join it, and its files are made one`() async throws {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run("CALL weir.archive('sales')")
    for id in 1...3 {
      try await fixture.warehouse.run(
        """
        INSERT INTO sales VALUES (\(90_000 + id), '2025-07-15', 1.00, 'late', true, 0);
        CALL weir.archive('sales')
        """)
    }
    let before = try await fixture.digest()
    #expect(fixture.objects().filter { $0.hasPrefix("year=2025/month=7/") }.count == 4)
    let compacted = try await fixture.warehouse.run("CALL weir.compact_archive('sales')")
    #expect(compacted.map { $0[1] } == ["2025-07"])
    #expect(compacted.first?[4] == "1")
    #expect(try await fixture.digest() == before)
    #expect(
      try await fixture.warehouse.run(
        "SELECT count(DISTINCT \"$path\") FROM spectrum.sales_history WHERE month = 7") == [["1"]])
    #expect(try await fixture.warehouse.run("CALL weir.compact_archive('sales')").isEmpty)
    await fixture.close()
  }

  @Test func `a month that is brought back stays until its time is over`() async throws {
    let fixture = try await ArchiveFixture.make()
    let before = try await fixture.digest()
    try await fixture.warehouse.run("CALL weir.archive('sales')")
    let restored = try await fixture.warehouse.run("CALL weir.restore_archive('sales', '2025-08')")
    #expect(restored.first?[3] == "\(ArchiveFixture.rowsPerMonth)")
    #expect(try await fixture.count("sales", "sold_at < '2025-11-01'") == 200)
    #expect(try await fixture.count("spectrum.sales_history", "month = 8") == 0)
    #expect(try await fixture.digest() == before)
    #expect(try await fixture.warehouse.run("CALL weir.archive('sales')").isEmpty)
    let error = await fixture.warehouse.session.failure(
      "CALL weir.restore_archive('sales', '2025-08')")
    #expect(error?.sqlState == "02000")
    await fixture.close()
  }

  @Test func `a view over the table follows what leaves it`() async throws {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run(
      "CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, sum(amount) AS total FROM sales")
    try await fixture.warehouse.run(
      "CALL weir.archive('sales'); REFRESH MATERIALIZED VIEW totals")
    let rows = try await fixture.warehouse.run("SELECT n, total FROM totals")
    #expect(rows == (try await fixture.warehouse.run("SELECT count(*), sum(amount) FROM sales")))
    await fixture.close()
  }

  @Test func `rows leave a view over a stream, and are not read again`() async throws {
    let fixture = try WarehouseFixture(clock: ManualClock(ArchiveFixture.today))
    try await fixture.log.createStream("my_stream", shardCount: 2)
    try await fixture.put(
      (0..<40).map { "{\"id\": \($0), \"at\": \"202\(5 + $0 % 2)-01-10 00:00:00\"}" })
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default;
      CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      CREATE MATERIALIZED VIEW v AS SELECT json_extract_path_text(kinesis_data, 'id')::int AS id,
        json_extract_path_text(kinesis_data, 'at')::timestamp AS at FROM s.my_stream;
      REFRESH MATERIALIZED VIEW v;
      CALL weir.create_archive_policy('v', 'v', 'at', 3, 's3://lake/v', 'spectrum.v_history');
      CALL weir.archive('v');
      REFRESH MATERIALIZED VIEW v
      """)
    #expect(
      try await fixture.run("SELECT count(*), min(at)::date FROM v") == [["20", "2026-01-10"]])
    #expect(
      try await fixture.run("SELECT count(*), max(at)::date FROM spectrum.v_history")
        == [["20", "2025-01-10"]])
    await fixture.close()
  }

  static let mistakes: [(call: String, state: String)] = [
    ("'p', 'nothing', 'sold_at', 3, 's3://lake/p', 'spectrum.p'", "22023"),
    ("'p', 'other', 'nothing', 3, 's3://lake/p', 'spectrum.p'", "42703"),
    ("'p', 'other', 'a', 3, 's3://lake/p', 'spectrum.p'", "42804"),
    ("'p', 'other', 'at', -1, 's3://lake/p', 'spectrum.p'", "22023"),
    ("'p', 'other', 'at', 3, '/tmp/p', 'spectrum.p'", "22023"),
    ("'p', 'other', 'at', 3, 's3://lake', 'spectrum.p'", "22023"),
    ("'p', 'other', 'at', 3, 's3://lake/sales/below', 'spectrum.p'", "22023"),
    ("'p', 'other', 'at', 3, 's3://lake/p', 'nowhere.p'", "3F000"),
    ("'p', 'other', 'at', 3, 's3://lake/p', 'spectrum.sales_history'", "42P07"),
    ("'p', 'other', 'at', 3, 's3://lake/p', 'spectrum.p', 'hour'", "22023"),
    ("'p', 'other', 'at', 3, 's3://lake/p', 'spectrum.p', 'month', 'sometimes'", "22023"),
    ("'sales', 'other', 'at', 3, 's3://lake/p', 'spectrum.p'", "42710"),
    ("'p', 'sales', 'sold_at', 3, 's3://lake/p', 'spectrum.p'", "22023"),
    ("'p', 'dated', 'at', 3, 's3://lake/p', 'spectrum.p'", "42701"),
  ]

  @Test func `a policy that cannot work is refused when it is made`() async throws {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run(
      """
      CREATE TABLE other (a INTEGER, at TIMESTAMP);
      CREATE TABLE dated (at TIMESTAMP, year INTEGER)
      """)
    for mistake in Self.mistakes {
      let error = await fixture.warehouse.session.failure(
        "CALL weir.create_archive_policy(\(mistake.call))")
      #expect(error?.sqlState == mistake.state, "\(mistake.call): \(String(describing: error))")
    }
    #expect(
      try await fixture.warehouse.run("SELECT count(*) FROM sys_weir_archive_policies") == [["1"]])
    await fixture.close()
  }
}
