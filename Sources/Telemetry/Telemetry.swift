package import Core
internal import Synchronization

/// Collects what the parts report, and makes snapshots of it.
package final class Telemetry: Reporter {
  /// What the engine knows of a stream right now.
  package struct StreamFacts: Sendable {
    package struct Shard: Sendable {
      package var id: String
      package var isOpen: Bool
      package var records: Int
      package var bytes: Int

      package init(id: String, isOpen: Bool, records: Int, bytes: Int) {
        self.id = id
        self.isOpen = isOpen
        self.records = records
        self.bytes = bytes
      }
    }
    package var name: String
    package var status: String
    package var shards: [Shard]

    package init(name: String, status: String, shards: [Shard]) {
      self.name = name
      self.status = status
      self.shards = shards
    }
  }

  /// What the warehouse knows of a view right now.
  package struct ViewState: Sendable {
    package var schema: String
    package var name: String
    package var stream: String
    package var autoRefresh: Bool
    package var rows: Int?
    package var recordsBehind: Int?
    package var skippedRecords: Int

    package init(
      schema: String, name: String, stream: String, autoRefresh: Bool, rows: Int?,
      recordsBehind: Int?, skippedRecords: Int
    ) {
      self.schema = schema
      self.name = name
      self.stream = stream
      self.autoRefresh = autoRefresh
      self.rows = rows
      self.recordsBehind = recordsBehind
      self.skippedRecords = skippedRecords
    }
  }

  private struct ShardKey: Hashable {
    var stream: String
    var shard: String
  }

  private struct ViewKey: Hashable {
    var schema: String
    var name: String
  }

  private struct ShardSeries {
    var records = Series()
    var bytes = Series()
  }

  private struct ViewSeries {
    var rows = Series()
    var worst = Series()
    var latency = LatencyWindow()
    var last: RefreshReport?
    var rowsTotal = 0
    var refreshes = 0
    var failures = 0
  }

  private struct State {
    var shards: [ShardKey: ShardSeries] = [:]
    var views: [ViewKey: ViewSeries] = [:]
    var queries: [QueryReport] = []
    var messages: [Message] = []
    var recordsRead = 0
    var queriesByStatus: [QueryReport.Status: Int] = [:]
  }

  private static let queriesMax = 100
  private static let messagesMax = 500

  private let clock: any WallClock
  private let state = Mutex(State())
  private let process = ProcessMeter()

  package init(clock: any WallClock) {
    self.clock = clock
  }

  // MARK: Reports

  package func report(_ report: Report) {
    let now = clock.now()
    let second = now.microseconds / 1_000_000
    state.withLock { state in
      switch report {
      case .appended(let stream, let shard, let records, let bytes):
        let key = ShardKey(stream: stream, shard: shard)
        state.shards[key, default: ShardSeries()].records.add(Double(records), at: second)
        state.shards[key, default: ShardSeries()].bytes.add(Double(bytes), at: second)
      case .read(_, _, let records, _): state.recordsRead += records
      case .refreshed(let refresh): note(refresh, at: second, in: &state)
      case .query(let query): note(query, in: &state)
      case .message(let level, let source, let text):
        state.messages.append(Message(at: now, level: level, source: source, text: text))
        if state.messages.count > Self.messagesMax { state.messages.removeFirst() }
      }
    }
  }

  private func note(_ refresh: RefreshReport, at second: Int64, in state: inout State) {
    let key = ViewKey(schema: refresh.schema, name: refresh.view)
    var view = state.views[key] ?? ViewSeries()
    view.last = refresh
    view.refreshes += 1
    view.failures += refresh.failed ? 1 : 0
    view.rowsTotal += refresh.rows
    if !refresh.failed { view.rows.add(Double(refresh.rows), at: second) }
    if let high = refresh.latencyMax, let low = refresh.latencyMin, refresh.rows > 0 {
      view.worst.raise(to: high, at: second)
      view.latency.add(low: low, high: high, count: refresh.rows, at: second)
    }
    state.views[key] = view
  }

  /// A statement is reported when it starts and when it ends.
  private func note(_ query: QueryReport, in state: inout State) {
    if query.status != .running { state.queriesByStatus[query.status, default: 0] += 1 }
    if let index = state.queries.firstIndex(where: { $0.id == query.id }) {
      state.queries[index] = query
    } else {
      state.queries.insert(query, at: 0)
      if state.queries.count > Self.queriesMax { state.queries.removeLast() }
    }
  }

  // MARK: Snapshots

  /// Puts what is known now together with the series of the last minutes.
  package func snapshot(
    engine: EngineStatus, streams: [StreamFacts], views: [ViewState]
  ) -> Snapshot {
    let now = clock.now()
    let second = now.microseconds / 1_000_000
    let usage = process.measure(at: now)
    var engine = engine
    engine.cpuFraction = usage.cpu
    engine.residentBytes = usage.residentBytes
    return state.withLock { state in
      Snapshot(
        takenAt: now, engine: engine,
        streams: streams.map { status(of: $0, at: second, in: &state) },
        views: views.map { status(of: $0, at: second, in: state) }, queries: state.queries,
        messages: state.messages)
    }
  }

  private func status(
    of stream: StreamFacts, at second: Int64, in state: inout State
  ) -> StreamStatus {
    StreamStatus(
      name: stream.name, status: stream.status,
      shards: stream.shards.map { shard in
        let key = ShardKey(stream: stream.name, shard: shard.id)
        // From its first sight on a silent shard has a rate: 0.
        state.shards[key, default: ShardSeries()].records.begin(at: second)
        state.shards[key, default: ShardSeries()].bytes.begin(at: second)
        let series = state.shards[key] ?? ShardSeries()
        return ShardStatus(
          id: shard.id, isOpen: shard.isOpen,
          recordsPerSecond: series.records.value(at: second - 1),
          bytesPerSecond: series.bytes.value(at: second - 1), recordsTotal: shard.records,
          bytesTotal: shard.bytes, recordsHistory: series.records.history(before: second))
      })
  }

  private func status(of view: ViewState, at second: Int64, in state: State) -> ViewStatus {
    let series = state.views[ViewKey(schema: view.schema, name: view.name)] ?? ViewSeries()
    let quantiles = series.latency.quantiles([0.5, 0.99], at: second)
    let health = health(of: view, last: series.last, at: second)
    return ViewStatus(
      schema: view.schema, name: view.name, stream: view.stream, health: health,
      autoRefresh: view.autoRefresh, rows: view.rows, recordsBehind: view.recordsBehind,
      latencyP50: quantiles?[0], latencyP99: quantiles?[1],
      rowsPerSecond: series.rows.value(at: second - 1),
      rowsHistory: series.rows.history(before: second),
      latencyHistory: series.worst.history(before: second),
      skippedRecords: view.skippedRecords, lastRefreshAt: series.last?.endedAt,
      lastRefreshSeconds: series.last.map { $0.endedAt.seconds(since: $0.startedAt) },
      lastStatus: series.last?.status)
  }

  /// A view that refreshes by itself is a moment behind whenever records flow: that is current
  /// as long as the moments stay short.
  private func health(
    of view: ViewState, last: RefreshReport?, at second: Int64
  ) -> ViewStatus.Health {
    if last?.failed == true { return .failed }
    guard view.recordsBehind ?? 0 > 0 else { return .current }
    guard view.autoRefresh else { return .stale }
    guard let last, let latency = last.latencyMax, latency < 1,
      second - last.endedAt.microseconds / 1_000_000 <= 2
    else { return .catchingUp }
    return .current
  }

  // MARK: Prometheus

  /// The text exposition format, version 0.0.4.
  package func prometheus(_ snapshot: Snapshot) -> String {
    var text = PrometheusText()
    text.family("weir_shard_records_total", "counter", "Durable records in a shard.")
    for stream in snapshot.streams {
      for shard in stream.shards {
        text.sample(
          ["stream": stream.name, "shard": shard.id], Double(shard.recordsTotal))
      }
    }
    text.family("weir_shard_bytes_total", "counter", "Bytes of data in a shard.")
    for stream in snapshot.streams {
      for shard in stream.shards {
        text.sample(["stream": stream.name, "shard": shard.id], Double(shard.bytesTotal))
      }
    }
    text.family("weir_view_rows", "gauge", "Rows of a materialized view.")
    for view in snapshot.views { text.sample(labels(view), view.rows.map(Double.init)) }
    text.family("weir_view_records_behind", "gauge", "Records that a view has not read.")
    for view in snapshot.views { text.sample(labels(view), view.recordsBehind.map(Double.init)) }
    text.family("weir_view_latency_p99_seconds", "gauge", "Arrival to visible, last minute.")
    for view in snapshot.views { text.sample(labels(view), view.latencyP99) }
    text.family("weir_view_skipped_records_total", "counter", "Records that became no row.")
    for view in snapshot.views { text.sample(labels(view), Double(view.skippedRecords)) }
    let (read, queries) = state.withLock { ($0.recordsRead, $0.queriesByStatus) }
    text.family("weir_records_read_total", "counter", "Records that clients read.")
    text.sample([:], Double(read))
    text.family("weir_queries_total", "counter", "Statements that ended.")
    for (status, count) in queries.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      text.sample(["status": status.rawValue], Double(count))
    }
    text.family("weir_resident_memory_bytes", "gauge", "Memory of the process.")
    text.sample([:], snapshot.engine.residentBytes.map(Double.init))
    return text.text
  }

  private func labels(_ view: ViewStatus) -> [String: String] {
    ["schema": view.schema, "view": view.name]
  }
}
