internal import Core

/// `a ^ b` → `weir_power(a, b)`, `|/ a` → `sqrt(a)`, `||/ a` → `cbrt(a)`, `a # b` → `xor(a, b)`.
enum OperatorRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    switch expression.kind {
    case .binary("^", let left, let right): .call("weir_power", left, right)
    case .binary("#", let left, let right): .call("xor", left, right)
    case .binary("~~", let left, let right): like(left, "LIKE", right, isNegated: false)
    case .binary("!~~", let left, let right): like(left, "LIKE", right, isNegated: true)
    case .binary("~~*", let left, let right): like(left, "ILIKE", right, isNegated: false)
    case .binary("!~~*", let left, let right): like(left, "ILIKE", right, isNegated: true)
    case .unary("|/", let value): .call("sqrt", value)
    case .unary("||/", let value): .weir("cbrt", value)
    case .unary("@", let value): .call("abs", value)
    default: nil
    }
  }

  private static func like(
    _ text: Expression, _ word: String, _ pattern: Expression, isNegated: Bool
  ) -> Expression {
    let like = Expression(.like(text, word, pattern, escape: nil, isNegated: isNegated))
    return (try? LikeEscapeRule.rewrite(like)) ?? like
  }
}

/// `x = 'abc  '` → `x = 'abc'`: blanks at the end do not count in comparisons. Of what is stored,
/// a CHAR keeps none (see `weir_fit`).
enum TrailingBlankRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    switch expression.kind {
    case .binary(let symbol, let left, let right)
    where ["=", "<>", "!=", "<", ">", "<=", ">="].contains(symbol):
      guard let (newLeft, newRight) = either(left, right) else { return nil }
      return Expression(.binary(symbol, newLeft, newRight), position: expression.position)
    case .inList(let value, let items, let isNegated):
      guard ([value] + items).contains(where: { trimmed($0) != nil }) else { return nil }
      return Expression(
        .inList(
          trimmed(value) ?? value, items.map { trimmed($0) ?? $0 }, isNegated: isNegated),
        position: expression.position)
    case .between(let value, let low, let high, let isNegated):
      guard [value, low, high].contains(where: { trimmed($0) != nil }) else { return nil }
      return Expression(
        .between(
          trimmed(value) ?? value, trimmed(low) ?? low, trimmed(high) ?? high,
          isNegated: isNegated), position: expression.position)
    case .caseWhen(let operand?, let branches, let otherwise):
      guard ([operand] + branches.map(\.condition)).contains(where: { trimmed($0) != nil })
      else { return nil }
      return Expression(
        .caseWhen(
          operand: trimmed(operand) ?? operand,
          branches: branches.map {
            CaseBranch(condition: trimmed($0.condition) ?? $0.condition, result: $0.result)
          }, otherwise: otherwise), position: expression.position)
    default: return nil
    }
  }

  private static func either(
    _ left: Expression, _ right: Expression
  ) -> (Expression, Expression)? {
    let (shortLeft, shortRight) = (trimmed(left), trimmed(right))
    guard shortLeft != nil || shortRight != nil else { return nil }
    return (shortLeft ?? left, shortRight ?? right)
  }

  /// A literal without its blanks, and what is cast to a VARCHAR without them; nil for the rest.
  static func trimmed(_ value: Expression) -> Expression? {
    if case .call(let call) = value.kind, call.name.schema == "weir",
      ["_varchar", "_varchar_n"].contains(call.name.name)
    {
      return .weir("_trimmed", value)
    }
    guard case .string(var text) = value.kind, text.hasSuffix(" ") else { return nil }
    while text.hasSuffix(" ") { text.removeLast() }
    return Expression(.string(text), position: value.position)
  }
}

/// `NULLIF('a ', 'a')` → `CASE WHEN 'a' = 'a' THEN NULL ELSE 'a ' END`.
enum NullIfRule: CallRule {
  static let names: Set<String> = ["nullif"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...2, of: call, at: position)
    let (value, other) = (call.arguments[0], call.arguments[1])
    guard TrailingBlankRule.trimmed(value) != nil || TrailingBlankRule.trimmed(other) != nil
    else { return nil }
    let isEqual = Expression(
      .binary(
        "=", TrailingBlankRule.trimmed(value) ?? value,
        TrailingBlankRule.trimmed(other) ?? other))
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: isEqual, result: Expression(.null))],
        otherwise: value), position: position)
  }
}

