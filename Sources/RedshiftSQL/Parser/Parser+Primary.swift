internal import Core

extension Parser {
  /// Whether a query stands here, behind an opening parenthesis or not.
  var isQueryStart: Bool {
    var ahead = 0
    while isSymbol("(", ahead: ahead), ahead < Self.depthMax { ahead += 1 }
    return isWord("select", ahead: ahead) || isWord("with", ahead: ahead)
      || isWord("values", ahead: ahead)
  }

  mutating func primary() throws(SQLError) -> Expression {
    let start = position
    let token = current
    switch token.kind {
    case .number:
      advance()
      try checkRange(ofNumber: token.text, at: start)
      return Expression(.number(token.text), position: start)
    case .string:
      advance()
      return Expression(.string(token.text), position: start)
    case .parameter:
      advance()
      guard let number = Int(token.text), (1...65_535).contains(number) else {
        throw SQLError("42P02", "there is no parameter \(token.source)", position: start)
      }
      return Expression(.parameter(number), position: start)
    case .symbol where token.text == "(":
      return try parenthesised()
    case .symbol where token.text == "*":
      advance()
      return Expression(
        .star(qualifier: [], exclude: try starExclusions()), position: start)
    case .word, .quotedIdentifier:
      return try wordPrimary()
    default:
      throw unexpected()
    }
  }

  private mutating func parenthesised() throws(SQLError) -> Expression {
    let start = position
    if isQueryStart,
      isWord("select", ahead: 1) || isWord("with", ahead: 1) || isSymbol("(", ahead: 1)
    {
      return try queryOrExpression(from: start)
    }
    try expectSymbol("(")
    let list = try expressions()
    try expectSymbol(")")
    return list.count == 1 ? list[0] : Expression(.row(list), position: start)
  }

  /// `((SELECT 1))` is a query, `((SELECT 1) + 1)` an expression: only the way in tells.
  private mutating func queryOrExpression(from start: Int) throws(SQLError) -> Expression {
    try expectSymbol("(")
    if isWord("select") || isWord("with") {
      let query = try query()
      try expectSymbol(")")
      return Expression(.subquery(query), position: start)
    }
    let list = try expressions()
    try expectSymbol(")")
    return list.count == 1 ? list[0] : Expression(.row(list), position: start)
  }

  private mutating func starExclusions() throws(SQLError) -> [Identifier] {
    guard isWord("exclude") else { return [] }
    if isSymbol("(", ahead: 1) {
      advance()
      return try columnList()
    }
    // `* EXCLUDE a FROM`; a list of more goes with the whole of the SELECT.
    guard isWord("from", ahead: 2) else { return [] }
    advance()
    return [try identifier("a column")]
  }

  /// - Throws: 22003 for what has room neither in a double nor in the 38 digits of a NUMERIC.
  private func checkRange(ofNumber text: String, at position: Int) throws(SQLError) {
    let isFloat = text.utf8.contains { $0 | 0x20 == 0x65 }
    let whole = text.prefix { $0 != "." }.drop { $0 == "0" }
    if isFloat ? Double(text)?.isInfinite ?? true : whole.utf8.count > 38 {
      throw SQLError(
        "22003",
        "\"\(text.prefix(40))\(text.utf8.count > 40 ? "…" : "")\" is out of range for type "
          + (isFloat ? "double precision" : "numeric"), position: position)
    }
  }

  // MARK: What starts with a word

  private mutating func wordPrimary() throws(SQLError) -> Expression {
    let start = position
    if current.kind == .word, let special = try keywordPrimary() { return special }
    guard
      current.kind == .quotedIdentifier || !Keywords.reserved.contains(current.text)
        || (["left", "right"].contains(current.text) && isSymbol("(", ahead: 1))
    else { throw unexpected() }
    if current.kind == .word, peek(1).kind == .string, isTypeWord(current.text) {
      let type = try typeName()
      return Expression(.typedString(type, try expectString()), position: start)
    }
    var parts = [Identifier(current.text)]
    advance()
    while isSymbol("."), parts.count < 8 {
      if isSymbol("*", ahead: 1) {
        advance()
        advance()
        return Expression(
          .star(qualifier: parts, exclude: try starExclusions()), position: start)
      }
      advance()
      parts.append(try label())
    }
    let column = Expression(.column(parts), position: start)
    if isSymbol("("), isSymbol("+", ahead: 1), isSymbol(")", ahead: 2) {
      for _ in 0..<3 { advance() }
      return Expression(.unary("(+)", column), position: start)
    }
    if isSymbol("(") { return try call(ObjectName(parts, position: start)) }
    return column
  }

