import Core
import Engine
import Foundation
import StreamLog
import Telemetry
import TestSupport
import Testing

/// Retention is in hours: the engine runs on a clock that the test moves.
@Suite struct ExpiryTests {
  private func put(_ numbers: Range<Int>, _ client: KinesisClient) async throws {
    let padding = String(repeating: "x", count: 1_000)
    for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
      let entries = (start..<min(start + 500, numbers.upperBound)).map {
        KinesisClient.Entry(
          partitionKey: "k\($0)", data: Array(#"{"n":\#($0),"padding":"\#(padding)"}"#.utf8))
      }
      #expect(try await client.put(entries, to: "s").isEmpty)
    }
  }

  private func read(_ client: KinesisClient, shard: String) async throws -> Int {
    var iterator: String? = try await client.iterator(
      stream: "s", shard: shard, start: .trimHorizon)
    var count = 0
    while let at = iterator {
      let page = try await client.records(at: at, limit: 10_000)
      count += page.records.count
      if page.records.isEmpty { break }
      iterator = page.next
    }
    return count
  }

  @Test func `records that have expired are gone from the disk, from readers and from metrics`()
    async throws
  {
    let clock = ManualClock()
    let fixture = try await EngineFixture.open(clock: clock)
    let client = fixture.client
    try await client.createStream("s", shards: 2)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW early AS
      SELECT json_extract_path_text(kinesis_data, 'n')::INT AS n FROM k.s;
      """)
    try await put(0..<3_000, client)
    try await fixture.run("REFRESH MATERIALIZED VIEW early")
    let shard = try #require(try await client.shards(of: "s").first)
    let old = try await client.iterator(stream: "s", shard: shard, start: .trimHorizon)
    let full = fixture.segmentBytes()
    #expect(full > 3_000_000)

    // Nothing goes too early.
    clock.advance(seconds: 23 * 3_600)
    try await put(3_000..<3_100, client)
    try await fixture.engine.log.expire()
    #expect(fixture.segmentBytes() > full)

    // A file goes when its newest record has expired: the first ones' last came an hour late.
    clock.advance(seconds: 23.5 * 3_600)
    try await put(3_100..<3_200, client)
    try await fixture.engine.log.expire()
    clock.advance(seconds: 2 * 3_600)
    // A reader's horizon is exact, whatever files there are.
    var left = 0
    for shard in try await client.shards(of: "s") { left += try await read(client, shard: shard) }
    #expect(left == 100)
    clock.advance(seconds: 24 * 3_600)
    try await fixture.engine.log.expire()
    #expect(fixture.segmentBytes() < 1_000)

    await #expect(throws: KinesisClient.Failure.self) { try await client.records(at: old) }
    #expect(try await read(client, shard: shard) == 0)
    try await put(3_200..<3_210, client)
    left = 0
    for shard in try await client.shards(of: "s") { left += try await read(client, shard: shard) }
    #expect(left == 10)

    // The view has what it read in time, knows what it missed, and goes on.
    try await fixture.run("REFRESH MATERIALIZED VIEW early")
    #expect(try await fixture.run("SELECT count(*), max(n) FROM early") == [["3010", "3209"]])
    let snapshot = try await fixture.engine.snapshotNow()
    let shards = try #require(snapshot.streams.first).shards
    #expect(shards.reduce(0) { $0 + $1.recordsTotal } == 3_210)
    #expect((9_000...12_000).contains(shards.reduce(0) { $0 + $1.bytesTotal }))
    #expect(snapshot.messages.contains { $0.text.contains("expired before they were read") })
    let metrics = fixture.engine.telemetry.prometheus(snapshot)
    let kept = metrics.split(separator: "\n").filter { $0.hasPrefix("weir_shard_kept_bytes{") }
    #expect(kept.count == 2)
    #expect(
      metrics.contains("weir_stream_incoming_records_total{stream=\"s\"} 3210"), "\(metrics)")
    await fixture.close()
  }
}
