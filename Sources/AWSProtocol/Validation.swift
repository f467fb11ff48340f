/// Collects what is wrong with a request's members, in the words that AWS generates from the
/// constraints of its model.
///
/// ```
/// var check = Validation()
/// name = check.required(name, "streamName", length: 1...128, pattern: .streamName)
/// try check.finish()
/// ```
struct Validation {
  private var failures: [String] = []

  /// AWS stops counting here.
  private static let failuresMax = 10

  /// - Throws: `ValidationException` if anything was wrong.
  func finish() throws(AWSError) {
    guard !failures.isEmpty else { return }
    let plural = failures.count == 1 ? "error" : "errors"
    let text = failures.joined(separator: "; ")
    throw AWSError(.validation, "\(failures.count) validation \(plural) detected: \(text)")
  }

  /// - Parameters:
  ///   - value: the value as text, or nil where there is none.
  ///   - path: the member as AWS names it: `records.1.member.data`.
  mutating func fail(_ value: String?, at path: String, _ constraint: String) {
    guard failures.count < Self.failuresMax else { return }
    let shown = value.map { "'\($0.count > 2048 ? $0.prefix(2048) + "…" : $0[...])'" } ?? "null"
    failures.append("Value \(shown) at '\(path)' failed to satisfy constraint: \(constraint)")
  }

  mutating func text(
    _ value: String?, _ path: @autoclosure () -> String, length: ClosedRange<Int>? = nil,
    pattern: TextPattern? = nil
  ) {
    guard let value else { return }
    if let pattern, !pattern.matches(value) {
      fail(value, at: path(), "Member must satisfy regular expression pattern: \(pattern.text)")
    }
    if let length { checkLength(Self.length(of: value), value, path(), length) }
  }

  /// As `text`, for a member that must be there. Returns the value, or an empty text after
  /// noting the failure.
  mutating func required(
    _ value: String?, _ path: @autoclosure () -> String, length: ClosedRange<Int>? = nil,
    pattern: TextPattern? = nil
  ) -> String {
    guard let value else {
      fail(nil, at: path(), "Member must not be null")
      return ""
    }
    text(value, path(), length: length, pattern: pattern)
    return value
  }

  mutating func number(_ value: Int?, _ path: String, in range: ClosedRange<Int>) {
    guard let value else { return }
    if value < range.lowerBound {
      fail(
        "\(value)", at: path,
        "Member must have value greater than or equal to \(range.lowerBound)")
    } else if value > range.upperBound {
      fail("\(value)", at: path, "Member must have value less than or equal to \(range.upperBound)")
    }
  }

  /// - Parameter value: the raw value, or nil where the member is absent.
  /// - Returns: the case; nil if absent or (noted) unknown.
  mutating func oneOf<Choice: RawRepresentable & CaseIterable>(
    _ value: String?, _ path: String, _ type: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    guard let value else { return nil }
    if let choice = Choice(rawValue: value) { return choice }
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    fail(value, at: path, "Member must satisfy enum value set: [\(names)]")
    return nil
  }

  mutating func data(_ data: [UInt8]?, _ path: @autoclosure () -> String, max: Int) -> [UInt8] {
    guard let data else {
      fail(nil, at: path(), "Member must not be null")
      return []
    }
    if data.count > max {
      let value = "java.nio.HeapByteBuffer[pos=0 lim=\(data.count) cap=\(data.count)]"
      fail(value, at: path(), "Member must have length less than or equal to \(max)")
    }
    return data
  }

  mutating func checkLength(
    _ count: Int, _ value: String, _ path: @autoclosure () -> String, _ range: ClosedRange<Int>
  ) {
    if count < range.lowerBound {
      let least = range.lowerBound
      fail(value, at: path(), "Member must have length greater than or equal to \(least)")
    } else if count > range.upperBound {
      let most = range.upperBound
      fail(value, at: path(), "Member must have length less than or equal to \(most)")
    }
  }

  /// Length as Java counts it, in UTF-16 units: never more than the bytes of UTF-8.
  private static func length(of text: String) -> Int {
    text.utf8.count <= 256 && text.utf8.allSatisfy { $0 < 0x80 }
      ? text.utf8.count : text.utf16.count
  }
}

/// The patterns of the model, matched as a whole.
enum TextPattern {
  case streamName, streamARN, streamID, hashKey, sequenceNumber

  /// The regular expression, for messages.
  var text: String {
    switch self {
    case .streamName: "[a-zA-Z0-9_.-]+"
    case .streamARN: #"arn:aws.*:kinesis:.*:\d{12}:stream/\S+"#
    case .streamID: "[a-z0-9]{20}-[a-z0-9]{3}"
    case .hashKey: #"0|([1-9]\d{0,38})"#
    case .sequenceNumber: #"0|([1-9]\d{0,128})"#
    }
  }

  func matches(_ value: String) -> Bool {
    switch self {
    case .streamName: !value.isEmpty && value.utf8.allSatisfy(Self.isNameByte)
    case .streamARN: StreamARN(value) != nil
    case .streamID: Self.isStreamID(Array(value.utf8))
    case .hashKey: Self.isNumber(value, digitsMax: 39)
    case .sequenceNumber: Self.isNumber(value, digitsMax: 129)
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func isNumber(_ value: String, digitsMax: Int) -> Bool {
    let digits = value.utf8
    guard let first = digits.first, digits.count <= digitsMax, digits.allSatisfy(isDigit) else {
      return false
    }
    return first != UInt8(ascii: "0") || digits.count == 1
  }

  private static func isStreamID(_ bytes: [UInt8]) -> Bool {
    bytes.count == 24
      && bytes.enumerated().allSatisfy { index, byte in
        index == 20
          ? byte == UInt8(ascii: "-")
          : isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// `arn:aws:kinesis:us-east-1:000000000000:stream/clicks`.
package struct StreamARN: Equatable, Sendable {
  package let account: String
  package let streamName: String

  /// Reads an ARN of a stream; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    let kind = "stream/"
    guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "kinesis",
      parts[4].utf8.count == 12, parts[4].allSatisfy({ $0.isASCII && $0.isNumber }),
      parts[5].hasPrefix(kind), parts[5].count > kind.count,
      !parts[5].contains(where: \.isWhitespace)
    else { return nil }
    account = String(parts[4])
    streamName = String(parts[5].dropFirst(kind.count))
  }
}
