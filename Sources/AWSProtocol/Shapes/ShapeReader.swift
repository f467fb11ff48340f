package import Core

/// Reads a request's values in the order in which they come, whatever they are written in.
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
/// a null reads as nil, like a member that is absent. The bytes must outlive the reader. A name
/// that comes twice is told twice, so the last value wins.
///
/// Requests are generic over their reader and decoded by `decode(_:as:)`, which names the two
/// implementations, so that the optimizer makes a copy for each: no call goes through a table.
package protocol ShapeReader {
  init(_ bytes: UnsafeRawBufferPointer)

  /// - Returns: false if the value is null, which it may not be at the outermost level.
  @discardableResult
  mutating func enterStructure() throws(AWSError) -> Bool
  /// As `enterStructure()`; its members are then read in the same way.
  mutating func enterMap() throws(AWSError) -> Bool
  /// As `enterStructure()`, for `nextElement()`.
  mutating func enterList() throws(AWSError) -> Bool
  /// The name of the next member of the innermost structure; nil at its end.
  /// The caller then reads the value, or skips it.
  mutating func nextName() throws(AWSError) -> String?
  /// Whether the innermost list has another element, which the caller then reads.
  mutating func nextElement() throws(AWSError) -> Bool
  /// Steps over a value of any type.
  mutating func skip() throws(AWSError)

  mutating func string() throws(AWSError) -> String?
  /// A whole number. Fractions are cut and large values pinned to 32 bits, as Kinesis does.
  mutating func integer() throws(AWSError) -> Int?
  mutating func double() throws(AWSError) -> Double?
  mutating func boolean() throws(AWSError) -> Bool?
  mutating func timestamp() throws(AWSError) -> Timestamp?
  mutating func blob() throws(AWSError) -> [UInt8]?
}

/// What a member of a request is to be, in the words of Kinesis' deserialiser.
enum Expectation {
  case text, integer, double, boolean, blob, timestamp, list, map, structure

  /// What a value is instead.
  enum Found {
    case text(String)
    case number, boolean, blob, list, structure
  }

  func mismatch(_ found: Found) -> AWSError {
    AWSError(.serialization, words(found))
  }

  private func words(_ found: Found) -> String {
    let name: String
    switch found {
    case .list: return "Start of list found where not expected"
    case .structure: return "Start of structure or map found where not expected."
    case .text: name = "class java.lang.String"
    case .boolean: name = "class java.lang.Boolean"
    case .number: name = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
    case .blob: name = "class java.nio.HeapByteBuffer"
    }
    switch self {
    case .text: return "\(name) can not be converted to an String"
    case .integer: return "\(name) can not be converted to an Integer"
    case .double: return "\(name) can not be converted to an Double"
    case .boolean:
      guard case .text(let value) = found else {
        return "\(name) can not be converted to an Boolean"
      }
      return "'\(value.uppercased())' can not be converted to an Boolean"
    case .blob: return "\(name) can not be converted to a Blob"
    case .timestamp: return "\(name) can not be converted to milliseconds since epoch"
    case .list: return "Expected list or null"
    case .map: return "Expected map or null"
    case .structure: return "Expected null"
    }
  }
}

extension Base64 {
  /// The bytes of a member that is written in base64.
  static func decodeMember(_ characters: UnsafeRawBufferPointer) throws(AWSError) -> [UInt8] {
    do {
      return try decode(characters)
    } catch {
      let shown = String(decoding: characters.prefix(100), as: UTF8.self)
      let tail = characters.count > 100 ? "…" : ""
      let text = "'\(shown)\(tail)' can not be converted to a Blob: \(error)"
      throw AWSError(.serialization, text)
    }
  }
}
