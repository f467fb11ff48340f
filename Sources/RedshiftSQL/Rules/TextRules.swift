internal import Core

/// `LEN(x)`, `CHAR_LENGTH(x)`, `TEXTLEN(x)` → `length(x)`; `CHARINDEX(a, x)` → `strpos(x, a)`;
/// `BTRIM` → `trim`.
enum TextNameRule: CallRule {
  static let names: Set<String> = [
    "len", "char_length", "character_length", "textlen", "charindex", "btrim",
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    switch call.name.name {
    case "charindex":
      try expectArguments(2...2, of: call, at: position)
      return .call("strpos", call.arguments[1], call.arguments[0])
    case "btrim":
      try expectArguments(1...2, of: call, at: position)
      return Expression(.call(FunctionCall("trim", call.arguments)))
    default:
      try expectArguments(1...1, of: call, at: position)
      return .call("length", call.arguments[0])
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
/// `encode(x)`, `'hex'` → `unhex(x)`.
enum VarbyteRule: CallRule {
  static let names: Set<String> = ["from_varbyte", "to_varbyte"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...2, of: call, at: position)
    guard case .string(let format) = call.arguments[1].kind else {
      throw SQLError(
        "22023", "the format of \(call.name.name) must be a string literal",
        position: call.arguments[1].position)
    }
    let value = call.arguments[0]
    switch (call.name.name, format.lowercased()) {
    case ("from_varbyte", "utf-8"), ("from_varbyte", "utf8"): return .call("decode", value)
    case ("from_varbyte", "hex"): return .call("lower", .call("hex", value))
    case ("to_varbyte", "utf-8"), ("to_varbyte", "utf8"): return .call("encode", value)
    case ("to_varbyte", "hex"): return .call("unhex", value)
    default:
      throw SQLError(
        "0A000", "the format \"\(format)\" of \(call.name.name) is not supported",
        position: call.arguments[1].position)
    }
  }
}
