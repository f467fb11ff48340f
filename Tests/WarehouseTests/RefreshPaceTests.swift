import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct RefreshPaceTests {
  @Test func `views refresh by themselves though statements run all the time`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.log.createStream("my_stream", shardCount: 3)
    try await fixture.warehouse.start()
    try await fixture.run(
      """
      CREATE TABLE t AS SELECT * FROM range(10000) AS r(i);
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS
        SELECT json_extract_path_text(kinesis_data, 'n')::BIGINT AS n FROM k.my_stream;
      CREATE MATERIALIZED VIEW sums AUTO REFRESH YES AS SELECT count(*) AS c, sum(n) AS s FROM v
      """)
    let busy = try fixture.warehouse.makeSession(user: "weir", processID: 5)
    let running = Task {
      await busy.failure("SELECT count(*) FROM t a, t b, t c, t d WHERE a.i + b.i + c.i + d.i = -1")
    }
    let isPaced = await eventually {
      (try? await fixture.run("SELECT refresh_is_paced FROM sys_weir_capacity")) == [["t"]]
    }
    #expect(isPaced)
    // Many small batches' worth.
    for part in 0..<10 {
      try await fixture.put((0..<2_000).map { #"{"n":\#($0 + part * 2_000)}"# })
    }
    let isThere = await eventually(within: 60) {
      (try? await fixture.run("SELECT c, s FROM sums")) == [["20000", "199990000"]]
    }
    #expect(isThere)
    try await fixture.run("CANCEL 5")
    #expect(await running.value?.sqlState == "57014")
    await busy.close()
    await fixture.close()
  }
}
