import AWSProtocol
import Core
import NIOCore
import StreamLog

/// Amazon CloudWatch as far as metrics go: ListMetrics, GetMetricStatistics, GetMetricData and
/// PutMetricData, over one-minute statistics of the last three hours.
///
/// Metrics of single shards are told only where EnableEnhancedMonitoring asked for them, as the
/// service has it. Alarms and dashboards are not served.
struct CloudWatchService: AWSService {
  private let metrics: any MetricSource
  let log: StreamLog
  private let clock: any WallClock

  init(metrics: any MetricSource, log: StreamLog, clock: any WallClock) {
    self.metrics = metrics
    self.log = log
    self.clock = clock
  }

  func owns(_ head: RequestHead) -> Bool {
    head.method == "POST" && CloudWatchCall.owns(head)
  }

  func answer(_ head: RequestHead, _ body: ByteBuffer) async -> ServiceReply {
    let requestID = RequestIdentity.requestID()
    var body = Array(body.readableBytesView)
    if head.contentEncoding == "gzip" {
      guard let plain = Gzip.decompress(body, byteCountMax: 16 << 20) else {
        let error = AWSError(.serialization, "The body is not gzip, or too large.")
        return .whole(.failure(error))
      }
      body = plain
    }
    return body.withUnsafeBytes { bytes in
      guard let call = CloudWatchCall(head, body: bytes) else {
        let call = CloudWatchCall(encoding: .query, operation: "")
        return .whole(call.failure(.unknownOperation("without a name"), requestID: requestID))
      }
      // A web page of some browser on this machine must not get through; see `RequestRoute`.
      if head.origin != nil {
        let error = AWSError(.accessDenied, "Requests from web pages are not accepted.")
        return .whole(call.failure(CloudWatchError(error), requestID: requestID))
      }
      do throws(CloudWatchError) {
        return .whole(call.success(try perform(call, bytes), requestID: requestID))
      } catch {
        return .whole(call.failure(error, requestID: requestID))
      }
    }
  }

  private func perform(
    _ call: CloudWatchCall, _ body: UnsafeRawBufferPointer
  ) throws(CloudWatchError) -> (any CloudWatchResult)? {
    switch call.operation {
    case "ListMetrics": return try list(try decode(call, body))
    case "GetMetricStatistics": return try statistics(try decode(call, body))
    case "GetMetricData": return try data(try decode(call, body))
    case "PutMetricData":
      try put(try decode(call, body))
      return nil
    default: throw .unknownOperation(call.operation)
    }
  }

  private func decode<R: CloudWatchRequest>(
    _ call: CloudWatchCall, _ body: UnsafeRawBufferPointer
  ) throws(CloudWatchError) -> R {
    do throws(AWSError) {
      return try call.decode(R.self, body)
    } catch {
      throw CloudWatchError(error)
    }
  }

  // MARK: Listing

  private static let listedMax = 500

  private func list(_ request: ListMetricsRequest) throws(CloudWatchError) -> ListMetricsResult {
    let found = metrics.metrics().filter { metric in
      isPublished(metric)
        && (request.namespace == nil || request.namespace == metric.namespace)
        && (request.metric == nil || request.metric == metric.name)
        && request.filters.allSatisfy { filter in
          metric.dimensions[filter.name].map { filter.value == nil || filter.value == $0 } ?? false
        }
    }.sorted { $0.order < $1.order }
    let first = try Self.offset(request.nextToken, upTo: found.count)
    let page = found.dropFirst(first).prefix(Self.listedMax)
    let end = first + page.count
    return ListMetricsResult(
      metrics: Array(page), nextToken: end < found.count ? "\(end)" : nil)
  }

  static func offset(
    _ token: String?, upTo count: Int
  ) throws(CloudWatchError) -> Int {
    guard let token else { return 0 }
    guard let offset = Int(token), offset >= 0 else { throw .invalidToken() }
    return min(offset, count)
  }

  private func isPublished(_ metric: MetricIdentity) -> Bool {
    guard metric.namespace == "AWS/Kinesis", metric.dimensions["ShardId"] != nil,
      let stream = metric.dimensions["StreamName"]
    else { return true }
    let enabled = (try? log.summary(of: stream))?.settings.shardLevelMetrics ?? []
    return enabled.contains(metric.name) || enabled.contains("ALL")
  }

  // MARK: Statistics

  private static let datapointsMax = 1_440

