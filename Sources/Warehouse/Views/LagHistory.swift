internal import Core
internal import DuckDB
internal import Synchronization

/// How long each view's rows took to become visible, minute by minute: minutes that are not
/// stored yet in memory, the others in the database.
final class LagHistory: Sendable {
  struct Minute: Sendable {
    var view: Int64
    var start: Timestamp
    var refreshes = 0
    var failures = 0
    var rows = 0
    var longest: Double?
    var histogram = LatencyHistogram()
  }

  /// How long minutes are kept.
  private static let days = 7
  private let minutes = Mutex<[Int64: [Minute]]>([:])

  func note(_ report: RefreshReport, of view: Int64) {
    let length: Int64 = 60_000_000
    let now = report.endedAt.microseconds
    let start = Timestamp(microseconds: now - ((now % length) + length) % length)
    minutes.withLock { minutes in
      var own = minutes[view] ?? []
      if own.last?.start != start { own.append(Minute(view: view, start: start)) }
      own[own.count - 1].add(report)
      minutes[view] = own
    }
  }

  var unstored: [Minute] {
    minutes.withLock { $0.values.flatMap { $0 } }
  }

  /// Stores the minutes that ended before `time` (nil: all), and drops those that are too old.
  /// A minute that was stored and goes on has two rows.
  func store(upTo time: Timestamp?, on connection: Connection) throws {
    let ended = minutes.withLock { minutes -> [Minute] in
      var ended: [Minute] = []
      for (view, own) in minutes {
        let isOver = { (minute: Minute) in
          time.map { $0.microseconds >= minute.start.microseconds + 60_000_000 } ?? true
        }
        ended += own.filter(isOver)
        minutes[view] = own.filter { !isOver($0) }
      }
      return ended
    }
    guard !ended.isEmpty else { return }
    let rows = ended.map { minute in
      let values = [
        minute.histogram.quantile(0.5), minute.histogram.quantile(0.99), minute.longest,
      ]
      .map { $0.map { "\($0)" } ?? "NULL" }.joined(separator: ", ")
      return "(\(minute.view), make_timestamp(\(minute.start.microseconds)), \(minute.refreshes), "
        + "\(minute.failures), \(minute.rows), \(values))"
    }
    do {
      try connection.execute(
        """
        INSERT INTO weir.lag_minute VALUES \(rows.joined(separator: ", "));
        DELETE FROM weir.lag_minute WHERE minute < (
          SELECT max(minute) - INTERVAL \(Self.days) DAY FROM weir.lag_minute)
        """)
    } catch {
      minutes.withLock { minutes in
        for minute in ended { minutes[minute.view, default: []].insert(minute, at: 0) }
      }
      throw error
    }
  }
}

extension LagHistory.Minute {
  fileprivate mutating func add(_ report: RefreshReport) {
    refreshes += 1
    if report.failed { failures += 1 }
    rows += report.rows
    guard report.rows > 0 else { return }
    for (seconds, times) in report.latencies { histogram.record(seconds: seconds, times: times) }
    if let latency = report.latencyMax { longest = max(longest ?? 0, latency) }
  }
}

/// The table function `weir_lag_minutes()`: the minutes that are not stored yet.
enum LagMinutesFunction {
  static func make(_ history: LagHistory) -> TableFunction {
    TableFunction(name: "weir_lag_minutes", parameters: []) { _ in
      RowTable(
        [
          ("view_id", .bigint), ("minute", .timestamp), ("refreshes", .bigint),
          ("failures", .bigint), ("row_count", .bigint), ("p50", .double), ("p99", .double),
          ("longest", .double),
        ],
        rows: history.unstored.map { minute in
          let values = [
            minute.histogram.quantile(0.5), minute.histogram.quantile(0.99), minute.longest,
          ].map { $0.map(RowTable.Cell.double) ?? .null }
          return [
            .bigint(UInt64(clamping: minute.view)), .time(minute.start),
            .bigint(UInt64(minute.refreshes)), .bigint(UInt64(minute.failures)),
            .bigint(UInt64(minute.rows)),
          ] + values
        })
    }
  }
}
