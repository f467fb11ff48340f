import AWSProtocol
import Core

extension CloudWatchService {
  private static let queriesMax = 500
  private static let pointsMax = 100_800

  func data(_ request: GetMetricDataRequest) throws(CloudWatchError) -> GetMetricDataResult {
    guard let start = request.start else { throw .missing("StartTime") }
    guard let end = request.end else { throw .missing("EndTime") }
    guard !request.queries.isEmpty else { throw .missing("MetricDataQueries") }
    guard request.queries.count <= Self.queriesMax else {
      throw .invalidValue("At most \(Self.queriesMax) queries are allowed in a request.")
    }
    let room = request.datapointsMax ?? Self.pointsMax
    guard (1...Self.pointsMax).contains(room) else {
      throw .invalidValue("MaxDatapoints is from 1 to \(Self.pointsMax).")
    }
    var skipped = try Self.offset(request.nextToken, upTo: .max)
    let before = skipped
    var taken = 0
    var results: [GetMetricDataResult.Series] = []
    var isCut = false
    for (query, found) in try series(request.queries, start, end) {
      let points = request.newestFirst ? found.points.reversed() : found.points
      let passed = min(skipped, points.count)
      skipped -= passed
      let page = points.dropFirst(passed).prefix(room - taken)
      let isComplete = passed + page.count == points.count
      taken += page.count
      isCut = isCut || !isComplete
      results.append(
        GetMetricDataResult.Series(
          id: query.id, label: query.label ?? found.label, points: Array(page),
          isComplete: isComplete))
    }
    return GetMetricDataResult(series: results, nextToken: isCut ? "\(before + taken)" : nil)
  }

  /// What is to be answered: of an expression that gives an array, each of its series.
  private func series(
    _ queries: [GetMetricDataRequest.Query], _ start: Timestamp, _ end: Timestamp
  ) throws(CloudWatchError) -> [(GetMetricDataRequest.Query, MetricSeries)] {
    let evaluation = try MetricEvaluation(service: self, queries: queries, from: start, to: end)
    var results: [(GetMetricDataRequest.Query, MetricSeries)] = []
    for query in queries where query.returnsData {
      switch try evaluation.value(of: query) {
      case .number:
        throw .validation(
          "Error in expression '\(query.id)': it gives a number, and a time series is needed.")
      case .series(let series): results.append((query, series))
      case .list(let list): results += list.map { (query, $0) }
      }
    }
    return results
  }

  fileprivate func series(
    _ query: GetMetricDataRequest.Query, _ start: Timestamp, _ end: Timestamp
  ) throws(CloudWatchError) -> MetricSeries {
    guard let metric = query.metric, let period = query.period else {
      throw .missing("MetricDataQueries.member.MetricStat")
    }
    try Self.check(period: period, start, end)
    let value: (MetricStatistics) -> Double?
    if let statistic = GetMetricStatisticsResult.Statistic(rawValue: query.statistic) {
      value = { statistic.value(of: $0) }
    } else {
      let share = try Self.share(query.statistic)
      value = { $0.percentile(share) }
    }
    let points = try buckets(of: metric, unit: query.unit, from: start, to: end, period: period)
      .compactMap { time, statistics in
        value(statistics).map { GetMetricDataResult.Point(time: time, value: $0) }
      }
    return MetricSeries(label: query.label ?? metric.name, period: period, points: points)
  }
}

/// The queries of one request, each worked out once, however many others name it.
private final class MetricEvaluation {
  private enum Progress {
    case begun
    case done(MetricMath.Value)
  }

  /// Queries that name queries that name queries…, at most.
  private static let depthMax = 16

  private let service: CloudWatchService
  private let queries: [String: GetMetricDataRequest.Query]
  private let order: [String]
  private let start: Timestamp
  private let end: Timestamp
  private var progress: [String: Progress] = [:]
  private var depth = 0

  init(
    service: CloudWatchService, queries: [GetMetricDataRequest.Query], from start: Timestamp,
    to end: Timestamp
  ) throws(CloudWatchError) {
    self.service = service
    self.start = start
    self.end = end
    order = queries.map(\.id)
    var byID: [String: GetMetricDataRequest.Query] = [:]
    for query in queries {
      guard let first = query.id.unicodeScalars.first, ("a"..."z").contains(first) else {
        throw .invalidValue("The Id \"\(query.id)\" does not start with a lowercase letter.")
      }
      guard byID.updateValue(query, forKey: query.id) == nil else {
        throw .validation("The values for parameter Id in MetricDataQueries are not unique.")
      }
    }
    self.queries = byID
  }

  func value(of query: GetMetricDataRequest.Query) throws(CloudWatchError) -> MetricMath.Value {
    switch progress[query.id] {
    case .done(let value): return value
    case .begun: throw .validation("The query '\(query.id)' depends on itself.")
    case nil: break
    }
    guard depth < Self.depthMax else { throw .validation("Expressions are nested too deeply.") }
    depth += 1
    progress[query.id] = .begun
    let value = try workOut(query)
    progress[query.id] = .done(value)
    depth -= 1
    return value
  }

  private func workOut(
    _ query: GetMetricDataRequest.Query
  ) throws(CloudWatchError) -> MetricMath.Value {
    guard let expression = query.expression else {
      return .series(try service.series(query, start, end))
    }
    var metrics: [(id: String, series: MetricSeries)] = []
    if expression.uppercased().contains("METRICS") {
      for id in order {
        guard let metric = queries[id], metric.expression == nil,
          case .series(let series) = try value(of: metric)
        else { continue }
        metrics.append((id, series))
      }
    }
    let math = MetricMath(start: start, end: end, metrics: metrics) {
      (id) throws(CloudWatchError) in
      guard let found = self.queries[id] else { return nil }
      return try self.value(of: found)
    }
    return Self.named(query, try math.value(of: expression, query: query.id))
  }

  /// The result of an expression bears the query's name, those of an array keep theirs.
  private static func named(
    _ query: GetMetricDataRequest.Query, _ value: MetricMath.Value
  ) -> MetricMath.Value {
    guard case .series(var series) = value else { return value }
    series.label = query.label ?? query.id
    return .series(series)
  }
}
