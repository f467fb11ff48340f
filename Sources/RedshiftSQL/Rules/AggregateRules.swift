internal import Core

/// `LISTAGG(x, ',') WITHIN GROUP (ORDER BY y)` → `string_agg(x, ',' ORDER BY y)`.
enum ListAggregateRule: CallRule {
  static let names: Set<String> = ["listagg"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...2, of: call, at: position)
    var rewritten = call
    rewritten.name = ObjectName([Identifier("string_agg")])
    rewritten.arguments[0] = call.arguments[0].cast(to: "varchar")
    if call.arguments.count == 1 { rewritten.arguments.append(.string("")) }
    rewritten.orderBy = call.withinGroup ?? []
    rewritten.withinGroup = nil
    return Expression(.call(rewritten))
  }
}

/// `APPROXIMATE COUNT(DISTINCT x)` → `approx_count_distinct(x)`.
enum ApproximateRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .call(var call) = expression.kind, call.isApproximate else { return nil }
    guard call.simpleName == "count", call.isDistinct, call.arguments.count == 1 else {
      throw SQLError(
        "0A000", "APPROXIMATE \(call.name.name) is not supported", position: expression.position)
    }
    call.name = ObjectName([Identifier("approx_count_distinct")])
    call.isDistinct = false
    call.isApproximate = false
    return Expression(.call(call))
  }
}
