internal import Core

/// What a statement's result computes of numbers inside SUPERs: a SUPER again, in which whole
/// numbers are exact. `c.a + 1` → `json(weir_super_calculate('+', c.a, 1))`.
///
/// Only the whole of a column is looked at: functions, conditions, views and tables go on with what
/// is computed, for which DuckDB wants a type.
enum SuperResult {
  /// nil for what `SuperOperands` rewrites as everywhere.
  static func rewrite(
    _ value: Expression, _ scope: SuperOperands.Scope, _ map: inout TreeMap
  ) throws(SQLError) -> Expression? {
    if case .call(let call) = value.kind, call.simpleName == "sum", call.over == nil,
      !call.isDistinct, call.filter == nil, call.arguments.count == 1,
      let argument = call.arguments.first, isComputed(argument, scope)
    {
      return Expression(sum(try json(argument, scope, &map)).kind, position: value.position)
    }
    guard case .binary = value.kind, isComputed(value, scope) else { return nil }
    return try json(value, scope, &map)
  }

  private static func isComputed(_ value: Expression, _ scope: SuperOperands.Scope) -> Bool {
    switch value.kind {
    case .binary(let symbol, let left, let right) where ["+", "-", "*", "/", "%"].contains(symbol):
      isComputed(left, scope) || isComputed(right, scope)
    default: scope.isSuper(value)
    }
  }

  private static func json(
    _ value: Expression, _ scope: SuperOperands.Scope, _ map: inout TreeMap
  ) throws(SQLError) -> Expression {
    guard case .binary(let symbol, let left, let right) = value.kind, isComputed(value, scope)
    else { return try map.map(value) }
    let operands = [try json(left, scope, &map), try json(right, scope, &map)]
    return .call(
      "json",
      .call(
        "weir_super_calculate", .string(symbol), operands[0].cast(to: "varchar"),
        operands[1].cast(to: "varchar")))
  }

  /// Of whole numbers the exact sum, else that of doubles.
  private static func sum(_ value: Expression) -> Expression {
    let whole = Expression.call("weir_super_whole", value.cast(to: "varchar"))
    let double = Expression.weir("_super_number", value)
    let isWhole = Expression(
      .binary("=", .call("count", whole), .call("count", double)))
    return Expression(
      .caseWhen(
        operand: nil,
        branches: [CaseBranch(condition: isWhole, result: .weir("_super", .call("sum", whole)))],
        otherwise: .weir("_super", .call("sum", double))))
  }
}
