import Core
import NIOCore

/// Reads the fields of one message's body; a body that ends too early or too late is an error.
struct PayloadReader {
  private var bytes: ByteBuffer

  init(_ bytes: ByteBuffer) {
    self.bytes = bytes
  }

  init(_ bytes: [UInt8]) {
    self.bytes = ByteBuffer(bytes: bytes)
  }

  var byteCount: Int { bytes.readableBytes }

  static func malformed(_ message: String = "invalid message format") -> SQLError {
    SQLError("08P01", message)
  }

  mutating func integer<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(SQLError) -> Number {
    guard let number = bytes.readInteger(as: type) else {
      throw Self.malformed("insufficient data left in message")
    }
    return number
  }

  mutating func bytes(count: Int) throws(SQLError) -> [UInt8] {
    guard count >= 0, let read = bytes.readBytes(length: count) else {
      throw Self.malformed("insufficient data left in message")
    }
    return read
  }

  mutating func rest() -> [UInt8] {
    bytes.readBytes(length: bytes.readableBytes) ?? []
  }

  /// Text up to the next NUL; nil if it is not UTF-8.
  mutating func validString() throws(SQLError) -> String? {
    let view = bytes.readableBytesView
    guard let end = view.firstIndex(of: 0) else {
      throw Self.malformed("invalid string in message")
    }
    let text = String(validating: view[view.startIndex..<end], as: UTF8.self)
    bytes.moveReaderIndex(to: end + 1)
    return text
  }

  /// Text up to the next NUL; bytes that are not UTF-8 become U+FFFD.
  mutating func string() throws(SQLError) -> String {
    let view = bytes.readableBytesView
    guard let end = view.firstIndex(of: 0) else {
      throw Self.malformed("invalid string in message")
    }
    let text = String(decoding: view[view.startIndex..<end], as: UTF8.self)
    bytes.moveReaderIndex(to: end + 1)
    return text
  }

  /// A count of 16 bits, then that many elements. The count alone allocates nothing.
  mutating func list<Element>(
    _ element: (inout PayloadReader) throws(SQLError) -> Element
  ) throws(SQLError) -> [Element] {
    let count = try integer(UInt16.self)
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }

  func finish() throws(SQLError) {
    guard bytes.readableBytes == 0 else { throw Self.malformed() }
  }
}
