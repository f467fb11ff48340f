import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct ReshardedViewTests {
  private func fixture(clock: ManualClock = ManualClock()) async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture(clock: clock)
    try await fixture.log.createStream("my_stream", shardCount: 2)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AS
      SELECT json_extract_path_text(kinesis_data, 'n')::INT AS n, partition_key
      FROM k.my_stream
      """)
    return fixture
  }

  private func documents(_ range: Range<Int>) -> [String] { range.map { #"{"n":\#($0)}"# } }

  private func reshard(_ log: StreamLog) async throws {
    let open = try log.summary(of: "my_stream").openShards
      .sorted { $0.hashRange.lowerBound < $1.hashRange.lowerBound }
    let range = open[0].hashRange
    try await log.splitShard(
      stream: "my_stream", shard: open[0].id,
      newStartingHashKey: range.lowerBound + (range.upperBound - range.lowerBound) / 2)
    let now = try log.summary(of: "my_stream").openShards
      .sorted { $0.hashRange.lowerBound < $1.hashRange.lowerBound }
    try await log.mergeShards(stream: "my_stream", shard: now[1].id, adjacent: now[2].id)
  }

  @Test func `views neither miss nor double records through splits, merges and restarts`()
    async throws
  {
    var fixture = try await fixture()
    try await fixture.put(documents(0..<100))
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    for round in 1..<6 {
      try await fixture.put(documents(round * 100..<round * 100 + 50))
      try await reshard(fixture.log)
      try await fixture.put(documents(round * 100 + 50..<(round + 1) * 100))
      if round == 3 {
        await fixture.close()
        fixture = try WarehouseFixture(directory: fixture.directory, clock: ManualClock())
        try await fixture.warehouse.start()
      }
      #expect(try await fixture.run("SELECT is_stale FROM svv_mv_info") == [["t"]])
      try await fixture.run("REFRESH MATERIALIZED VIEW v")
      #expect(
        try await fixture.run("SELECT count(*), count(DISTINCT n) FROM v")
          == [["\((round + 1) * 100)", "\((round + 1) * 100)"]])
      #expect(try await fixture.run("SELECT records_behind FROM sys_weir_view_lag") == [["0"]])
    }
    #expect(try await fixture.run("SELECT count(*) FROM k.my_stream") == [["600"]])
    await fixture.close()
  }

  @Test func `what expired before a view read it is counted and told`() async throws {
    let clock = ManualClock()
    let fixture = try await fixture(clock: clock)
    try await fixture.put(documents(0..<10))
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    try await fixture.put(documents(10..<40))
    try await reshard(fixture.log)
    clock.advance(seconds: 30 * 3_600)
    try await fixture.put(documents(40..<50))
    try await fixture.log.expire()
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT count(*), max(n) FROM v") == [["20", "49"]])
    let history = try await fixture.run("SELECT status FROM sys_mv_refresh_history")
    let expired = history.compactMap { $0.first }.filter { $0.contains("expired") }
    #expect(expired.count == 1)
    #expect(expired.first?.contains(". 30 records expired before they were read") == true)
    #expect(try await fixture.run("SELECT records_behind FROM sys_weir_view_lag") == [["0"]])
    await fixture.close()
  }

  @Test func `SQL shows the shards and what changed them`() async throws {
    let fixture = try await fixture()
    try await fixture.put(documents(0..<10))
    try await fixture.log.splitShard(
      stream: "my_stream", shard: ShardID(index: 0), newStartingHashKey: 7)
    #expect(
      try await fixture.run(
        """
        SELECT shard_id, state, parent_shard_ids, starting_hash_key, close_time IS NULL
        FROM sys_weir_shards ORDER BY shard_id
        """) == [
          ["shardId-000000000000", "CLOSED", "NULL", "0", "f"],
          [
            "shardId-000000000001", "OPEN", "NULL", "170141183460469231731687303715884105728", "t",
          ],
          ["shardId-000000000002", "OPEN", "shardId-000000000000", "0", "t"],
          ["shardId-000000000003", "OPEN", "shardId-000000000000", "7", "t"],
        ])
    #expect(
      try await fixture.run(
        """
        SELECT stream_name, action, parent_shard_ids, child_shard_ids, reason, is_automatic
        FROM sys_weir_scaling_events
        """) == [
          [
            "my_stream", "split", "shardId-000000000000",
            "shardId-000000000002,shardId-000000000003", "SplitShard", "f",
          ]
        ])
    await fixture.close()
  }
}
