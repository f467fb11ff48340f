/// Counts of durations in buckets whose width grows with the duration: 16 to each power of two
/// microseconds, so that a quantile is off by at most 1/32 of its value.
///
/// Durations from 0 to 19 hours; longer ones count as the longest.
package struct LatencyHistogram: Sendable {
  private static let steps = 16
  private static let powers = 36
  private static let bucketCount = (powers - 3) * steps

  private var buckets = [UInt32](repeating: 0, count: bucketCount)
  package private(set) var count = 0

  package init() {}

  /// - Parameter seconds: negative and unknown (NaN) durations count as 0.
  package mutating func record(seconds: Double, times: Int = 1) {
    let times = max(times, 0)
    let bucket = Self.bucket(of: seconds)
    buckets[bucket] = Self.sum(buckets[bucket], UInt32(clamping: times))
    count = count &+ times
  }

  package mutating func add(_ other: LatencyHistogram) {
    for index in buckets.indices {
      buckets[index] = Self.sum(buckets[index], other.buckets[index])
    }
    count = count &+ other.count
  }

  package mutating func clear() {
    guard count != 0 else { return }
    for index in buckets.indices { buckets[index] = 0 }
    count = 0
  }

  /// The duration in seconds that the share `share` (0 to 1) of all is not longer than;
  /// nil of an empty histogram.
  package func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    let rank = max(1, (min(max(share, 0), 1) * Double(count)).rounded(.up))
    var passed = 0.0
    var newest: Int?
    for (index, number) in buckets.enumerated() where number > 0 {
      newest = index
      passed += Double(number)
      if passed >= rank { break }
    }
    return newest.map(Self.middle(of:))
  }

  private static func sum(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  private static func bucket(of seconds: Double) -> Int {
    let scaled = seconds * 1_000_000
    guard scaled > 0 else { return 0 }
    let longest = (UInt64(1) << powers) - 1
    let microseconds = scaled < Double(longest) ? UInt64(scaled.rounded()) : longest
    guard microseconds >= UInt64(steps) else { return Int(microseconds) }
    let power = 63 - microseconds.leadingZeroBitCount
    let step = Int(microseconds >> UInt64(power - 4)) - steps
    return (power - 3) * steps + step
  }

  private static func middle(of bucket: Int) -> Double {
    guard bucket >= steps else { return Double(bucket) / 1_000_000 }
    let width = UInt64(1) << UInt64(bucket / steps - 1)
    let low = UInt64(steps + bucket % steps) * width
    return (Double(low) + Double(width - 1) / 2) / 1_000_000
  }
}

/// A histogram of the last minute and one of the minute before it: what is older falls out, five
/// seconds at a time.
package struct MinuteHistogram: Sendable {
  private static let sliceSeconds: Int64 = 5
  /// Of one minute.
  private static let sliceCount: Int64 = 13
  private static let keptCount = 2 * sliceCount

  private var slices = [LatencyHistogram](
    repeating: LatencyHistogram(), count: Int(MinuteHistogram.keptCount))
  private var newest: Int64?

  package init() {}

  package mutating func record(seconds: Double, times: Int = 1, at second: Int64) {
    let slice = max(Self.slice(of: second), newest ?? .min)
    if let newest, slice > newest {
      for passed in 1...min(slice - newest, Self.keptCount) {
        slices[Self.place(of: slice - passed + 1)].clear()
      }
    }
    newest = slice
    slices[Self.place(of: slice)].record(seconds: seconds, times: times)
  }

  /// All that was recorded in the 60 to 65 seconds before `second`.
  package func total(at second: Int64) -> LatencyHistogram {
    total(at: second, back: 0)
  }

  /// All that was recorded in the minute before that of `total(at:)`.
  package func previous(at second: Int64) -> LatencyHistogram {
    total(at: second, back: Self.sliceCount)
  }

  private func total(at second: Int64, back: Int64) -> LatencyHistogram {
    var total = LatencyHistogram()
    guard let newest else { return total }
    let current = max(Self.slice(of: second), newest) - back
    for slice in (current - Self.sliceCount + 1)...current
    where slice <= newest && slice > newest - Self.keptCount {
      total.add(slices[Self.place(of: slice)])
    }
    return total
  }

  private static func slice(of second: Int64) -> Int64 {
    let (slice, rest) = second.quotientAndRemainder(dividingBy: sliceSeconds)
    return rest < 0 ? slice - 1 : slice
  }

  private static func place(of slice: Int64) -> Int {
    let rest = slice % keptCount
    return Int(rest < 0 ? rest + keptCount : rest)
  }
}