  private func isTypeWord(_ word: String) -> Bool {
    ["date", "time", "timestamp", "timestamptz", "timetz", "bool", "json", "super"].contains(word)
  }

  /// Syntax of its own behind a keyword; nil if the word is an ordinary name here.
  private mutating func keywordPrimary() throws(SQLError) -> Expression? {
    let start = position
    let opens = isSymbol("(", ahead: 1)
    switch current.text {
    case "null", "true", "false":
      let word = current.text
      advance()
      return Expression(word == "null" ? .null : .boolean(word == "true"), position: start)
    case "case": return try caseWhen()
    case "cast" where opens, "try_cast" where opens: return try castCall()
    case "exists" where opens:
      advance()
      try expectSymbol("(")
      let query = try query()
      try expectSymbol(")")
      return Expression(.exists(query), position: start)
    case "interval" where peek(1).kind == .string: return try interval()
    case "extract" where opens: return try extract()
    case "position" where opens: return try positionIn()
    case "trim" where opens: return try trim()
    case "substring" where opens: return try substring()
    case "approximate":
      guard peek(1).kind == .word, isSymbol("(", ahead: 2) else { return nil }
      advance()
      return try approximate()
    case "array" where isSymbol("[", ahead: 1):
      advance()
      advance()
      let items = isSymbol("]") ? [] : try expressions()
      try expectSymbol("]")
      return Expression(.array(items), position: start)
    case "array" where opens:
      advance()
      return try call(ObjectName([Identifier("array")], position: start))
    case "convert" where opens: return try convertCall()
    case "prior" where peek(1).kind == .word || peek(1).kind == .quotedIdentifier:
      advance()
      return Expression(.unary("PRIOR", try primary()), position: start)
    case "default" where isSymbol(",", ahead: 1) || isSymbol(")", ahead: 1):
      advance()
      return Expression(.raw("DEFAULT"), position: start)
    case "timestamp" where isWord("with", ahead: 1) || isWord("without", ahead: 1):
      let type = try typeName()
      return Expression(.typedString(type, try expectString()), position: start)
    default: return try bareFunction()
    }
  }

  /// Functions that are called without parentheses.
  private mutating func bareFunction() throws(SQLError) -> Expression? {
    let names: Set<String> = [
      "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
      "current_user", "session_user", "user", "sysdate", "current_user_id", "current_namespace",
      "current_aws_account",
    ]
    guard names.contains(current.text), !isSymbol("(", ahead: 1), !isSymbol(".", ahead: 1) else {
      return nil
    }
    defer { advance() }
    return Expression(.call(FunctionCall(current.text, [])), position: position)
  }

  private mutating func caseWhen() throws(SQLError) -> Expression {
    let start = position
    try expect("case")
    let operand = isWord("when") ? nil : try expression()
    var branches: [CaseBranch] = []
    while take("when") {
      let condition = try expression()
      try expect("then")
      branches.append(CaseBranch(condition: condition, result: try expression()))
    }
    guard !branches.isEmpty else { throw unexpected("expected WHEN") }
    let otherwise = take("else") ? try expression() : nil
    try expect("end")
    return Expression(
      .caseWhen(operand: operand, branches: branches, otherwise: otherwise), position: start)
  }

  private mutating func castCall() throws(SQLError) -> Expression {
    let start = position
    let isTry = current.text == "try_cast"
    advance()
    try expectSymbol("(")
    let value = try expression()
    try expect("as")
    let type = try typeName()
    try expectSymbol(")")
    return Expression(.cast(value, type, isTry: isTry), position: start)
  }

  /// `CONVERT(type, x)`
  private mutating func convertCall() throws(SQLError) -> Expression {
    let start = position
    advance()
    try expectSymbol("(")
    let type = try typeName()
    try expectSymbol(",")
    let value = try expression()
    try expectSymbol(")")
    return Expression(.cast(value, type, isTry: false), position: start)
  }

  private mutating func interval() throws(SQLError) -> Expression {
    let start = position
    advance()
    let text = try expectString()
    var unit: String?
    if current.kind == .word, DateParts.canonical(current.text) != nil {
      unit = current.text
      advance()
      if take("to") { unit = "\(unit ?? "") to \(try label().name)" }
    }
    return Expression(.interval(text, unit: unit), position: start)
  }

  private mutating func extract() throws(SQLError) -> Expression {
    let start = position
    advance()
    try expectSymbol("(")
    let part = current.kind == .string ? try expectString() : try label().name
    try expect("from")
    let value = try expression()
    try expectSymbol(")")
    return Expression(.extract(part, value), position: start)
  }

