internal import Core

struct ViewKey: Hashable, Sendable {
  var schema: String
  var name: String
}

/// What was reported of one materialized view.
struct ViewMeter: Sendable {
  var rows: Series
  var latency: Series
  var minute = MinuteHistogram()
  /// Since the engine's start.
  var rowsTotal = 0
  var refreshes = 0
  var failures = 0
  var latencySum = 0.0
  var latencyCount = 0
  var last: RefreshReport?

  /// Up to here from arrival to visible, in seconds, a view counts as current while it runs behind
  /// its stream, if its last refresh is not older than these seconds.
  private static let currentLatency = 1.0
  private static let currentSeconds: Int64 = 2

  init(from second: Int64) {
    rows = Series(from: second)
    latency = Series(from: second)
  }

  mutating func note(_ report: RefreshReport, at second: Int64) {
    last = report
    refreshes &+= 1
    if report.failed { failures &+= 1 }
    // A refresh that failed for some shards only has rows of the others.
    guard !report.failed || report.rows > 0 else { return }
    rows.add(Double(report.rows), at: second)
    rowsTotal &+= report.rows
    noteLatency(report, at: second)
  }

  private mutating func noteLatency(_ report: RefreshReport, at second: Int64) {
    guard let longest = report.latencyMax.map({ max(0, $0) }), longest.isFinite else { return }
    latency.raise(to: longest, at: second)
    for (seconds, times) in report.latencies {
      minute.record(seconds: seconds, times: times, at: second)
      latencySum += seconds * Double(times)
      latencyCount &+= times
    }
  }

  func status(_ state: Telemetry.ViewState, at second: Int64) -> ViewStatus {
    let (minute, before) = (minute.total(at: second), minute.previous(at: second))
    var status = ViewStatus(
      schema: state.schema, name: state.name, stream: state.stream,
      health: health(state, at: second), autoRefresh: state.autoRefresh, rows: state.rows,
      recordsBehind: state.recordsBehind, latencyP50: minute.quantile(0.5),
      latencyP99: minute.quantile(0.99), rowsPerSecond: rows.last(before: second),
      rowsHistory: rows.history(before: second), latencyHistory: latency.history(before: second),
      skippedRecords: state.skippedRecords, lastRefreshAt: last?.endedAt,
      lastRefreshSeconds: last.map { $0.endedAt.seconds(since: $0.startedAt) },
      lastStatus: last?.status, objectID: state.objectID, bases: state.bases,
      upkeep: state.upkeep, isStale: state.isStale, deadLetters: state.deadLetters)
    status.latencyP50Before = before.quantile(0.5)
    status.latencyP99Before = before.quantile(0.99)
    return status
  }

  /// A view that refreshes by itself is a moment behind whenever records flow: that is current
  /// as long as the moments stay short. Of unknown distance is not current by itself.
  private func health(_ state: Telemetry.ViewState, at second: Int64) -> ViewStatus.Health {
    if case .broken = state.upkeep { return .failed }
    if last?.failed == true { return .failed }
    if state.recordsBehind == 0 || (state.recordsBehind == nil && state.isStale == false) {
      return .current
    }
    guard state.autoRefresh else { return .stale }
    guard let last, let latency = last.latencyMax, latency < Self.currentLatency,
      second &- last.endedAt.wholeSecond <= Self.currentSeconds
    else { return .catchingUp }
    return .current
  }
}
