/// Base64 (RFC 4648, section 4) over raw bytes: a request of 500 records spends most of its
/// reading here. Four characters become three bytes by four look-ups and one comparison.
enum Base64 {
  enum Failure: Error, Equatable, CustomStringConvertible {
    case length(Int)
    case character(UInt8)
    case lastCharacter

    /// The wording (and the spelling) of Kinesis.
    var description: String {
      switch self {
      case .length(let count):
        "Base64 encoded length is expected a multiple of 4 bytes but found: \(count)"
      case .character(let byte):
        "Invalid Base64 character: '\(UnicodeScalar(byte))'"
      case .lastCharacter:
        "Invalid last non-pad Base64 character dectected"
      }
    }
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Six bits by character; 0xFF for what is no character of the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() {
      values[Int(character)] = UInt8(truncatingIfNeeded: value)
    }
    return values
  }()

  /// The value of a character at each of the four places of a group, in the order in which its
  /// bytes lie in memory; `invalidGroup` for what is no character.
  private static let places: [UInt32] = {
    var places = [UInt32](repeating: invalidGroup, count: 4 * 256)
    for (value, character) in alphabet.enumerated() {
      for place in 0..<4 {
        let bits = UInt32(value) << UInt32(18 - 6 * place)
        places[place * 256 + Int(character)] = (bits << 8).bigEndian
      }
    }
    return places
  }()

  /// A bit that no valid group has, whatever the byte order: groups fill three of four bytes.
  private static let invalidGroup = UInt32(0xFF).bigEndian

  /// Two characters for each number of twelve bits.
  private static let pairs: [UInt16] = {
    (0..<4096).map { bits in
      (UInt16(alphabet[bits >> 6]) << 8 | UInt16(alphabet[bits & 63])).bigEndian
    }
  }()

  static func decode(_ text: UnsafeRawBufferPointer) throws(Failure) -> [UInt8] {
    guard text.count % 4 == 0 else { throw .length(text.count) }
    guard let last = text.last else { return [] }
    let pad = UInt8(ascii: "=")
    let padding = last != pad ? 0 : text[text.count - 2] == pad ? 2 : 1
    let wholeCount = padding == 0 ? text.count / 4 : text.count / 4 - 1
    var isValid = true
    // Room for a fourth byte, which each group's store writes, behind the last group.
    var result = [UInt8](unsafeUninitializedCapacity: wholeCount * 3 + 4) { target, count in
      isValid = decodeWhole(text, groups: wholeCount, into: UnsafeMutableRawBufferPointer(target))
      count = wholeCount * 3
    }
    guard isValid else { throw .character(firstInvalid(in: text, upTo: wholeCount * 4)) }
    if padding > 0 {
      try decodeLast(text, from: wholeCount * 4, padding: padding, into: &result)
    }
    return result
  }

  private static func decodeWhole(
    _ text: UnsafeRawBufferPointer, groups: Int, into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    places.withUnsafeBufferPointer { places in
      var invalid: UInt32 = 0
      for group in 0..<groups {
        let characters = UInt32(
          littleEndian: text.loadUnaligned(fromByteOffset: group * 4, as: UInt32.self))
        let bits =
          places[Int(characters & 0xFF)] | places[256 + Int(characters >> 8 & 0xFF)]
          | places[512 + Int(characters >> 16 & 0xFF)] | places[768 + Int(characters >> 24)]
        invalid |= bits
        target.storeBytes(of: bits, toByteOffset: group * 3, as: UInt32.self)
      }
      return invalid & invalidGroup == 0
    }
  }

  private static func decodeLast(
    _ text: UnsafeRawBufferPointer, from start: Int, padding: Int, into result: inout [UInt8]
  ) throws(Failure) {
    var bits: UInt32 = 0
    for index in start..<start + 4 - padding {
      let value = values[Int(text[index])]
      guard value != 0xFF else { throw .character(text[index]) }
      bits = bits << 6 | UInt32(value)
    }
    let surplus = padding == 2 ? 4 : 2
    guard bits & (1 << surplus - 1) == 0 else { throw .lastCharacter }
    bits >>= surplus
    if padding == 1 { result.append(UInt8(truncatingIfNeeded: bits >> 8)) }
    result.append(UInt8(truncatingIfNeeded: bits))
  }

  private static func firstInvalid(in text: UnsafeRawBufferPointer, upTo end: Int) -> UInt8 {
    text.prefix(end).first { values[Int($0)] == 0xFF } ?? UInt8(ascii: "=")
  }

  /// Appends the characters for `bytes`.
  static func encode(_ bytes: UnsafeRawBufferPointer, into result: inout [UInt8]) {
    let whole = bytes.count / 3
    let start = result.count
    result.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (bytes.count + 2) / 3 * 4))
    result.withUnsafeMutableBytes { target in
      pairs.withUnsafeBufferPointer { pairs in
        for group in 0..<whole {
          let bits =
            UInt32(bytes[group * 3]) << 16 | UInt32(bytes[group * 3 + 1]) << 8
            | UInt32(bytes[group * 3 + 2])
          let out = start + group * 4
          target.storeBytes(of: pairs[Int(bits >> 12)], toByteOffset: out, as: UInt16.self)
          target.storeBytes(of: pairs[Int(bits & 0xFFF)], toByteOffset: out + 2, as: UInt16.self)
        }
      }
      encodeLast(bytes, from: whole * 3, into: target, at: start + whole * 4)
    }
  }

  private static func encodeLast(
    _ bytes: UnsafeRawBufferPointer, from first: Int, into target: UnsafeMutableRawBufferPointer,
    at out: Int
  ) {
    let rest = bytes.count - first
    guard rest > 0 else { return }
    let a = bytes[first]
    let b = rest == 2 ? bytes[first + 1] : 0
    target[out] = alphabet[Int(a >> 2)]
    target[out + 1] = alphabet[Int((a & 0x03) << 4 | b >> 4)]
    if rest == 2 { target[out + 2] = alphabet[Int((b & 0x0F) << 2)] }
  }
}
