/// Reads JSON (RFC 8259) token by token, and knows where it is.
///
/// ```
/// var reader = JSONTokenReader(text.utf8)
/// while let token = try reader.next() { … }
/// ```
///
/// Commas and colons are checked and not returned. Memory: one byte for each level of nesting,
/// of which there are `depthMax` at most.
package struct JSONTokenReader {
  package enum Token: Equatable, Sendable {
    case beginObject, endObject, beginArray, endArray
    case key(String)
    case string(String)
    /// As written.
    case number(String)
    case bool(Bool)
    case null
  }

  package static let depthMax = 1_000

  private enum Expected {
    case value, keyOrEnd, key, valueOrEnd, commaOrEnd, end
  }

  private let bytes: [UInt8]
  /// How many bytes were read: the place behind the newest token.
  package private(set) var offset = 0
  /// Where the newest token begins.
  package private(set) var tokenStart = 0
  /// The open objects (true) and arrays (false).
  private var open: [Bool] = []
  private var expected = Expected.value

  package init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// - Returns: nil at the end of the document.
  package mutating func next() throws(JSONSyntaxError) -> Token? {
    skipBlanks()
    tokenStart = offset
    guard let byte = peek else {
      guard expected == .end else { throw error("Unexpected end-of-input") }
      return nil
    }
    switch expected {
    case .end: throw error("Unexpected character \(shown(byte)) behind the document")
    case .value: return try value(byte)
    case .valueOrEnd: return byte == UInt8(ascii: "]") ? try close(byte) : try value(byte)
    case .keyOrEnd: return byte == UInt8(ascii: "}") ? try close(byte) : try key(byte)
    case .key: return try key(byte)
    case .commaOrEnd: return try separator(byte)
    }
  }

  /// - Parameter offset: the place that is to be told, if not that behind the newest token.
  package func error(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
    JSONSyntaxError(reason: reason, offset: offset ?? self.offset, in: bytes)
  }

  // MARK: Structure

  private mutating func separator(_ byte: UInt8) throws(JSONSyntaxError) -> Token? {
    if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { return try close(byte) }
    guard byte == UInt8(ascii: ",") else {
      let place = open.last == true ? "Object" : "Array"
      throw error(
        "Unexpected character \(shown(byte)): was expecting comma to separate \(place) entries")
    }
    offset += 1
    expected = open.last == true ? .key : .value
    return try next()
  }

  private mutating func close(_ byte: UInt8) throws(JSONSyntaxError) -> Token {
    let isObject = byte == UInt8(ascii: "}")
    guard open.popLast() == isObject else {
      throw error("Unexpected close marker \(shown(byte))")
    }
    offset += 1
    valueEnded()
    return isObject ? .endObject : .endArray
  }

  private mutating func key(_ byte: UInt8) throws(JSONSyntaxError) -> Token {
    guard byte == UInt8(ascii: "\"") else {
      throw error(
        "Unexpected character \(shown(byte)): was expecting double-quote to start field name")
    }
    let name = try string()
    skipBlanks()
    guard peek == UInt8(ascii: ":") else {
      throw error("was expecting a colon to separate field name and value")
    }
    offset += 1
    expected = .value
    return .key(name)
  }

  private mutating func valueEnded() {
    expected = open.isEmpty ? .end : .commaOrEnd
  }

  private mutating func value(_ byte: UInt8) throws(JSONSyntaxError) -> Token {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard open.count < Self.depthMax else {
        throw error("Document nesting depth exceeds the maximum allowed (\(Self.depthMax))")
      }
      offset += 1
      let isObject = byte == UInt8(ascii: "{")
      open.append(isObject)
      expected = isObject ? .keyOrEnd : .valueOrEnd
      return isObject ? .beginObject : .beginArray
    case UInt8(ascii: "\""):
      let text = try string()
      valueEnded()
      return .string(text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let text = try number()
      valueEnded()
      return .number(text)
    default:
      let token = try word(byte)
      valueEnded()
      return token
    }
  }

  // MARK: Scalars

  private mutating func word(_ first: UInt8) throws(JSONSyntaxError) -> Token {
    let start = offset
    while let byte = peek, Self.isWordByte(byte) { offset += 1 }
    switch String(decoding: bytes[start..<offset], as: UTF8.self) {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "": throw error("Unexpected character \(shown(first)): expected a valid value")
    case let text:
      throw error(
        "Unrecognized token '\(text)': was expecting "
          + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
    }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }

  private mutating func number() throws(JSONSyntaxError) -> String {
    let start = offset
    if peek == UInt8(ascii: "-") { offset += 1 }
    if peek == UInt8(ascii: "0") {
      offset += 1
      if let byte = peek, Self.isDigit(byte) {
        throw error("Invalid numeric value: Leading zeroes not allowed")
      }
    } else {
      try digits()
    }
    if peek == UInt8(ascii: ".") {
      offset += 1
      try digits()
    }
    if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { offset += 1 }
      try digits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    guard let byte = peek, Self.isDigit(byte) else {
      throw error("Invalid numeric value: a digit is missing")
    }
    while let byte = peek, Self.isDigit(byte) { offset += 1 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    offset += 1
    let start = offset
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      offset += 1
    }
    if peek == UInt8(ascii: "\"") {
      offset += 1
      return String(decoding: bytes[start..<(offset - 1)], as: UTF8.self)
    }
    var text = Array(bytes[start..<offset])
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else {
        throw error("Illegal unquoted character \(shown(byte)): has to be escaped")
      }
      offset += 1
      if byte == UInt8(ascii: "\\") { try escape(&text) } else { text.append(byte) }
    }
    guard peek != nil else { throw error("Unexpected end-of-input in a string") }
    offset += 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func escape(_ text: inout [UInt8]) throws(JSONSyntaxError) {
    guard let byte = peek else { throw error("Unexpected end-of-input in a string") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"): text.append(contentsOf: try unicode())
    default: throw error("Unrecognized character escape \(shown(byte))")
    }
  }

  /// A lone half of a surrogate pair becomes U+FFFD.
  private mutating func unicode() throws(JSONSyntaxError) -> String.UTF8View {
    var unit = try hexadecimal()
    if (0xD800..<0xDC00).contains(unit), bytes[offset...].starts(with: "\\u".utf8) {
      let before = offset
      offset += 2
      let low = try hexadecimal()
      if (0xDC00..<0xE000).contains(low) {
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      } else {
        offset = before
      }
    }
    return String(UnicodeScalar(unit).map(Character.init) ?? "\u{FFFD}").utf8
  }

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    guard offset + 4 <= bytes.count,
      bytes[offset..<(offset + 4)].allSatisfy({
        Self.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
      }),
      let unit = UInt32(String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self), radix: 16)
    else { throw error("expected a hex-digit for character escape sequence") }
    offset += 4
    return unit
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private func shown(_ byte: UInt8) -> String {
    let character = byte >= 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))' " : ""
    return "(\(character)(code \(byte)))"
  }
}

/// What is wrong with a document, and where.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
  package var reason: String
  /// From 1; the column counts bytes.
  package var line: Int
  package var column: Int

  package init(reason: String, line: Int, column: Int) {
    self.reason = reason
    self.line = line
    self.column = column
  }

  init(reason: String, offset: Int, in bytes: [UInt8]) {
    let before = bytes[..<min(offset, bytes.count)]
    let newline = UInt8(ascii: "\n")
    let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    self.init(
      reason: reason, line: before.count { $0 == newline } + 1, column: offset - lineStart + 1)
  }

  package var description: String { "\(reason) (line \(line), column \(column))" }
}
