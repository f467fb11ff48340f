/// Comparisons of VARCHAR columns, whose blanks at the end do not count.
///
/// With a literal the column itself is compared, so that DuckDB can skip what cannot match, and
/// only what begins like the literal is looked at again: `v = 'ab'` → `v >= 'ab' AND v < 'ab!' AND
/// weir._trimmed(v) = 'ab'` (`!` is the letter behind the blank). Beside another column both are
/// trimmed. A CHAR keeps no blanks (see `weir_fit`), and is compared as it is.
///
/// Source: the page "Character types".
enum TextComparison {
  static func rewrite(
    _ value: Expression, _ symbol: String, _ left: Expression, _ right: Expression,
    _ scope: SuperOperands.Scope
  ) -> Expression? {
    guard SuperComparison.isComparison(symbol) else { return nil }
    let (isLeft, isRight) = (scope.kind(of: left) == .text, scope.kind(of: right) == .text)
    guard isLeft || isRight else { return nil }
    if isLeft, let text = literal(right) {
      return compared(left, symbol, text, at: value.position)
    }
    if isRight, let text = literal(left) {
      return compared(right, mirrored(symbol), text, at: value.position)
    }
    guard case .column = left.kind, case .column = right.kind else { return nil }
    return Expression(
      .binary(
        symbol, isLeft ? .weir("_trimmed", left) : left,
        isRight ? .weir("_trimmed", right) : right),
      position: value.position)
  }

  static func any(
    _ item: Expression, _ list: [Expression], isNegated: Bool, at position: Int
  ) -> Expression? {
    let texts = list.compactMap(literal)
    guard texts.count == list.count else { return nil }
    if let only = texts.first, texts.count == 1 {
      return compared(item, isNegated ? "<>" : "=", only, at: position)
    }
    let items = texts.map { Expression.string($0) }
    let plain = Expression(.inList(item, items, isNegated: false))
    let trimmed = Expression(
      .logical(
        "AND",
        [
          .call("suffix", item, .string(" ")),
          Expression(.inList(.weir("_trimmed", item), items, isNegated: false)),
        ]))
    let either = Expression(.logical("OR", [plain, trimmed]), position: position)
    return isNegated ? Expression(.unary("NOT", either), position: position) : either
  }

  static func between(
    _ item: Expression, _ low: Expression, _ high: Expression, isNegated: Bool, at position: Int
  ) -> Expression? {
    guard let first = literal(low), let last = literal(high) else { return nil }
    let both = Expression(
      .logical(
        "AND",
        [
          Expression(.binary(">=", item, .string(first))),
          compared(item, "<=", last, at: 0),
        ]), position: position)
    return isNegated ? Expression(.unary("NOT", both), position: position) : both
  }

  /// The text without blanks at its end; nil for what is no literal.
  private static func literal(_ value: Expression) -> String? {
    guard case .string(var text) = value.kind else { return nil }
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }

  private static func mirrored(_ symbol: String) -> String {
    ["<": ">", ">": "<", "<=": ">=", ">=": "<="][symbol] ?? symbol
  }

  private static func compared(
    _ column: Expression, _ symbol: String, _ text: String, at position: Int
  ) -> Expression {
    let literal = Expression.string(text)
    let end = Expression.string(text + "!")
    let trimmed = Expression.weir("_trimmed", column)
    func test(_ left: Expression, _ symbol: String, _ right: Expression) -> Expression {
      Expression(.binary(symbol, left, right))
    }
    let kind: Expression.Kind =
      switch symbol {
      case "=":
        .logical(
          "AND",
          [test(column, ">=", literal), test(column, "<", end), test(trimmed, "=", literal)])
      case "<>", "!=":
        .logical(
          "OR",
          [test(column, "<", literal), test(column, ">=", end), test(trimmed, "<>", literal)])
      case ">": .logical("AND", [test(column, ">", literal), test(trimmed, "<>", literal)])
      case "<=":
        .logical(
          "AND",
          [
            test(column, "<", end),
            Expression(
              .logical("OR", [test(column, "<=", literal), test(trimmed, "=", literal)])),
          ])
      default: .binary(symbol, column, literal)
      }
    return Expression(kind, position: position)
  }
}
