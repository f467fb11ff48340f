import AWSProtocol
import Core
import Foundation

/// A metric's statistic over time, or what metric math made of some.
struct MetricSeries: Equatable {
  typealias Point = GetMetricDataResult.Point

  var label: String
  /// Seconds from one point to the next where none is missing.
  var period: Int
  /// By time.
  var points: [Point]

  func map(_ change: (Double) -> Double) -> MetricSeries {
    var result = self
    result.points = points.compactMap { point in
      let value = change(point.value)
      return value.isFinite ? Point(time: point.time, value: value) : nil
    }
    return result
  }
}

/// Works out expressions over time series. Of two series that are put together, the times that
/// both have remain; what is no number (a division by zero) is left out.
///
/// Source: the CloudWatch user guide, "Using math expressions with CloudWatch metrics".
/// Comparisons, IF and the functions for logs, anomalies and sorting are not supported.
struct MetricMath {
  typealias Failure = MetricExpression.Failure
  typealias Point = MetricSeries.Point

  enum Value {
    case number(Double)
    case series(MetricSeries)
    case list([MetricSeries])
  }

  /// Points of a series that FILL completes, at most.
  private static let pointsMax = 100_800

  /// The time asked for.
  let start: Timestamp
  let end: Timestamp
  /// The metrics among the queries, for METRICS(), in the order of the request.
  let metrics: [(id: String, series: MetricSeries)]
  /// The value of another query.
  let lookUp: (String) throws(CloudWatchError) -> Value?

  /// - Throws: `ValidationError` if the expression cannot be worked out; says why.
  func value(of text: String, query: String) throws(CloudWatchError) -> Value {
    do throws(Failure) {
      return try value(of: try MetricExpression(text))
    } catch {
      throw .validation("Error in expression '\(query)': \(error.reason).")
    }
  }

  private func value(of expression: MetricExpression) throws(Failure) -> Value {
    switch expression {
    case .number(let number): return .number(number)
    case .text: throw Failure(reason: "text stands only in METRICS()")
    case .id(let id): return try value(ofQuery: id)
    case .negative(let inner):
      return try combine(.number(-1), try value(of: inner), *)
    case .binary(let sign, let left, let right):
      return try combine(try value(of: left), try value(of: right), Self.function(sign))
    case .list(let items):
      var all: [MetricSeries] = []
      for item in items { all += try series(item) }
      return .list(all)
    case .call(let name, let arguments): return try call(name, arguments)
    }
  }

  private func value(ofQuery id: String) throws(Failure) -> Value {
    let found: Value?
    do throws(CloudWatchError) {
      found = try lookUp(id)
    } catch {
      let reason = error.message.hasSuffix(".") ? error.message.dropLast() : error.message[...]
      throw Failure(reason: "query '\(id)' failed: \(reason)")
    }
    guard let found else { throw Failure(reason: "there is no query '\(id)'") }
    return found
  }

  // MARK: Operators

  private static func function(
    _ sign: MetricExpression.Operator
  ) -> (Double, Double) -> Double {
    switch sign {
    case .plus: { $0 + $1 }
    case .minus: { $0 - $1 }
    case .times: { $0 * $1 }
    case .over: { $0 / $1 }
    case .power: { pow($0, $1) }
    }
  }

  private func combine(
    _ left: Value, _ right: Value, _ function: (Double, Double) -> Double
  ) throws(Failure) -> Value {
    switch (left, right) {
    case (.number(let left), .number(let right)):
      let result = function(left, right)
      guard result.isFinite else { throw Failure(reason: "it gives no number") }
      return .number(result)
    case (.number(let left), .series(let right)):
      return .series(right.map { function(left, $0) })
    case (.series(let left), .number(let right)):
      return .series(left.map { function($0, right) })
    case (.series(let left), .series(let right)):
      return .series(Self.matched(left, right, function))
    case (.list(let left), .number(let right)):
      return .list(left.map { $0.map { function($0, right) } })
    case (.number(let left), .list(let right)):
      return .list(right.map { $0.map { function(left, $0) } })
    case (.list(let left), .series(let right)):
      return .list(left.map { Self.matched($0, right, function) })
    case (.series(let left), .list(let right)):
      return .list(right.map { Self.matched(left, $0, function) })
    case (.list, .list): throw Failure(reason: "two arrays cannot be put together")
    }
  }

  private static func matched(
    _ left: MetricSeries, _ right: MetricSeries, _ function: (Double, Double) -> Double
  ) -> MetricSeries {
    let others = Dictionary(right.points.map { ($0.time, $0.value) }) { first, _ in first }
    var result = left
    result.period = max(left.period, right.period)
    result.points = left.points.compactMap { point in
      guard let other = others[point.time] else { return nil }
      let value = function(point.value, other)
      return value.isFinite ? Point(time: point.time, value: value) : nil
    }
    return result
  }

  // MARK: Functions

