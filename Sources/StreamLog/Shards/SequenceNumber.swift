internal import Core

/// The place of a record among all records of its stream, in the shape of Kinesis' own
/// sequence numbers (version 2): a number of 186 bits, printed as 56 decimal digits.
///
/// As 47 hexadecimal digits it reads: `2`, shard creation time (9, seconds), shard index modulo
/// 16 (1), index in the shard (16), `00`, arrival time (9, seconds), shard index (8), `2`.
/// Within a shard numbers rise with the index, so they compare as integers.
///
/// Source: the layout that kinesalite and kinesis-mock found by observation.
package struct SequenceNumber: Hashable, Sendable {
  package let shardCreatedAtSeconds: UInt64
  /// 0 is the shard's start, before any record; the record of ordinal n has n + 1.
  package let index: UInt64
  package let arrivedAtSeconds: UInt64
  package let shardIndex: UInt32

  private static let secondsMask: UInt64 = (1 << 36) - 1

  /// The number of the record with this ordinal.
  package init(
    shardCreatedAtSeconds: UInt64, ordinal: UInt64, arrivedAtSeconds: UInt64, shardIndex: UInt32
  ) {
    self.init(
      shardCreatedAtSeconds: shardCreatedAtSeconds, index: ordinal &+ 1,
      arrivedAtSeconds: arrivedAtSeconds, shardIndex: shardIndex)
  }

  /// The number at which a shard starts: less than any record's.
  package init(startOfShard shardIndex: UInt32, createdAtSeconds: UInt64) {
    self.init(
      shardCreatedAtSeconds: createdAtSeconds, index: 0, arrivedAtSeconds: createdAtSeconds,
      shardIndex: shardIndex)
  }

  private init(
    shardCreatedAtSeconds: UInt64, index: UInt64, arrivedAtSeconds: UInt64, shardIndex: UInt32
  ) {
    self.shardCreatedAtSeconds = shardCreatedAtSeconds & Self.secondsMask
    self.index = index
    self.arrivedAtSeconds = arrivedAtSeconds & Self.secondsMask
    self.shardIndex = shardIndex
  }

  /// nil for the start of a shard.
  package var ordinal: UInt64? { index == 0 ? nil : index - 1 }

  /// The number in three words, the most significant first.
  private var words: (UInt64, UInt64, UInt64) {
    // From the low end: 4 bits version, 32 shard, 36 time, 8 zero, 64 index, 4 shard, 36 created,
    // 4 version: 188 in all.
    let low = 2 | UInt64(shardIndex) << 4 | arrivedAtSeconds << 36
    let middle = arrivedAtSeconds >> 28 | index << 16
    let high =
      index >> 48 | UInt64(shardIndex & 0xF) << 16 | shardCreatedAtSeconds << 20 | 2 << 56
    return (high, middle, low)
  }
}

extension SequenceNumber: Comparable {
  package static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
    left.words < right.words
  }
}

extension SequenceNumber: CustomStringConvertible {
  private static let chunk: UInt64 = 1_000_000_000_000_000_000

  package var description: String {
    String(unsafeUninitializedCapacity: 57) { buffer in
      var (high, middle, low) = words
      var end = buffer.count
      // Eighteen digits at a time, from the right.
      while high | middle | low != 0 || end == buffer.count {
        var rest: UInt64
        (high, rest) = high.quotientAndRemainder(dividingBy: Self.chunk)
        (middle, rest) = Self.chunk.dividingFullWidth((rest, middle))
        (low, rest) = Self.chunk.dividingFullWidth((rest, low))
        let isLast = high | middle | low == 0
        for _ in 0..<18 {
          if isLast && rest == 0 { break }
          guard end > 0 else { break }
          end -= 1
          buffer[end] = 0x30 + UInt8(rest % 10)
          rest /= 10
        }
        if isLast { break }
      }
      let count = buffer.count - end
      for index in 0..<count { buffer[index] = buffer[end + index] }
      return count
    }
  }

  /// Reads what `description` prints; nil for anything else.
  package init?(_ text: String) {
    guard text.utf8.count <= 58, !text.isEmpty else { return nil }
    var (high, middle, low): (UInt64, UInt64, UInt64) = (0, 0, 0)
    for byte in text.utf8 {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (carryLow, newLow) = Self.timesTen(low, plus: UInt64(byte - 0x30))
      let (carryMiddle, newMiddle) = Self.timesTen(middle, plus: carryLow)
      let (carryHigh, newHigh) = Self.timesTen(high, plus: carryMiddle)
      guard carryHigh == 0 else { return nil }
      (high, middle, low) = (newHigh, newMiddle, newLow)
    }
    guard high >> 56 == 2, low & 0xF == 2, middle >> 8 & 0xFF == 0 else { return nil }
    self.init(
      shardCreatedAtSeconds: high >> 20 & Self.secondsMask,
      index: (high & 0xFFFF) << 48 | middle >> 16,
      arrivedAtSeconds: (middle & 0xFF) << 28 | low >> 36,
      shardIndex: UInt32(truncatingIfNeeded: low >> 4))
    guard UInt64(shardIndex & 0xF) == high >> 16 & 0xF else { return nil }
  }

  private static func timesTen(_ word: UInt64, plus addend: UInt64) -> (UInt64, UInt64) {
    let product = word.multipliedFullWidth(by: 10)
    let (sum, overflow) = product.low.addingReportingOverflow(addend)
    return (product.high + (overflow ? 1 : 0), sum)
  }
}
