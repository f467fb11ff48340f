import Core
import TestSupport
import Testing

@testable import Telemetry

@Suite struct StreamMetricTests {
  private let bench = Bench()
  private var telemetry: Telemetry { bench.telemetry }

  private func sum(_ name: String, _ dimensions: [String: String] = [:]) -> Double? {
    let metric = MetricIdentity(
      namespace: "AWS/Kinesis", name: name,
      dimensions: dimensions.merging(["StreamName": "s"]) { first, _ in first })
    let now = bench.clock.now()
    return telemetry.minutes(
      of: metric, from: now.advanced(bySeconds: -4 * 3600), to: now.advanced(bySeconds: 60)
    )?.reduce(0) { $0 + $1.statistics.sum }
  }

  @Test func `puts are counted as CloudWatch counts them`() {
    telemetry.report(.appended(stream: "s", shard: "shardId-0", records: 7, bytes: 70))
    telemetry.report(
      .request(
        RequestReport(
          operation: "PutRecords", stream: "s", outcome: .success, seconds: 0.25, records: 10,
          bytes: 100, failedRecords: 1, throttledRecords: 2, throttledByShard: ["shardId-0": 2])))
    #expect(sum("IncomingRecords") == 7)
    #expect(sum("IncomingBytes", ["ShardId": "shardId-0"]) == 70)
    #expect(sum("PutRecords.TotalRecords") == 10)
    #expect(sum("PutRecords.SuccessfulRecords") == 7)
    #expect(sum("PutRecords.FailedRecords") == 1)
    #expect(sum("PutRecords.ThrottledRecords") == 2)
    #expect(sum("PutRecords.Latency") == 250)
    #expect(sum("WriteProvisionedThroughputExceeded") == 2)
    #expect(sum("WriteProvisionedThroughputExceeded", ["ShardId": "shardId-0"]) == 2)
    #expect(sum("PutRecord.Latency") == nil)
    #expect(sum("PutRecords.Latency", ["ShardId": "shardId-0"]) == nil)
  }

  @Test func `reads, throttled reads and fan-out have their metrics and readers`() throws {
    telemetry.report(
      .request(
        RequestReport(
          operation: "GetRecords", stream: "s", shard: "shardId-0", client: "Boto3",
          outcome: .success, seconds: 0.001, records: 5, bytes: 50, millisecondsBehind: 1_500)))
    telemetry.report(
      .request(
        RequestReport(
          operation: "GetRecords", stream: "s", shard: "shardId-0", client: "Boto3",
          outcome: .throttled, seconds: 0.001)))
    telemetry.report(
      .delivered(
        DeliveryReport(
          stream: "s", shard: "shardId-0", consumer: "billing", records: 3, bytes: 30,
          millisecondsBehind: 20)))
    #expect(sum("GetRecords.Records") == 5)
    #expect(sum("GetRecords.Success") == 1)
    #expect(sum("ReadProvisionedThroughputExceeded") == 1)
    #expect(sum("OutgoingRecords", ["ShardId": "shardId-0"]) == 8)
    #expect(sum("SubscribeToShardEvent.Records", ["ConsumerName": "billing"]) == 3)
    bench.clock.advance(seconds: 1)
    let shard = try #require(bench.shard())
    #expect(shard.readers.map(\.name) == ["Boto3", "billing"])
    #expect(shard.readers.map(\.secondsBehind) == [1.5, 0.02])
    #expect(shard.readers.map(\.recordsPerSecond) == [5, 3])
    #expect(shard.throttledPerSecond == 1)
    bench.clock.advance(seconds: 301)
    _ = bench.shard()
    #expect(bench.shard()?.readers == [], "silent readers are forgotten")
  }

  @Test func `three hours are kept, and no more`() {
    for _ in 0..<200 {
      telemetry.report(.appended(stream: "s", shard: "shardId-0", records: 1, bytes: 1))
      bench.clock.advance(seconds: 60)
    }
    #expect(sum("IncomingRecords") == 181)
    bench.clock.advance(seconds: 4 * 3600)
    #expect(telemetry.metrics().isEmpty)
  }

  @Test func `percentiles of times are right to a sixteenth`() throws {
    for milliseconds in 1...1_000 {
      telemetry.report(
        .request(
          RequestReport(
            operation: "PutRecord", stream: "s", outcome: .success,
            seconds: Double(milliseconds) / 1_000)))
    }
    let metric = MetricIdentity(
      namespace: "AWS/Kinesis", name: "PutRecord.Latency", dimensions: ["StreamName": "s"])
    let now = bench.clock.now()
    let minutes = telemetry.minutes(
      of: metric, from: now.advanced(bySeconds: -60), to: now.advanced(bySeconds: 60))
    let statistics = try #require(minutes?.first?.statistics)
    #expect(statistics.sampleCount == 1_000 && statistics.maximum == 1_000)
    let p90 = try #require(statistics.percentile(0.9))
    #expect((900 * 15 / 16...900 * 17 / 16).contains(p90))
    #expect(statistics.percentile(1) == 1_000)
  }

  @Test func `a client's own metrics are kept, with limits`() {
    let now = bench.clock.now()
    let one = MetricStatistics(sampleCount: 1, sum: 4, minimum: 4, maximum: 4)
    func put(_ name: String, at time: Timestamp) -> Bool {
      telemetry.record(
        one, of: MetricIdentity(namespace: "app", name: name, dimensions: [:]), unit: "Count",
        at: time)
    }
    #expect(put("a", at: now))
    #expect(put("a", at: now.advanced(bySeconds: -3_600)))
    #expect(!put("a", at: now.advanced(bySeconds: -4 * 3_600)))
    #expect(!put("a", at: now.advanced(bySeconds: 3_600)))
    let metric = MetricIdentity(namespace: "app", name: "a", dimensions: [:])
    #expect(telemetry.unit(of: metric) == "Count")
    #expect(
      telemetry.minutes(of: metric, from: now.advanced(bySeconds: -7_200), to: now)?.count == 2)
    for index in 1..<CustomMetrics.seriesMax { #expect(put("m\(index)", at: now)) }
    #expect(!put("one too many", at: now))
  }

  @Test func `Prometheus gets counters of streams and of shards`() {
    telemetry.report(.appended(stream: "s", shard: "shardId-0", records: 7, bytes: 70))
    let text = telemetry.prometheus(bench.snapshot())
    #expect(text.contains("weir_stream_incoming_records_total{stream=\"s\"} 7.0\n"))
    #expect(
      text.contains("weir_shard_incoming_bytes_total{stream=\"s\",shard=\"shardId-0\"} 70.0\n"))
  }

  @Test func `a failed view is an obstacle of every shard that it reads`() {
    bench.refresh(rows: 0, latency: nil, failed: true)
    let reader = ReaderStatus(name: "v", kind: .view, recordsBehind: 5)
    let facts = Telemetry.StreamFacts(
      name: "s", status: "ACTIVE",
      shards: [.init(id: "shardId-0", isOpen: true, records: 5, bytes: 5, views: [reader])])
    let snapshot = telemetry.snapshot(
      engine: bench.engine, streams: [facts], views: [bench.facts(behind: 5)])
    #expect(
      snapshot.streams.first?.shards.first?.readers.first?.failure
        == "Refresh failed: no such column")
  }
}
