import Core
import Telemetry
import TestSupport
import Testing

@Suite struct TelemetryTests {
  private let clock = ManualClock()

  private func engine() -> EngineStatus {
    EngineStatus(version: "1", dataDirectory: "/d", startedAt: clock.now())
  }

  private let streams = [
    Telemetry.StreamFacts(
      name: "s", status: "ACTIVE",
      shards: [
        Telemetry.StreamFacts.Shard(id: "a", isOpen: true, records: 30, bytes: 300),
        Telemetry.StreamFacts.Shard(id: "b", isOpen: true, records: 0, bytes: 0),
      ])
  ]

  @Test func `a rate is unknown at first, then what the last whole second had`() {
    let telemetry = Telemetry(clock: clock)
    let first = telemetry.snapshot(engine: engine(), streams: streams, views: [])
    #expect(first.streams[0].shards[1].recordsPerSecond == nil)
    telemetry.report(.appended(stream: "s", shard: "a", records: 20, bytes: 200))
    telemetry.report(.appended(stream: "s", shard: "a", records: 10, bytes: 100))
    clock.advance(seconds: 1)
    let second = telemetry.snapshot(engine: engine(), streams: streams, views: [])
    #expect(second.streams[0].shards[0].recordsPerSecond == 30)
    #expect(second.streams[0].shards[0].bytesPerSecond == 300)
    #expect(second.streams[0].shards[1].recordsPerSecond == 0)
    clock.advance(seconds: 1)
    let third = telemetry.snapshot(engine: engine(), streams: streams, views: [])
    #expect(third.streams[0].shards[0].recordsPerSecond == 0)
    #expect(third.streams[0].shards[0].recordsHistory == [30, 0])
  }

  @Test func `history forgets what is older than it is long`() {
    var series = Series()
    series.add(5, at: 1_000)
    series.add(7, at: 1_000 + Int64(Series.length))
    #expect(series.value(at: 1_000) == nil)
    #expect(series.history(before: 1_001 + Int64(Series.length)).count == Series.length)
    #expect(series.history(before: 1_001 + Int64(Series.length)).last == 7)
  }

  @Test func `latency and health of a view follow its refreshes`() {
    let telemetry = Telemetry(clock: clock)
    let view = Telemetry.ViewState(
      schema: "public", name: "v", stream: "s", autoRefresh: true, rows: 100, recordsBehind: 0,
      skippedRecords: 1)
    var report = RefreshReport(
      schema: "public", view: "v", isAutomatic: true, startedAt: clock.now(),
      endedAt: clock.now(), rows: 100, skippedRecords: 1, bytes: 10, latencyMax: 1.0,
      latencyMin: 0.0, status: "ok", failed: false)
    telemetry.report(.refreshed(report))
    var status = telemetry.snapshot(engine: engine(), streams: [], views: [view]).views[0]
    #expect(status.health == .current)
    #expect(abs((status.latencyP50 ?? 0) - 0.5) < 0.1)
    #expect((status.latencyP99 ?? 0) > 0.9)
    report.failed = true
    telemetry.report(.refreshed(report))
    status = telemetry.snapshot(engine: engine(), streams: [], views: [view]).views[0]
    #expect(status.health == .failed)
    clock.advance(seconds: 120)
    status = telemetry.snapshot(engine: engine(), streams: [], views: [view]).views[0]
    #expect(status.latencyP99 == nil)
  }

  @Test func `a statement is one entry from its start to its end`() {
    let telemetry = Telemetry(clock: clock)
    var query = QueryReport(
      id: 1, session: 1, user: "u", text: "SELECT 1", status: .running, startedAt: clock.now())
    telemetry.report(.query(query))
    query.status = .success
    telemetry.report(.query(query))
    let queries = telemetry.snapshot(engine: engine(), streams: [], views: []).queries
    #expect(queries.map(\.status) == [.success])
  }

  @Test func `metrics are in Prometheus' format, with labels escaped`() {
    let telemetry = Telemetry(clock: clock)
    let odd = [
      Telemetry.StreamFacts(
        name: "a\"b", status: "ACTIVE",
        shards: [Telemetry.StreamFacts.Shard(id: "x", isOpen: true, records: 3, bytes: 9)])
    ]
    let text = telemetry.prometheus(
      telemetry.snapshot(engine: engine(), streams: odd, views: []))
    #expect(text.contains("# TYPE weir_shard_records_total counter\n"))
    #expect(text.contains("weir_shard_records_total{shard=\"x\",stream=\"a\\\"b\"} 3\n"))
  }
}
