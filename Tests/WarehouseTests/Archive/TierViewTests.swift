import Core
import TestSupport
import Testing
import Warehouse

@Suite struct TierViewTests {
  @Test func `every tier of a policy has its rows, bytes, months and costs`() async throws {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run("CALL weir.archive('sales')")
    // Of rows that are not in the file yet, nobody knows the bytes.
    try await fixture.warehouse.run("CHECKPOINT")
    let tiers = try await fixture.warehouse.run(
      """
      SELECT policy, tier, relation, row_count, months, oldest, newest, byte_count > 0,
             growth_bytes_month > 0, monthly_cost_usd > 0,
             cost_in_tier_above_usd > monthly_cost_usd
        FROM sys_weir_tiers ORDER BY tier
      """)
    #expect(
      tiers == [
        [
          "sales", "archive", "spectrum.sales_history", "1000", "5", "2025-06-01", "2025-10-31",
          "t", "t", "t", "t",
        ],
        [
          "sales", "warehouse", "public.sales", "400", "2", "2025-11-01", "2026-01-28", "t", "t",
          "t", "t",
        ],
      ])
    let archive = try await fixture.warehouse.run(
      """
      SELECT t.byte_count = sum(f.byte_count),
             abs(t.monthly_cost_usd - t.byte_count / 1073741824.0 * 0.023) < 0.000001
        FROM sys_weir_tiers t, sys_weir_archive_files f
       WHERE t.tier = 'archive' GROUP BY t.byte_count, t.monthly_cost_usd
      """)
    #expect(archive == [["t", "t"]])
    await fixture.close()
  }

  @Test(arguments: ["month", "day"])
  func `each month is in its tier, with its rows and files`(partitions: String) async throws {
    let fixture = try await ArchiveFixture.make(partitions: partitions)
    let query = "SELECT month, tier, row_count FROM sys_weir_tier_months ORDER BY month"
    let before = try await fixture.warehouse.run(query)
    #expect(before.map { $0[0] } == ArchiveFixture.months.map { $0 + "-01" })
    #expect(before.allSatisfy { $0[1] == "warehouse" && $0[2] == "200" })
    try await fixture.warehouse.run("CALL weir.archive('sales')")
    let after = try await fixture.warehouse.run(query)
    #expect(
      after.map { $0[1] } == Array(repeating: "archive", count: 5) + ["warehouse", "warehouse"])
    #expect(after.allSatisfy { $0[2] == "200" })
    let files = try await fixture.warehouse.run(
      "SELECT sum(file_count) FROM sys_weir_tier_months WHERE tier = 'archive'")
    #expect(files == [[partitions == "month" ? "5" : "140"]])
    await fixture.close()
  }

  @Test func `what is not known is NULL: a table that is gone, a live server`() async throws {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run(
      """
      CREATE EXTERNAL TABLE spectrum.logs (line VARCHAR(100)) STORED AS PARQUET
        LOCATION 's3://lake/logs/';
      ALTER TABLE sales RENAME TO old_sales
      """)
    let rows = try await fixture.warehouse.run(
      """
      SELECT relation, coalesce(policy, 'none'), row_count IS NULL, byte_count IS NULL,
             monthly_cost_usd IS NULL
        FROM sys_weir_tiers ORDER BY relation
      """)
    #expect(
      rows == [
        ["public.sales", "sales", "t", "t", "t"], ["spectrum.logs", "none", "t", "t", "t"],
        ["spectrum.sales_history", "sales", "f", "f", "f"],
      ])
    await fixture.close()
  }

  @Test func `prices have a name and a unit`() async throws {
    let fixture = try WarehouseFixture()
    let prices = try await fixture.run(
      "SELECT name, dollars, unit FROM sys_weir_prices ORDER BY name")
    #expect(
      prices.map { $0[0] } == ["aurora_storage", "managed_storage", "s3_standard", "spectrum_scan"])
    #expect(prices.map { $0[2] } == ["GB-month", "GB-month", "GB-month", "TB"])
    await fixture.close()
  }
}