  private func call(
    _ name: String, _ arguments: [MetricExpression]
  ) throws(Failure) -> Value {
    if name == "METRICS" { return try metrics(arguments) }
    guard let first = arguments.first else { throw Failure(reason: "\(name)() needs a series") }
    if name == "FILL" {
      guard arguments.count == 2 else { throw Failure(reason: "FILL() takes two arguments") }
      return try fill(try value(of: first), arguments[1])
    }
    guard arguments.count == 1 else { throw Failure(reason: "\(name)() takes one argument") }
    let argument = try value(of: first)
    switch name {
    case "SUM": return try aggregate(argument) { $0.reduce(0, +) }
    case "AVG": return try aggregate(argument) { $0.reduce(0, +) / Double($0.count) }
    case "MIN": return try aggregate(argument) { $0.min() ?? 0 }
    case "MAX": return try aggregate(argument) { $0.max() ?? 0 }
    case "ABS": return try combine(argument, .number(0)) { value, _ in abs(value) }
    case "CEIL": return try combine(argument, .number(0)) { value, _ in value.rounded(.up) }
    case "FLOOR": return try combine(argument, .number(0)) { value, _ in value.rounded(.down) }
    case "PERIOD":
      guard case .series(let series) = argument else {
        throw Failure(reason: "PERIOD() takes one series")
      }
      return .number(Double(series.period))
    case "RATE": return try each(argument) { Self.changes(of: $0, perSecond: true) }
    case "DIFF": return try each(argument) { Self.changes(of: $0, perSecond: false) }
    default: throw Failure(reason: "the function \(name)() is not supported")
    }
  }

  private func metrics(_ arguments: [MetricExpression]) throws(Failure) -> Value {
    switch (arguments.count, arguments.first) {
    case (0, _): return .list(metrics.map(\.series))
    case (1, .text(let part)):
      return .list(metrics.filter { $0.id.contains(part) }.map(\.series))
    default: throw Failure(reason: "METRICS() takes nothing or a text in quotes")
    }
  }

  /// Of one series its values make a number; of several the values of each time make a point.
  private func aggregate(
    _ argument: Value, _ function: ([Double]) -> Double
  ) throws(Failure) -> Value {
    switch argument {
    case .number(let number): return .number(number)
    case .series(let series):
      return .number(series.points.isEmpty ? 0 : function(series.points.map(\.value)))
    case .list(let list):
      guard let first = list.first else { throw Failure(reason: "the array is empty") }
      var values: [Timestamp: [Double]] = [:]
      for series in list {
        for point in series.points { values[point.time, default: []].append(point.value) }
      }
      var result = first
      result.points = values.sorted { $0.key < $1.key }
        .map { Point(time: $0.key, value: function($0.value)) }
      return .series(result)
    }
  }

  private func each(
    _ argument: Value, _ change: (MetricSeries) throws(Failure) -> MetricSeries
  ) throws(Failure) -> Value {
    switch argument {
    case .number: throw Failure(reason: "a series is needed where a number is")
    case .series(let series): return .series(try change(series))
    case .list(let list):
      var changed: [MetricSeries] = []
      for series in list { changed.append(try change(series)) }
      return .list(changed)
    }
  }

  private static func changes(of series: MetricSeries, perSecond: Bool) -> MetricSeries {
    var result = series
    result.points = zip(series.points, series.points.dropFirst()).map { before, point in
      let change = point.value - before.value
      let seconds = point.time.seconds(since: before.time)
      return Point(time: point.time, value: perSecond ? change / seconds : change)
    }
    return result
  }

  private func series(_ expression: MetricExpression) throws(Failure) -> [MetricSeries] {
    switch try value(of: expression) {
    case .number: throw Failure(reason: "an array has series, not numbers")
    case .series(let series): [series]
    case .list(let list): list
    }
  }

  // MARK: Filling

  private func fill(_ argument: Value, _ filling: MetricExpression) throws(Failure) -> Value {
    switch filling {
    case .id("REPEAT"):
      return try each(argument) { (series) throws(Failure) in
        try self.filled(series) { before, _, _ in before?.value }
      }
    case .id("LINEAR"):
      return try each(argument) { (series) throws(Failure) in
        try self.filled(series) { before, after, time in
          guard let before, let after else { return nil }
          let share = time.seconds(since: before.time) / after.time.seconds(since: before.time)
          return before.value + (after.value - before.value) * share
        }
      }
    default:
      guard case .number(let number) = try value(of: filling) else {
        throw Failure(reason: "FILL() takes a number, REPEAT or LINEAR")
      }
      return try each(argument) { (series) throws(Failure) in
        try self.filled(series) { _, _, _ in number }
      }
    }
  }

  /// - Parameter value: for a time without a point, from the points around it.
  private func filled(
    _ series: MetricSeries, _ value: (Point?, Point?, Timestamp) -> Double?
  ) throws(Failure) -> MetricSeries {
    let step = Int64(series.period) * 1_000_000
    let first = start.microseconds - start.microseconds % step
    guard step > 0, (end.microseconds - first) / step <= Int64(Self.pointsMax) else {
      throw Failure(reason: "FILL() would give more than \(Self.pointsMax) points")
    }
    var result = series
    result.points = []
    var rest = series.points[...]
    var before: Point?
    for microseconds in stride(from: first, to: end.microseconds, by: Int64.Stride(step)) {
      let time = Timestamp(microseconds: microseconds)
      if let point = rest.first, point.time <= time {
        before = point
        rest = rest.dropFirst()
        result.points.append(point)
      } else if let value = value(before, rest.first, time) {
        result.points.append(Point(time: time, value: value))
      }
    }
    return result
  }
}
