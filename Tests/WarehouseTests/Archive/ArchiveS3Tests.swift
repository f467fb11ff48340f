import Core
import Foundation
import ObjectStore
import TestSupport
import Testing
import Warehouse

/// The archive on an S3 server.
@Suite struct ArchiveS3Tests {
  private func store(_ server: S3Server, _ directory: TemporaryDirectory) throws -> S3Store {
    try S3Store(
      S3Configuration(
        endpoint: server.endpoint, region: "us-east-1", accessKey: "key", secretKey: "secret"),
      staging: directory.file("staging"))
  }

  @Test func `months move to S3 and back, and a kill after any step loses and doubles nothing`()
    async throws
  {
    let server = try await S3Server()
    try await server.makeBucket("lake")
    let directory = try TemporaryDirectory()
    let objects = try store(server, directory)
    var fixture = try await ArchiveFixture.make(objects: objects, in: directory).warehouse
    let expected = try await fixture.run(ArchiveFixture.digest)
    for step in ArchiveStep.allCases {
      fixture.warehouse.onArchiveStep { reached in
        if reached == step { throw ArchiveKilled() }
      }
      _ = await fixture.session.failure("CALL weir.archive('sales')")
      await fixture.close()
      // What a kill left is opened again; the S3 server was not killed.
      fixture = try WarehouseFixture(
        directory: directory,
        clock: ManualClock(ArchiveFixture.today), objects: objects)
      #expect(try await fixture.run(ArchiveFixture.digest) == expected, "killed after \(step)")
    }
    try await fixture.run("CALL weir.archive('sales')")
    #expect(try await fixture.run(ArchiveFixture.digest) == expected)
    #expect(try await fixture.run("SELECT min(sold_at)::date FROM sales") == [["2025-11-01"]])
    try await fixture.run(
      """
      INSERT INTO sales VALUES (90001, '2025-07-15', 1.00, 'late', true, 0);
      CALL weir.archive('sales');
      CALL weir.compact_archive('sales');
      CALL weir.restore_archive('sales', '2025-06')
      """)
    #expect(try await fixture.run("SELECT count(*) FROM all_sales") == [["1401"]])
    #expect(
      try await fixture.run("SELECT count(*) FROM sales WHERE sold_at < '2025-07-01'")
        == [["200"]])
    let named = try await fixture.run("SELECT DISTINCT \"$path\" FROM spectrum.sales_history")
    // Replaced objects go when nobody reads them any more: at the latest after the next start.
    await fixture.close()
    let again = try WarehouseFixture(
      directory: directory,
      clock: ManualClock(ArchiveFixture.today), objects: objects)
    await again.warehouse.keepArchive()
    let there = try await objects.list(ObjectAddress(bucket: "lake", key: "sales/"))
    #expect(Set(there.map { "\($0.address)" }) == Set(named.map { $0[0] }))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("staging")).isEmpty)
    await again.close()
    await server.stop()
  }

  @Test func `external tables are written to and read from S3`() async throws {
    let server = try await S3Server()
    try await server.makeBucket("lake")
    let directory = try TemporaryDirectory()
    let fixture = try WarehouseFixture(
      directory: directory, objects: try store(server, directory))
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA ext FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      CREATE EXTERNAL TABLE ext.made PARTITIONED BY (part) STORED AS PARQUET
      LOCATION 's3://lake/made/' AS SELECT i AS id, i % 3 AS part FROM generate_series(1, 30) g(i);
      INSERT INTO ext.made SELECT 100, 7
      """)
    #expect(
      try await fixture.run(
        "SELECT part, count(*) FROM ext.made WHERE part > 1 GROUP BY 1 ORDER BY 1")
        == [["2", "10"], ["7", "1"]])
    #expect(
      try await fixture.run(
        "SELECT total_partitions, qualified_partitions FROM sys_weir_scan_cost ORDER BY query_id DESC "
          + "LIMIT 1") == [["4", "2"]])
    await fixture.close()
    await server.stop()
  }
}
