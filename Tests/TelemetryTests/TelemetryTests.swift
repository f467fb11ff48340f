import Core
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

/// A telemetry with a clock of its own and nothing of the machine.
struct Bench {
  let clock = ManualClock()
  let telemetry: Telemetry
  let engine: EngineStatus
  let start: Timestamp

  init(usage: any ProcessUsage = UnknownProcessUsage()) {
    telemetry = Telemetry(clock: clock, usage: usage)
    start = clock.now()
    engine = EngineStatus(version: "1", dataDirectory: "data", startedAt: start)
  }

  func append(_ records: Int, bytes: Int = 0, to shard: String = "shardId-0") {
    telemetry.report(.appended(stream: "s", shard: shard, records: records, bytes: bytes))
  }

  func refresh(
    rows: Int, latency: ClosedRange<Double>?, failed: Bool = false
  ) {
    let now = clock.now()
    telemetry.report(
      .refreshed(
        RefreshReport(
          schema: "public", view: "v", isAutomatic: true, startedAt: now.advanced(bySeconds: -0.25),
          endedAt: now, rows: rows, skippedRecords: 0, bytes: 0,
          latencyMax: latency?.upperBound, latencyMin: latency?.lowerBound,
          status: failed ? "Refresh failed: no such column" : "Refresh successful",
          failed: failed)))
  }

  func query(_ id: Int, _ status: QueryReport.Status, seconds: Double? = nil, text: String = "") {
    let now = clock.now()
    telemetry.report(
      .query(
        QueryReport(
          id: id, session: 1, user: "weir", text: text, status: status, startedAt: now,
          endedAt: seconds.map { now.advanced(bySeconds: $0) })))
  }

  func snapshot(shards: [String] = ["shardId-0"], views: [Telemetry.ViewState] = []) -> Snapshot {
    telemetry.snapshot(engine: engine, streams: streams(shards), views: views)
  }

  func shard(_ id: String = "shardId-0") -> ShardStatus? {
    snapshot(shards: [id]).streams.first?.shards.first
  }

  func view(behind: Int?, auto: Bool = true) -> ViewStatus? {
    snapshot(views: [facts(behind: behind, auto: auto)]).views.first
  }

  func facts(behind: Int?, auto: Bool = true) -> Telemetry.ViewState {
    Telemetry.ViewState(
      schema: "public", name: "v", stream: "s", autoRefresh: auto, rows: nil,
      recordsBehind: behind, skippedRecords: 2)
  }

  func streams(_ shards: [String]) -> [Telemetry.StreamFacts] {
    [
      Telemetry.StreamFacts(
        name: "s", status: "ACTIVE",
        shards: shards.map {
          Telemetry.StreamFacts.Shard(id: $0, isOpen: true, records: 7, bytes: 70)
        })
    ]
  }
}

@Suite struct ShardRates {
  @Test func `a rate is that of the last whole second, and unknown before the first`() {
    let bench = Bench()
    bench.clock.advance(seconds: 0.3)
    bench.append(3, bytes: 300)
    bench.append(2, bytes: 100)
    #expect(bench.shard()?.recordsPerSecond == nil)
    #expect(bench.shard()?.recordsHistory == [])

    bench.clock.advance(seconds: 0.8)
    bench.append(9)
    #expect(bench.shard()?.recordsPerSecond == 5)
    #expect(bench.shard()?.bytesPerSecond == 400)
    #expect(bench.shard()?.recordsHistory == [5])

    bench.clock.advance(seconds: 3)
    #expect(bench.shard()?.recordsPerSecond == 0)
    #expect(bench.shard()?.recordsHistory == [5, 9, 0, 0])
  }

  @Test func `a second that began before the engine did is never told as a whole one`() {
    let clock = ManualClock(Timestamp(seconds: 100.5))
    let telemetry = Telemetry(clock: clock, usage: UnknownProcessUsage())
    telemetry.report(.appended(stream: "s", shard: "a", records: 4, bytes: 4))
    clock.advance(seconds: 0.6)
    func rate() -> Double? {
      telemetry.snapshot(
        engine: Bench().engine,
        streams: [
          Telemetry.StreamFacts(
            name: "s", status: "ACTIVE",
            shards: [Telemetry.StreamFacts.Shard(id: "a", isOpen: true, records: 4, bytes: 4)])
        ], views: []
      ).streams.first?.shards.first?.recordsPerSecond
    }
    #expect(rate() == nil)
    clock.advance(seconds: 1)
    #expect(rate() == 0)
  }

