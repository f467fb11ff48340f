import Core
import TestSupport
import Testing
import Warehouse

/// Tables that change their columns while some of their rows are in the archive.
@Suite struct ArchiveColumnTests {
  /// `s` with a row in each of two old months, both in the archive `spectrum.h`.
  private static func archived(
    _ columns: String = "id int, ts timestamp, v varchar(20), w int",
    rows: String = "(1, '2024-01-05', 'keep1', 11), (2, '2024-02-05', 'keep2', 22)",
    partitions: String = "month"
  ) async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture(clock: ManualClock(ArchiveFixture.today))
    let names = columns.contains("identity") ? "(ts, v)" : ""
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      CREATE TABLE s (\(columns));
      INSERT INTO s \(names) VALUES \(rows);
      CALL weir.create_archive_policy('p', 's', 'ts', 3, 's3://lake/p', 'spectrum.h',
        '\(partitions)');
      CALL weir.archive('p')
      """)
    return fixture
  }

  @Test(arguments: ["month", "day"])
  func `compaction changes no value, whatever the table has become`(
    partitions: String
  ) async throws {
    let fixture = try await Self.archived(partitions: partitions)
    try await fixture.run(
      """
      ALTER TABLE s RENAME COLUMN v TO vv; ALTER TABLE s DROP COLUMN w;
      INSERT INTO s VALUES (4, '2024-01-05 10:00:00', 'late4'); CALL weir.archive('p')
      """)
    let rows = "SELECT id, ts, v, w, vv FROM spectrum.h ORDER BY id"
    let before = try await fixture.run(rows)
    #expect(before.first == ["1", "2024-01-05 00:00:00", "keep1", "11", "NULL"])
    #expect(before.last == ["4", "2024-01-05 10:00:00", "NULL", "NULL", "late4"])
    let compacted = try await fixture.run("CALL weir.compact_archive('p')")
    #expect(compacted.map { $0[1] } == ["2024-01"])
    #expect(try await fixture.run(rows) == before)
    // The time column itself, or the whole table, may be gone.
    try await fixture.run(
      """
      INSERT INTO s VALUES (5, '2024-02-05', 'late5'); CALL weir.archive('p');
      ALTER TABLE s RENAME COLUMN ts TO t2
      """)
    let later = try await fixture.run(rows)
    #expect(
      try await fixture.run("CALL weir.compact_archive('p')").map { $0[1] } == ["2024-02"])
    #expect(try await fixture.run(rows) == later)
    await fixture.close()
  }

  @Test func `a month is not restored while the table has no column for its values`() async throws {
    let fixture = try await Self.archived()
    try await fixture.run("ALTER TABLE s RENAME COLUMN v TO vv; ALTER TABLE s DROP COLUMN w")
    let rows = "SELECT id, v, w FROM spectrum.h ORDER BY id"
    let before = try await fixture.run(rows)
    let failure = await fixture.session.failure("CALL weir.restore_archive('p', '2024-02')")
    #expect(failure?.sqlState == "55000")
    #expect(failure?.message.contains("1 of its rows have a value in \"v\"") == true)
    #expect(failure?.hint?.contains("ADD COLUMN \"v\" varchar") == true)
    #expect(try await fixture.run(rows) == before)
    #expect(try await fixture.run("SELECT count(*) FROM s") == [["0"]])
    // As the hint says.
    try await fixture.run(
      """
      ALTER TABLE s RENAME COLUMN vv TO v; ALTER TABLE s ADD COLUMN w int;
      CALL weir.restore_archive('p', '2024-02')
      """)
    #expect(try await fixture.run("SELECT id, v, w FROM s") == [["2", "keep2", "22"]])
    #expect(try await fixture.run(rows) == [["1", "keep1", "11"]])
    await fixture.close()
  }

  @Test func `a column without a value in the month does not keep it`() async throws {
    let fixture = try await Self.archived(
      rows: "(1, '2024-01-05', 'keep1', 11), (2, '2024-02-05', 'keep2', NULL)")
    try await fixture.run(
      """
      ALTER TABLE s DROP COLUMN w; ALTER TABLE s ADD COLUMN n int DEFAULT 5;
      CALL weir.restore_archive('p', '2024-02')
      """)
    #expect(try await fixture.run("SELECT id, v, n FROM s") == [["2", "keep2", "NULL"]])
    #expect(
      await fixture.session.failure("CALL weir.restore_archive('p', '2024-01')")?.sqlState
        == "55000")
    await fixture.close()
  }

  @Test func `what an identity column had is what it has again, and new rows go on behind it`()
    async throws
  {
    let fixture = try await Self.archived(
      "id bigint identity(1, 1), ts timestamp, v varchar(20)",
      rows: "('2024-01-05', 'one'), ('2024-02-05', 'two'), ('2026-02-05', 'three')")
    try await fixture.run("CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM s")
    let restored = try await fixture.run("CALL weir.restore_archive('p', '2024-02')")
    #expect(restored.first?[2] == "done")
    try await fixture.run(
      "INSERT INTO s (ts, v) VALUES ('2026-02-06', 'four'); REFRESH MATERIALIZED VIEW total")
    #expect(
      try await fixture.run("SELECT id, v FROM s ORDER BY id")
        == [["2", "two"], ["3", "three"], ["4", "four"]])
    #expect(try await fixture.run("SELECT n FROM total") == [["3"]])
    await fixture.close()
  }
}
