package import Core
internal import Synchronization

/// Gathers what all parts report and tells it as one `Snapshot`, or as Prometheus text.
///
/// Reports may come from any thread, many at a time. All times are those of the clock that was
/// passed in, so that a manual clock makes everything the same from run to run.
package final class Telemetry: Reporter {
  let clock: any WallClock
  let usage: any ProcessUsage
  /// The first second that can be seen whole.
  private let firstSecond: Int64
  let shards = ShardMeters()
  let streamMetrics = StreamMetrics()
  let custom = CustomMetrics()
  private let readers = Readers()
  private let scalings = Mutex<[ScalingReport]>([])
  /// So many changes of streams' shards are remembered.
  private static let scalingsMax = 100
  let views = Mutex<[ViewKey: ViewMeter]>([:])
  let queries = Mutex(QueryJournal())
  let messages = Mutex(MessageJournal())
  private let processor = Mutex(ProcessorGauge())

  package init(clock: any WallClock, usage: any ProcessUsage = SystemProcessUsage()) {
    self.clock = clock
    self.usage = usage
    let now = clock.now()
    let second = now.wholeSecond
    firstSecond = now.microseconds % 1_000_000 == 0 ? second : second + 1
    _ = processor.withLock {
      $0.fraction(at: now, processorSeconds: usage.processorSeconds())
    }
  }

  package func report(_ report: Report) {
    let now = clock.now()
    let second = now.wholeSecond
    switch report {
    case .appended(let stream, let shard, let records, let bytes):
      shards.update(ShardKey(stream: stream, shard: shard), from: max(second, firstSecond)) {
        $0.records.add(Double(records), at: second)
        $0.bytes.add(Double(bytes), at: second)
      }
      streamMetrics.appended(
        stream: stream, shard: shard, records: records, bytes: bytes, at: now.wholeMinute)
    case .read(let stream, let shard, let records, let bytes):
      shards.update(ShardKey(stream: stream, shard: shard), from: max(second, firstSecond)) {
        $0.recordsRead &+= records
        $0.bytesRead &+= bytes
      }
    case .request(let report): note(report, at: now)
    case .delivered(let report):
      streamMetrics.note(report, at: now.wholeMinute)
      readers.note(report, at: now)
    case .refreshed(let report):
      let key = ViewKey(schema: report.schema, name: report.view)
      views.withLock { [firstSecond] in
        $0[key, default: ViewMeter(from: max(second, firstSecond))].note(report, at: second)
      }
    case .query(let report):
      queries.withLock { $0.note(report, at: second) }
    case .message(let level, let source, let text):
      note(Message(at: now, level: level, source: source, text: text))
    case .scaled(let report):
      scalings.withLock { scalings in
        scalings.append(report)
        scalings.removeFirst(max(0, scalings.count - Self.scalingsMax))
      }
      let change =
        "\(report.action) of \(report.parents.joined(separator: ", ")): "
        + "\(report.openShards) shards (\(report.reason))"
      note(Message(at: now, level: .info, source: "stream \(report.stream)", text: change))
    case .degraded(let stream, let shard, let reason?):
      note(
        Message(
          at: now, level: .error, source: "stream \(stream)",
          text: "\(shard) does not take records: \(reason)"))
    case .degraded(let stream, let shard, nil):
      note(
        Message(
          at: now, level: .info, source: "stream \(stream)", text: "\(shard) is well again"))
    }
  }

  private func note(_ message: Message) {
    messages.withLock { $0.note(message) }
  }

  private func note(_ report: RequestReport, at now: Timestamp) {
    streamMetrics.note(report, at: now.wholeMinute)
    readers.note(report, at: now)
    var throttled = report.throttledWrites
    if report.operation == "GetRecords", report.outcome == .throttled, let shard = report.shard {
      throttled[shard] = 1
    }
    let second = now.wholeSecond
    for (shard, count) in throttled {
      shards.update(
        ShardKey(stream: report.stream, shard: shard), from: max(second, firstSecond)
      ) {
        $0.throttled.add(Double(count), at: second)
        $0.throttledTotal &+= count
      }
    }
  }

  /// Everything that is known now: what the engine passes in, with the rates, histories and
  /// journals of what was reported. Usage that `engine` leaves open is filled in.
  ///
  /// Streams and views that are not passed in are left out, and forgotten after a while.
  package func snapshot(
    engine: EngineStatus, streams: [StreamFacts], views: [ViewState],
    faults: [FaultTable.Entry] = []
  ) -> Snapshot {
    let now = clock.now()
    let second = now.wholeSecond
    let viewStatus = status(of: views, at: second)
    var streamStatus = status(of: streams, at: now)
    Self.noteFailures(of: viewStatus, in: &streamStatus)
    return Snapshot(
      takenAt: now, engine: filled(engine, at: now), streams: streamStatus, views: viewStatus,
      queries: queries.withLock(\.newestFirst), messages: messages.withLock(\.newestLast),
      faults: faults, scalings: scalings.withLock { $0.reversed() })
  }

  /// A view whose refresh failed reads none of its stream's shards.
  private static func noteFailures(of views: [ViewStatus], in streams: inout [StreamStatus]) {
    let failed = views.filter { $0.health == .failed }
    guard !failed.isEmpty else { return }
    for stream in streams.indices {
      for shard in streams[stream].shards.indices {
        for reader in streams[stream].shards[shard].readers.indices {
          let name = streams[stream].shards[shard].readers[reader].name
          let view = failed.first {
            $0.stream == streams[stream].name
              && ($0.schema == "public" ? $0.name : "\($0.schema).\($0.name)") == name
          }
          guard let view, streams[stream].shards[shard].readers[reader].kind == .view else {
            continue
          }
          streams[stream].shards[shard].readers[reader].failure = view.lastStatus ?? "failed"
        }
      }
    }
  }

  private func filled(_ engine: EngineStatus, at now: Timestamp) -> EngineStatus {
    var engine = engine
    if engine.cpuFraction == nil {
      engine.cpuFraction = processor.withLock {
        $0.fraction(at: now, processorSeconds: usage.processorSeconds())
      }
    }
    engine.residentBytes = engine.residentBytes ?? usage.residentBytes()
    return engine
  }

  private func status(of streams: [StreamFacts], at now: Timestamp) -> [StreamStatus] {
    var known: Set<ShardKey> = []
    let status = streams.map { stream in
      StreamStatus(
        name: stream.name, status: stream.status,
        shards: stream.shards.map { shard in
          let key = ShardKey(stream: stream.name, shard: shard.id)
          known.insert(key)
          return self.status(of: shard, key, at: now)
        }, mode: stream.mode, retentionHours: stream.retentionHours)
    }
    shards.forget(allBut: known, at: now.wholeSecond)
    readers.forget(allBut: known, at: now)
    return status
  }

  private func status(of shard: StreamFacts.Shard, _ key: ShardKey, at now: Timestamp)
    -> ShardStatus
  {
    let second = now.wholeSecond
    let meter = shards.meter(of: key, from: max(second, firstSecond))
    return ShardStatus(
      id: shard.id, isOpen: shard.isOpen, recordsPerSecond: meter.records.last(before: second),
      bytesPerSecond: meter.bytes.last(before: second), recordsTotal: shard.records,
      bytesTotal: shard.bytes, recordsHistory: meter.records.history(before: second),
      keys: shard.keys, parents: shard.parents, degraded: shard.degraded,
      throttledPerSecond: meter.throttled.last(before: second),
      throttledTotal: meter.throttledTotal,
      readers: shard.views + readers.status(of: key, at: now))
  }

  private func status(of states: [ViewState], at second: Int64) -> [ViewStatus] {
    let known = Set(states.map { ViewKey(schema: $0.schema, name: $0.name) })
    return views.withLock { [firstSecond] meters in
      meters = meters.filter { known.contains($0.key) || !$0.value.rows.isIdle(at: second) }
      return states.map { state in
        let key = ViewKey(schema: state.schema, name: state.name)
        let meter = meters[key] ?? ViewMeter(from: max(second, firstSecond))
        meters[key] = meter
        return meter.status(state, at: second)
      }
    }
  }
}
