import StreamLog

/// What a sequence number that a client sends says of itself, in any of the three forms that
/// Kinesis has had. Ours have the last one (`SequenceNumber`); the others tell which error a
/// number from somewhere else gets.
///
/// Source: the layouts that kinesalite found by observation.
struct ObservedSequence {
  enum Form: UInt64 {
    case first = 0
    case second = 1
    case third = 2
  }

  let form: Form
  /// Negative where a client made a number up that the service reads so.
  let shardIndex: Int64
  let shardCreatedAtSeconds: UInt64
  /// nil in the first form.
  let arrivedAtSeconds: UInt64?

  private static let secondsMask: UInt64 = (1 << 36) - 1
  /// The service takes no later time.
  private static let secondsMax: UInt64 = 16_025_175_000

  /// nil for a number of no form.
  init?(_ text: String) {
    guard let number = WideNumber(text) else { return nil }
    if number.high == 0 {
      self.init(first: number)
    } else if number.high >> 56 == 2 {
      self.init(later: number)
    } else {
      return nil
    }
  }

  /// 32 hexadecimal digits: `1`, shard creation time (9), 18 others, shard index (4). The leading
  /// one may be missing.
  private init?(first number: WideNumber) {
    let seconds = number.middle >> 24 & Self.secondsMask
    guard number.middle >> 60 <= 1, seconds < Self.secondsMax else { return nil }
    form = .first
    shardIndex = Int64(number.low & 0xFFFF)
    shardCreatedAtSeconds = seconds
    arrivedAtSeconds = nil
  }

  /// 47 digits: `2`, shard creation time (9), shard index (1), then 18 in which the third form has
  /// an index (16) and two zeros and then the arrival time (9), the second form the time behind
  /// the first two; shard index (8) and the form.
  private init?(later number: WideNumber) {
    guard let form = Form(rawValue: number.low & 0xF), form != .first else { return nil }
    let seconds = number.high >> 20 & Self.secondsMask
    let index = (number.high & 0xFFFF) << 48 | number.middle >> 16
    var shard = Int64(UInt32(truncatingIfNeeded: number.low >> 4))
    if form == .third {
      guard index >> 63 == 0, seconds < Self.secondsMax else { return nil }
      if shard > Int64(Int32.max) { shard = -shard }
      arrivedAtSeconds = (number.middle & 0xFF) << 28 | number.low >> 36
    } else {
      arrivedAtSeconds = index >> 20 & Self.secondsMask
    }
    self.form = form
    shardIndex = shard
    shardCreatedAtSeconds = seconds
  }

  /// The shard as messages name it.
  var shardName: String {
    guard shardIndex < 0 else { return "\(ShardID(index: UInt32(shardIndex)))" }
    let digits = String(shardIndex.magnitude)
    return "shardId--" + String(repeating: "0", count: max(0, 11 - digits.count)) + digits
  }
}

/// A number of up to 192 bits.
private struct WideNumber {
  private(set) var high: UInt64 = 0
  private(set) var middle: UInt64 = 0
  private(set) var low: UInt64 = 0

  /// nil unless `text` is decimal digits, of no more than 192 bits.
  init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    for byte in text.utf8 {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      var carry = UInt64(byte - UInt8(ascii: "0"))
      low = Self.timesTen(low, &carry)
      middle = Self.timesTen(middle, &carry)
      high = Self.timesTen(high, &carry)
      guard carry == 0 else { return nil }
    }
  }

  private static func timesTen(_ word: UInt64, _ carry: inout UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: 10)
    let (sum, overflow) = product.low.addingReportingOverflow(carry)
    carry = product.high + (overflow ? 1 : 0)
    return sum
  }
}
