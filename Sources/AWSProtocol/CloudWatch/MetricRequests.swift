package import Core

/// A request whose members are read one by one; those that are not known are skipped.
package protocol CloudWatchRequest: Sendable {
  init()
  mutating func read<Reader: ShapeReader>(
    _ name: String, from reader: inout Reader
  ) throws(AWSError)
}

package struct ListMetricsRequest: CloudWatchRequest {
  package struct Filter: Equatable, Sendable {
    package var name: String
    package var value: String?
  }

  package var namespace: String?
  package var metric: String?
  package var filters: [Filter] = []
  package var nextToken: String?

  package init() {}

  package mutating func read<Reader: ShapeReader>(
    _ name: String, from reader: inout Reader
  ) throws(AWSError) {
    switch name {
    case "Namespace": namespace = try reader.string()
    case "MetricName": metric = try reader.string()
    case "Dimensions":
      filters = try reader.pairs().map { Filter(name: $0.name, value: $0.value) }
    case "NextToken": nextToken = try reader.string()
    default: try reader.skip()
    }
  }
}

package struct GetMetricStatisticsRequest: CloudWatchRequest {
  package var namespace: String?
  package var metric: String?
  package var dimensions: [String: String] = [:]
  package var start: Timestamp?
  package var end: Timestamp?
  /// In seconds.
  package var period: Int?
  package var statistics: [String] = []
  package var extendedStatistics: [String] = []
  package var unit: String?

  package init() {}

  package mutating func read<Reader: ShapeReader>(
    _ name: String, from reader: inout Reader
  ) throws(AWSError) {
    switch name {
    case "Namespace": namespace = try reader.string()
    case "MetricName": metric = try reader.string()
    case "Dimensions": dimensions = try reader.dimensions()
    case "StartTime": start = try reader.timestamp()
    case "EndTime": end = try reader.timestamp()
    case "Period": period = try reader.integer()
    case "Statistics": statistics = try reader.strings()
    case "ExtendedStatistics": extendedStatistics = try reader.strings()
    case "Unit": unit = try reader.string()
    default: try reader.skip()
    }
  }
}

package struct GetMetricDataRequest: CloudWatchRequest {
  package struct Query: Equatable, Sendable {
    package var id = ""
    package var metric: MetricIdentity?
    package var period: Int?
    package var statistic = ""
    package var unit: String?
    package var expression: String?
    package var label: String?
    package var returnsData = true
  }

  package var queries: [Query] = []
  package var start: Timestamp?
  package var end: Timestamp?
  package var nextToken: String?
  package var newestFirst = true
  package var datapointsMax: Int?

  package init() {}

  package mutating func read<Reader: ShapeReader>(
    _ name: String, from reader: inout Reader
  ) throws(AWSError) {
    switch name {
    case "MetricDataQueries":
      guard try reader.enterList() else { return }
      while try reader.nextElement() { queries.append(try Self.query(&reader)) }
    case "StartTime": start = try reader.timestamp()
    case "EndTime": end = try reader.timestamp()
    case "NextToken": nextToken = try reader.string()
    case "ScanBy": newestFirst = try reader.string() != "TimestampAscending"
    case "MaxDatapoints": datapointsMax = try reader.integer()
    default: try reader.skip()
    }
  }

  private static func query<Reader: ShapeReader>(
    _ reader: inout Reader
  ) throws(AWSError) -> Query {
    var query = Query()
    guard try reader.enterStructure() else { return query }
    while let name = try reader.nextName() {
      switch name {
      case "Id": query.id = try reader.string() ?? ""
      case "MetricStat": try readStatistic(&query, &reader)
      case "Expression": query.expression = try reader.string()
      case "Label": query.label = try reader.string()
      case "ReturnData": query.returnsData = try reader.boolean() ?? true
      case "Period": query.period = try reader.integer() ?? query.period
      default: try reader.skip()
      }
    }
    return query
  }

  private static func readStatistic<Reader: ShapeReader>(
    _ query: inout Query, _ reader: inout Reader
  ) throws(AWSError) {
    guard try reader.enterStructure() else { return }
    while let name = try reader.nextName() {
      switch name {
      case "Metric":
        var metric = MetricIdentity(namespace: "", name: "", dimensions: [:])
        guard try reader.enterStructure() else { continue }
        while let name = try reader.nextName() {
          switch name {
          case "Namespace": metric.namespace = try reader.string() ?? ""
          case "MetricName": metric.name = try reader.string() ?? ""
          case "Dimensions": metric.dimensions = try reader.dimensions()
          default: try reader.skip()
          }
        }
        query.metric = metric
      case "Period": query.period = try reader.integer()
      case "Stat": query.statistic = try reader.string() ?? ""
      case "Unit": query.unit = try reader.string()
      default: try reader.skip()
      }
    }
  }
}

