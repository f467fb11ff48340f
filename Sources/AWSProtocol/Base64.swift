/// Base64 (RFC 4648, section 4) over raw bytes: a request of 500 records spends most of its
/// reading here.
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

  static func decode(_ text: UnsafeRawBufferPointer) throws(Failure) -> [UInt8] {
    guard text.count % 4 == 0 else { throw .length(text.count) }
    guard let last = text.last else { return [] }
    let pad = UInt8(ascii: "=")
    let padding = last != pad ? 0 : text[text.count - 2] == pad ? 2 : 1
    let wholeCount = padding == 0 ? text.count / 4 : text.count / 4 - 1
    var isValid = true
    var result = [UInt8](unsafeUninitializedCapacity: wholeCount * 3 + 2) { target, count in
      isValid = decodeWhole(text, groups: wholeCount, into: target)
      count = wholeCount * 3
    }
    guard isValid else { throw .character(firstInvalid(in: text, upTo: wholeCount * 4)) }
    if padding > 0 {
      try decodeLast(text, from: wholeCount * 4, padding: padding, into: &result)
    }
    return result
  }

  private static func decodeWhole(
    _ text: UnsafeRawBufferPointer, groups: Int, into target: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    values.withUnsafeBufferPointer { values in
      var invalid: UInt8 = 0
      for group in 0..<groups {
        let a = values[Int(text[group * 4])]
        let b = values[Int(text[group * 4 + 1])]
        let c = values[Int(text[group * 4 + 2])]
        let d = values[Int(text[group * 4 + 3])]
        invalid |= a | b | c | d
        target[group * 3] = a << 2 | (b >> 4 & 0x03)
        target[group * 3 + 1] = b << 4 | (c >> 2 & 0x0F)
        target[group * 3 + 2] = c << 6 | (d & 0x3F)
      }
      return invalid & 0xC0 == 0
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
    result.withUnsafeMutableBufferPointer { target in
      alphabet.withUnsafeBufferPointer { alphabet in
        var out = start
        for group in 0..<whole {
          let a = bytes[group * 3]
          let b = bytes[group * 3 + 1]
          let c = bytes[group * 3 + 2]
          target[out] = alphabet[Int(a >> 2)]
          target[out + 1] = alphabet[Int((a & 0x03) << 4 | b >> 4)]
          target[out + 2] = alphabet[Int((b & 0x0F) << 2 | c >> 6)]
          target[out + 3] = alphabet[Int(c & 0x3F)]
          out += 4
        }
        let rest = bytes.count - whole * 3
        guard rest > 0 else { return }
        let a = bytes[whole * 3]
        let b = rest == 2 ? bytes[whole * 3 + 1] : 0
        target[out] = alphabet[Int(a >> 2)]
        target[out + 1] = alphabet[Int((a & 0x03) << 4 | b >> 4)]
        if rest == 2 { target[out + 2] = alphabet[Int((b & 0x0F) << 2)] }
      }
    }
  }
}
