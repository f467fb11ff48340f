internal import Core

/// `BTRIM(x, 'a')` → `trim(x, 'a')`; `MOD(a, b)` → `a % b`; `LN` and its like keep their names.
enum RenamedFunctionRule: CallRule {
  static let names: Set<String> = ["btrim", "mod"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    if call.name.name == "mod" {
      try expectArguments(2...2, of: call, at: position)
      let operation = Expression(
        .binary("%", call.arguments[0], call.arguments[1]), position: position)
      return try DivisionRule.rewrite(operation) ?? operation
    }
    try expectArguments(1...2, of: call, at: position)
    let trimmed = FunctionCall("trim", call.arguments)
    return try TrimRule.rewrite(trimmed, at: position) ?? Expression(.call(trimmed))
  }
}

/// `TRIM(x)` → `trim(weir._text(x))` of a column, which may be a timestamp.
enum TrimRule: CallRule {
  static let names: Set<String> = ["trim", "ltrim", "rtrim"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...2, of: call, at: position)
    guard case .column = call.arguments[0].kind else { return nil }
    var call = call
    call.arguments[0] = .weir("_text", call.arguments[0])
    return Expression(.call(call), position: position)
  }
}

/// `SUBSTRING(123456, 2, 3)` → `SUBSTRING(weir._text(123456), 2, 3)`: a number's digits.
enum SubstringRule: CallRule {
  static let names: Set<String> = ["substring", "substr"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    var call = call
    if let first = call.arguments.first, isNumber(first) {
      call.arguments[0] = .weir("_text", first)
    }
    return try FunctionRule.rewrite(call, at: position)
  }

  private static func isNumber(_ value: Expression) -> Bool {
    switch value.kind {
    case .number: true
    case .unary("-", let inner): isNumber(inner)
    default: NumberKind.of(value) != .unknown
    }
  }
}

/// `CONCAT(a, b)` → `a || b`: NULL if either is.
enum ConcatRule: CallRule {
  static let names: Set<String> = ["concat"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...2, of: call, at: position)
    return Expression(.binary("||", call.arguments[0], call.arguments[1]))
  }
}

/// `FROM_VARBYTE(x, 'utf-8')` → `decode(x)`, `'hex'` → `lower(hex(x))`; `TO_VARBYTE(x, 'utf-8')` →
/// `encode(x)`, `'hex'` → `unhex(x)`; `'binary'` is text of zeros and ones.
enum VarbyteRule: CallRule {
  static let names: Set<String> = ["from_varbyte", "to_varbyte"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...2, of: call, at: position)
    guard case .string(let format) = call.arguments[1].kind else {
      throw SQLError("22023", "the format of \(call.name.name) must be a string literal")
        .placed(at: call.arguments[1].position)
    }
    let value = call.arguments[0]
    switch (call.name.name, format.lowercased()) {
    case ("from_varbyte", "utf-8"), ("from_varbyte", "utf8"), ("from_varbyte", "utf_8"):
      return .call("decode", value)
    case ("from_varbyte", "hex"): return .call("lower", .call("hex", value))
    case ("from_varbyte", "binary"):
      return
        value.cast(to: "bit").cast(to: "text")
    case ("from_varbyte", "base64"): return .call("to_base64", value)
    case ("to_varbyte", "utf-8"), ("to_varbyte", "utf8"), ("to_varbyte", "utf_8"):
      return .call("encode", value)
    case ("to_varbyte", "base64"): return .call("from_base64", value)
    case ("to_varbyte", "hex"): return .call("unhex", value)
    case ("to_varbyte", "binary"): return value.cast(to: "bit").cast(to: "bytea")
    default:
      throw SQLError(
        "0A000", "the format \"\(format)\" of \(call.name.name) is not supported"
      ).placed(at: call.arguments[1].position)
    }
  }
}

/// `TO_NUMBER(x, '99D9')` → `CAST(weir_to_number(x, '99D9') AS DECIMAL(38, 1))`: the format's
/// places are the number's.
enum ToNumberRule: CallRule {
  static let names: Set<String> = ["to_number"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...2, of: call, at: position)
    guard case .string(let format) = call.arguments[1].kind else {
      throw SQLError("0A000", "TO_NUMBER with a format that is not a literal is not supported")
        .placed(at: call.arguments[1].position)
    }
    let places = min(NumberTemplate(format).fractionDigits, 37)
    let text = Expression.call("weir_to_number", call.arguments[0], call.arguments[1])
    return Expression(.cast(text, TypeName("decimal", modifiers: [38, places]), isTry: false))
  }
}

/// `COLLATE(x, 'case_insensitive')` → `x COLLATE NOCASE`, `'case_sensitive'` → `x COLLATE C`.
enum CollateRule: CallRule {
  static let names: Set<String> = ["collate"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...2, of: call, at: position)
    guard case .string(let name) = call.arguments[1].kind, let collation = Collation(name) else {
      throw SQLError(
        "22023", "the collation of collate must be 'case_sensitive' or 'case_insensitive'"
      )
      .placed(at: call.arguments[1].position)
    }
    return Expression(
      .binary("COLLATE", .weir("_text", call.arguments[0]), Expression(.raw(collation.duckDB))))
  }
}

/// How letters of two cases compare.
package enum Collation: Sendable, Equatable {
  case caseSensitive, caseInsensitive

  package init?(_ name: String) {
    switch name.lowercased() {
    case "case_sensitive", "cs": self = .caseSensitive
    case "case_insensitive", "ci": self = .caseInsensitive
    default: return nil
    }
  }

  var duckDB: String { self == .caseSensitive ? "C" : "NOCASE" }
}
