import Core
import StreamLog
import Testing
import Warehouse

@Suite struct StreamProcedureTests {
  private func fixture(shards: Int = 2) async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    try await fixture.log.createStream("my_stream", shardCount: shards)
    return fixture
  }

  @Test func `split, merge and scale change the shards and tell which`() async throws {
    let fixture = try await fixture()
    #expect(
      try await fixture.run("CALL weir.split_shard('my_stream', 'shardId-000000000000')")
        == [
          ["shardId-000000000000", "CLOSED"], ["shardId-000000000002", "OPEN"],
          ["shardId-000000000003", "OPEN"],
        ])
    #expect(
      try await fixture.run("CALL weir.merge_shards('my_stream', '2', '3')").map { $0[1] }
        == ["CLOSED", "CLOSED", "OPEN"])
    let notices = try await fixture.session.notices("CALL weir.update_shard_count('my_stream', 4)")
    #expect(notices.first?.hasSuffix("my_stream has 4 open shards") == true)
    #expect(try fixture.log.summary(of: "my_stream").openShards.count == 4)
    await fixture.close()
  }

  @Test func `a change that cannot be made says why, and where`() async throws {
    let fixture = try await fixture()
    let cases: [(String, String, Int?)] = [
      ("CALL weir.split_shard('other', '0')", "42P01", 6),
      ("CALL weir.split_shard('my_stream', '9')", "22023", 36),
      ("CALL weir.split_shard('my_stream', '0', 'x')", "22023", 41),
      ("CALL weir.merge_shards('my_stream', '0', '0')", "22023", 6),
      ("CALL weir.update_shard_count('my_stream', 0)", "22023", 43),
      ("CALL weir.update_shard_count('my_stream', 5)", "22023", 43),
      ("CALL weir.update_shard_count('other', 5)", "42P01", 6),
      ("CALL weir.peek_shard('my_stream', '0', 0)", "22023", 40),
    ]
    for (sql, state, position) in cases {
      let error = await fixture.session.failure(sql)
      #expect(error?.sqlState == state, "\(sql): \(String(describing: error))")
      #expect(error?.position == position, "\(sql): \(String(describing: error))")
    }
    await fixture.close()
  }

  @Test func `peek shows the newest records first, whatever bytes they hold`() async throws {
    let fixture = try await fixture(shards: 1)
    let data: [[UInt8]] = [
      Array("first".utf8), [0xFF, 0x41, 0x00, 0xE6, 0x97, 0xA5, 0xC3], Array("last\n".utf8),
    ]
    for bytes in data {
      _ = try await fixture.log.append(
        [NewRecord(partitionKey: "k", data: bytes)], to: "my_stream")
    }
    let rows = try await fixture.run("CALL weir.peek_shard('my_stream', '0', 2)")
    #expect(rows.map { $0[4] } == ["last\n", "\\xFFA\\x00日\\xC3"])
    #expect(rows.map { $0[3] } == ["5", "7"])
    #expect(rows[0][1].hasPrefix("20"))
    #expect(try await fixture.run("CALL weir.peek_shard('my_stream', '0')").count == 3)
    await fixture.close()
  }

  @Test func `peek says where data is too large, and shows the newest of it`() async throws {
    let fixture = try await fixture(shards: 1)
    try await fixture.log.setRecordBytesMax(stream: "my_stream", 10 << 20)
    for byte in [0x61, 0x62, 0x63] as [UInt8] {
      _ = try await fixture.log.append(
        [NewRecord(partitionKey: "k", data: Array(repeating: byte, count: 5 << 20))],
        to: "my_stream")
    }
    let sql = "CALL weir.peek_shard('my_stream', '0', 2)"
    #expect(try await fixture.run(sql).map { $0[4].prefix(1) } == ["c"])
    #expect(
      try await fixture.session.notices(sql)
        == ["NOTICE: the newest 1 of 2 records: more than 8 MB of data are not read at a time"])
    #expect(try await fixture.session.notices("CALL weir.peek_shard('my_stream', '0', 1)") == [])
    await fixture.close()
  }

  @Test func `a view's position is known for every shard, also behind a split`() async throws {
    let fixture = try await fixture(shards: 1)
    _ = try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA k FROM KINESIS;
      CREATE MATERIALIZED VIEW v AS SELECT partition_key FROM k.my_stream
      """)
    try await fixture.put(["{}", "{}"])
    _ = try await fixture.run("CALL weir.split_shard('my_stream', '0')")
    try await fixture.put(["{}"])
    let positions = try await fixture.warehouse.viewPositions()
    #expect(positions.map(\.shard.index) == [0, 1, 2])
    #expect(positions.map(\.recordsBehind).reduce(0, +) == 3)
    #expect(positions[0].recordsBehind == 2 && positions[0].oldestUnreadAt != nil)
    _ = try await fixture.run("REFRESH MATERIALIZED VIEW v")
    let after = try await fixture.warehouse.viewPositions()
    #expect(after.map(\.recordsBehind) == [0, 0, 0])
    #expect(after.allSatisfy { $0.oldestUnreadAt == nil })
    await fixture.close()
  }
}
