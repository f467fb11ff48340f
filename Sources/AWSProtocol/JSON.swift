/// A JSON value of a request's body.
///
/// Strings stay slices of the body until they are asked for, so that a record's base64 is decoded
/// straight from it.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(ArraySlice<UInt8>)
  /// What stands between the quotes, escapes and all.
  case string(ArraySlice<UInt8>, hasEscapes: Bool)
  case array([JSON])
  case object([(name: String, value: JSON)])

  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    // The last of several wins, as in most parsers.
    return members.last { $0.name == name }?.value
  }

  package var text: String? {
    guard case .string(let bytes, let hasEscapes) = self else { return nil }
    return hasEscapes ? JSONReader.unescape(bytes) : String(decoding: bytes, as: UTF8.self)
  }

  package var integer: Int? {
    guard case .number(let bytes) = self else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self))
  }

  package var double: Double? {
    guard case .number(let bytes) = self else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self))
  }
}

/// Reads JSON (RFC 8259).
package struct JSONReader {
  private static let depthMax = 64

  private let bytes: [UInt8]
  private var offset = 0
  private var depth = 0

  /// - Throws: `AWSError` of type SerializationException with the place of what is wrong.
  package static func read(_ bytes: [UInt8]) throws(AWSError) -> JSON {
    var reader = JSONReader(bytes: bytes)
    let value = try reader.value()
    reader.skipSpace()
    guard reader.offset == bytes.count else { throw reader.unexpected() }
    return value
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private func unexpected() -> AWSError {
    offset < bytes.count
      ? .serialization("unexpected character at byte \(offset) of the JSON body")
      : .serialization("the JSON body ends too early")
  }

  private mutating func skipSpace() {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func value() throws(AWSError) -> JSON {
    skipSpace()
    guard offset < bytes.count else { throw unexpected() }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthMax else {
      throw .serialization("the JSON body nests deeper than \(Self.depthMax) levels")
    }
    switch bytes[offset] {
    case 0x7B: return try object()
    case 0x5B: return try array()
    case 0x22:
      let (content, hasEscapes) = try string()
      return .string(content, hasEscapes: hasEscapes)
    case 0x74: return try word("true", .bool(true))
    case 0x66: return try word("false", .bool(false))
    case 0x6E: return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws(AWSError) -> JSON {
    guard bytes[offset...].starts(with: word.utf8) else { throw unexpected() }
    offset += word.utf8.count
    return value
  }

  private mutating func number() throws(AWSError) -> JSON {
    let start = offset
    let part: Set<UInt8> = [0x2B, 0x2D, 0x2E, 0x65, 0x45]
    while offset < bytes.count,
      (0x30...0x39).contains(bytes[offset]) || part.contains(bytes[offset])
    {
      offset += 1
    }
    guard offset > start, Double(String(decoding: bytes[start..<offset], as: UTF8.self)) != nil
    else { throw unexpected() }
    return .number(bytes[start..<offset])
  }

  private mutating func string() throws(AWSError) -> (ArraySlice<UInt8>, Bool) {
    offset += 1
    let start = offset
    var hasEscapes = false
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == 0x22 {
        defer { offset += 1 }
        return (bytes[start..<offset], hasEscapes)
      }
      if byte < 0x20 { throw unexpected() }
      if byte == 0x5C {
        hasEscapes = true
        offset += 1
      }
      offset += 1
    }
    throw unexpected()
  }

  private mutating func array() throws(AWSError) -> JSON {
    offset += 1
    var items: [JSON] = []
    skipSpace()
    if take(0x5D) { return .array(items) }
    repeat {
      items.append(try value())
      skipSpace()
    } while take(0x2C)
    guard take(0x5D) else { throw unexpected() }
    return .array(items)
  }

  private mutating func object() throws(AWSError) -> JSON {
    offset += 1
    var members: [(name: String, value: JSON)] = []
    skipSpace()
    if take(0x7D) { return .object(members) }
    repeat {
      skipSpace()
      guard offset < bytes.count, bytes[offset] == 0x22 else { throw unexpected() }
      let (name, hasEscapes) = try string()
      skipSpace()
      guard take(0x3A) else { throw unexpected() }
      let text = hasEscapes ? Self.unescape(name) : String(decoding: name, as: UTF8.self)
      members.append((text, try value()))
      skipSpace()
    } while take(0x2C)
    guard take(0x7D) else { throw unexpected() }
    return .object(members)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  /// Resolves escapes; half of a surrogate pair becomes U+FFFD.
  static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
    var units: [UInt16] = []
    var plain = bytes.startIndex
    var index = bytes.startIndex
    func flush(to end: Int) {
      units.append(contentsOf: String(decoding: bytes[plain..<end], as: UTF8.self).utf16)
    }
    while index < bytes.endIndex {
      guard bytes[index] == 0x5C, index + 1 < bytes.endIndex else {
        index += 1
        continue
      }
      flush(to: index)
      let escape = bytes[index + 1]
      index += 2
      if escape == 0x75 {
        let end = min(index + 4, bytes.endIndex)
        let digits = String(decoding: bytes[index..<end], as: UTF8.self)
        units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
        index = end
      } else {
        let known: [UInt8: UInt16] = [
          0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x62: 0x08, 0x66: 0x0C,
        ]
        units.append(known[escape] ?? UInt16(escape))
      }
      plain = index
    }
    flush(to: bytes.endIndex)
    return String(decoding: units, as: UTF16.self)
  }
}

/// Builds a JSON document.
package struct JSONWriter {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  package mutating func object(_ body: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(0x7B)
    needsComma = false
    body(&self)
    bytes.append(0x7D)
    needsComma = true
  }

  package mutating func array<Items: Sequence>(
    _ items: Items, _ body: (inout JSONWriter, Items.Element) -> Void
  ) {
    separate()
    bytes.append(0x5B)
    needsComma = false
    for item in items { body(&self, item) }
    bytes.append(0x5D)
    needsComma = true
  }

  package mutating func name(_ name: String) {
    string(name)
    bytes.append(0x3A)
    needsComma = false
  }

  package mutating func member(_ name: String, _ value: String?) {
    guard let value else { return }
    self.name(name)
    string(value)
  }

  package mutating func member(_ name: String, _ value: Int) {
    self.name(name)
    raw(value.description)
  }

  package mutating func member(_ name: String, _ value: Bool) {
    self.name(name)
    raw(value ? "true" : "false")
  }

  /// Seconds since the epoch with milliseconds, as AWS's JSON 1.1 has them.
  package mutating func member(_ name: String, milliseconds: Int64) {
    self.name(name)
    let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
    raw("\(milliseconds / 1_000).\(fraction)")
  }

  package mutating func null(_ name: String) {
    self.name(name)
    raw("null")
  }

  package mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  package mutating func string(_ text: String) {
    separate()
    bytes.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C: bytes.append(contentsOf: [0x5C, byte])
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes.append(contentsOf: "\\u00\(digits.count < 2 ? "0" : "")\(digits)".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
    needsComma = true
  }

  package mutating func base64(_ name: String, _ data: [UInt8]) {
    self.name(name)
    bytes.append(0x22)
    Base64.append(data, to: &bytes)
    bytes.append(0x22)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(0x2C) }
    needsComma = false
  }
}
