/// Reads JSON text (RFC 8259) in one pass, straight into typed values; no tree in between.
///
/// Fractions of seconds are kept in timestamps; bytes are in base64. See `ShapeReader`.
package struct JSONReader: ShapeReader {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// Open structures, maps and lists.
  private var depth = 0
  /// Set between an opening bracket and the first member.
  private var isAtFirst = false

  /// Nesting beyond this is refused: requests need 4.
  private static let depthMax = 32

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }
}

// MARK: - Structures and lists

extension JSONReader {
  @discardableResult
  package mutating func enterStructure() throws(AWSError) -> Bool {
    try enter(.structure)
  }

  package mutating func enterMap() throws(AWSError) -> Bool {
    try enter(.map)
  }

  package mutating func enterList() throws(AWSError) -> Bool {
    try enter(.list)
  }

  private mutating func enter(_ expected: Expectation) throws(AWSError) -> Bool {
    guard try begin(expected) else {
      if depth == 0 { throw malformed("null where a structure was expected") }
      return false
    }
    guard depth < Self.depthMax else { throw malformed("Nested too deeply") }
    depth += 1
    position += 1
    isAtFirst = true
    return true
  }

  package mutating func nextName() throws(AWSError) -> String? {
    guard try advance(to: UInt8(ascii: "}")) else { return nil }
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("the name of a member") }
    let name = try text()
    skipSpace()
    guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
    return name
  }

  package mutating func nextElement() throws(AWSError) -> Bool {
    try advance(to: UInt8(ascii: "]"))
  }

  /// Moves to the next member; false after taking `close`.
  private mutating func advance(to close: UInt8) throws(AWSError) -> Bool {
    skipSpace()
    let wasFirst = isAtFirst
    isAtFirst = false
    if take(close) {
      depth -= 1
      if depth == 0 { try expectEnd() }
      return false
    }
    if !wasFirst {
      guard take(UInt8(ascii: ",")) else { throw unexpected("','") }
      skipSpace()
    }
    return true
  }

  private mutating func expectEnd() throws(AWSError) {
    skipSpace()
    if position < bytes.count { throw unexpected("the end") }
  }

  package mutating func skip() throws(AWSError) {
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"):
      try enterStructure()
      while try nextName() != nil { try skip() }
    case UInt8(ascii: "["):
      _ = try enterList()
      while try nextElement() { try skip() }
    case UInt8(ascii: "\""):
      _ = try text()
    case UInt8(ascii: "t"), UInt8(ascii: "f"):
      _ = try boolean()
    case UInt8(ascii: "n"):
      guard take(word: "null") else { throw unexpected("a value") }
    default:
      _ = try numberText()
    }
  }
}

// MARK: - Bytes

extension JSONReader {
  func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  mutating func take(word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard count <= bytes.count - position else { return false }
    let matches = word.withUTF8Buffer { expected in
      bytes[position..<position + count].elementsEqual(expected)
    }
    if matches { position += count }
    return matches
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  func malformed(_ reason: String) -> AWSError {
    .malformed("\(reason) at byte \(position) of the request")
  }

  func unexpected(_ expectation: String) -> AWSError {
    guard let byte = peek() else {
      return .malformed("The request ends where \(expectation) was expected")
    }
    let found = byte < 0x80 ? String(UnicodeScalar(byte)).debugDescription : "a non-ASCII byte"
    return malformed("Found \(found) where \(expectation) was expected")
  }
}

extension JSONReader {
  /// Whether a text is one JSON structure and nothing else.
  package static func isStructure(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isStructure(UnsafeRawBufferPointer($0)) }
  }

  /// As for a text.
  package static func isStructure(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var reader = JSONReader(bytes)
    do {
      try reader.enterStructure()
      while try reader.nextName() != nil { try reader.skip() }
      return true
    } catch {
      return false
    }
  }
}
