import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// Another engine reads the same folders as they are.
@Suite struct OpenArchiveTests {
  @Test func `pyarrow reads the rows that an external table has`() async throws {
    let fixture = try await ExternalFixture()
    try await fixture.run(
      """
      CREATE EXTERNAL TABLE ext.t (id bigint, amount decimal(12,2))
      PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/t/'
      """)
    for (number, day) in ["2024-02-01", "2024-02-02", "2024-03-01"].enumerated() {
      try await fixture.write(
        "SELECT i AS id, (i * 1.25)::DECIMAL(12, 2) AS amount FROM range(\(100 * (number + 1))) t(i)",
        as: "t/day=\(day)/part.parquet")
      try await fixture.run(
        """
        ALTER TABLE ext.t ADD PARTITION (day='\(day)') LOCATION 's3://lake/t/day=\(day)/'
        """)
    }
    let own = try await fixture.run(
      """
      SELECT count(*), sum(id), sum(amount), sum(CASE WHEN day = '2024-02-02' THEN 1 ELSE 0 END)
      FROM ext.t
      """)
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let output = try await ChildProcess.run(
      root.appending(path: ".deps/python/bin/python").path(),
      [
        root.appending(path: "Tests/WarehouseTests/Scripts/read_archive.py").path(),
        fixture.file("t"), "day", "2024-02-02", "id", "amount",
      ], seconds: 120)
    #expect(output.status == 0, "\(output)")
    #expect(
      output.output.trimmingCharacters(in: .whitespacesAndNewlines)
        == own[0].joined(separator: "|"))
    await fixture.close()
  }
}
