internal import Core

/// `NVL(a, b)` → `coalesce(a, b)`; `NVL2(x, a, b)` → `CASE WHEN x IS NOT NULL THEN a ELSE b END`;
/// `ISNULL(a, b)` → `coalesce(a, b)`.
enum NullValueRule: CallRule {
  static let names: Set<String> = ["nvl", "nvl2", "isnull"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    guard call.name.name == "nvl2" else {
      try expectArguments(call.name.name == "nvl" ? 1...1_000 : 2...2, of: call, at: position)
      return Expression(.call(FunctionCall("coalesce", call.arguments)))
    }
    try expectArguments(3...3, of: call, at: position)
    let test = Expression(.isTest(call.arguments[0], "NULL", isNegated: true))
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: test, result: call.arguments[1])],
        otherwise: call.arguments[2]))
  }
}

/// `DECODE(x, a, r, …, d)` → `CASE WHEN x IS NOT DISTINCT FROM a THEN r … ELSE d END`: NULL
/// equals NULL here. (DuckDB has a `decode` of another meaning.)
enum DecodeRule: CallRule {
  static let names: Set<String> = ["decode"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(3...1_000, of: call, at: position)
    var rest = call.arguments.dropFirst()
    var branches: [CaseBranch] = []
    while rest.count >= 2 {
      let pair = Array(rest.prefix(2))
      branches.append(
        CaseBranch(
          condition: Expression(.isDistinct(call.arguments[0], pair[0], isNegated: true)),
          result: pair[1]))
      rest = rest.dropFirst(2)
    }
    return Expression(.caseWhen(operand: nil, branches: branches, otherwise: rest.first))
  }
}
