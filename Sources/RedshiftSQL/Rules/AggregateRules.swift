internal import Core

/// `LISTAGG(x, ',') WITHIN GROUP (ORDER BY y)` → `string_agg(x, ',' ORDER BY y)`.
enum ListAggregateRule: CallRule {
  static let names: Set<String> = ["listagg"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...2, of: call, at: position)
    var rewritten = call
    rewritten.name = ObjectName([Identifier("string_agg")])
    rewritten.arguments[0] = .weir("_text", call.arguments[0])
    if call.arguments.count == 1 { rewritten.arguments.append(.string("")) }
    rewritten.orderBy = call.withinGroup ?? []
    if call.isDistinct {
      // DuckDB orders distinct values by themselves only.
      for index in rewritten.orderBy.indices
      where rewritten.orderBy[index].expression == call.arguments[0] {
        rewritten.orderBy[index].expression = rewritten.arguments[0]
      }
    }
    rewritten.withinGroup = nil
    return Expression(.call(rewritten))
  }
}

/// `APPROXIMATE COUNT(DISTINCT x)` → `approx_count_distinct(x)`; `APPROXIMATE PERCENTILE_DISC(p)
/// WITHIN GROUP (ORDER BY x)` → the same without APPROXIMATE: what comes out is to be a value of
/// the set, which DuckDB's `approx_quantile` does not promise.
enum ApproximateRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .call(var call) = expression.kind, call.isApproximate else { return nil }
    call.isApproximate = false
    if call.simpleName == "percentile_disc", call.withinGroup != nil {
      return try PercentileRule.rewrite(call, at: expression.position)
        ?? Expression(.call(call), position: expression.position)
    }
    guard call.simpleName == "count", call.isDistinct, call.arguments.count == 1 else {
      throw SQLError("0A000", "APPROXIMATE \(call.name.name) is not supported")
        .placed(at: expression.position)
    }
    call.name = ObjectName([Identifier("approx_count_distinct")])
    call.isDistinct = false
    return Expression(.call(call))
  }
}

/// `PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x) OVER (…)` → `quantile_cont(x, p) OVER (…)`, and
/// PERCENTILE_DISC alike: DuckDB has WITHIN GROUP for aggregates only.
enum PercentileRule: CallRule {
  static let names: Set<String> = ["percentile_cont", "percentile_disc"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...1, of: call, at: position)
    guard let order = call.withinGroup, order.count == 1 else {
      throw SQLError("42601", "\(call.name.name) needs WITHIN GROUP (ORDER BY …)")
        .placed(at: position)
    }
    guard call.over != nil else { return nil }
    var rewritten = call
    let isContinuous = call.name.name == "percentile_cont"
    rewritten.name = ObjectName([Identifier(isContinuous ? "quantile_cont" : "quantile_disc")])
    rewritten.withinGroup = nil
    var value = order[0].expression
    var share = call.arguments[0]
    let isDescending = order[0].isDescending == true
    if isDescending, isContinuous {
      share = Expression(.binary("-", Expression(.number("1")), share))
    } else if isDescending {
      value = Expression(.unary("-", value))
    }
    rewritten.arguments = [value, share]
    let result = Expression(.call(rewritten))
    return isDescending && !isContinuous ? Expression(.unary("-", result)) : result
  }
}

/// `RATIO_TO_REPORT(x) OVER (w)` → `CAST(x AS DOUBLE) / nullif(sum(x) OVER (w), 0)`.
enum RatioRule: CallRule {
  static let names: Set<String> = ["ratio_to_report"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...1, of: call, at: position)
    guard call.over != nil else {
      throw SQLError("42809", "ratio_to_report needs OVER (…)").placed(at: position)
    }
    var sum = call
    sum.name = ObjectName([Identifier("sum")])
    let whole = Expression.call("nullif", Expression(.call(sum)), Expression(.number("0")))
    return Expression(.binary("/", call.arguments[0].cast(to: "float8"), whole))
  }
}

/// `SUM(x) OVER (ORDER BY y)` is refused: the order of an aggregate's window needs a frame.
///
/// Source: the page "Window function syntax summary" and those of the functions.
enum WindowFrameRule {
  private static let names: Set<String> = [
    "avg", "count", "max", "min", "sum", "stddev", "stddev_samp", "stddev_pop", "variance",
    "var_samp", "var_pop", "first_value", "last_value", "nth_value",
  ]

  static func check(_ expression: Expression) throws(SQLError) {
    guard case .call(let call) = expression.kind, let window = call.over,
      !window.orderBy.isEmpty, window.frame == nil, expression.position > 0,
      let name = call.simpleName, names.contains(name)
    else { return }
    throw SQLError(
      "42601", "Aggregate window functions with an ORDER BY clause require a frame clause",
      hint: "such as ROWS UNBOUNDED PRECEDING", position: expression.position)
  }
}
