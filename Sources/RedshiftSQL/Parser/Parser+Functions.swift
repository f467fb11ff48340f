internal import Core

// CREATE FUNCTION and DROP FUNCTION. Source: the pages CREATE FUNCTION, "Creating a scalar SQL UDF"
// and DROP FUNCTION.
extension Parser {
  mutating func createFunction(replaces: Bool) throws(SQLError) -> Statement {
    let name = try objectName()
    let types = try argumentTypes()
    try expect("returns")
    let returnType = try typeName()
    guard let volatility = CreateFunction.Volatility(rawValue: current.text), current.kind == .word
    else { throw unexpected("expected VOLATILE, STABLE or IMMUTABLE") }
    advance()
    try expect("as")
    guard current.kind == .string else { throw unexpected("expected the function's text in $$") }
    let text = current
    advance()
    try expect("language")
    guard isWord("sql") else {
      throw unsupported(
        "CREATE FUNCTION … LANGUAGE \(current.source)", hint: "LANGUAGE sql is supported")
    }
    advance()
    let expression = try body(text, argumentCount: types.count)
    return .createFunction(
      CreateFunction(
        name: name, replaces: replaces, argumentTypes: types, returnType: returnType,
        volatility: volatility, body: text.text, expression: expression))
  }

  mutating func dropFunction() throws(SQLError) -> Statement {
    let ifExists = take("if", "exists")
    let name = try objectName()
    let types = try argumentTypes()
    _ = take("cascade") || take("restrict")
    return .dropFunction(DropFunction(name: name, argumentTypes: types, ifExists: ifExists))
  }

  /// `(int, varchar)`; DROP FUNCTION takes names before the types too.
  private mutating func argumentTypes() throws(SQLError) -> [TypeName] {
    try expectSymbol("(")
    var types: [TypeName] = []
    if takeSymbol(")") { return types }
    repeat {
      if peek(1).kind == .word, !["precision", "varying", "with", "without"].contains(peek(1).text)
      {
        advance()
      }
      types.append(try typeName())
    } while takeSymbol(",")
    try expectSymbol(")")
    guard types.count <= 32 else {
      throw SQLError("54023", "functions cannot have more than 32 arguments", position: position)
    }
    return types
  }

  /// - Throws: 42601 for a text that is more than a SELECT of one expression.
  private func body(_ text: Token, argumentCount: Int) throws(SQLError) -> Expression {
    let query = try nestedQuery(in: text)
    let place = text.scalarOffset + 1
    guard case .select(let select) = query.body,
      select == Select(items: select.items), select.items.count == 1,
      query == Query(body: query.body), let item = select.items.first
    else {
      throw SQLError(
        "0A000",
        "a SQL function is one SELECT of one expression, without FROM, INTO, WHERE, GROUP BY, "
          + "ORDER BY and LIMIT", position: place)
    }
    var highest = 0
    var map = TreeMap(expression: { value throws(SQLError) in
      if case .parameter(let number) = value.kind { highest = max(highest, number) }
      return nil
    })
    let expression = try map.map(item.expression)
    guard highest <= argumentCount else {
      throw SQLError("42P02", "there is no parameter $\(highest)", position: place)
    }
    return expression
  }
}
