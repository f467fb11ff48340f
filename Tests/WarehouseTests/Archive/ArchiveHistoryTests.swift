import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// A history that leaves month by month, under writers and readers.
@Suite struct ArchiveHistoryTests {
  /// WEIR_HISTORY_ROWS and WEIR_HISTORY_MONTHS have the test run with more.
  private static let rowsPerMonth = number("ROWS") ?? 200
  private static let months = number("MONTHS") ?? 6

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment["WEIR_HISTORY_\(name)"].flatMap { Int($0) }
  }

  private func prepare(_ fixture: WarehouseFixture) async throws {
    try await fixture.run(
      """
      CREATE TABLE sales (id BIGINT, sold_at TIMESTAMP, amount DECIMAL(12,2), note VARCHAR(40));
      CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      INSERT INTO sales SELECT m * 100000000::bigint + i,
          dateadd(month, -m::int, '2026-02-01'::timestamp) + (i % 28) * INTERVAL '1 day', 10.00,
          'row ' || i
        FROM generate_series(0, \(Self.months)) AS months(m),
             generate_series(1, \(Self.rowsPerMonth)) AS numbers(i);
      CALL weir.create_archive_policy('sales', 'sales', 'sold_at', \(Self.months),
        's3://lake/sales/', 'spectrum.sales_history');
      CREATE VIEW all_sales AS SELECT id, sold_at, amount FROM public.sales
        UNION ALL SELECT id, sold_at, amount FROM spectrum.sales_history
        WITH NO SCHEMA BINDING
      """)
  }

  /// Each statement adds what it takes away elsewhere: the total is the same at every moment.
  private func write(_ warehouse: Warehouse, _ writer: Int, _ isOver: Locked<Bool>) async throws
    -> Int
  {
    let session = try warehouse.makeSession(user: "weir")
    var written = 0
    while !isOver.value {
      let id = 10_000_000_000 * (writer + 1) + written
      let month = written * 7 % (Self.months + 1)
      try await session.execute(
        """
        INSERT INTO sales VALUES
          (\(id), '2026-02-10', -\(written % 50).25, 'new'),
          (\(id + 1), dateadd(month, -\(month), '2026-02-20'::timestamp), \(written % 50).25, 'late')
        """
      ) { _ in }
      written += 2
      await moment()
    }
    await session.close()
    return written
  }

  /// - Returns: how often the total was read.
  private func read(_ warehouse: Warehouse, _ isOver: Locked<Bool>) async throws -> Int {
    let session = try warehouse.makeSession(user: "weir")
    let base = Self.rowsPerMonth * (Self.months + 1)
    let total = "\(base * 10).00"
    var (reads, last) = (0, base)
    while !isOver.value {
      let row = try await session.rows(
        "SELECT count(*), count(DISTINCT id), sum(amount) FROM all_sales")[0]
      let count = Int(row[0]) ?? -1
      #expect(row[2] == total && row[0] == row[1] && count >= last && count % 2 == base % 2)
      (reads, last) = (reads + 1, count)
    }
    await session.close()
    return reads
  }

  @Test func `a history is archived month by month while others write and read`() async throws {
    let fixture = try WarehouseFixture(clock: ManualClock(ArchiveFixture.today))
    try await prepare(fixture)
    let warehouse = fixture.warehouse
    let isOver = Locked(false)
    let (written, reads) = (Locked(0), Locked(0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<2 {
        group.addTask {
          let count = try await write(warehouse, writer, isOver)
          written.withLock { $0 += count }
        }
        group.addTask {
          let count = try await read(warehouse, isOver)
          reads.withLock { $0 += count }
        }
      }
      for kept in (0..<Self.months).reversed() {
        try await fixture.run(
          """
          CALL weir.alter_archive_policy('sales', \(kept));
          CALL weir.archive('sales')
          """)
        if kept % 8 == 0 { try await fixture.run("CALL weir.compact_archive('sales')") }
        if kept == 2 { try await fixture.run("CALL weir.restore_archive('sales', '2025-09', 0)") }
      }
      isOver.withLock { $0 = true }
      try await group.waitForAll()
    }
    try await fixture.run("CALL weir.archive('sales')")
    #expect(reads.value > 0)
    let base = Self.rowsPerMonth * (Self.months + 1)
    #expect(
      try await fixture.run("SELECT count(*), sum(amount) FROM all_sales")
        == [["\(base + written.value)", "\(base * 10).00"]])
    #expect(
      try await fixture.run("SELECT count(*) FROM sales WHERE sold_at < '2026-02-01'") == [["0"]])
    #expect(
      try await fixture.run(
        "SELECT count(DISTINCT year * 12 + month) FROM spectrum.sales_history")
        == [["\(Self.months)"]])
    if Self.rowsPerMonth > 200 {
      print("\(base) rows, \(written.value) written meanwhile, the total read \(reads.value) times")
    }
    await fixture.close()
  }
}
