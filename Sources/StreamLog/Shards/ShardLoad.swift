internal import Synchronization

/// What a shard has taken since the log was opened, by parts of its hash range: so that a hot
/// shard is split where its load is in balance, and not at all if the load is one key's.
final class ShardLoad: Sendable {
  static let partsMax = 16

  /// Bytes (data and keys) by part; the parts are as wide as a power of two.
  struct Parts: Sendable {
    var bytes = [UInt64](repeating: 0, count: partsMax)

    static func + (left: Parts, right: Parts) -> Parts {
      Parts(bytes: zip(left.bytes, right.bytes).map { $0 &+ $1 })
    }
  }

  private let start: UInt128
  /// The binary logarithm of a part's width.
  let shift: Int
  private let parts = Mutex(Parts())

  init(_ range: ClosedRange<UInt128>) {
    start = range.lowerBound
    let width = range.upperBound - range.lowerBound
    shift = max(0, 128 - width.leadingZeroBitCount - 4)
  }

  func part(of hashKey: UInt128) -> Int {
    min(Self.partsMax - 1, Int(truncatingIfNeeded: (hashKey &- start) >> UInt128(shift)))
  }

  func add(_ written: Parts) { parts.withLock { $0 = $0 + written } }

  var current: Parts { parts.withLock { $0 } }
}