/// `1 + '1'` → `1 + 1`: a text beside a number is read as one.
enum NumericLiteralRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .binary(let symbol, let left, let right) = expression.kind,
      ["+", "-", "*", "/", "%", "=", "<>", "<", ">", "<=", ">="].contains(symbol)
    else { return nil }
    switch (left.kind, right.kind) {
    case (.number(let number), .string(let text)):
      let read = try self.number(text, like: number, at: right.position)
      return operation(symbol, left, read, at: expression.position)
    case (.string(let text), .number(let number)):
      let read = try self.number(text, like: number, at: left.position)
      return operation(symbol, read, right, at: expression.position)
    default: return nil
    }
  }

  private static func operation(
    _ symbol: String, _ left: Expression, _ right: Expression, at position: Int
  ) -> Expression {
    let operation = Expression(.binary(symbol, left, right), position: position)
    return (try? DivisionRule.rewrite(operation)) ?? operation
  }

  private static func number(
    _ text: String, like number: String, at position: Int
  ) throws(SQLError) -> Expression {
    let text = text.trimmed()
    let isWhole = number.allSatisfy(\.isNumber)
    let isRead = isWhole ? Int(text) != nil : Double(text) != nil && !text.contains("x")
    guard isRead else {
      throw SQLError(
        "22P02", "invalid input syntax for \(isWhole ? "integer" : "numeric"): \"\(text)\""
      ).placed(at: position)
    }
    return Expression(.number(text), position: position)
  }
}

/// `d = '12-31-2008'` → `d = weir_same(d, '12-31-2008')`: what reads as a date, and not as DuckDB
/// reads one, becomes one beside a date or a timestamp, and stays what it is beside a text.
enum DateTextRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    switch expression.kind {
    case .binary(let symbol, let left, let right)
    where ["=", "<>", "!=", "<", ">", "<=", ">="].contains(symbol):
      if let right = read(right, beside: left) {
        return Expression(.binary(symbol, left, right), position: expression.position)
      }
      guard let left = read(left, beside: right) else { return nil }
      return Expression(.binary(symbol, left, right), position: expression.position)
    case .between(let value, let low, let high, let isNegated):
      let (first, second) = (read(low, beside: value), read(high, beside: value))
      guard first != nil || second != nil else { return nil }
      return Expression(
        .between(value, first ?? low, second ?? high, isNegated: isNegated),
        position: expression.position)
    case .inList(let value, let items, let isNegated):
      guard items.contains(where: { read($0, beside: value) != nil }) else { return nil }
      return Expression(
        .inList(value, items.map { read($0, beside: value) ?? $0 }, isNegated: isNegated),
        position: expression.position)
    default: return nil
    }
  }

  private static func read(_ literal: Expression, beside value: Expression) -> Expression? {
    guard case .string(let text) = literal.kind, case .column = value.kind, text.count >= 6,
      text.first?.isNumber == true || text.first?.isLetter == true,
      text.contains(where: { "-/,".contains($0) }), text.contains(where: \.isNumber),
      !isISO(text), DateReader.read(text) != nil
    else { return nil }
    return .call("weir_same", value, literal)
  }

  /// `2008-12-31…`
  private static func isISO(_ text: String) -> Bool {
    text.prefixMatch(of: /\d{4}-\d{2}-\d{2}($|[ T])/) != nil
  }
}

/// `INTERVAL '1 12:30'`, `INTERVAL '3' DAY`, `INTERVAL '1-2' YEAR TO MONTH` → `INTERVAL '… months …
/// days … microseconds'`.
enum IntervalRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    let text: String
    var unit: String?
    switch expression.kind {
    case .interval(let written, let named):
      guard expression.position > 0 else { return nil }
      (text, unit) = (written, named)
    case .typedString(let type, let written) where type.name == "interval": text = written
    case .cast(let value, let type, isTry: false) where type.name == "interval":
      guard case .string(let written) = value.kind else { return nil }
      text = written
    default: return nil
    }
    guard let interval = IntervalText.read(text, unit: unit) else {
      throw SQLError("22007", "invalid input syntax for type interval: \"\(text)\"")
        .placed(at: expression.position)
    }
    return Expression(.raw(interval.duckDB), position: expression.position)
  }
}

/// `a * b` of doubles, as far as that can be seen → `weir_finite(a * b)`: what has no room in a
/// double is an error, where DuckDB would say infinity.
enum FiniteRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .binary(let symbol, let left, let right) = expression.kind,
      ["+", "-", "*"].contains(symbol), expression.position > 0,
      NumberKind.of(left) == .float || NumberKind.of(right) == .float
    else { return nil }
    return .call("weir_finite", Expression(.binary(symbol, left, right)))
  }
}

/// `EXP(x)` → `weir_exp(x)`, `POWER(x, y)` → `weir_power(x, y)`, which know no infinity.
enum PowerRule: CallRule {
  static let names: Set<String> = ["exp", "dexp", "pow", "power"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    let isExponential = call.name.name.hasSuffix("exp")
    try expectArguments(isExponential ? 1...1 : 2...2, of: call, at: position)
    return Expression(
      .call(FunctionCall(isExponential ? "weir_exp" : "weir_power", call.arguments)),
      position: position)
  }
}
