internal import Core

/// `JSON_EXTRACT_PATH_TEXT(j, 'a', '0')` → `weir_json_path(j, 0, 'a', '0')`; a last argument TRUE
/// (null_if_invalid) makes the 0 a 1. DuckDB's own functions would write numbers anew: `1.10` as
/// `1.1`.
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
    let mode = Expression(.number(nullIfInvalid ? "1" : "0"))
    let path = steps.map { step in
      if case .string = step.kind { step } else { step.cast(to: "varchar") }
    }
    return Expression(.call(FunctionCall("weir_json_path", [document, mode] + path)))
  }

  /// The call with the text of its document, whatever the document's type is; nil for other calls.
  static func read(_ value: Expression) -> Expression? {
    guard case .call(var call) = value.kind, call.simpleName == "json_extract_path_text",
      let document = call.arguments.first
    else { return nil }
    call.arguments[0] = .weir("_text", document)
    return Expression(.call(call), position: value.position)
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

/// `JSON_PARSE(x)` where `parse_super_null_on_error` is on: NULL of what is no JSON.
package enum JSONParseRule {
  package static func orNull(_ value: Expression) -> Expression? {
    guard case .call(let call) = value.kind, call.simpleName == "json_parse",
      call.arguments.count == 1, let text = call.arguments.first
    else { return nil }
    return Expression(.weirCall("_json_parse_or_null", [text]), position: value.position)
  }
}
