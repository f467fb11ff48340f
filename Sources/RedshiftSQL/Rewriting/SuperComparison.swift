internal import Core

/// Comparisons of SUPERs: values of one type by that type's order, of two types never equal and
/// neither less nor greater. `s = t.x` → `weir._super_key(s) = weir._value_key(t.x)`, `s < t.x` →
/// `weir_super_compare(…) < 0`: keys are bytes that order as their values do (see `SuperDocument`),
/// so that DuckDB can join, group and sort by them.
///
/// Source: the pages "Dynamic typing" and "Operators and functions" of semistructured data.
enum SuperComparison {
  private static let symbols: Set<String> = ["=", "<>", "!=", "<", ">", "<=", ">="]

  static func isComparison(_ symbol: String) -> Bool { symbols.contains(symbol) }

  static func rewrite(
    _ symbol: String, _ left: Expression, _ right: Expression, _ scope: SuperOperands.Scope,
    at position: Int
  ) -> Expression {
    if ["=", "<>", "!="].contains(symbol) {
      return Expression(
        .binary(symbol, key(left, scope), key(right, scope)), position: position)
    }
    let order = Expression.call(
      "weir_super_compare", text(left, scope), text(right, scope))
    return Expression(.binary(symbol, order, Expression(.number("0"))), position: position)
  }

  /// What the value is equal and ordered by.
  static func key(_ value: Expression, _ scope: SuperOperands.Scope) -> Expression {
    if value.kind == .null { return value }
    return .weir(scope.isSuper(value) ? "_super_key" : "_value_key", value)
  }

  private static func text(_ value: Expression, _ scope: SuperOperands.Scope) -> Expression {
    (scope.isSuper(value) ? value : .weir("_super", value)).cast(to: "varchar")
  }

  /// `x IN (SELECT …)` → `key(x) IN (SELECT key(value) FROM (SELECT …) AS q (value))`.
  static func keys(of query: Query, isSuper: Bool) -> Query {
    let value = Expression(.column([Identifier("in$"), Identifier("value")]))
    var alias = Alias(name: Identifier("in$"))
    alias.columns = [Identifier("value")]
    var select = Select(items: [
      SelectItem(
        .weir(isSuper ? "_super_key" : "_value_key", value), alias: Identifier("value"))
    ])
    select.from = [.query(query, alias, isLateral: false)]
    return Query(body: .select(select))
  }

  static func any(
    _ item: Expression, _ list: [Expression], isNegated: Bool, _ scope: SuperOperands.Scope,
    at position: Int
  ) -> Expression {
    Expression(
      .inList(key(item, scope), list.map { key($0, scope) }, isNegated: isNegated),
      position: position)
  }

  static func between(
    _ item: Expression, _ low: Expression, _ high: Expression, isNegated: Bool,
    _ scope: SuperOperands.Scope, at position: Int
  ) -> Expression {
    let both = Expression(
      .logical(
        "AND",
        [
          rewrite(">=", item, low, scope, at: 0), rewrite("<=", item, high, scope, at: 0),
        ]), position: position)
    return isNegated ? Expression(.unary("NOT", both), position: position) : both
  }
}