  private mutating func positionIn() throws(SQLError) -> Expression {
    let start = position
    advance()
    try expectSymbol("(")
    // `a IN b` would read as a membership test.
    let needle = try primary()
    try expect("in")
    let text = try expression()
    try expectSymbol(")")
    return Expression(.call(FunctionCall("strpos", [text, needle])), position: start)
  }

  private mutating func trim() throws(SQLError) -> Expression {
    let start = position
    advance()
    try expectSymbol("(")
    var name = "trim"
    if take("leading") {
      name = "ltrim"
    } else if take("trailing") {
      name = "rtrim"
    } else {
      _ = take("both")
    }
    if take("from") {
      let text = try expression()
      try expectSymbol(")")
      return Expression(.call(FunctionCall(name, [text])), position: start)
    }
    let first = try expression()
    var arguments = [first]
    if take("from") {
      arguments = [try expression(), first]
    } else if takeSymbol(",") {
      arguments.append(try expression())
    }
    try expectSymbol(")")
    return Expression(.call(FunctionCall(name, arguments)), position: start)
  }

  private mutating func substring() throws(SQLError) -> Expression {
    let start = position
    advance()
    try expectSymbol("(")
    var arguments = [try expression()]
    if take("from") {
      arguments.append(try expression())
      if take("for") { arguments.append(try expression()) }
    } else {
      while takeSymbol(",") { arguments.append(try expression()) }
    }
    try expectSymbol(")")
    return Expression(.call(FunctionCall("substring", arguments)), position: start)
  }

  private mutating func approximate() throws(SQLError) -> Expression {
    let start = position
    let name = try label()
    var expression = try call(ObjectName([name], position: start))
    if case .call(var call) = expression.kind {
      call.isApproximate = true
      expression.kind = .call(call)
    }
    return expression
  }

  // MARK: Calls

  private mutating func call(_ name: ObjectName) throws(SQLError) -> Expression {
    var call = FunctionCall(name: name, arguments: [])
    try expectSymbol("(")
    if takeSymbol("*") {
      call.isStar = true
    } else if !isSymbol(")") {
      call.isDistinct = take("distinct")
      if !call.isDistinct { _ = take("all") }
      call.arguments = try expressions()
      if take("order", "by") { call.orderBy = try orderItems() }
      call.ignoresNulls = takeNullTreatment()
    }
    try expectSymbol(")")
    if take("within", "group") {
      try expectSymbol("(")
      try expect("order", "by")
      call.withinGroup = try orderItems()
      try expectSymbol(")")
    }
    if isWord("filter"), isSymbol("(", ahead: 1) {
      throw unsupported("FILTER", hint: "aggregate a CASE expression")
    }
    if takeNullTreatment() { call.ignoresNulls = true }
    if take("over") { call.over = try window() }
    if call.over != nil, call.arguments.count > 2, ["lag", "lead"].contains(call.name.name) {
      throw unsupported(
        "the default of \(call.name.name.uppercased())",
        at: call.arguments[2].position > 0 ? call.arguments[2].position : name.position)
    }
    return Expression(.call(call), position: name.position)
  }

  private mutating func takeNullTreatment() -> Bool {
    if take("respect", "nulls") { return false }
    return take("ignore", "nulls")
  }

  mutating func orderItems() throws(SQLError) -> [OrderItem] {
    var items: [OrderItem] = []
    repeat {
      var item = OrderItem(expression: try expression())
      if take("asc") { item.isDescending = false } else if take("desc") { item.isDescending = true }
      if take("nulls", "first") {
        item.nullsFirst = true
      } else if take("nulls", "last") {
        item.nullsFirst = false
      }
      items.append(item)
    } while takeSymbol(",")
    return items
  }

  mutating func window() throws(SQLError) -> Window {
    var window = Window()
    guard isSymbol("(") else {
      window.reference = try identifier("a window")
      window.isBareReference = true
      return window
    }
    try expectSymbol("(")
    if !isWord("partition"), !isWord("order"), !isWord("rows"), !isWord("range"), !isSymbol(")") {
      window.reference = try identifier("a window")
    }
    if take("partition", "by") { window.partitionBy = try expressions() }
    if take("order", "by") { window.orderBy = try orderItems() }
    if isWord("rows") || isWord("range") || isWord("groups") {
      let start = current
      let isRange = !isWord("rows")
      while !isSymbol(")"), current.kind != .end {
        if isRange, current.kind == .number {
          throw unsupported("a frame of \(start.text.uppercased()) with an offset")
        }
        advance()
      }
      window.frame = text(from: start, to: current.range.lowerBound)
    }
    try expectSymbol(")")
    return window
  }
}
