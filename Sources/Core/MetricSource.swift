/// A time series in CloudWatch's terms: which it is, apart from its numbers.
package struct MetricIdentity: Hashable, Sendable {
  /// `AWS/Kinesis`, or a client's own.
  package var namespace: String
  package var name: String
  /// Name to value; two series with other dimensions are other series.
  package var dimensions: [String: String]

  package init(namespace: String, name: String, dimensions: [String: String]) {
    self.namespace = namespace
    self.name = name
    self.dimensions = dimensions
  }
}

/// What a series had in some span of time.
package struct MetricStatistics: Sendable, Equatable {
  package var sampleCount: Double
  package var sum: Double
  package var minimum: Double
  package var maximum: Double
  /// For series that keep their distribution: how many samples there were of a value, the values
  /// rounded to within 1/16.
  package var distribution: [Double: Int]

  package init(
    sampleCount: Double, sum: Double, minimum: Double, maximum: Double,
    distribution: [Double: Int] = [:]
  ) {
    self.sampleCount = sampleCount
    self.sum = sum
    self.minimum = minimum
    self.maximum = maximum
    self.distribution = distribution
  }

  package var average: Double { sampleCount > 0 ? sum / sampleCount : 0 }

  package mutating func add(_ other: MetricStatistics) {
    sampleCount += other.sampleCount
    sum += other.sum
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    distribution.merge(other.distribution) { $0 &+ $1 }
  }

  /// The value that the share `share` (0 to 1) of all samples is not above; nil where the series
  /// keeps no distribution.
  package func percentile(_ share: Double) -> Double? {
    let count = distribution.values.reduce(0, &+)
    guard count > 0 else { return nil }
    let rank = max(1, Int((min(max(share, 0), 1) * Double(count)).rounded(.up)))
    var passed = 0
    for (value, times) in distribution.sorted(by: { $0.key < $1.key }) {
      passed += times
      // A rounded value may lie just outside of what was seen.
      if passed >= rank { return min(max(value, minimum), maximum) }
    }
    return maximum
  }
}

/// Whoever keeps series of one-minute statistics: what CloudWatch's operations are answered from.
package protocol MetricSource: Sendable {
  /// Every series that has a sample within what is kept.
  func metrics() -> [MetricIdentity]
  /// The minutes of a series from `start` to before `end`, the oldest first; those without a
  /// sample are left out. Nil where there is no such series.
  func minutes(
    of metric: MetricIdentity, from start: Timestamp, to end: Timestamp
  ) -> [(start: Timestamp, statistics: MetricStatistics)]?
  /// `Bytes`, `Count`, `Milliseconds`, or what a client said of its own; `None` if nobody did.
  func unit(of metric: MetricIdentity) -> String
  /// Keeps a client's own samples, all of one minute.
  ///
  /// - Returns: false where there is no room for another series, or the time lies outside of what
  ///   is kept.
  func record(
    _ statistics: MetricStatistics, of metric: MetricIdentity, unit: String?, at time: Timestamp
  ) -> Bool
}
