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
  mutating func fail(
    _ value: String?, at path: String, _ constraint: String = "Member must not be null"
  ) {
    guard failures.count < Self.failuresMax else { return }
    let shown = value.map { "'\($0.count > 2048 ? $0.prefix(2048) + "…" : $0[...])'" } ?? "null"
    failures.append("Value \(shown) at '\(path)' failed to satisfy constraint: \(constraint)")
  }

  /// As `fail`, for a value that is too large, or nobody's business: the service does not repeat
  /// data and lists of records.
  mutating func failUnshown(at path: String, _ constraint: String) {
    guard failures.count < Self.failuresMax else { return }
    failures.append("Value at '\(path)' failed to satisfy constraint: \(constraint)")
  }

  mutating func present<Value>(_ value: Value?, _ path: String) {
    if value == nil { fail(nil, at: path) }
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
      fail(nil, at: path())
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

  /// As `number`, for a member that must be there. Returns the value, or 0 after noting the
  /// failure.
  mutating func required(
    _ value: Int?, _ path: String, in range: ClosedRange<Int> = Int.min...Int.max
  ) -> Int {
    guard let value else {
      fail(nil, at: path)
      return 0
    }
    number(value, path, in: range)
    return value
  }

  /// The lengths of the elements of a list, or of the keys or values of a map, which are told
  /// together.
  mutating func lengths(
    of texts: some Sequence<String>, _ range: ClosedRange<Int>, shown: String, _ path: String,
    _ words: String
  ) {
    guard !texts.allSatisfy({ range.contains(Self.length(of: $0)) }) else { return }
    fail(
      shown, at: path,
      "\(words): [Member must have length less than or equal to \(range.upperBound), "
        + "Member must have length greater than or equal to \(range.lowerBound)]")
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
      fail(nil, at: path())
      return []
    }
    if data.count > max {
      failUnshown(at: path(), "Member must have length less than or equal to \(max)")
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
