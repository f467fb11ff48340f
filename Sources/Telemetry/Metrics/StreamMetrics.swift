internal import Core
internal import Synchronization

/// What a metric is of: a stream, or a shard or a consumer of it.
struct MetricScope: Hashable, Sendable {
  var stream: String
  var shard: String?
  var consumer: String?
}

/// The metrics of all streams. Spread over several locks; a report takes one for each scope that
/// it speaks of.
final class StreamMetrics: Sendable {
  typealias Board = [StreamMetric: MinuteSeries]

  private final class Stripe: Sendable {
    let boards = Mutex<[MetricScope: Board]>([:])
  }

  private let stripes = (0..<16).map { _ in Stripe() }

  private func stripe(of scope: MetricScope) -> Stripe {
    stripes[Int((scope.shard ?? scope.stream).utf8.last ?? 0) % stripes.count]
  }

  private func add(
    _ samples: KeyValuePairs<StreamMetric, Double>, _ scope: MetricScope, _ minute: Int64
  ) {
    stripe(of: scope).boards.withLock { boards in
      for (metric, value) in samples {
        boards[scope, default: [:]][
          metric, default: MinuteSeries(keepsDistribution: metric.keepsDistribution)
        ].add(value, at: minute)
      }
    }
  }

  // MARK: Reports

  func appended(stream: String, shard: String, records: Int, bytes: Int, at minute: Int64) {
    let samples: KeyValuePairs = [
      StreamMetric.incomingBytes: Double(bytes), .incomingRecords: Double(records),
    ]
    add(samples, MetricScope(stream: stream), minute)
    add(samples, MetricScope(stream: stream, shard: shard), minute)
  }

  func note(_ report: RequestReport, at minute: Int64) {
    switch report.operation {
    case "PutRecord": notePut(report, minute)
    case "PutRecords": notePuts(report, minute)
    case "GetRecords": noteGet(report, minute)
    case "SubscribeToShard": noteSubscription(report, minute)
    default: break
    }
  }

  private func success(_ report: RequestReport) -> Double { report.outcome == .success ? 1 : 0 }

  private func notePut(_ report: RequestReport, _ minute: Int64) {
    let scope = MetricScope(stream: report.stream)
    add(
      [.putRecordLatency: report.seconds * 1000, .putRecordSuccess: success(report)], scope, minute)
    if report.outcome == .success {
      add([.putRecordBytes: Double(report.bytes)], scope, minute)
    }
    noteThrottledWrites(report, minute)
  }

  private func notePuts(_ report: RequestReport, _ minute: Int64) {
    let scope = MetricScope(stream: report.stream)
    let good = max(0, report.records - report.failedRecords - report.throttledRecords)
    add(
      [
        .putRecordsLatency: report.seconds * 1000,
        .putRecordsSuccess: report.outcome == .success && good > 0 ? 1 : 0,
        .putRecordsTotal: Double(report.records),
        .putRecordsSuccessful: report.outcome == .success ? Double(good) : 0,
        .putRecordsFailed: Double(report.failedRecords),
        .putRecordsThrottled: Double(report.throttledRecords),
      ], scope, minute)
    if report.outcome == .success {
      add(
        [.putRecordsBytes: Double(report.bytes), .putRecordsRecords: Double(good)], scope, minute)
    }
    noteThrottledWrites(report, minute)
  }

  /// Every put says how many of its records were above a limit, so that silence is a known zero.
  private func noteThrottledWrites(_ report: RequestReport, _ minute: Int64) {
    let count = report.throttledCount
    add([.writeExceeded: Double(count)], MetricScope(stream: report.stream), minute)
    for (shard, count) in report.throttledWrites {
      add(
        [.writeExceeded: Double(count)], MetricScope(stream: report.stream, shard: shard), minute)
    }
  }

  private func noteGet(_ report: RequestReport, _ minute: Int64) {
    let scope = MetricScope(stream: report.stream)
    add(
      [
        .getRecordsLatency: report.seconds * 1000, .getRecordsSuccess: success(report),
        .readExceeded: report.outcome == .throttled ? 1 : 0,
      ], scope, minute)
    let isGood = report.outcome == .success
    if isGood {
      add(
        [.getRecordsBytes: Double(report.bytes), .getRecordsRecords: Double(report.records)], scope,
        minute)
    }
    if isGood, let age = report.millisecondsBehind {
      add([.getRecordsIteratorAge: Double(age)], scope, minute)
    }
    guard let shard = report.shard else { return }
    let shardScope = MetricScope(stream: report.stream, shard: shard)
    add([.readExceeded: report.outcome == .throttled ? 1 : 0], shardScope, minute)
    guard isGood else { return }
    noteOutgoing(
      records: report.records, bytes: report.bytes, age: report.millisecondsBehind, shardScope,
      minute)
  }

  private func noteOutgoing(
    records: Int, bytes: Int, age: Int?, _ scope: MetricScope, _ minute: Int64
  ) {
    add([.outgoingBytes: Double(bytes), .outgoingRecords: Double(records)], scope, minute)
    if let age { add([.iteratorAge: Double(age)], scope, minute) }
  }

  private func noteSubscription(_ report: RequestReport, _ minute: Int64) {
    let scope = MetricScope(stream: report.stream, consumer: report.consumer)
    add(
      [
        .subscribeSuccess: success(report),
        .subscribeRateExceeded: report.outcome == .throttled ? 1 : 0,
      ], scope, minute)
  }

  func note(_ report: DeliveryReport, at minute: Int64) {
    let scope = MetricScope(stream: report.stream, consumer: report.consumer)
    add(
      [
        .eventSuccess: report.success ? 1 : 0, .eventBytes: Double(report.bytes),
        .eventRecords: Double(report.records), .eventBehind: Double(report.millisecondsBehind),
      ], scope, minute)
    guard report.success else { return }
    noteOutgoing(
      records: report.records, bytes: report.bytes, age: report.millisecondsBehind,
      MetricScope(stream: report.stream, shard: report.shard), minute)
  }

  // MARK: Asking

  /// Scopes with a sample within what is kept, and which metrics they have; the others are
  /// forgotten.
  func scopes(at minute: Int64) -> [(scope: MetricScope, metrics: [StreamMetric])] {
    let oldest = minute - MinuteSeries.length
    return stripes.flatMap { stripe in
      stripe.boards.withLock { boards in
        boards = boards.filter { $0.value.values.contains { $0.hasSamples(since: oldest) } }
        return boards.map { scope, board in
          (scope, board.filter { $0.value.hasSamples(since: oldest) }.map(\.key))
        }
      }
    }
  }

  func series(_ metric: StreamMetric, of scope: MetricScope) -> MinuteSeries? {
    stripe(of: scope).boards.withLock { $0[scope]?[metric] }
  }

  /// Sum and count of every metric since the engine's start.
  func totals() -> [(scope: MetricScope, totals: [StreamMetric: (sum: Double, count: Double)])] {
    stripes.flatMap { stripe in
      stripe.boards.withLock { boards in
        boards.map { ($0.key, $0.value.mapValues { ($0.totalSum, $0.totalCount) }) }
      }
    }
  }
}

extension RequestReport {
  /// Records above a limit, whether the whole put was or a part of it.
  var throttledCount: Int {
    outcome == .throttled ? max(1, throttledRecords) : throttledRecords
  }

  /// The same by shard, as far as that is known.
  var throttledWrites: [String: Int] {
    if !throttledByShard.isEmpty { return throttledByShard }
    guard throttledCount > 0, let shard else { return [:] }
    return [shard: throttledCount]
  }
}
