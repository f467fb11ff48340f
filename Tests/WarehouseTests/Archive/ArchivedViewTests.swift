import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

/// Policies over materialized views of streams.
@Suite struct ArchivedViewTests {
  private static let definition = """
    MATERIALIZED VIEW v AS SELECT json_extract_path_text(kinesis_data, 'id')::int AS id,
      json_extract_path_text(kinesis_data, 'at')::timestamp AS at FROM s.my_stream
    """

  /// 20 rows of 2025-01, which are in the archive, and 20 of 2026-01.
  private static func archived() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture(clock: ManualClock(ArchiveFixture.today))
    try await fixture.log.createStream("my_stream", shardCount: 2)
    try await fixture.put(
      (0..<40).map { "{\"id\": \($0), \"at\": \"202\(5 + $0 % 2)-01-10 00:00:00\"}" })
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default;
      CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      CREATE \(definition);
      REFRESH MATERIALIZED VIEW v;
      CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, sum(id) AS ids FROM v;
      CALL weir.create_archive_policy('p', 'v', 'at', 3, 's3://lake/v', 'spectrum.v_history');
      CALL weir.archive('p')
      """)
    return fixture
  }

  @Test func `a month of a view comes back, and the views over it know`() async throws {
    let fixture = try await Self.archived()
    try await fixture.run("REFRESH MATERIALIZED VIEW totals")
    #expect(try await fixture.run("SELECT n FROM totals") == [["20"]])
    let restored = try await fixture.run("CALL weir.restore_archive('p', '2025-01')")
    #expect(restored.first?[3] == "20")
    #expect(
      try await fixture.run("SELECT count(*), count(DISTINCT id), sum(id) FROM v")
        == [["40", "40", "780"]])
    #expect(try await fixture.run("SELECT count(*) FROM spectrum.v_history") == [["0"]])
    try await fixture.run("REFRESH MATERIALIZED VIEW totals; REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT n, ids FROM totals") == [["40", "780"]])
    #expect(try await fixture.run("SELECT count(*) FROM v") == [["40"]])
    try await fixture.put(["{\"id\": 100, \"at\": \"2026-02-01 00:00:00\"}"])
    try await fixture.run("REFRESH MATERIALIZED VIEW v; REFRESH MATERIALIZED VIEW totals")
    #expect(try await fixture.run("SELECT n, ids FROM totals") == [["41", "880"]])
    await fixture.close()
  }

  @Test func `a view is not made anew while a policy has rows of it elsewhere`() async throws {
    let fixture = try await Self.archived()
    try await fixture.run("DROP MATERIALIZED VIEW totals")
    for sql in ["CREATE OR REPLACE \(Self.definition)", "DROP MATERIALIZED VIEW v"] {
      let failure = await fixture.session.failure(sql)
      #expect(failure?.sqlState == "2BP01", "\(sql)")
      #expect(failure?.message.contains("archive policy \"p\"") == true)
      #expect(failure?.hint?.hasPrefix("CALL weir.drop_archive_policy('p')") == true)
    }
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT count(*) FROM v") == [["20"]])
    try await fixture.run(
      "CALL weir.drop_archive_policy('p'); CREATE OR REPLACE \(Self.definition)")
    #expect(try await fixture.run("SELECT count(*) FROM spectrum.v_history") == [["20"]])
    await fixture.close()
  }
}
