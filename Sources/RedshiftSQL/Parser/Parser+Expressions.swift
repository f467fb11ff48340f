internal import Core

// Precedence, from PostgreSQL, the loosest first: OR, AND, NOT, IS, comparisons, BETWEEN IN LIKE,
// other operators, + -, * / %, ^, AT TIME ZONE, unary -, [], ::, dot.

extension Parser {
  mutating func expression() throws(SQLError) -> Expression {
    try nested { parser throws(SQLError) in try parser.disjunction() }
  }

  mutating func expressions() throws(SQLError) -> [Expression] {
    var list = [try expression()]
    while takeSymbol(",") { list.append(try expression()) }
    return list
  }

  private mutating func disjunction() throws(SQLError) -> Expression {
    let start = position
    var terms = [try conjunction()]
    while take("or") { terms.append(try conjunction()) }
    return terms.count == 1 ? terms[0] : Expression(.logical("OR", terms), position: start)
  }

  private mutating func conjunction() throws(SQLError) -> Expression {
    let start = position
    var terms = [try negation()]
    while take("and") { terms.append(try negation()) }
    return terms.count == 1 ? terms[0] : Expression(.logical("AND", terms), position: start)
  }

  private mutating func negation() throws(SQLError) -> Expression {
    let start = position
    guard take("not") else { return try isTest() }
    let operand = try nested { parser throws(SQLError) in try parser.negation() }
    return Expression(.unary("NOT", operand), position: start)
  }

  private mutating func isTest() throws(SQLError) -> Expression {
    var left = try comparison()
    while true {
      if take("isnull") {
        left = Expression(.isTest(left, "NULL", isNegated: false), position: left.position)
      } else if take("notnull") {
        left = Expression(.isTest(left, "NULL", isNegated: true), position: left.position)
      } else if take("is") {
        left = try isTail(left)
      } else {
        return left
      }
    }
  }

