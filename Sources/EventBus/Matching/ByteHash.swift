/// Hashing of short runs of bytes: a multiplication for every eight of them.
///
/// Whoever looks something up by it compares the bytes, too: a collision costs time only.
enum ByteHash {
  @inline(__always)
  static func hash(_ start: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var place = 0
    while place + 8 <= count {
      state = step(state, UnsafeRawPointer(start + place).loadUnaligned(as: UInt64.self))
      place += 8
    }
    if place < count { state = step(state, tail(start + place, count - place)) }
    return finish(state)
  }

  @inline(__always)
  static func hash(_ word: UInt64, seed: UInt64) -> UInt64 { finish(step(seed, word)) }

  @inline(__always)
  private static func step(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low &+ word
  }

  @inline(__always)
  static func finish(_ state: UInt64) -> UInt64 {
    let mixed = (state ^ (state >> 32)) &* 0xD6E8_FEB8_6659_FD93
    return mixed ^ (mixed >> 29)
  }

  /// Fewer than eight bytes as one word.
  @inline(__always)
  static func tail(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var word: UInt64 = 0
    for place in 0..<count { word |= UInt64(start[place]) << UInt64(8 * place) }
    return word
  }

  /// The first eight bytes (or all, if there are fewer) as one word.
  @inline(__always)
  static func head(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    count >= 8
      ? UnsafeRawPointer(start).loadUnaligned(as: UInt64.self) : tail(start, count)
  }
}

/// A map from numbers to small numbers, by open addressing: one look at memory for most questions.
struct WordMap {
  private var keys: [UInt64]
  private var values: [Int32]
  private var mask: Int
  private(set) var count = 0

  /// No key of ours has this value.
  private static let empty = UInt64.max

  init(capacity: Int = 8) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    keys = Array(repeating: Self.empty, count: size)
    values = Array(repeating: -1, count: size)
    mask = size - 1
  }

  /// - Returns: -1 where there is none.
  @inline(__always)
  func value(_ key: UInt64) -> Int32 {
    keys.withUnsafeBufferPointer { keys in
      var place = Int(truncatingIfNeeded: ByteHash.finish(key)) & mask
      while true {
        let found = keys[place]
        if found == key { return values[place] }
        if found == Self.empty { return -1 }
        place = (place + 1) & mask
      }
    }
  }

  /// - Precondition: `key` is not `UInt64.max`.
  mutating func set(_ key: UInt64, _ value: Int32) {
    if (count + 1) * 2 > keys.count { grow() }
    var place = Int(truncatingIfNeeded: ByteHash.finish(key)) & mask
    while keys[place] != Self.empty, keys[place] != key { place = (place + 1) & mask }
    if keys[place] == Self.empty { count += 1 }
    keys[place] = key
    values[place] = value
  }

  private mutating func grow() {
    var larger = WordMap(capacity: keys.count)
    for (key, value) in zip(keys, values) where key != Self.empty { larger.set(key, value) }
    self = larger
  }

  @inline(__always)
  static func key(_ high: Int32, _ low: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: high)) << 32 | UInt64(UInt32(bitPattern: low))
  }
}
