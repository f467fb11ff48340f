package import Core

/// What a target gets of an event: all of it, a part, a constant, or a template that is filled in.
///
/// Source of the rules: EventBridge's user guide, "input transformation", and what the service
/// answered to LocalStack's tests of it.
package enum InputTemplate {
  /// What the service adds to the variables that a target defines.
  package struct Context: Sendable {
    package var ruleARN: String
    package var ruleName: String
    package var ingestedAt: Timestamp

    package init(ruleARN: String, ruleName: String, ingestedAt: Timestamp) {
      self.ruleARN = ruleARN
      self.ruleName = ruleName
      self.ingestedAt = ingestedAt
    }
  }

  private static let reserved: Set<String> = [
    "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time",
    "aws.events.event", "aws.events.event.json",
  ]

  /// - Throws: `EventBusError.invalid` in EventBridge's words.
  static func check(_ target: TargetDefinition) throws(EventBusError) {
    if let path = target.json["InputPath"]?.text, JSONPath(path) == nil {
      throw .invalid("InputPath for target \(target.id) is not a valid JSON path: \(path)")
    }
    if let input = target.json["Input"]?.text, (try? JSONValue(parsing: input)) == nil {
      throw .invalid("Parameter Input for target \(target.id) is not valid JSON.")
    }
    guard let transformer = target.json["InputTransformer"] else { return }
    guard let template = transformer["InputTemplate"]?.text else {
      throw .invalid("InputTransformer of target \(target.id) needs an InputTemplate.")
    }
    let paths = transformer["InputPathsMap"]?.members
    for (name, path) in paths?.members ?? [] {
      guard let text = path.text, JSONPath(text) != nil else {
        throw .invalid("InputPathsMap for target \(target.id) has no valid JSON path for \(name).")
      }
      guard !name.hasPrefix("AWS") else {
        throw .invalid("Variable name \(name) must not start with AWS.")
      }
    }
    for case .variable(let name) in pieces(of: template)
    where paths?[name] == nil && !reserved.contains(name) {
      throw .invalid("InputTemplate for target \(target.id) contains invalid placeholder \(name).")
    }
  }

  /// - Throws: `DeliveryError` INVALID_JSON if the template gives none.
  package static func input(
    of target: TargetDefinition, for event: [UInt8], _ context: Context
  ) throws(DeliveryError) -> [UInt8] {
    if let constant = target.json["Input"]?.text { return Array(constant.utf8) }
    let path = target.json["InputPath"]?.text
    let transformer = target.json["InputTransformer"]
    guard path != nil || transformer != nil else { return event }
    guard let document = try? JSONValue(parsing: event) else {
      throw DeliveryError(.invalidJSON, "the event is not JSON", isRetryable: false)
    }
    if let path {
      // A path that leads to nothing gives nothing, not the event.
      return (JSONPath(path)?.value(in: document) ?? .object(JSONObject())).serialized
    }
    let template = transformer?["InputTemplate"]?.text ?? ""
    var values: [String: JSONValue] = [:]
    for (name, path) in transformer?["InputPathsMap"]?.members?.members ?? [] {
      values[name] = path.text.flatMap { JSONPath($0) }?.value(in: document) ?? ""
    }
    for (name, value) in predefined(document, context) { values[name] = value }
    let filled = fill(template, values)
    guard isJSON(filled) else {
      throw DeliveryError(
        .invalidJSON, "the input template gives no JSON: \(filled.prefix(200))",
        isRetryable: false)
    }
    return Array(filled.utf8)
  }

  private static func predefined(
    _ event: JSONValue, _ context: Context
  ) -> [String: JSONValue] {
    var outline = event.members ?? JSONObject()
    outline["detail"] = nil
    if let type = outline["detail-type"] {
      outline["detail-type"] = nil
      outline["detailType"] = type
    }
    return [
      "aws.events.rule-arn": .string(context.ruleARN),
      "aws.events.rule-name": .string(context.ruleName),
      "aws.events.event.ingestion-time": .string(ISO8601.text(context.ingestedAt)),
      "aws.events.event": .object(outline), "aws.events.event.json": event,
    ]
  }

  // MARK: Filling in

  private enum Piece {
    case text(Substring)
    case variable(String)
  }

  private static func pieces(of template: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = template[...]
    while let open = rest.firstIndex(of: "<") {
      let behind = rest.index(after: open)
      guard let close = rest[behind...].firstIndex(where: { $0 == ">" || $0 == "<" }) else {
        break
      }
      let name = rest[behind..<close]
      let isName =
        rest[close] == ">" && !name.isEmpty
        && name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
      if isName {
        pieces.append(.text(rest[..<open]))
        pieces.append(.variable(String(name)))
        rest = rest[rest.index(after: close)...]
      } else {
        pieces.append(.text(rest[..<behind]))
        rest = rest[behind...]
      }
    }
    pieces.append(.text(rest))
    return pieces
  }

  private static func fill(_ template: String, _ values: [String: JSONValue]) -> String {
    let isObject = template.first { !$0.isWhitespace } == "{"
    var result = ""
    var isQuoted = false
    for piece in pieces(of: template) {
      switch piece {
      case .text(let text):
        result += text
        isQuoted = endsQuoted(text, isQuoted)
      case .variable(let name):
        let value = values[name] ?? ""
        result += isQuoted ? quoted(value, inObject: isObject) : value.serializedText
      }
    }
    return result
  }

  /// Whether a string is open behind the text.
  private static func endsQuoted(_ text: Substring, _ before: Bool) -> Bool {
    var isQuoted = before
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\"), isQuoted {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      }
    }
    return isQuoted
  }

  /// A value within a string. In a template that is a string itself, objects and arrays lose
  /// their quotes; in an object they make it invalid, as they do on EventBridge.
  private static func quoted(_ value: JSONValue, inObject: Bool) -> String {
    switch value {
    case .string: String(value.serializedText.dropFirst().dropLast())
    case .object, .array:
      inObject ? value.serializedText : value.serializedText.replacing("\"", with: "")
    case .null, .bool, .number: value.serializedText
    }
  }

  /// One JSON value, or several, one behind the other.
  private static func isJSON(_ text: String) -> Bool {
    if (try? JSONValue(parsing: text)) != nil { return true }
    let lines = text.split(whereSeparator: \.isNewline)
    return lines.count > 1 && lines.allSatisfy { (try? JSONValue(parsing: String($0))) != nil }
  }
}
