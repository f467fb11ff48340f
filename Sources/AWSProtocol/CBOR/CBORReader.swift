package import Core

/// Reads CBOR (RFC 8949) in one pass: definite and indefinite lengths, raw byte strings, times as
/// a number of milliseconds since the epoch (see `CBORWriter`), with or without tag 1.
///
/// Lengths that the bytes do not bear out, nesting beyond what requests need, and text that is
/// not UTF-8 are refused before memory is spent on them.
package struct CBORReader: ShapeReader {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  private let timeUnit: CBORWriter.TimeUnit
  /// Items (pairs, in structures and maps) that the open containers still hold, the innermost
  /// last.
  private var open: [Int] = []

  private static let indefinite = -1
  /// Nesting beyond this is refused: requests need 4.
  private static let depthMax = 32

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.init(bytes, timeUnit: .milliseconds)
  }

  package init(_ bytes: UnsafeRawBufferPointer, timeUnit: CBORWriter.TimeUnit) {
    self.bytes = bytes
    self.timeUnit = timeUnit
  }
}

// MARK: - Structures and lists

extension CBORReader {
  @discardableResult
  package mutating func enterStructure() throws(AWSError) -> Bool {
    try enter(.map, expected: .structure)
  }

  package mutating func enterMap() throws(AWSError) -> Bool {
    try enter(.map, expected: .map)
  }

  package mutating func enterList() throws(AWSError) -> Bool {
    try enter(.list, expected: .list)
  }

  private mutating func enter(
    _ type: CBOR.MajorType, expected: Expectation
  ) throws(AWSError) -> Bool {
    let head = try nextHead()
    if head.isNull {
      if open.isEmpty { throw malformed("null where a structure was expected") }
      return false
    }
    guard head.type == type else { throw try mismatch(expected, head) }
    try push(head)
    return true
  }

  private mutating func push(_ head: Head) throws(AWSError) {
    guard open.count < Self.depthMax else { throw malformed("Nested too deeply") }
    guard let count = head.count else {
      open.append(Self.indefinite)
      return
    }
    // Each item takes a byte or more.
    guard count <= UInt64(bytes.count - position) else {
      throw malformed("A length of \(count) that the request does not hold")
    }
    open.append(Int(count))
  }

  package mutating func nextName() throws(AWSError) -> String? {
    guard try advance() else { return nil }
    let head = try nextHead()
    guard head.type == .text else { throw malformed("A name that is no text") }
    return try text(head)
  }

  package mutating func nextElement() throws(AWSError) -> Bool {
    try advance()
  }

  /// Moves to the next item of the innermost container; false after leaving it at its end.
  private mutating func advance() throws(AWSError) -> Bool {
    guard let left = open.last else { throw malformed("Nothing is open") }
    if left == Self.indefinite {
      guard position < bytes.count else { throw endsEarly }
      guard bytes[position] == 0xFF else { return true }
      position += 1
    } else if left > 0 {
      open[open.count - 1] = left - 1
      return true
    }
    open.removeLast()
    if open.isEmpty && position < bytes.count { throw malformed("More than one value") }
    return false
  }

  package mutating func skip() throws(AWSError) {
    try skip(try nextHead())
  }

  private mutating func skip(_ head: Head) throws(AWSError) {
    switch head.type {
    case .unsigned, .negative, .tag, .simple: break
    case .bytes: try stepOver(head)
    case .text: _ = try text(head)
    case .list:
      try push(head)
      while try advance() { try skip() }
    case .map:
      try push(head)
      while try advance() {
        try skip()
        try skip()
      }
    }
  }
}

// MARK: - Values

extension CBORReader {
  package mutating func string() throws(AWSError) -> String? {
    let head = try nextHead()
    if head.isNull { return nil }
    guard head.type == .text else { throw try mismatch(.text, head) }
    return try text(head)
  }

  package mutating func integer() throws(AWSError) -> Int? {
    guard let value = try number(.integer) else { return nil }
    let most = Double(Int32.max)
    return Int(min(max(value.rounded(.down), -most), most))
  }

  package mutating func double() throws(AWSError) -> Double? {
    try number(.double)
  }

  package mutating func boolean() throws(AWSError) -> Bool? {
    let head = try nextHead()
    if head.isNull { return nil }
    guard head.type == .simple, head.info == 20 || head.info == 21 else {
      throw try mismatch(.boolean, head)
    }
    return head.info == 21
  }

  package mutating func timestamp() throws(AWSError) -> Timestamp? {
    guard let value = try number(.timestamp) else { return nil }
    return switch timeUnit {
    case .milliseconds: Timestamp(seconds: value / 1000)
    case .seconds: Timestamp(seconds: value)
    }
  }

  /// A byte string; text is taken for base64.
  package mutating func blob() throws(AWSError) -> [UInt8]? {
    let head = try nextHead()
    if head.isNull { return nil }
    if head.type == .text {
      let characters = try content(head)
      return try characters.withUnsafeBufferPointer { (characters) throws(AWSError) in
        try Base64.decodeMember(UnsafeRawBufferPointer(characters))
      }
    }
    guard head.type == .bytes else { throw try mismatch(.blob, head) }
    return try content(head)
  }

  /// A finite number; nil for null.
  private mutating func number(_ expected: Expectation) throws(AWSError) -> Double? {
    let head = try nextHead()
    if head.isNull { return nil }
    let value: Double
    switch (head.type, head.info) {
    case (.unsigned, _): value = Double(head.argument)
    case (.negative, _): value = -1 - Double(head.argument)
    case (.simple, 25): value = Self.half(UInt16(truncatingIfNeeded: head.argument))
    case (.simple, 26):
      value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
    case (.simple, 27): value = Double(bitPattern: head.argument)
    default: throw try mismatch(expected, head)
    }
    guard value.isFinite else { throw malformed("Not a number") }
    return value
  }

  /// A number of 16 bits (IEEE 754 binary16), by its parts: not all platforms have the type.
  private static func half(_ bits: UInt16) -> Double {
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Double(bits & 0x3FF)
    let magnitude: Double
    switch exponent {
    case 0: magnitude = fraction * 0x1p-24
    case 31: magnitude = fraction == 0 ? .infinity : .nan
    default: magnitude = Double(sign: .plus, exponent: exponent - 25, significand: fraction + 1024)
    }
    return bits & 0x8000 == 0 ? magnitude : -magnitude
  }

  private mutating func mismatch(
    _ expected: Expectation, _ head: Head
  ) throws(AWSError) -> AWSError {
    switch head.type {
    case .unsigned, .negative, .tag: return expected.mismatch(.number)
    case .simple: return expected.mismatch(head.info < 24 ? .boolean : .number)
    case .list: return expected.mismatch(.list)
    case .map: return expected.mismatch(.structure)
    case .bytes: return expected.mismatch(.blob)
    case .text: return expected.mismatch(.text(String(try text(head).prefix(100))))
    }
  }
}
