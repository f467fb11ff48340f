package import Core

/// The members of a request to EventBridge, and what is wrong with them in the model's words.
///
/// ```
/// var request = try EventBridgeRequest(body)
/// let name = request.name("Name")
/// try request.finish()
/// ```
package struct EventBridgeRequest {
  package let members: JSONObject
  private var check = Validation()

  /// - Throws: `SerializationException` for what is no JSON object.
  package init(_ body: some Sequence<UInt8>) throws(AWSError) {
    do throws(JSONSyntaxError) {
      guard case .object(let members) = try JSONValue(parsing: body) else {
        throw JSONSyntaxError(reason: "no object", line: 1, column: 1)
      }
      self.members = members
    } catch {
      throw AWSError.malformed(error.description)
    }
  }

  /// - Throws: `ValidationException` if a member was wrong.
  package func finish() throws(AWSError) {
    try check.finish()
  }

  package subscript(_ member: String) -> JSONValue? {
    members[member].flatMap { $0 == .null ? nil : $0 }
  }

  package func text(_ member: String) -> String? { self[member]?.text }

  // MARK: Members with constraints

  /// The name of a rule, an archive, a connection…
  package mutating func name(_ member: String, max: Int = 64) -> String {
    check.required(
      text(member), Self.path(member), length: 1...max, pattern: .eventName)
  }

  /// The name of a bus that is to be made, or dropped.
  package mutating func busName(_ member: String) -> String {
    check.required(text(member), Self.path(member), length: 1...256, pattern: .busName)
  }

  /// A bus by name or ARN; nil for the default bus.
  package mutating func bus(_ member: String = "EventBusName") -> String? {
    let value = text(member)
    check.text(value, Self.path(member), length: 1...1_600, pattern: .busNameOrARN)
    return value
  }

  package mutating func required(_ member: String, length: ClosedRange<Int>? = nil) -> String {
    check.required(text(member), Self.path(member), length: length)
  }

  package mutating func optional(_ member: String, max: Int) -> String? {
    check.text(text(member), Self.path(member), length: 0...max)
    return text(member)
  }

  package mutating func number(_ member: String, in range: ClosedRange<Int>) -> Int? {
    check.number(self[member]?.integer, Self.path(member), in: range)
    return self[member]?.integer
  }

  package mutating func choice(_ member: String, of names: [String]) -> String? {
    guard let value = text(member) else { return nil }
    if !names.contains(value) {
      check.fail(
        value, at: Self.path(member),
        "Member must satisfy enum value set: [\(names.joined(separator: ", "))]")
    }
    return value
  }

  package mutating func time(_ member: String) -> Timestamp {
    switch self[member] {
    case .number(let text)?: return Timestamp(seconds: Double(text) ?? 0)
    case .string(let text)?: if let time = ISO8601.time(text) { return time }
    default: break
    }
    check.fail(nil, at: Self.path(member))
    return Timestamp(microseconds: 0)
  }

  package mutating func list(_ member: String, count: ClosedRange<Int>) -> [JSONValue] {
    guard let elements = self[member]?.elements else {
      check.fail(nil, at: Self.path(member))
      return []
    }
    if !count.contains(elements.count) {
      let words =
        elements.count < count.lowerBound
        ? "greater than or equal to \(count.lowerBound)"
        : "less than or equal to \(count.upperBound)"
      check.failUnshown(at: Self.path(member), "Member must have length \(words)")
    }
    return elements
  }

  /// A member of an element of a list: `targets.1.member.id`.
  package mutating func name(
    _ member: String, in element: JSONValue, _ list: String, at index: Int
  ) -> String {
    check.required(
      element[member]?.text, "\(Self.path(list)).\(index + 1).member.\(Self.path(member))",
      length: 1...64, pattern: .eventName)
  }

  /// As `name`, of a member that may be any text.
  package mutating func text(
    _ member: String, in element: JSONValue, _ list: String, at index: Int,
    length: ClosedRange<Int>
  ) -> String {
    check.required(
      element[member]?.text, "\(Self.path(list)).\(index + 1).member.\(Self.path(member))",
      length: length)
  }

  package mutating func number(
    _ value: JSONValue?, _ path: String, in range: ClosedRange<Int>
  ) {
    check.number(value?.integer, path, in: range)
  }

  /// The name of a member as the service's messages write it.
  private static func path(_ member: String) -> String {
    member.prefix(1).lowercased() + member.dropFirst()
  }
}
