internal import Core

/// `JSON_EXTRACT_PATH_TEXT(j, 'a', '0')` → `json_extract_string(j, '$."a"[0]')`; a last argument
/// TRUE (null_if_invalid) puts `CASE WHEN json_valid(j) THEN … END` around it.
///
/// A step of digits names a member of an object as well as an element of an array, so a path
/// with such a step is tried both ways.
package enum JSONPathTextRule: CallRule {
  static let names: Set<String> = ["json_extract_path_text"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    var steps = Array(call.arguments.dropFirst())
    var nullIfInvalid = false
    if let last = steps.last, case .boolean(let value) = last.kind {
      nullIfInvalid = value
      steps.removeLast()
    }
    guard let document = call.arguments.first, !steps.isEmpty else {
      throw SQLError(
        "42883", "function json_extract_path_text needs a document and a path",
        position: position)
    }
    let value = try extraction(of: steps, from: document)
    guard nullIfInvalid else { return value }
    return Expression(
      .caseWhen(
        operand: nil,
        branches: [CaseBranch(condition: .call("json_valid", document), result: value)],
        otherwise: nil))
  }

  private static func extraction(
    of steps: [Expression], from document: Expression
  ) throws(SQLError) -> Expression {
    guard let names = literals(steps) else {
      // The path is known when the row is read.
      var value = document
      for step in steps.dropLast() {
        value = Expression(.binary("->", value, step.cast(to: "varchar")))
      }
      guard let last = steps.last else { return value }
      return Expression(.binary("->>", value, last.cast(to: "varchar")))
    }
    let asMembers = path(names, digitsAreIndices: false)
    let asIndices = path(names, digitsAreIndices: true)
    let member = Expression.call("json_extract_string", document, .string(asMembers))
    if asMembers == asIndices { return member }
    return .call(
      "coalesce", member, .call("json_extract_string", document, .string(asIndices)))
  }

  private static func literals(_ steps: [Expression]) -> [String]? {
    var names: [String] = []
    for step in steps {
      guard case .string(let name) = step.kind else { return nil }
      names.append(name)
    }
    return names
  }

  /// DuckDB's path language, each member in quotes.
  package static func path(_ steps: [String], digitsAreIndices: Bool) -> String {
    "$"
      + steps.map { step in
        let isIndex = !step.isEmpty && step.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isIndex, digitsAreIndices { return "[\(step)]" }
        let escaped = step.split(separator: "\"", omittingEmptySubsequences: false)
          .joined(separator: "\\\"")
        return ".\"\(escaped)\""
      }.joined()
  }
}

/// `JSON_PARSE(x)` → `CAST(x AS JSON)`; `JSON_SERIALIZE(x)` → `CAST(x AS VARCHAR)`;
/// `CAN_JSON_PARSE(x)` → `json_valid(x)`; `IS_VALID_JSON(x)` → valid, and an object;
/// `IS_VALID_JSON_ARRAY(x)` → valid, and an array.
enum JSONValidityRule: CallRule {
  static let names: Set<String> = [
    "json_parse", "json_serialize", "can_json_parse", "is_valid_json", "is_valid_json_array",
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...1, of: call, at: position)
    let value = call.arguments[0]
    switch call.name.name {
    case "json_parse": return value.cast(to: "super")
    case "json_serialize": return value.cast(to: "varchar")
    case "can_json_parse": return .call("json_valid", value)
    default:
      let kind = call.name.name == "is_valid_json" ? "OBJECT" : "ARRAY"
      let isKind = Expression(.binary("=", .call("json_type", value), .string(kind)))
      return Expression(
        .caseWhen(
          operand: nil,
          branches: [CaseBranch(condition: .call("json_valid", value), result: isKind)],
          otherwise: Expression(.boolean(false))))
    }
  }
}
