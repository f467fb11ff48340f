/// Which of many ranges a number lies in: a segment tree over their bounds, static.
struct RangeIndex {
  /// The bounds, each once, rising. Place `2 * i + 1` stands for bound `i` itself, `2 * i` for the
  /// numbers below it and above the one before.
  private var bounds: [Double] = []
  private var leafCount = 1
  private var entries: [[Int32]] = []

  var isEmpty: Bool { bounds.isEmpty && entries.allSatisfy(\.isEmpty) }

  init(_ ranges: [(range: NumericRange, entry: Int32)]) {
    bounds = Set(ranges.flatMap { [$0.range.lower, $0.range.upper] }).sorted()
    let places = 2 * bounds.count + 1
    while leafCount < places { leafCount *= 2 }
    entries = Array(repeating: [], count: 2 * leafCount)
    for (range, entry) in ranges {
      let lower = place(of: range.lower) + (range.includesLower ? 0 : 1)
      let upper = place(of: range.upper) - (range.includesUpper ? 0 : 1)
      if lower <= upper { insert(lower, upper, entry) }
    }
  }

  /// Into the fewest nodes that make up the places.
  private mutating func insert(_ lower: Int, _ upper: Int, _ entry: Int32) {
    var (left, right) = (lower + leafCount, upper + leafCount + 1)
    while left < right {
      if left & 1 == 1 {
        entries[left].append(entry)
        left += 1
      }
      if right & 1 == 1 {
        right -= 1
        entries[right].append(entry)
      }
      left /= 2
      right /= 2
    }
  }

  private func place(of value: Double) -> Int {
    var (low, high) = (0, bounds.count)
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < bounds.count && bounds[low] == value ? 2 * low + 1 : 2 * low
  }

  func find(_ value: Double, _ found: (Int32) -> Void) {
    guard !bounds.isEmpty, !value.isNaN else { return }
    var node = place(of: value) + leafCount
    while node > 0 {
      for entry in entries[node] { found(entry) }
      node /= 2
    }
  }
}

/// Which of many blocks of addresses an address lies in: one question for each length of a
/// block's prefix.
struct AddressIndex {
  private struct Length: Hashable {
    var isVersion6: Bool
    var bits: Int
  }

  private var blocks: [Length: [UInt128: [Int32]]] = [:]

  var isEmpty: Bool { blocks.isEmpty }

  mutating func add(_ range: AddressRange, _ entry: Int32) {
    let length = Length(isVersion6: range.isVersion6, bits: range.prefixLength)
    blocks[length, default: [:]][range.first, default: []].append(entry)
  }

  func find(_ address: IPAddress, _ found: (Int32) -> Void) {
    for (length, starts) in blocks where length.isVersion6 == address.isVersion6 {
      for entry in starts[address.masked(to: length.bits)] ?? [] { found(entry) }
    }
  }
}