  @Test func `history keeps the last 300 seconds and survives long silence`() {
    let bench = Bench()
    for second in 0..<400 {
      bench.append(second)
      bench.clock.advance(seconds: 1)
    }
    #expect(bench.shard()?.recordsHistory == (100..<400).map(Double.init))

    bench.clock.advance(seconds: 10_000)
    #expect(bench.shard()?.recordsHistory == Array(repeating: 0, count: 300))
    bench.append(1)
    bench.clock.advance(seconds: 1)
    #expect(bench.shard()?.recordsHistory.suffix(2) == [0, 1])
  }

  @Test func `a clock that is set back loses no record`() {
    let bench = Bench()
    bench.clock.advance(seconds: 10)
    bench.append(1)
    bench.clock.advance(seconds: -5)
    bench.append(1)
    bench.clock.advance(seconds: 6)
    #expect(bench.shard()?.recordsPerSecond == 2)
  }

  @Test func `reports from many threads at once all count`() async {
    let bench = Bench()
    await withTaskGroup { group in
      for worker in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 { bench.append(1, to: "shardId-\(worker % 4)") }
        }
      }
    }
    bench.clock.advance(seconds: 1)
    let shards = bench.snapshot(shards: (0..<4).map { "shardId-\($0)" }).streams.first?.shards
    #expect(shards?.map(\.recordsPerSecond) == [2_000, 2_000, 2_000, 2_000])
  }

  @Test func `a stream that was deleted is forgotten, and starts anew under its name`() {
    let bench = Bench()
    bench.append(5)
    bench.clock.advance(seconds: 400)
    _ = bench.snapshot(shards: [])
    #expect(bench.shard()?.recordsHistory == [])
  }
}

@Suite struct ViewLatency {
  @Test func `latency is that of the last minute, within a thirtieth`() throws {
    let bench = Bench()
    bench.refresh(rows: 990, latency: 0.2...0.2)
    bench.refresh(rows: 10, latency: 3...3)
    bench.refresh(rows: 10, latency: 3...3)
    let view = try #require(bench.view(behind: 0))
    let (p50, p99) = (try #require(view.latencyP50), try #require(view.latencyP99))
    #expect(abs(p50 - 0.2) < 0.2 / 30)
    #expect(abs(p99 - 3) < 3.0 / 30)
    bench.clock.advance(seconds: 70)
    #expect(bench.view(behind: 0)?.latencyP50 == nil)
  }

  @Test func `records between the oldest and the newest are taken as evenly spread`() throws {
    let bench = Bench()
    bench.refresh(rows: 1_000, latency: 0...1)
    let view = try #require(bench.view(behind: 0))
    #expect(abs(try #require(view.latencyP50) - 0.5) < 0.06)
    #expect(try #require(view.latencyP99) > 0.94)
  }

  @Test func `each second tells its rows and its worst latency`() throws {
    let bench = Bench()
    bench.refresh(rows: 10, latency: 0.1...0.4)
    bench.refresh(rows: 5, latency: 0.1...0.2)
    bench.clock.advance(seconds: 2)
    let view = try #require(bench.view(behind: 0))
    #expect(view.rowsHistory == [15, 0])
    #expect(view.latencyHistory == [0.4, 0])
    #expect(view.rowsPerSecond == 0)
    #expect(view.lastRefreshSeconds == 0.25)
    #expect(view.lastRefreshAt == bench.start)
  }

  @Test func `health tells current, catching up, stale and failed apart`() {
    let bench = Bench()
    #expect(bench.view(behind: 0)?.health == .current)
    #expect(bench.view(behind: 4)?.health == .catchingUp)
    #expect(bench.view(behind: 4, auto: false)?.health == .stale)
    #expect(bench.view(behind: nil)?.health == .catchingUp)
    bench.refresh(rows: 0, latency: nil, failed: true)
    #expect(bench.view(behind: 0)?.health == .failed)
    #expect(bench.view(behind: 0)?.lastStatus == "Refresh failed: no such column")
    bench.refresh(rows: 1, latency: 0...0.1)
    #expect(bench.view(behind: 0)?.health == .current)
    #expect(bench.view(behind: 0)?.skippedRecords == 2)
  }

  @Test func `a view that is refreshed again and again within a second counts as current`() {
    let bench = Bench()
    bench.refresh(rows: 1, latency: 0...0.4)
    #expect(bench.view(behind: 9)?.health == .current)
    #expect(bench.view(behind: 9, auto: false)?.health == .stale)
    bench.clock.advance(seconds: 3)
    #expect(bench.view(behind: 9)?.health == .catchingUp)
    bench.refresh(rows: 1, latency: 0...4)
    #expect(bench.view(behind: 9)?.health == .catchingUp)
  }

  @Test func `durations out of any range are counted, not trapped on`() {
    var histogram = LatencyHistogram()
    for seconds in [-1, 0, .nan, .infinity, 1e300, 1e-9] {
      histogram.record(seconds: seconds)
    }
    #expect(histogram.count == 6)
    #expect(histogram.quantile(0) == 0)
    #expect((histogram.quantile(1) ?? 0) > 60_000)
    #expect(LatencyHistogram().quantile(0.5) == nil)
  }
}

@Suite struct Journals {
  @Test func `a statement is listed once, with how it ended, the newest first`() {
    let bench = Bench()
    bench.query(1, .running, text: "select 1")
    bench.query(2, .running, text: "select 2")
    bench.query(1, .success, seconds: 0.5, text: "select 1")
    let queries = bench.snapshot().queries
    #expect(queries.map(\.id) == [2, 1])
    #expect(queries.map(\.status) == [.running, .success])
  }

