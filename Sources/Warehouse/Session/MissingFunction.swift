internal import Core
internal import DuckDB
internal import RedshiftSQL

extension WarehouseSession {
  /// `function f(integer) does not exist`, with the types of what it was called with, where the
  /// call stands; nil for another error.
  func missingFunction(_ error: SQLError, in parsed: ParsedStatement) -> SQLError? {
    guard
      let match = error.message.firstMatch(
        of: #/(?:unction|acro)(?: with name)? "?(\w+)"? does not exist/#.ignoresCase())
    else { return nil }
    let name = String(match.1)
    guard let (call, select, position) = CallFinder.find(name, in: parsed.statement) else {
      return SQLError("42883", "function \(name) does not exist", position: error.position)
    }
    let types = argumentTypes(of: call, in: select).joined(separator: ", ")
    return SQLError(
      "42883", "function \(name)(\(types)) does not exist",
      hint: "No function matches the given name and argument types. "
        + "You may need to add explicit type casts.",
      position: position > 0 ? position : error.position)
  }

  /// - Throws: 42883 for a function that DuckDB has and Redshift has not.
  func checkFunctions(of parsed: ParsedStatement) throws(SQLError) {
    guard let call = CallFinder.unknown(in: parsed.statement) else { return }
    let name = call.name.name
    throw missingFunction(
      SQLError("42883", "function \(name) does not exist"), in: parsed)
      ?? SQLError("42883", "function \(name) does not exist", position: call.name.position)
  }

  private func argumentTypes(of call: FunctionCall, in select: Select?) -> [String] {
    guard !call.arguments.isEmpty else { return call.isStar ? ["*"] : [] }
    var probe = Select(
      items: call.arguments.enumerated().map {
        SelectItem($0.element, alias: Identifier("a\($0.offset)"))
      })
    probe.from = select?.from ?? []
    let literals = call.arguments.map { argument in
      if case .string = argument.kind { true } else { false }
    }
    guard let sql = try? rewriter().query(Query(body: .select(probe))),
      let rows = try? connection.rows("DESCRIBE \(sql)"), rows.count == call.arguments.count
    else { return call.arguments.map { _ in "\"unknown\"" } }
    return zip(rows, literals).map { row, isLiteral in
      isLiteral || row.count < 2 ? "\"unknown\"" : ErrorWords.typeName(row[1] ?? "")
    }
  }
}

/// Looks for a function's call in a statement.
private enum CallFinder {
  static func find(
    _ name: String, in statement: Statement
  ) -> (call: FunctionCall, select: Select?, position: Int)? {
    var found: (FunctionCall, Select?, Int)?
    var open: [Select] = []
    var map = TreeMap(
      expression: { value throws(SQLError) in
        if case .call(let call) = value.kind, call.name.name == name, found == nil {
          found = (call, open.last, value.position)
        }
        return nil
      },
      select: { select throws(SQLError) in
        _ = open.popLast()
        return select
      },
      selectBefore: { select throws(SQLError) in
        open.append(select)
        return select
      })
    try? map.visitExpressions(of: statement)
    return found
  }

  /// The first call of what is no function.
  static func unknown(in statement: Statement) -> FunctionCall? {
    var found: FunctionCall?
    var map = TreeMap(expression: { value throws(SQLError) in
      if found == nil, case .call(let call) = value.kind, !FunctionNames.isKnown(call),
        FunctionNames.unsupportedKind(of: call.name.name) == nil
      {
        found = call
      }
      return nil
    })
    try? map.visitExpressions(of: statement)
    return found
  }
}

extension TreeMap {
  /// Visits every expression that a statement is made of.
  mutating func visitExpressions(of statement: Statement) throws(SQLError) {
    switch statement {
    case .query(let query), .declareCursor(_, let query): _ = try map(query)
    case .insert(let insert): if let query = insert.query { _ = try map(query) }
    case .createTableAs(let table): _ = try map(table.query)
    case .createExternalTable(let table): if let query = table.query { _ = try map(query) }
    case .createView(let view): _ = try map(view.query)
    case .createMaterializedView(let view): _ = try map(view.query)
    case .explain(let inner, _), .prepare(_, let inner): try visitExpressions(of: inner)
    case .createTable(let table):
      for value in table.columns.compactMap(\.defaultValue) { _ = try map(value) }
    case .update(let update):
      for assignment in update.assignments { _ = try map(assignment.value) }
      for source in update.from { _ = try map(source) }
      if let condition = update.condition { _ = try map(condition) }
    case .delete(let delete):
      for source in delete.using { _ = try map(source) }
      if let condition = delete.condition { _ = try map(condition) }
    case .merge(let merge):
      _ = try map(merge.source)
      _ = try map(merge.condition)
      for value in merge.insertValues ?? [] { _ = try map(value) }
      if case .update(let assignments) = merge.matched {
        for assignment in assignments { _ = try map(assignment.value) }
      }
    default: break
    }
  }
}