  private func statistics(
    _ request: GetMetricStatisticsRequest
  ) throws(CloudWatchError) -> GetMetricStatisticsResult {
    guard let namespace = request.namespace else { throw .missing("Namespace") }
    guard let name = request.metric else { throw .missing("MetricName") }
    guard let start = request.start else { throw .missing("StartTime") }
    guard let end = request.end else { throw .missing("EndTime") }
    guard let period = request.period else { throw .missing("Period") }
    guard !request.statistics.isEmpty || !request.extendedStatistics.isEmpty else {
      throw .invalidCombination(
        "At least one of the parameters Statistics and "
          + "ExtendedStatistics must be specified.")
    }
    try Self.check(period: period, start, end)
    guard Int(end.seconds(since: start)) / period <= Self.datapointsMax else {
      throw .invalidCombination(
        "You have requested up to \(Int(end.seconds(since: start)) / period) datapoints, which "
          + "exceeds the limit of \(Self.datapointsMax). You may reduce the datapoints requested "
          + "by increasing Period, or decreasing the time range.")
    }
    var wanted: [GetMetricStatisticsResult.Statistic] = []
    for text in request.statistics {
      guard let statistic = GetMetricStatisticsResult.Statistic(rawValue: text) else {
        throw .invalidValue("The value \(text) for parameter Statistics is not supported.")
      }
      wanted.append(statistic)
    }
    var shares: [String: Double] = [:]
    for text in request.extendedStatistics { shares[text] = try Self.share(text) }
    let metric = MetricIdentity(
      namespace: namespace, name: name, dimensions: request.dimensions)
    let unit = metrics.unit(of: metric)
    let points = try buckets(of: metric, unit: request.unit, from: start, to: end, period: period)
    return GetMetricStatisticsResult(
      label: name,
      datapoints: points.map { time, statistics in
        GetMetricStatisticsResult.Datapoint(
          time: time,
          statistics: Dictionary(
            wanted.map { ($0, $0.value(of: statistics)) }, uniquingKeysWith: { first, _ in first }),
          extended: shares.compactMapValues { statistics.percentile($0) })
      }, unit: unit)
  }

  static func check(
    period: Int, _ start: Timestamp, _ end: Timestamp
  ) throws(CloudWatchError) {
    guard period >= 60, period % 60 == 0 else {
      throw .invalidValue(
        "Period must be a multiple of 60: statistics are kept for whole minutes.")
    }
    guard start < end else {
      throw .invalidCombination("The parameter StartTime must be less than the parameter EndTime.")
    }
  }

  /// `p99.9` as 0.999.
  static func share(_ text: String) throws(CloudWatchError) -> Double {
    guard text.hasPrefix("p"), let percent = Double(text.dropFirst()), percent >= 0,
      percent <= 100
    else {
      throw .invalidValue("The statistic \(text) is not supported: percentiles such as p99 are.")
    }
    return percent / 100
  }

  /// Minutes put together into periods, which begin at multiples of their length.
  func buckets(
    of metric: MetricIdentity, unit: String?, from start: Timestamp, to end: Timestamp, period: Int
  ) throws(CloudWatchError) -> [(Timestamp, MetricStatistics)] {
    guard isPublished(metric), unit == nil || unit == metrics.unit(of: metric) else { return [] }
    // The minute that the start lies in counts, as the service rounds it down.
    let floored = Timestamp(microseconds: start.microseconds - start.microseconds % 60_000_000)
    let length = Int64(period) * 1_000_000
    var result: [(Timestamp, MetricStatistics)] = []
    for (time, statistics) in metrics.minutes(of: metric, from: floored, to: end) ?? [] {
      let begin = Timestamp(microseconds: time.microseconds - time.microseconds % length)
      if let last = result.last, last.0 == begin {
        result[result.count - 1].1.add(statistics)
      } else {
        result.append((begin, statistics))
      }
    }
    return result
  }

  // MARK: Putting

  private static let dataMax = 1_000

  private func put(_ request: PutMetricDataRequest) throws(CloudWatchError) {
    guard let namespace = request.namespace, !namespace.isEmpty else { throw .missing("Namespace") }
    guard !namespace.hasPrefix("AWS/"), !namespace.hasPrefix(":") else {
      throw .invalidValue("The value \(namespace) for parameter Namespace is invalid.")
    }
    guard request.data.count <= Self.dataMax else {
      throw .invalidValue("At most \(Self.dataMax) data are allowed in a request.")
    }
    for datum in request.data {
      guard !datum.metric.isEmpty else { throw .missing("MetricData.member.MetricName") }
      guard datum.dimensions.count <= 30 else {
        throw .invalidValue("A metric has at most 30 dimensions.")
      }
      guard let statistics = datum.statistics else {
        throw .invalidCombination(
          "\(datum.metric) has no Value, Values or StatisticValues, or Counts that do not fit.")
      }
      let metric = MetricIdentity(
        namespace: namespace, name: datum.metric, dimensions: datum.dimensions)
      let time = datum.time ?? clock.now()
      guard metrics.record(statistics, of: metric, unit: datum.unit, at: time) else {
        throw .limitExceeded(
          "\(datum.metric) cannot be kept: Weir keeps the last three hours of 2,000 metrics.")
      }
    }
  }
}

extension MetricIdentity {
  fileprivate var order: String {
    ([namespace, name] + dimensions.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
      .joined(separator: "\u{0}")
  }
}
