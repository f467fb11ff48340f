package import Core

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension JSONReader {
  /// A string; nil for `null`.
  package mutating func string() throws(AWSError) -> String? {
    try begin(.text) ? try text() : nil
  }

  package mutating func integer() throws(AWSError) -> Int? {
    guard try begin(.integer) else { return nil }
    let digits = try numberText()
    let limits = -Double(Int32.max)...Double(Int32.max)
    if let value = Int(digits) {
      return min(max(value, -Int(Int32.max)), Int(Int32.max))
    }
    guard let value = Double(digits), !value.isNaN else { throw malformed("Not a number") }
    return Int(min(max(value.rounded(.down), limits.lowerBound), limits.upperBound))
  }

  package mutating func boolean() throws(AWSError) -> Bool? {
    guard try begin(.boolean) else { return nil }
    if take(word: "true") { return true }
    if take(word: "false") { return false }
    throw unexpected("true or false")
  }

  /// Seconds since the epoch, with a fraction.
  package mutating func timestamp() throws(AWSError) -> Timestamp? {
    guard try begin(.timestamp) else { return nil }
    guard let seconds = Double(try numberText()), seconds.isFinite else {
      throw malformed("Not a number")
    }
    return Timestamp(seconds: seconds)
  }

  package mutating func double() throws(AWSError) -> Double? {
    guard try begin(.double) else { return nil }
    guard let value = Double(try numberText()), value.isFinite else {
      throw malformed("Not a number")
    }
    return value
  }

  /// Bytes, written in base64.
  package mutating func blob() throws(AWSError) -> [UInt8]? {
    guard try begin(.blob) else { return nil }
    // What is no base64 (an escape, a control character) is found in decoding, so that the text
    // is looked at once.
    let start = position + 1
    if let end = firstQuote(from: start),
      let data = try? Base64.decode(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    {
      position = end + 1
      return data
    }
    if let range = try rawText() {
      return try Base64.decodeMember(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    // Some writers escape the slash, which is one of the 64 characters.
    let unescaped = try unescapedText()
    return try unescaped.withUnsafeBufferPointer { (characters) throws(AWSError) in
      try Base64.decodeMember(UnsafeRawBufferPointer(characters))
    }
  }
}

// MARK: - Types

extension JSONReader {
  /// Stands at the first byte of a value of the expected type, or takes a `null`.
  mutating func begin(_ expected: Expectation) throws(AWSError) -> Bool {
    skipSpace()
    guard let byte = peek() else { throw unexpected("a value") }
    switch (byte, expected) {
    case (UInt8(ascii: "\""), .text), (UInt8(ascii: "\""), .blob),
      (UInt8(ascii: "{"), .structure), (UInt8(ascii: "{"), .map), (UInt8(ascii: "["), .list),
      (UInt8(ascii: "t"), .boolean), (UInt8(ascii: "f"), .boolean):
      return true
    case (UInt8(ascii: "-"), .integer), (UInt8(ascii: "0")...UInt8(ascii: "9"), .integer),
      (UInt8(ascii: "-"), .timestamp), (UInt8(ascii: "0")...UInt8(ascii: "9"), .timestamp),
      (UInt8(ascii: "-"), .double), (UInt8(ascii: "0")...UInt8(ascii: "9"), .double):
      return true
    case (UInt8(ascii: "n"), _) where take(word: "null"):
      return false
    default:
      throw try mismatch(expected)
    }
  }

  /// The error for a value of another type, after making sure that it is JSON at all.
  private mutating func mismatch(_ expected: Expectation) throws(AWSError) -> AWSError {
    let first = peek()
    let start = position
    var probe = self
    try probe.skip()
    switch first {
    case UInt8(ascii: "["): return expected.mismatch(.list)
    case UInt8(ascii: "{"): return expected.mismatch(.structure)
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return expected.mismatch(.boolean)
    case UInt8(ascii: "\""):
      let value = String(decoding: bytes[start..<probe.position].prefix(100), as: UTF8.self)
      return expected.mismatch(.text(value.filter { $0 != "\"" }))
    default: return expected.mismatch(.number)
    }
  }
}

// MARK: - Text and numbers

extension JSONReader {
  /// The string that starts here, with its escapes resolved.
  mutating func text() throws(AWSError) -> String {
    let start = position
    let text: String? =
      if let range = try rawText() {
        UTF8Text.string(UnsafeRawBufferPointer(rebasing: bytes[range]))
      } else {
        String(validating: try unescapedText(), as: UTF8.self)
      }
    guard let text else {
      position = start
      throw malformed("A string that is not UTF-8")
    }
    return text
  }

  private func firstQuote(from start: Int) -> Int? {
    guard let base = bytes.baseAddress, start < bytes.count,
      let found = memchr(base + start, 0x22, bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Where the bytes of the string that starts here are.
  ///
  /// - Returns: nil, and stays where it is, if the string holds escapes.
  mutating func rawText() throws(AWSError) -> Range<Int>? {
    let start = position + 1
    var end = start
    while end < bytes.count {
      let byte = bytes[end]
      if byte == UInt8(ascii: "\"") {
        position = end + 1
        return start..<end
      }
      if byte == UInt8(ascii: "\\") { return nil }
      if byte < 0x20 {
        position = end
        throw malformed("Control character in a string")
      }
      end += 1
    }
    position = bytes.count
    throw unexpected("the end of a string")
  }

  mutating func unescapedText() throws(AWSError) -> [UInt8] {
    var result: [UInt8] = []
    position += 1
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return result
      case UInt8(ascii: "\\"):
        try unescape(into: &result)
      case 0..<0x20:
        throw malformed("Control character in a string")
      default:
        result.append(byte)
      }
    }
    throw unexpected("the end of a string")
  }

  private mutating func unescape(into result: inout [UInt8]) throws(AWSError) {
    guard let byte = peek() else { throw unexpected("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): result.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw malformed("Unknown escape in a string")
    }
  }

  /// The scalar of `\uXXXX`, or of two of them that make a surrogate pair. A surrogate without
  /// its other half is no text: in its place a key would be another, and go to another shard.
  private mutating func escapedScalar() throws(AWSError) -> Character {
    let unit = try hexadecimalUnit()
    if let scalar = UnicodeScalar(unit) { return Character(scalar) }
    if (0xD800..<0xDC00).contains(unit), take(word: "\\u") {
      let low = try hexadecimalUnit()
      if (0xDC00..<0xE000).contains(low) {
        let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        if let scalar = UnicodeScalar(value) { return Character(scalar) }
      }
    }
    throw malformed("Half of a surrogate pair in a string")
  }

  private mutating func hexadecimalUnit() throws(AWSError) -> UInt16 {
    guard position + 4 <= bytes.count else { throw unexpected("four hexadecimal digits") }
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }

  /// The characters of the number that starts here.
  mutating func numberText() throws(AWSError) -> String {
    guard let first = peek(),
      first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    else { throw unexpected("a value") }
    let start = position
    position += 1
    scan: while let byte = peek() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
        position += 1
      default:
        break scan
      }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard Double(text) != nil else { throw malformed("Not a number") }
    return text
  }
}
