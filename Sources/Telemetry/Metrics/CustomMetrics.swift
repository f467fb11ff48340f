internal import Core
internal import Synchronization

/// Series that clients put with PutMetricData: what the KCL and the KPL say of themselves.
final class CustomMetrics: Sendable {
  /// So many series, each of at most 181 minutes, are kept; putting to another is refused.
  static let seriesMax = 2_000

  private struct Entry {
    var series = MinuteSeries(keepsDistribution: true)
    var unit: String?
  }

  private let entries = Mutex<[MetricIdentity: Entry]>([:])

  func record(
    _ statistics: MetricStatistics, of metric: MetricIdentity, unit: String?, at minute: Int64,
    now: Int64
  ) -> Bool {
    // A minute ahead of ours may be a clock that is a little off; more would push out what is kept.
    guard minute <= now + 1, minute >= now - MinuteSeries.length else { return false }
    return entries.withLock { entries in
      if entries[metric] == nil {
        if entries.count >= Self.seriesMax { Self.forget(&entries, at: now) }
        guard entries.count < Self.seriesMax else { return false }
      }
      var entry = entries.removeValue(forKey: metric) ?? Entry()
      entry.unit = unit ?? entry.unit
      let isKept = entry.series.add(statistics, at: minute)
      entries[metric] = entry
      return isKept
    }
  }

  private static func forget(_ entries: inout [MetricIdentity: Entry], at minute: Int64) {
    entries = entries.filter { $0.value.series.hasSamples(since: minute - MinuteSeries.length) }
  }

  func metrics(at minute: Int64) -> [MetricIdentity] {
    entries.withLock { entries in
      Self.forget(&entries, at: minute)
      return Array(entries.keys)
    }
  }

  func series(of metric: MetricIdentity) -> MinuteSeries? {
    entries.withLock { $0[metric]?.series }
  }

  func unit(of metric: MetricIdentity) -> String? {
    entries.withLock { $0[metric]?.unit }
  }
}
