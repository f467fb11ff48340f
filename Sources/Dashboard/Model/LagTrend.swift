import Core

/// How far a view was behind in the last seconds, and so where it is going.
struct LagTrend: Sendable, Equatable {
  enum Direction: Equatable { case falling, steady, rising }

  private var samples: [(at: Timestamp, behind: Int)] = []
  /// Long enough that a refresh each second does not look like a turn.
  private static let span = 10.0

  static func == (left: LagTrend, right: LagTrend) -> Bool {
    left.samples.elementsEqual(right.samples) { $0 == $1 }
  }

  mutating func add(_ behind: Int, at time: Timestamp) {
    if let last = samples.last {
      if time == last.at { return }
      // The clock was set back: what came before says nothing.
      if time < last.at { samples.removeAll() }
    }
    samples.append((time, behind))
    while samples.count > 2, let first = samples.first,
      time.seconds(since: first.at) > Self.span
    {
      samples.removeFirst()
    }
  }

  /// Records per second by which it grows; nil before two samples.
  private var slope: Double? {
    guard let first = samples.first, let last = samples.last else { return nil }
    let seconds = last.at.seconds(since: first.at)
    guard seconds > 0 else { return nil }
    return (Double(last.behind) - Double(first.behind)) / seconds
  }

  var direction: Direction? {
    guard let slope, let last = samples.last else { return nil }
    let threshold = max(0.5, Double(last.behind) * 0.005)
    return slope > threshold ? .rising : slope < -threshold ? .falling : .steady
  }

  /// Seconds until nothing is left, at the present pace; nil if it does not shrink.
  var drainSeconds: Double? {
    guard let slope, let last = samples.last, direction == .falling, slope < 0 else { return nil }
    return Double(last.behind) / -slope
  }
}
