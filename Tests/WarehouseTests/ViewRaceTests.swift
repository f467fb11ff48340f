import Core
import Foundation
import StreamLog
import TestSupport
import Testing
import Warehouse

/// What several sessions do to the same rows, and what a kill leaves of the numbers of refreshes.
@Suite struct ViewRaceTests {
  private func fixture() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      """
      CREATE TABLE t (id INTEGER, a INTEGER);
      INSERT INTO t VALUES (1, 6), (2, 7), (3, 8);
      CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t WHERE a > 5
      """)
    return fixture
  }

  @Test func `a deletion waits for the update of the same row`() async throws {
    let fixture = try await fixture()
    let other = try fixture.warehouse.makeSession(user: "weir")
    try await fixture.run("BEGIN; UPDATE t SET a = a + 1 WHERE id = 3")
    async let deletion: [[String]] = other.rows("DELETE FROM t WHERE id = 3")
    let isWaiting = await eventually {
      let rows = try? await fixture.run(
        "SELECT count(*) FROM stv_inflight WHERE text LIKE 'DELETE%'")
      return rows == [["1"]]
    }
    #expect(isWaiting)
    try await fixture.run("COMMIT")
    _ = try await deletion
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT id, a FROM v ORDER BY id") == [["1", "6"], ["2", "7"]])
    await other.close()
    await fixture.close()
  }

  @Test func `a transaction does not change rows that others have changed since it began`()
    async throws
  {
    let fixture = try await fixture()
    let other = try fixture.warehouse.makeSession(user: "weir")
    _ = try await other.rows("BEGIN; SELECT count(*) FROM t")
    try await fixture.run("UPDATE t SET a = a + 1 WHERE id = 1")
    let error = await other.failure("DELETE FROM t WHERE id = 1")
    #expect(error?.sqlState == "40001")
    _ = try await other.rows("ROLLBACK; DELETE FROM t WHERE id = 1")
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT id, a FROM v ORDER BY id") == [["2", "7"], ["3", "8"]])
    await other.close()
    await fixture.close()
  }

  @Test func `insertions do not wait for each other or for changes`() async throws {
    let fixture = try await fixture()
    let other = try fixture.warehouse.makeSession(user: "weir")
    try await fixture.run("BEGIN; UPDATE t SET a = a + 1 WHERE id = 3")
    _ = try await other.rows("INSERT INTO t VALUES (4, 9)")
    try await fixture.run("COMMIT; REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT count(*), sum(a) FROM v") == [["4", "31"]])
    await other.close()
    await fixture.close()
  }

  @Test func `no number of a refresh is given out again after a kill`() async throws {
    let copy = try TemporaryDirectory()
    let before = try WarehouseFixture()
    try await before.log.createStream("my_stream", shardCount: 1)
    try await before.run(
      """
      CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW sv AS
        SELECT json_extract_path_text(kinesis_data, 'n')::int AS n FROM s.my_stream;
      CREATE MATERIALIZED VIEW total AS SELECT count(*) AS c, sum(n) AS s FROM sv
      """)
    // A record that fails has the batch rolled back, and tried again with the same number.
    for n in [1, 2, 3] {
      try await before.put(["{\"n\": \(n)}", "{\"n\": \"bad\"}"])
      try await before.run("REFRESH MATERIALIZED VIEW total; REFRESH MATERIALIZED VIEW sv")
    }
    let (from, to) = (before.directory.path, copy.file("killed"))
    try FileManager.default.copyItem(atPath: from, toPath: to)
    await before.close()

    let after = try WarehouseFixture(directory: TemporaryDirectory(adopting: to))
    try await after.warehouse.start()
    for n in [4, 5, 6] {
      try await after.put(["{\"n\": \(n)}"])
      try await after.run("REFRESH MATERIALIZED VIEW sv; REFRESH MATERIALIZED VIEW total")
    }
    #expect(try await after.run("SELECT c, s FROM total") == [["6", "21"]])
    let numbers = try await after.run(
      "SELECT count(*) - count(DISTINCT transaction_id) FROM sys_mv_refresh_history")
    #expect(numbers == [["0"]])
    await after.close()
  }
}
