/// Reads JSON text (RFC 8259) in one pass, straight into typed values; no tree in between.
///
/// ```
/// try reader.enterStructure()
/// while let name = try reader.nextName() {
///   switch name {
///   case "Limit": limit = try reader.integer()
///   default: try reader.skip()
///   }
/// }
/// ```
/// A value of the wrong type throws `SerializationException` with the words that Kinesis uses;
/// `null` reads as nil, like a member that is absent. The bytes must outlive the reader.
package struct JSONReader {
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
  /// - Returns: false if the value is `null`.
  /// - Throws: `SerializationException` if it is neither.
  @discardableResult
  package mutating func enterStructure() throws(AWSError) -> Bool {
    try enter(.structure)
  }

  /// As `enterStructure()`; its members are then read in the same way.
  package mutating func enterMap() throws(AWSError) -> Bool {
    try enter(.map)
  }

  /// As `enterStructure()`, for `nextElement()`.
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

  /// The name of the next member of the innermost structure; nil at its end.
  /// The caller then reads the value, or skips it.
  package mutating func nextName() throws(AWSError) -> String? {
    guard try advance(to: UInt8(ascii: "}")) else { return nil }
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("the name of a member") }
    let name = try text()
    skipSpace()
    guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
    return name
  }

  /// Whether the innermost list has another element, which the caller then reads.
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

  /// Steps over a value of any type.
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
      _ = try rawText()
    case UInt8(ascii: "t"), UInt8(ascii: "f"):
      _ = try boolean()
    case UInt8(ascii: "n"):
      _ = try begin(.text)
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
    AWSError(.serialization, "\(reason) at byte \(position) of the request")
  }

  func unexpected(_ expectation: String) -> AWSError {
    guard let byte = peek() else {
      return AWSError(.serialization, "The request ends where \(expectation) was expected")
    }
    let found = byte < 0x80 ? String(UnicodeScalar(byte)).debugDescription : "a non-ASCII byte"
    return malformed("Found \(found) where \(expectation) was expected")
  }
}
