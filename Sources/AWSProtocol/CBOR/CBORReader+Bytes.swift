extension CBORReader {
  /// The first bytes of a value: what it is, and its number, length or count.
  struct Head {
    var type: CBOR.MajorType
    /// The low five bits, which for simple values say which.
    var info: UInt8
    var argument: UInt64

    /// nil where the length is indefinite.
    var count: UInt64? { info == 31 ? nil : argument }
    /// null or undefined.
    var isNull: Bool { type == .simple && (info == 22 || info == 23) }
  }

  var endsEarly: AWSError {
    .malformed("The request ends early")
  }

  func malformed(_ reason: String) -> AWSError {
    .malformed("\(reason) at byte \(position) of the request")
  }

  /// The head of the next value, behind its tags.
  mutating func nextHead() throws(AWSError) -> Head {
    var head = try rawHead()
    while head.type == .tag { head = try rawHead() }
    return head
  }

  private mutating func rawHead() throws(AWSError) -> Head {
    guard position < bytes.count else { throw endsEarly }
    let first = bytes[position]
    guard let type = CBOR.MajorType(rawValue: first >> 5) else { throw malformed("No value") }
    position += 1
    let info = first & 0x1F
    switch info {
    case 0..<24: return Head(type: type, info: info, argument: UInt64(info))
    case 24: return Head(type: type, info: info, argument: try argument(byteCount: 1))
    case 25: return Head(type: type, info: info, argument: try argument(byteCount: 2))
    case 26: return Head(type: type, info: info, argument: try argument(byteCount: 4))
    case 27: return Head(type: type, info: info, argument: try argument(byteCount: 8))
    case 31 where [.bytes, .text, .list, .map].contains(type):
      return Head(type: type, info: info, argument: 0)
    default:
      position -= 1
      throw malformed("No value begins with \(first)")
    }
  }

  private mutating func argument(byteCount: Int) throws(AWSError) -> UInt64 {
    guard byteCount <= bytes.count - position else { throw endsEarly }
    var value: UInt64 = 0
    for index in position..<position + byteCount { value = value << 8 | UInt64(bytes[index]) }
    position += byteCount
    return value
  }

  func text(of range: Range<Int>) throws(AWSError) -> String {
    guard let text = UTF8Text.string(UnsafeRawBufferPointer(rebasing: bytes[range])) else {
      throw malformed("A string that is not UTF-8")
    }
    return text
  }

  /// The text that a head announced.
  mutating func text(_ head: Head) throws(AWSError) -> String {
    if head.count != nil { return try text(of: try range(head)) }
    guard let text = String(validating: try content(head), as: UTF8.self) else {
      throw malformed("A string that is not UTF-8")
    }
    return text
  }

  /// The bytes of a byte or text string, its pieces put together if it came in such.
  mutating func content(_ head: Head) throws(AWSError) -> [UInt8] {
    if head.count != nil { return Array(bytes[try range(head)]) }
    var whole: [UInt8] = []
    while let piece = try nextPiece(of: head.type) { whole.append(contentsOf: bytes[piece]) }
    return whole
  }

  mutating func stepOver(_ head: Head) throws(AWSError) {
    if head.count != nil {
      _ = try range(head)
    } else {
      while try nextPiece(of: head.type) != nil {}
    }
  }

  /// The next piece of a string of indefinite length; nil at its end.
  private mutating func nextPiece(of type: CBOR.MajorType) throws(AWSError) -> Range<Int>? {
    guard position < bytes.count else { throw endsEarly }
    if bytes[position] == 0xFF {
      position += 1
      return nil
    }
    let piece = try rawHead()
    guard piece.type == type, piece.count != nil else {
      throw malformed("A string with a piece of another type")
    }
    return try range(piece)
  }

  /// Where the bytes of a string of definite length are, and moves behind them.
  private mutating func range(_ head: Head) throws(AWSError) -> Range<Int> {
    guard head.argument <= UInt64(bytes.count - position) else { throw endsEarly }
    let start = position
    position += Int(head.argument)
    return start..<position
  }
}
