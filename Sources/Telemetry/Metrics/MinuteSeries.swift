internal import Core

/// One-minute statistics of the last three hours: at most `length` whole minutes and the running
/// one, and nothing for a minute without a sample.
struct MinuteSeries: Sendable {
  /// How many whole minutes are kept.
  static let length: Int64 = 180

  /// Counts of values whose upper 16 bits (of a Double: sign, exponent and 4 bits of mantissa) are
  /// the key, which rounds a value to within 1/16 of it.
  private typealias Buckets = [UInt16: UInt32]

  private struct Slot: Sendable {
    var minute: Int64
    var count = 0.0
    var sum = 0.0
    var minimum = Double.infinity
    var maximum = -Double.infinity
    var buckets: Buckets = [:]
  }

  /// The oldest first.
  private var slots: [Slot] = []
  private let keepsDistribution: Bool
  /// Since the engine's start.
  private(set) var totalSum = 0.0
  private(set) var totalCount = 0.0

  init(keepsDistribution: Bool) {
    self.keepsDistribution = keepsDistribution
  }

  /// Adds `times` samples of the value; what is not finite is not a sample.
  mutating func add(_ value: Double, times: Int = 1, at minute: Int64) {
    guard value.isFinite, times > 0, let place = open(minute) else { return }
    slots[place].count += Double(times)
    slots[place].sum += value * Double(times)
    slots[place].minimum = min(slots[place].minimum, value)
    slots[place].maximum = max(slots[place].maximum, value)
    totalSum += value * Double(times)
    totalCount += Double(times)
    if keepsDistribution {
      slots[place].buckets[Self.bucket(of: value), default: 0] &+= UInt32(clamping: times)
    }
  }

  /// - Returns: false if the minute lies outside of what is kept.
  mutating func add(_ statistics: MetricStatistics, at minute: Int64) -> Bool {
    guard let place = open(minute) else { return false }
    slots[place].count += statistics.sampleCount
    slots[place].sum += statistics.sum
    slots[place].minimum = min(slots[place].minimum, statistics.minimum)
    slots[place].maximum = max(slots[place].maximum, statistics.maximum)
    totalSum += statistics.sum
    totalCount += statistics.sampleCount
    if keepsDistribution {
      for (value, times) in statistics.distribution {
        slots[place].buckets[Self.bucket(of: value), default: 0] &+= UInt32(clamping: times)
      }
    }
    return true
  }

  func hasSamples(since minute: Int64) -> Bool {
    slots.last.map { $0.minute >= minute } ?? false
  }

  func minutes(from first: Int64, before end: Int64) -> [(minute: Int64, MetricStatistics)] {
    slots.filter { $0.minute >= first && $0.minute < end }.map { ($0.minute, Self.statistics($0)) }
  }

  private static func statistics(_ slot: Slot) -> MetricStatistics {
    MetricStatistics(
      sampleCount: slot.count, sum: slot.sum, minimum: slot.minimum, maximum: slot.maximum,
      distribution: Dictionary(
        slot.buckets.map { (value(of: $0.key), Int($0.value)) }, uniquingKeysWith: { $0 + $1 }))
  }

  /// The place of a minute's slot, made if there was none; nil if it is too old.
  private mutating func open(_ minute: Int64) -> Int? {
    if let last = slots.last, last.minute == minute { return slots.count - 1 }
    let newest = max(minute, slots.last?.minute ?? minute)
    guard minute >= newest - Self.length else { return nil }
    let place = slots.firstIndex { $0.minute >= minute } ?? slots.count
    if place == slots.count || slots[place].minute != minute {
      slots.insert(Slot(minute: minute), at: place)
    }
    let expired = slots.prefix { $0.minute < newest - Self.length }.count
    slots.removeFirst(expired)
    return place - expired
  }

  private static func bucket(of value: Double) -> UInt16 {
    UInt16(truncatingIfNeeded: value.bitPattern >> 48)
  }

  /// The middle of a bucket; zero stays zero.
  private static func value(of bucket: UInt16) -> Double {
    bucket & 0x7FFF == 0 ? 0 : Double(bitPattern: UInt64(bucket) << 48 | 1 << 47)
  }
}
