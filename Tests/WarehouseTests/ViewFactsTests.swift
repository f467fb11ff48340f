import Core
import StreamLog
import Synchronization
import TestSupport
import Testing
import Warehouse

/// What the dashboard is told of views.
@Suite struct ViewFactsTests {
  private func facts(_ name: String, _ fixture: WarehouseFixture) async throws -> ViewFacts? {
    try await fixture.warehouse.viewFacts().first { $0.name == name }
  }

  @Test func `a view is told with its bases, its state and why it is so`() async throws {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS;
      CREATE MATERIALIZED VIEW numbers AS
        SELECT json_extract_path_text(kinesis_data, 'n')::int AS n FROM kds.my_stream;
      CREATE TABLE names (n INT, name VARCHAR(10));
      CREATE MATERIALIZED VIEW named AS
        SELECT s.n, t.name FROM numbers s JOIN names t ON t.n = s.n;
      CREATE MATERIALIZED VIEW ranked AS
        SELECT name, row_number() OVER (ORDER BY n) AS place FROM named;
      """)
    try await fixture.put([#"{"n": 1}"#, #"{"n": "many"}"#, "no json"])
    let before = try #require(try await facts("numbers", fixture))
    #expect(before.bases.map(\.kind) == [.stream] && before.bases.map(\.name) == ["my_stream"])
    #expect(before.upkeep == .incremental && before.isStale == true)
    #expect(before.recordsBehind == 3 && before.deadLetters == 0)
    try await fixture.run("REFRESH MATERIALIZED VIEW numbers")
    let after = try #require(try await facts("numbers", fixture))
    #expect(after.isStale == false && after.rows == 1)
    #expect(after.skippedRecords == 2 && after.deadLetters == 2)
    try await fixture.run("CALL weir.purge_errors('numbers')")
    #expect(try await facts("numbers", fixture)?.deadLetters == 0)
    #expect(try await facts("numbers", fixture)?.skippedRecords == 2)
    let named = try #require(try await facts("named", fixture))
    #expect(named.bases.map(\.kind) == [.view, .table])
    #expect(named.recordsBehind == nil && named.isStale == true)
    let ranked = try #require(try await facts("ranked", fixture))
    #expect(ranked.upkeep == .recomputed(reason: "window function(s) detected"))
    await fixture.close()
  }

  @Test func `the history of refreshes tells how many rows each one made`() async throws {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS;
      CREATE MATERIALIZED VIEW everything AS SELECT partition_key FROM kds.my_stream;
      """)
    try await fixture.put(["a", "b", "c"])
    try await fixture.run(
      "REFRESH MATERIALIZED VIEW everything; REFRESH MATERIALIZED VIEW everything")
    let rows = try await fixture.run(
      """
      SELECT refresh_type, row_count, duration_ms >= 0 FROM sys_weir_refresh_history
      WHERE mv_name = 'everything' ORDER BY transaction_id
      """)
    #expect(rows == [["Manual", "3", "t"], ["Manual", "0", "t"]])
    await fixture.close()
  }

  @Test func `a refresh that is cancelled stops in the middle of its statement`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      """
      CREATE TABLE t (n INT); INSERT INTO t VALUES (1), (2);
      CREATE MATERIALIZED VIEW slow AS
        SELECT count(DISTINCT a.n + b.n * 3 + c.n * 7) AS n FROM t a CROSS JOIN t b CROSS JOIN t c;
      """)
    for _ in 0..<11 { try await fixture.run("INSERT INTO t SELECT n + 1 FROM t") }
    let session = fixture.session
    let refresh = Task { await session.failure("REFRESH MATERIALIZED VIEW slow") }
    for _ in 0..<20 { await moment() }
    session.cancel()
    let failure = await refresh.value
    #expect(failure?.sqlState == "57014")
    #expect(try await fixture.run("SELECT n FROM slow") == [["8"]])
    await fixture.close()
  }

  @Test func `a view that is told to refresh by itself no more has not failed`() async throws {
    let reports = FailureReports()
    let fixture = try WarehouseFixture(directory: TemporaryDirectory(), reporter: reports)
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.warehouse.start()
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS;
      CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT partition_key FROM kds.my_stream;
      """)
    try await fixture.put(["a"])
    let isRead = await eventually {
      (try? await fixture.run("SELECT count(*) FROM v")) == [["1"]]
    }
    #expect(isRead)
    try await fixture.run("ALTER MATERIALIZED VIEW v AUTO REFRESH NO")
    // Its refresher is idle now: this one comes after whatever that had to say.
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    await fixture.close()
    #expect(reports.failures == [])
  }
}

private final class FailureReports: Reporter {
  private let texts = Mutex<[String]>([])
  var failures: [String] { texts.withLock { $0 } }

  func report(_ report: Report) {
    if case .refreshed(let refresh) = report, refresh.failed {
      texts.withLock { $0.append(refresh.status) }
    }
  }
}
