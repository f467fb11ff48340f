internal import Core

/// `JSON_EXTRACT_PATH_TEXT(j, 'a', '0')` → `json_extract_string(j, '$."a"[0]')`; a last argument
/// TRUE (null_if_invalid) puts `CASE WHEN` it is JSON `THEN … END` around it.
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
        branches: [
          CaseBranch(
            condition: Expression(
              .binary(">", .call("weir_json_kind", document), Expression(.number("0")))),
            result: value)
        ],
        otherwise: nil))
  }

  /// The call with its document checked to be JSON, by the letter: DuckDB lets more pass. nil for
  /// other calls, and for those that want NULL of what is no JSON.
  static func checked(_ value: Expression) -> Expression? {
    guard case .call(var call) = value.kind, call.simpleName == "json_extract_path_text",
      let document = call.arguments.first
    else { return nil }
    if case .boolean(true)? = call.arguments.last?.kind { return nil }
    call.arguments[0] = .weir("_checked_json", document)
    return Expression(.call(call), position: value.position)
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

/// `OBJECT('a', 1)` → `json_object('a', 1)`, `ARRAY(1, 2)` → `json_array(1, 2)`.
enum SuperConstructorRule: CallRule {
  static let names: Set<String> = ["object", "array"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    if call.name.name == "object", !call.arguments.count.isMultiple(of: 2) {
      throw SQLError("42883", "function object takes pairs of names and values")
        .placed(at: position)
    }
    return Expression(.call(FunctionCall("json_\(call.name.name)", call.arguments)))
  }
}