  private mutating func isTail(_ left: Expression) throws(SQLError) -> Expression {
    let isNegated = take("not")
    if take("distinct", "from") {
      let right = try comparison()
      return Expression(
        .isDistinct(left, right, isNegated: isNegated), position: left.position)
    }
    for word in ["null", "true", "false", "unknown"] where take(word) {
      return Expression(
        .isTest(left, word.uppercased(), isNegated: isNegated), position: left.position)
    }
    throw unexpected("expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
  }

  private mutating func comparison() throws(SQLError) -> Expression {
    var left = try predicate()
    var count = 0
    while current.kind == .symbol,
      ["=", "<", ">", "<=", ">=", "<>", "!="].contains(current.text)
    {
      try countChain(&count)
      let symbol = current.text
      advance()
      if let quantifier = takeQuantifier() {
        guard isQueryStart else { throw unsupported("\(quantifier) of an array") }
        try expectSymbol("(")
        let query = try query()
        try expectSymbol(")")
        left = Expression(
          .quantified(left, symbol, quantifier: quantifier, query), position: left.position)
      } else {
        left = Expression(.binary(symbol, left, try predicate()), position: left.position)
      }
    }
    return left
  }

  private mutating func takeQuantifier() -> String? {
    for word in ["any", "some", "all"] where isWord(word) && isSymbol("(", ahead: 1) {
      advance()
      return word.uppercased()
    }
    return nil
  }

  private func countChain(_ count: inout Int) throws(SQLError) {
    count += 1
    guard count <= Self.chainMax else {
      throw SQLError(
        "54001", "an expression has more than \(Self.chainMax) operators in a row",
        position: position)
    }
  }

  // MARK: BETWEEN, IN, LIKE

  private mutating func predicate() throws(SQLError) -> Expression {
    let left = try otherOperators()
    let isNegated =
      isWord("not")
      && ["between", "in", "like", "ilike", "similar"].contains { isWord($0, ahead: 1) }
    if isNegated { advance() }
    if take("between") {
      _ = take("symmetric") || take("asymmetric")
      let low = try otherOperators()
      try expect("and")
      let high = try otherOperators()
      return Expression(
        .between(left, low, high, isNegated: isNegated), position: left.position)
    }
    if take("in") { return try inTail(left, isNegated: isNegated) }
    for (word, name) in [("like", "LIKE"), ("ilike", "ILIKE")] where take(word) {
      return try likeTail(left, name, isNegated: isNegated)
    }
    if take("similar", "to") { return try likeTail(left, "SIMILAR TO", isNegated: isNegated) }
    return left
  }

  private mutating func inTail(
    _ left: Expression, isNegated: Bool
  ) throws(SQLError) -> Expression {
    try expectSymbol("(")
    if isQueryStart {
      let query = try query()
      try expectSymbol(")")
      return Expression(.inQuery(left, query, isNegated: isNegated), position: left.position)
    }
    let list = try expressions()
    try expectSymbol(")")
    return Expression(.inList(left, list, isNegated: isNegated), position: left.position)
  }

  private mutating func likeTail(
    _ left: Expression, _ name: String, isNegated: Bool
  ) throws(SQLError) -> Expression {
    let pattern = try otherOperators()
    let escape = take("escape") ? try otherOperators() : nil
    return Expression(
      .like(left, name, pattern, escape: escape, isNegated: isNegated), position: left.position)
  }

  // MARK: Operators

  private mutating func otherOperators() throws(SQLError) -> Expression {
    try chain(["||", "~", "!~", "~*", "!~*", "&", "|", "#", "<<", ">>", "->", "->>"]) {
      parser throws(SQLError) in try parser.sum()
    }
  }

  private mutating func sum() throws(SQLError) -> Expression {
    try chain(["+", "-"]) { parser throws(SQLError) in try parser.product() }
  }

  private mutating func product() throws(SQLError) -> Expression {
    try chain(["*", "/", "%"]) { parser throws(SQLError) in try parser.power() }
  }

  private mutating func power() throws(SQLError) -> Expression {
    try chain(["^"]) { parser throws(SQLError) in try parser.atTimeZone() }
  }

  private mutating func chain(
    _ symbols: Set<String>, _ operand: (inout Parser) throws(SQLError) -> Expression
  ) throws(SQLError) -> Expression {
    var left = try operand(&self)
    var count = 0
    while current.kind == .symbol, symbols.contains(current.text) {
      try countChain(&count)
      let symbol = current.text
      advance()
      left = Expression(.binary(symbol, left, try operand(&self)), position: left.position)
    }
    return left
  }

  private mutating func atTimeZone() throws(SQLError) -> Expression {
    var left = try unary()
    var count = 0
    while take("at", "time", "zone") {
      try countChain(&count)
      left = Expression(.atTimeZone(left, try unary()), position: left.position)
    }
    return left
  }

  private mutating func unary() throws(SQLError) -> Expression {
    let start = position
    for symbol in ["-", "+", "~", "@", "|/", "||/"] where takeSymbol(symbol) {
      let operand = try nested { parser throws(SQLError) in try parser.unary() }
      return Expression(.unary(symbol, operand), position: start)
    }
    return try postfix()
  }

  /// `::`, `[…]` and dots behind an operand.
  mutating func postfix() throws(SQLError) -> Expression {
    var base = try primary()
    var count = 0
    while true {
      try countChain(&count)
      if takeSymbol("::") {
        base = Expression(
          .cast(base, try typeName(), isTry: false), position: base.position)
      } else if takeSymbol("[") {
        let index = try expression()
        try expectSymbol("]")
        base = Expression(.index(base, index), position: base.position)
      } else if isSymbol("."), !isSymbol("*", ahead: 1) {
        advance()
        base = Expression(.field(base, try label()), position: base.position)
      } else {
        return base
      }
    }
  }

  // MARK: Types

  /// - Parameter isChecked: whether the type must be one of Redshift's own tables.
  mutating func typeName(isChecked: Bool = true) throws(SQLError) -> TypeName {
    let start = position
    var name = try label().name
    if name == "character" || name == "char", take("varying") {
      name = "character varying"
    } else if name == "national" {
      try expect("character")
      name = take("varying") ? "character varying" : "character"
    } else if name == "double", take("precision") {
      name = "double precision"
    } else if name == "binary", take("varying") {
      name = "binary varying"
    }
    if name == "interval" { return try intervalType() }
    var type = TypeName(name)
    if takeSymbol("(") {
      repeat {
        type.modifiers.append(take("max") ? nil : try expectInteger())
      } while takeSymbol(",")
      try expectSymbol(")")
    }
    if ["timestamp", "time"].contains(name) {
      if take("with", "time", "zone") {
        type.name = name + " with time zone"
      } else {
        _ = take("without", "time", "zone")
      }
    }
    while isSymbol("["), isSymbol("]", ahead: 1) {
      advance()
      advance()
      type.name += "[]"
    }
    if isChecked { try TypeNames.check(type, at: start) }
    return type
  }

  /// `INTERVAL [YEAR TO MONTH | DAY TO SECOND [(digits)] | …]`, behind the word itself. Every
  /// interval is kept whole, to the microsecond.
  private mutating func intervalType() throws(SQLError) -> TypeName {
    let units: Set<String> = ["year", "month", "day", "hour", "minute", "second"]
    if current.kind == .word, units.contains(current.text) {
      advance()
      if take("to") {
        guard current.kind == .word, units.contains(current.text) else { throw unexpected() }
        advance()
      }
    }
    if takeSymbol("(") {
      _ = try expectInteger()
      try expectSymbol(")")
    }
    return TypeName("interval")
  }
}
