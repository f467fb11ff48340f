import Core
import Foundation
import ObjectStore
import TestSupport
import Warehouse

/// A table of sales over some months before the fixture's day, and a policy that keeps three.
struct ArchiveFixture {
  static let today = Timestamp(seconds: 1_772_000_000)  // 2026-02-25
  /// Days before the first of each month below.
  static let months = ["2025-06", "2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2026-01"]
  /// Those that are older than three whole months.
  static let oldMonths = ["2025-06", "2025-07", "2025-08", "2025-09", "2025-10"]
  static let rowsPerMonth = 200

  let warehouse: WarehouseFixture
  let clock: ManualClock

  static func make(partitions: String = "month") async throws -> ArchiveFixture {
    let clock = ManualClock(today)
    let fixture = ArchiveFixture(warehouse: try WarehouseFixture(clock: clock), clock: clock)
    try await fixture.prepare(partitions: partitions)
    return fixture
  }

  /// The same with another store of objects, which has a bucket `lake`.
  static func make(
    objects: any ObjectStore, in directory: TemporaryDirectory
  ) async throws -> ArchiveFixture {
    let clock = ManualClock(today)
    let fixture = ArchiveFixture(
      warehouse: try WarehouseFixture(directory: directory, clock: clock, objects: objects),
      clock: clock)
    try await fixture.prepare(partitions: "month")
    return fixture
  }

  private func prepare(partitions: String) async throws {
    try await warehouse.run(
      """
      CREATE TABLE sales (id BIGINT, sold_at TIMESTAMP, amount DECIMAL(12,2), note VARCHAR(40),
        flag BOOLEAN, share DOUBLE PRECISION);
      CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS
      """)
    for (index, month) in Self.months.enumerated() {
      try await warehouse.run(
        """
        INSERT INTO sales SELECT \(index) * 1000 + i,
            '\(month)-01'::timestamp + (i % 28) * INTERVAL '1 day', i * 1.25,
            CASE WHEN i % 7 = 0 THEN NULL ELSE 'nöte ' || i END, i % 2 = 0, i / 3.0
          FROM generate_series(1, \(Self.rowsPerMonth)) AS g(i)
        """)
    }
    try await warehouse.run(
      """
      CALL weir.create_archive_policy('sales', 'sales', 'sold_at', 3, 's3://lake/sales/',
        'spectrum.sales_history', '\(partitions)');
      CREATE VIEW all_sales AS
        SELECT id, sold_at, amount, note, flag, share FROM public.sales
        UNION ALL SELECT id, sold_at, amount, note, flag, share FROM spectrum.sales_history
        WITH NO SCHEMA BINDING
      """)
  }

  /// Everything that a reader of the unified view may rely on, as one row.
  static let digest = """
    SELECT count(*), count(DISTINCT id), sum(amount), count(note), sum(share)::decimal(20,4),
           min(sold_at), max(sold_at) FROM all_sales
    """

  func digest() async throws -> [[String]] { try await warehouse.run(Self.digest) }

  func count(_ table: String, _ condition: String = "true") async throws -> Int {
    let rows = try await warehouse.run("SELECT count(*) FROM \(table) WHERE \(condition)")
    return rows.first?.first.flatMap { Int($0) } ?? -1
  }

  /// A file for each object below the archive's folder.
  func objects() -> [String] {
    let folder = warehouse.directory.file("objects/lake/sales")
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.hasSuffix(".parquet") }.sorted()
  }

  func close() async { await warehouse.close() }
}
