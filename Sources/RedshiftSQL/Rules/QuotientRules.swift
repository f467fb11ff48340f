internal import Core

/// `a / b` → `a / CASE WHEN b = 0 THEN weir_error(…) ELSE b END`, likewise `%`: DuckDB would say
/// NULL. A divisor that is a number stays as it is. Of DECIMALs the quotient is a DECIMAL, of
/// Redshift's precision and scale, where DuckDB would give a double.
///
/// What the operands are is known when DuckDB binds the statement: `typeof` is a constant then, and
/// so is all that `QuotientType` makes of it. `cast_to_type` and `replace_type` take their types
/// from there (`from_json('null', '"DECIMAL(17,9)"')` is a NULL of the type that is named); DuckDB
/// is left with nothing to decide row by row. Quotients are cut, not rounded.
/// What a rewrite made stands at position 0, and stays as it is.
enum DivisionRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .binary(let symbol, let value, let divisor) = expression.kind,
      symbol == "/" || symbol == "%", expression.position > 0
    else { return nil }
    if isZero(divisor) == true { return divisionByZero }
    if symbol == "/", isInterval(value) { return .weir("_interval_divide", value, divisor) }
    let kinds = (NumberKind.of(value), NumberKind.of(divisor))
    let isPlain =
      symbol == "%" || kinds.0 == .float || kinds.1 == .float || kinds == (.whole, .whole)
    if !isPlain, let quotient = Quotient(value, divisor).expression(at: expression.position) {
      return quotient
    }
    guard isZero(divisor) == nil else { return nil }
    if case .raw = divisor.kind { return nil }
    let result = Expression(.binary(symbol, value, guarded(divisor)))
    let isFloat = symbol == "/" && (kinds.0 == .float || kinds.1 == .float)
    return isFloat ? .call("weir_finite", result) : result
  }

  private static func isInterval(_ value: Expression) -> Bool {
    switch value.kind {
    case .raw(let text): text.hasPrefix("INTERVAL '")
    case .interval: true
    case .cast(_, let type, _): type.name.hasPrefix("interval")
    default: false
    }
  }

  private static var divisionByZero: Expression {
    .call("weir_error", .string("[22012] division by zero"))
  }

  static func guarded(_ divisor: Expression) -> Expression {
    if isZero(divisor) != nil { return divisor }
    let test = Expression(.binary("=", divisor, Expression(.number("0"))))
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: test, result: divisionByZero)],
        otherwise: divisor))
  }

  /// nil for what is no literal.
  private static func isZero(_ divisor: Expression) -> Bool? {
    switch divisor.kind {
    case .number(let text): Double(text) == 0
    case .unary("-", let inner): isZero(inner)
    default: nil
    }
  }
}

/// `SUM(x)` → `replace_type(sum(x), NULL::HUGEINT, NULL::BIGINT)`: of whole numbers the sum is a
/// BIGINT; of DECIMALs it has 38 digits in DuckDB too.
///
/// Source: the page "SUM function".
enum SumRule: CallRule {
  static let names: Set<String> = ["sum"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...1, of: call, at: position)
    guard position > 0 else { return nil }
    return Expression(
      .call(
        FunctionCall(
          "replace_type",
          [
            Expression(.call(call)), Expression(.null).cast(to: "hugeint"),
            Expression(.null).cast(to: "bigint"),
          ])), position: position)
  }
}

/// `AVG(x)` → `sum(x) / count(x)`: of whole numbers the average is a BIGINT, of DECIMALs a DECIMAL
/// of 38 digits with the scale of its argument.
///
/// Source: the page "AVG function".
enum AverageRule: CallRule {
  static let names: Set<String> = ["avg"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(1...1, of: call, at: position)
    var sum = call
    sum.name = ObjectName([Identifier("sum")])
    var count = call
    count.name = ObjectName([Identifier("count")])
    var quotient = Quotient(Expression(.call(sum)), Expression(.call(count)))
    quotient.divisorType = .string(QuotientType.count)
    quotient.isGuarded = false
    return quotient.expression(at: position)
  }
}

/// What can be seen of a number without types.
enum NumberKind {
  case whole, float, unknown

  private static let floats: Set<String> = [
    "_float8", "_float4", "_super_number", "_super_double", "pi", "sqrt", "cbrt", "weir_exp", "ln",
    "log", "log10",
    "weir_power", "weir_finite", "sin", "cos", "tan", "radians", "degrees", "random", "stddev",
    "stddev_samp",
    "stddev_pop", "variance", "var_samp", "var_pop",
  ]
  private static let wholes: Set<String> = [
    "_int2", "_int4", "_int8", "count", "length", "weir_octet_length", "date_diff", "rank",
    "row_number", "dense_rank", "approx_count_distinct",
  ]

