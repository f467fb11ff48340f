/// The latency of records over the last minute.
///
/// A refresh tells the latency of its oldest and its newest record; those between are taken to
/// be spread evenly.
struct LatencyWindow: Sendable {
  private struct Entry {
    var second: Int64
    var low: Double
    var high: Double
    var weight: Double
  }

  private static let seconds: Int64 = 60
  private static let pointsPerEntry = 16
  private var entries: [Entry] = []

  mutating func add(low: Double, high: Double, count: Int, at second: Int64) {
    entries.removeAll { $0.second <= second - Self.seconds }
    entries.append(
      Entry(second: second, low: min(low, high), high: high, weight: Double(count)))
  }

  /// The latencies that the given shares of records do not exceed; nil without records.
  func quantiles(_ shares: [Double], at second: Int64) -> [Double]? {
    let recent = entries.filter { $0.second > second - Self.seconds && $0.weight > 0 }
    guard !recent.isEmpty else { return nil }
    var points: [(value: Double, weight: Double)] = []
    for entry in recent {
      for step in 0..<Self.pointsPerEntry {
        let share = (Double(step) + 0.5) / Double(Self.pointsPerEntry)
        points.append(
          (
            entry.low + (entry.high - entry.low) * share,
            entry.weight / Double(Self.pointsPerEntry)
          ))
      }
    }
    points.sort { $0.value < $1.value }
    let total = points.reduce(0) { $0 + $1.weight }
    return shares.map { share in
      var sum = 0.0
      for point in points {
        sum += point.weight
        if sum >= share * total { return point.value }
      }
      return points.last?.value ?? 0
    }
  }
}