  @Test func `a hundred statements are kept, and a running one longest`() {
    let bench = Bench()
    bench.query(0, .running)
    for id in 1...250 { bench.query(id, .success, seconds: 0.01) }
    let ids = bench.snapshot().queries.map(\.id)
    #expect(ids == Array((152...250).reversed()) + [0])
  }

  @Test func `five hundred messages are kept, the newest last, and long ones are cut`() {
    let bench = Bench()
    for number in 0..<700 {
      bench.telemetry.report(.message(level: .info, source: "log", text: "\(number)"))
    }
    #expect(bench.snapshot().messages.map(\.text) == (200..<700).map(String.init))
    let long = String(repeating: "é", count: 5_000)
    bench.telemetry.report(.message(level: .error, source: "log", text: long))
    #expect(bench.snapshot().messages.last?.text == String(long.prefix(2_000)) + "…")
  }
}

@Suite struct Usage {
  /// A process that has used as much time as it was told.
  final class Scripted: ProcessUsage {
    let seconds = Mutex(0.0)
    func processorSeconds() -> Double? { seconds.withLock { $0 } }
    func residentBytes() -> Int? { 4_096 }
  }

  @Test func `the processor's share is told over the time between two snapshots`() {
    let usage = Scripted()
    let bench = Bench(usage: usage)
    #expect(bench.snapshot().engine.cpuFraction == nil)
    usage.seconds.withLock { $0 = 1 }
    bench.clock.advance(seconds: 2)
    #expect(bench.snapshot().engine.cpuFraction == 0.5)
    bench.clock.advance(seconds: 0.1)
    #expect(bench.snapshot().engine.cpuFraction == 0.5)
    #expect(bench.snapshot().engine.residentBytes == 4_096)
  }

  @Test func `what the system does not tell stays unknown`() {
    let bench = Bench()
    bench.clock.advance(seconds: 5)
    #expect(bench.snapshot().engine.cpuFraction == nil)
    #expect(bench.snapshot().engine.residentBytes == nil)
  }

  @Test func `the system tells processor time of this process`() throws {
    #expect(try #require(SystemProcessUsage().processorSeconds()) > 0)
    #if os(Linux)
      #expect(try #require(SystemProcessUsage().residentBytes()) > 1_000_000)
    #endif
  }
}

@Test func `the minute before the last one is told beside it`() {
  let bench = Bench()
  bench.refresh(rows: 10, latency: 0.5...0.5)
  bench.clock.advance(seconds: 65)
  bench.refresh(rows: 10, latency: 0.1...0.1)
  let view = bench.view(behind: 0)
  #expect((view?.latencyP99).map { abs($0 - 0.1) < 0.01 } == true)
  #expect((view?.latencyP99Before).map { abs($0 - 0.5) < 0.02 } == true)
  bench.clock.advance(seconds: 65)
  let later = bench.view(behind: 0)
  #expect(later?.latencyP99 == nil)
  #expect((later?.latencyP99Before).map { abs($0 - 0.1) < 0.01 } == true)
  bench.clock.advance(seconds: 200)
  #expect(bench.view(behind: 0)?.latencyP99Before == nil)
}

@Test func `a view over views is as healthy as what it has read of them`() {
  let bench = Bench()
  func health(stale: Bool?, auto: Bool, upkeep: ViewStatus.Upkeep = .incremental) -> ViewStatus
    .Health?
  {
    var facts = bench.facts(behind: nil, auto: auto)
    facts.isStale = stale
    facts.upkeep = upkeep
    return bench.snapshot(views: [facts]).views.first?.health
  }
  #expect(health(stale: false, auto: true) == .current)
  #expect(health(stale: false, auto: false) == .current)
  #expect(health(stale: true, auto: false) == .stale)
  #expect(health(stale: true, auto: true) == .catchingUp)
  #expect(health(stale: false, auto: true, upkeep: .broken(reason: "gone")) == .failed)
}
