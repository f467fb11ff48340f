package import Core

/// A result that writes its members.
package protocol CloudWatchResult: Sendable {
  func write<Writer: ShapeWriter>(to writer: inout Writer)
}

package struct ListMetricsResult: CloudWatchResult {
  package var metrics: [MetricIdentity]
  package var nextToken: String?

  package init(metrics: [MetricIdentity], nextToken: String? = nil) {
    self.metrics = metrics
    self.nextToken = nextToken
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.name("Metrics")
    writer.beginArray()
    for metric in metrics {
      writer.beginObject()
      writer.field("Namespace", metric.namespace)
      writer.field("MetricName", metric.name)
      writer.name("Dimensions")
      writer.beginArray()
      for (name, value) in metric.dimensions.sorted(by: { $0.key < $1.key }) {
        writer.beginObject()
        writer.field("Name", name)
        writer.field("Value", value)
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    writer.field("NextToken", nextToken)
  }
}

package struct GetMetricStatisticsResult: CloudWatchResult {
  package struct Datapoint: Equatable, Sendable {
    package var time: Timestamp
    /// `Sum`, `Average` and so on, in the order of the model.
    package var statistics: [Statistic: Double]
    /// `p99` and the like.
    package var extended: [String: Double]

    package init(time: Timestamp, statistics: [Statistic: Double], extended: [String: Double]) {
      self.time = time
      self.statistics = statistics
      self.extended = extended
    }
  }

  package enum Statistic: String, CaseIterable, Sendable {
    case sampleCount = "SampleCount"
    case average = "Average"
    case sum = "Sum"
    case minimum = "Minimum"
    case maximum = "Maximum"

    package func value(of statistics: MetricStatistics) -> Double {
      switch self {
      case .sampleCount: statistics.sampleCount
      case .average: statistics.average
      case .sum: statistics.sum
      case .minimum: statistics.minimum
      case .maximum: statistics.maximum
      }
    }

    fileprivate var member: StaticString {
      switch self {
      case .sampleCount: "SampleCount"
      case .average: "Average"
      case .sum: "Sum"
      case .minimum: "Minimum"
      case .maximum: "Maximum"
      }
    }
  }

  package var label: String
  package var datapoints: [Datapoint]
  package var unit: String

  package init(label: String, datapoints: [Datapoint], unit: String) {
    self.label = label
    self.datapoints = datapoints
    self.unit = unit
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.field("Label", label)
    writer.name("Datapoints")
    writer.beginArray()
    for point in datapoints {
      writer.beginObject()
      writer.field("Timestamp", point.time)
      for statistic in Statistic.allCases {
        guard let value = point.statistics[statistic] else { continue }
        writer.name(statistic.member)
        writer.double(value)
      }
      writer.field("Unit", unit)
      if !point.extended.isEmpty {
        writer.name("ExtendedStatistics")
        writer.beginObject()
        for (name, value) in point.extended.sorted(by: { $0.key < $1.key }) {
          writer.key(name)
          writer.double(value)
        }
        writer.endObject()
      }
      writer.endObject()
    }
    writer.endArray()
  }
}

package struct GetMetricDataResult: CloudWatchResult {
  package struct Series: Equatable, Sendable {
    package var id: String
    package var label: String
    package var points: [Point]
    /// Whether all of them are here; else the next token leads to more.
    package var isComplete: Bool

    package init(id: String, label: String, points: [Point], isComplete: Bool) {
      self.id = id
      self.label = label
      self.points = points
      self.isComplete = isComplete
    }
  }

  package struct Point: Equatable, Sendable {
    package var time: Timestamp
    package var value: Double

    package init(time: Timestamp, value: Double) {
      self.time = time
      self.value = value
    }
  }

  package var series: [Series]
  package var nextToken: String?

  package init(series: [Series], nextToken: String?) {
    self.series = series
    self.nextToken = nextToken
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.name("MetricDataResults")
    writer.beginArray()
    for series in series {
      writer.beginObject()
      writer.field("Id", series.id)
      writer.field("Label", series.label)
      writer.name("Timestamps")
      writer.beginArray()
      for point in series.points { writer.timestamp(point.time) }
      writer.endArray()
      writer.name("Values")
      writer.beginArray()
      for point in series.points { writer.double(point.value) }
      writer.endArray()
      writer.field("StatusCode", series.isComplete ? "Complete" : "PartialData")
      writer.endObject()
    }
    writer.endArray()
    writer.field("NextToken", nextToken)
    writer.name("Messages")
    writer.beginArray()
    writer.endArray()
  }
}
