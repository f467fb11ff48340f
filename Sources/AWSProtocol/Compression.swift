/// Reads what `gzip` wrote (RFC 1952 over RFC 1951): SDKs send PutMetricData so once it is large.
package enum Gzip {
  /// - Parameter byteCountMax: more than this is refused, however little it came from.
  /// - Returns: nil for what is not gzip, is damaged, or is too large.
  package static func decompress(_ bytes: [UInt8], byteCountMax: Int) -> [UInt8]? {
    guard bytes.count >= 18, bytes[0] == 0x1F, bytes[1] == 0x8B, bytes[2] == 8 else { return nil }
    let flags = bytes[3]
    var place = 10
    if flags & 4 != 0 {
      guard place + 2 <= bytes.count else { return nil }
      place += 2 + Int(bytes[place]) + Int(bytes[place + 1]) << 8
    }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      guard place < bytes.count, let end = bytes[place...].firstIndex(of: 0) else { return nil }
      place = end + 1
    }
    if flags & 2 != 0 { place += 2 }
    guard place + 8 <= bytes.count else { return nil }
    var inflater = Inflater(bytes: bytes[place..<(bytes.count - 8)], byteCountMax: byteCountMax)
    guard let plain = inflater.run() else { return nil }
    let tail = Array(bytes.suffix(8))
    func number(_ first: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(tail[first + $1]) << UInt32(8 * $1) }
    }
    guard number(4) == UInt32(truncatingIfNeeded: plain.count), number(0) == CRC32.checksum(plain)
    else { return nil }
    return plain
  }
}

private struct Inflater {
  /// A canonical Huffman code: how many codes there are of each length, and the symbols in order.
  private struct Code {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int] = []

    /// Nil where the lengths make no prefix code.
    init?(lengths: [Int]) {
      for length in lengths where length > 0 { counts[length] += 1 }
      var left = 1
      for length in 1...15 {
        left = left * 2 - counts[length]
        if left < 0 { return nil }
      }
      var offsets = [Int](repeating: 0, count: 16)
      for length in 1..<15 { offsets[length + 1] = offsets[length] + counts[length] }
      symbols = [Int](repeating: 0, count: lengths.count)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        symbols[offsets[length]] = symbol
        offsets[length] += 1
      }
    }
  }

  private let bytes: ArraySlice<UInt8>
  private let byteCountMax: Int
  private var place: Int
  private var held: UInt32 = 0
  private var heldCount = 0
  private var output: [UInt8] = []

  init(bytes: ArraySlice<UInt8>, byteCountMax: Int) {
    self.bytes = bytes
    self.byteCountMax = byteCountMax
    place = bytes.startIndex
  }

  mutating func run() -> [UInt8]? {
    while true {
      guard let isLast = bits(1), let kind = bits(2) else { return nil }
      let isGood: Bool
      switch kind {
      case 0: isGood = copyStored()
      case 1: isGood = Self.fixed.map { inflate($0.literals, $0.distances) } ?? false
      case 2: isGood = readCodes().map { inflate($0.literals, $0.distances) } ?? false
      default: isGood = false
      }
      guard isGood else { return nil }
      if isLast == 1 { return output }
    }
  }

  private mutating func bits(_ count: Int) -> Int? {
    while heldCount < count {
      guard place < bytes.endIndex else { return nil }
      held |= UInt32(bytes[place]) << UInt32(heldCount)
      place += 1
      heldCount += 8
    }
    let value = held & ((1 << UInt32(count)) - 1)
    held >>= UInt32(count)
    heldCount -= count
    return Int(value)
  }

  private mutating func symbol(_ code: Code) -> Int? {
    var value = 0
    var first = 0
    var index = 0
    for length in 1...15 {
      guard let bit = bits(1) else { return nil }
      value |= bit
      let count = code.counts[length]
      if value - count < first { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    return nil
  }

  private mutating func copyStored() -> Bool {
    held = 0
    heldCount = 0
    guard place + 4 <= bytes.endIndex else { return false }
    let count = Int(bytes[place]) | Int(bytes[place + 1]) << 8
    let complement = Int(bytes[place + 2]) | Int(bytes[place + 3]) << 8
    place += 4
    guard count == ~complement & 0xFFFF, place + count <= bytes.endIndex,
      output.count + count <= byteCountMax
    else { return false }
    output += bytes[place..<(place + count)]
    place += count
    return true
  }

  private static let fixed: (literals: Code, distances: Code)? = {
    let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    guard let literals = Code(lengths: lengths),
      let distances = Code(lengths: [Int](repeating: 5, count: 30))
    else { return nil }
    return (literals, distances)
  }()

  private static let order = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private mutating func readCodes() -> (literals: Code, distances: Code)? {
    guard let literalBits = bits(5), let distanceBits = bits(5), let lengthBits = bits(4) else {
      return nil
    }
    var lengths = [Int](repeating: 0, count: 19)
    for place in 0..<(lengthBits + 4) {
      guard let length = bits(3) else { return nil }
      lengths[Self.order[place]] = length
    }
    guard let code = Code(lengths: lengths) else { return nil }
    let total = literalBits + 257 + distanceBits + 1
    var all: [Int] = []
    while all.count < total {
      guard let next = symbol(code), append(next, to: &all) else { return nil }
    }
    guard all.count == total, let literals = Code(lengths: Array(all.prefix(literalBits + 257))),
      let distances = Code(lengths: Array(all.dropFirst(literalBits + 257)))
    else { return nil }
    return (literals, distances)
  }

  private mutating func append(_ symbol: Int, to lengths: inout [Int]) -> Bool {
    let (value, base, extra): (Int, Int, Int)
    switch symbol {
    case 0..<16:
      lengths.append(symbol)
      return true
    case 16:
      guard let last = lengths.last else { return false }
      (value, base, extra) = (last, 3, 2)
    case 17: (value, base, extra) = (0, 3, 3)
    default: (value, base, extra) = (0, 11, 7)
    }
    guard let more = bits(extra) else { return false }
    lengths += [Int](repeating: value, count: base + more)
    return true
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]

  private mutating func inflate(_ literals: Code, _ distances: Code) -> Bool {
    while true {
      guard let symbol = symbol(literals) else { return false }
      if symbol == 256 { return true }
      if symbol < 256 {
        guard output.count < byteCountMax else { return false }
        output.append(UInt8(symbol))
        continue
      }
      let index = symbol - 257
      guard index < Self.lengthBases.count, let moreLength = bits(Self.lengthBits[index]),
        let code = self.symbol(distances), code < Self.distanceBases.count,
        let moreDistance = bits(max(0, code / 2 - 1))
      else { return false }
      let length = Self.lengthBases[index] + moreLength
      let distance = Self.distanceBases[code] + moreDistance
      guard distance <= output.count, output.count + length <= byteCountMax else { return false }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }
}