package struct PutMetricDataRequest: CloudWatchRequest {
  package struct Datum: Equatable, Sendable {
    package var metric = ""
    package var dimensions: [String: String] = [:]
    package var time: Timestamp?
    package var unit: String?
    package var value: Double?
    package var values: [Double] = []
    package var counts: [Double] = []
    /// Sample count, sum, minimum, maximum.
    package var set: MetricStatistics?

    /// The samples as statistics; nil where there are none, or counts that do not fit.
    package var statistics: MetricStatistics? {
      if let set { return set.sampleCount > 0 ? set : nil }
      let values = value.map { [$0] } ?? values
      guard !values.isEmpty, counts.isEmpty || counts.count == values.count else { return nil }
      var total: MetricStatistics?
      for (index, value) in values.enumerated() {
        let count = counts.isEmpty ? 1 : counts[index]
        guard value.isFinite, count > 0, count <= 1e9 else { return nil }
        let sample = MetricStatistics(
          sampleCount: count, sum: value * count, minimum: value, maximum: value,
          distribution: [value: Int(count.rounded(.up))])
        if total == nil { total = sample } else { total?.add(sample) }
      }
      return total
    }
  }

  package var namespace: String?
  package var data: [Datum] = []

  package init() {}

  package mutating func read<Reader: ShapeReader>(
    _ name: String, from reader: inout Reader
  ) throws(AWSError) {
    switch name {
    case "Namespace": namespace = try reader.string()
    case "MetricData": try readData(&reader)
    case "EntityMetricData":
      guard try reader.enterList() else { return }
      while try reader.nextElement() {
        guard try reader.enterStructure() else { continue }
        while let name = try reader.nextName() {
          if name == "MetricData" { try readData(&reader) } else { try reader.skip() }
        }
      }
    default: try reader.skip()
    }
  }

  private mutating func readData<Reader: ShapeReader>(
    _ reader: inout Reader
  ) throws(AWSError) {
    guard try reader.enterList() else { return }
    while try reader.nextElement() {
      guard try reader.enterStructure() else { continue }
      var datum = Datum()
      while let name = try reader.nextName() { try Self.read(name, &datum, &reader) }
      data.append(datum)
    }
  }

  private static func read<Reader: ShapeReader>(
    _ name: String, _ datum: inout Datum, _ reader: inout Reader
  ) throws(AWSError) {
    switch name {
    case "MetricName": datum.metric = try reader.string() ?? ""
    case "Dimensions": datum.dimensions = try reader.dimensions()
    case "Timestamp": datum.time = try reader.timestamp()
    case "Unit": datum.unit = try reader.string()
    case "Value": datum.value = try reader.double()
    case "Values": datum.values = try reader.doubles()
    case "Counts": datum.counts = try reader.doubles()
    case "StatisticValues":
      var set = MetricStatistics(sampleCount: 0, sum: 0, minimum: 0, maximum: 0)
      guard try reader.enterStructure() else { return }
      while let name = try reader.nextName() {
        switch name {
        case "SampleCount": set.sampleCount = try reader.double() ?? 0
        case "Sum": set.sum = try reader.double() ?? 0
        case "Minimum": set.minimum = try reader.double() ?? 0
        case "Maximum": set.maximum = try reader.double() ?? 0
        default: try reader.skip()
        }
      }
      datum.set = set
    default: try reader.skip()
    }
  }
}

extension ShapeReader {
  /// Structures of `Name` and `Value`.
  fileprivate mutating func pairs() throws(AWSError) -> [(name: String, value: String?)] {
    var pairs: [(name: String, value: String?)] = []
    guard try enterList() else { return [] }
    while try nextElement() {
      var pair: (name: String, value: String?) = ("", nil)
      guard try enterStructure() else { continue }
      while let name = try nextName() {
        switch name {
        case "Name": pair.name = try string() ?? ""
        case "Value": pair.value = try string()
        default: try skip()
        }
      }
      pairs.append(pair)
    }
    return pairs
  }

  fileprivate mutating func dimensions() throws(AWSError) -> [String: String] {
    Dictionary(try pairs().map { ($0.name, $0.value ?? "") }) { _, last in last }
  }

  fileprivate mutating func strings() throws(AWSError) -> [String] {
    var strings: [String] = []
    guard try enterList() else { return [] }
    while try nextElement() { if let text = try string() { strings.append(text) } }
    return strings
  }

  fileprivate mutating func doubles() throws(AWSError) -> [Double] {
    var doubles: [Double] = []
    guard try enterList() else { return [] }
    while try nextElement() { if let value = try double() { doubles.append(value) } }
    return doubles
  }
}