  static func of(_ value: Expression) -> NumberKind {
    switch value.kind {
    case .number(let text):
      if text.utf8.contains(where: { $0 | 0x20 == 0x65 }) { return .float }
      let isWhole = text.utf8.allSatisfy { (0x30...0x39).contains($0) } && text.utf8.count < 19
      return isWhole ? .whole : .unknown
    case .call(let call):
      if floats.contains(call.name.name) { return .float }
      return wholes.contains(call.name.name) ? .whole : .unknown
    case .cast(_, let type, _):
      return ["float8", "double", "float4"].contains(type.name) ? .float : .unknown
    case .unary("-", let inner): return of(inner)
    case .binary(let symbol, let left, let right) where ["+", "-", "*"].contains(symbol):
      let kinds = (of(left), of(right))
      if kinds.0 == .float || kinds.1 == .float { return .float }
      return kinds == (.whole, .whole) ? .whole : .unknown
    default: return .unknown
    }
  }
}

/// A division whose operands' types are not known yet.
private struct Quotient {
  private let dividend: Expression
  private let divisor: Expression
  private let dividendType: Expression
  var divisorType: Expression
  var isGuarded = true

  init(_ dividend: Expression, _ divisor: Expression) {
    self.dividend = dividend
    self.divisor = divisor
    dividendType = Self.type(of: dividend)
    divisorType = Self.type(of: divisor)
  }

  /// The name of the value's type; of a quotient that stands here already, from its own operands.
  private static func type(of value: Expression) -> Expression {
    if case .call(let call) = value.kind, call.simpleName == "replace_type",
      case .call(let field)? = call.arguments.last?.kind,
      case .call(let key)? = field.arguments.last?.kind, key.simpleName == "weir_quotient"
    {
      return Expression.call(
        "weir_quotient", key.arguments[0], key.arguments[1],
        .string(QuotientType.Part.type.rawValue))
    }
    return .call("typeof", value)
  }

  private func constant(_ part: QuotientType.Part) -> Expression {
    .call("weir_quotient", dividendType, divisorType, .string(part.rawValue))
  }

  /// A value of the type that the part names.
  private func witness(_ part: QuotientType.Part) -> Expression {
    .call("from_json", .string("null"), constant(part))
  }

  private func typed(_ value: QuotientType.Part, _ type: QuotientType.Part) -> Expression {
    .call("cast_to_type", constant(value), witness(type))
  }

  private var guardedDivisor: Expression {
    isGuarded ? DivisionRule.guarded(divisor) : divisor
  }

  /// nil for operands that are too large to be looked at again and again.
  func expression(at position: Int) -> Expression? {
    let size = Size.of(dividend) + Size.of(divisor)
    guard size < Size.limit else { return nil }
    // A copy of an operand costs little, but copies of copies multiply.
    let isSmall = size < Size.small
    let raw = isSmall ? branches : product
    return Expression(
      .call(
        FunctionCall(
          "replace_type",
          [raw, witness(isSmall ? .rawType : .wideRawType), witness(.finalType)])),
      position: position)
  }

  /// Both ways to divide, of which DuckDB keeps one when it plans the statement.
  private var branches: Expression {
    let whole = Expression.call(
      "weir_divide", dividend, divisor, constant(.shift).cast(to: "bigint"))
    let exact = Expression(
      .binary("*", .call("cast_to_type", whole, witness(.wholeType)), typed(.unit, .unitType)))
    let own = Expression.call(
      "replace_type", Expression(.binary("/", dividend, guardedDivisor)), witness(.ownType),
      witness(.rawType))
    let isDecimal = Expression(.binary("=", constant(.mode), .string("d")))
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: isDecimal, result: exact)],
        otherwise: own))
  }

  /// One way for all operands, which names each once, and takes longer for DECIMALs.
  private var product: Expression {
    let scaled = Expression.call(
      "replace_type", Expression(.binary("*", dividend, typed(.dividendFactor, .factorType))),
      witness(.dividendType), witness(.productType))
    let divisor = Expression.call(
      "replace_type", Expression(.binary("*", guardedDivisor, typed(.divisorFactor, .factorType))),
      witness(.divisorType), witness(.productType))
    return Expression(
      .binary(
        "*", Expression(.binary("/", scaled, divisor)), typed(.productUnit, .productUnitType)))
  }
}

/// How much stands in an expression.
private enum Size {
  static let small = 300
  static let limit = 5_000

  static func of(_ expression: Expression) -> Int {
    var count = 0
    var map = TreeMap(expression: { value throws(SQLError) in
      switch value.kind {
      // What stands in a subquery is not to be run twice.
      case .subquery, .exists, .inQuery, .quantified: count += small
      default: count += 1
      }
      return nil
    })
    _ = try? map.map(expression)
    return count
  }
}
