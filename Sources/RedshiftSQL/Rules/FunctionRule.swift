internal import Core

/// `INITCAP(x)` → `weir.initcap(x)`: what a macro defines (see `Macros`), or a function of ours
/// that has overloads. Other names for the same go the same way.
enum FunctionRule: CallRule {
  static let names = Set(Macros.byName.keys.filter { !$0.hasPrefix("_") })
    .union(aliases.keys).union(functions.keys)

  private static let aliases = [
    "substr": "substring", "replicate": "repeat", "textlen": "len",
  ]

  /// DuckDB's own functions with overloads of ours, and their number of arguments.
  private static let functions: [String: (name: String, arguments: ClosedRange<Int>)] = [
    "len": ("length", 1...1), "length": ("length", 1...1), "textlen": ("length", 1...1),
    "char_length": ("length", 1...1), "character_length": ("length", 1...1),
    "octet_length": ("weir_octet_length", 1...1), "trunc": ("trunc", 1...2),
    "sha": ("sha1", 1...1), "func_sha1": ("sha1", 1...1), "random": ("random", 0...0),
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    let written = call.name.name
    if written == "octet_length", let length = charLength(call) { return length }
    if let function = functions[written] {
      try expectArguments(function.arguments, of: call, at: position)
      guard function.name != written else { return nil }
      return Expression(.call(FunctionCall(function.name, call.arguments)), position: position)
    }
    let name = aliases[written] ?? written
    guard let macro = Macros.byName[name] else { return nil }
    try expectArguments(macro.arguments, of: call, at: position)
    return Expression(.weirCall(name, call.arguments), position: position)
  }
}

extension FunctionRule {
  /// What is cast to a CHAR(n) has n bytes, though nothing keeps its blanks.
  private static func charLength(_ call: FunctionCall) -> Expression? {
    guard call.arguments.count == 1, case .call(let cast) = call.arguments[0].kind,
      cast.name.schema == "weir", cast.name.name == "_char_n", cast.arguments.count == 2
    else { return nil }
    let isNull = Expression(.isTest(cast.arguments[0], "NULL", isNegated: true))
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: isNull, result: cast.arguments[1])],
        otherwise: nil))
  }
}

extension Expression {
  /// A call of a macro.
  static func weir(_ name: String, _ arguments: Expression...) -> Expression {
    Expression(.weirCall(name, arguments))
  }
}

extension Expression.Kind {
  static func weirCall(_ name: String, _ arguments: [Expression]) -> Expression.Kind {
    .call(
      FunctionCall(
        name: ObjectName([
          Identifier("weir"), Identifier(Macros.byName[name]?.sqlName ?? name),
        ]), arguments: arguments))
  }
}
