internal import Core
internal import DuckDB
internal import RedshiftSQL

// CREATE FUNCTION, DROP FUNCTION, and calls of what they made.
extension WarehouseSession {
  /// On the session's queue.
  func userFunctions() throws -> UserFunctions {
    let generation = warehouse.definitions
    var known = knownFunctions
    if known.generation != generation {
      known = UserFunctionCache(generation: generation, functions: try readFunctions())
      knownFunctions = known
    }
    return UserFunctions(known.functions, path: known.functions.isEmpty ? [] : try searchPath()) {
      [self] call in argumentTypes(of: call, in: nil)
    }
  }

  private func readFunctions() throws -> [UserFunction] {
    let rows = try connection.rows(
      """
      SELECT schema_name, name, argument_types, return_type, volatility, body
        FROM weir.user_function ORDER BY schema_name, name, argument_types
      """)
    return try rows.map { row in
      let body = row[5] ?? ""
      // The list of types has commas of its own, within parentheses.
      let text =
        "SELECT \((row[2] ?? "").isEmpty ? "1" : Self.casts(row[2] ?? "")), "
        + "CAST(NULL AS \(row[3] ?? ""))"
      var types = try Self.types(in: text)
      let result = types.popLast() ?? TypeName("varchar")
      guard case .select(let select) = try Parser.parseQuery(body).body,
        let expression = select.items.first?.expression
      else { throw SQLError("XX001", "the function \"\(row[1] ?? "")\" cannot be read") }
      return UserFunction(
        schema: row[0] ?? "", name: row[1] ?? "", argumentTypes: types, returnType: result,
        volatility: row[4] ?? "", body: body, expression: expression)
    }
  }

  private static func casts(_ types: String) -> String {
    types.split(separator: ";").map { "CAST(NULL AS \($0))" }.joined(separator: ", ")
  }

  private static func types(in text: String) throws(SQLError) -> [TypeName] {
    guard case .select(let select) = try Parser.parseQuery(text).body else { return [] }
    return select.items.compactMap { item in
      if case .cast(_, let type, _) = item.expression.kind { type } else { nil }
    }
  }

  /// - Throws: `SQLError` 42723 for a function that there is, 42P13 for one whose result is to
  ///   become another type, 42883 for a body that calls what there is not.
  func create(_ function: CreateFunction, _ receive: Receive) async throws {
    let name = function.name
    try await queue.run { [self] in
      let schema = try schemaForFunction(name)
      let signature = UserFunction.signature(of: function.argumentTypes)
      try checkNew(function, schema: schema, signature: signature)
      try checkBody(of: function)
      let types = function.argumentTypes.map(UserFunction.text).joined(separator: ";")
      try atomically {
        try forget(name, schema: schema, signature: signature)
        try connection.execute(
          """
          INSERT INTO weir.user_function VALUES (\(literal(schema)), \(literal(name.name)),
            \(Self.list(signature)), \(literal(types)),
            \(literal(UserFunction.text(of: function.returnType))),
            '\(function.volatility.rawValue)', \(literal(function.body)), \(literal(currentUser)))
          """)
      }
    }
    warehouse.noteDefinition()
    try await receive(.complete(tag: "CREATE FUNCTION"))
  }

  func drop(_ function: DropFunction, _ receive: Receive) async throws {
    let name = function.name
    let isGone = try await queue.run { [self] () -> Bool in
      let signature = UserFunction.signature(of: function.argumentTypes)
      for schema in try name.schema.map({ [$0] }) ?? searchPath()
      where try forget(name, schema: schema, signature: signature) > 0 { return true }
      return false
    }
    if !isGone {
      let text = "function \(name.name)(\(UserFunction.text(of: function.argumentTypes)))"
      guard function.ifExists else {
        throw SQLError("42883", "\(text) does not exist", position: name.position)
      }
      try await receive(
        .notice(SQLNotice(severity: "INFO", message: "\(text) does not exist and will be skipped")))
    }
    warehouse.noteDefinition()
    try await receive(.complete(tag: "DROP FUNCTION"))
  }

  @discardableResult
  private func forget(_ name: ObjectName, schema: String, signature: [String]) throws -> Int {
    try connection.execute(
      """
      DELETE FROM weir.user_function WHERE schema_name = \(literal(schema))
        AND name = \(literal(name.name)) AND signature = \(Self.list(signature))
      """)
  }

  private static func list(_ names: [String]) -> String {
    "[\(names.map(literal).joined(separator: ", "))]::VARCHAR[]"
  }

  private func schemaForFunction(_ name: ObjectName) throws -> String {
    guard let schema = try name.schema ?? searchPath().first else {
      throw SQLError(
        "3F000", "no schema has been selected to create in", position: name.position)
    }
    guard try catalog.schemaExists(schema), schema != "weir" else {
      throw SQLError("3F000", "schema \"\(schema)\" does not exist", position: name.position)
    }
    return schema
  }

  private func checkNew(
    _ function: CreateFunction, schema: String, signature: [String]
  ) throws {
    let name = function.name
    guard !FunctionNames.isKnown(FunctionCall(name.name, [])),
      FunctionNames.unsupportedKind(of: name.name) == nil
    else {
      throw SQLError(
        "42723", "function \"\(name.name)\" already exists: it is one of Redshift's own",
        hint: "begin its name with f_", position: name.position)
    }
    let same = try readFunctions().first {
      $0.schema == schema && $0.name == name.name
        && UserFunction.signature(of: $0.argumentTypes) == signature
    }
    guard let same else { return }
    guard function.replaces else {
      throw SQLError(
        "42723", "function \"\(name.name)\" already exists with same argument types",
        position: name.position)
    }
    guard UserFunction.plain(same.returnType.name) == UserFunction.plain(function.returnType.name)
    else {
      throw SQLError(
        "42P13", "cannot change return type of existing function",
        hint: "Use DROP FUNCTION first.", position: name.position)
    }
  }

  /// Has DuckDB bind a call with NULLs of the arguments' types.
  private func checkBody(of function: CreateFunction) throws {
    let one = UserFunction(
      schema: "public", name: function.name.name, argumentTypes: function.argumentTypes,
      returnType: function.returnType, volatility: "", body: function.body,
      expression: function.expression)
    if ViewRules.hasAggregates(Select(items: [SelectItem(function.expression)])) {
      throw SQLError(
        "0A000", "aggregates are not supported in a SQL function",
        position: function.name.position)
    }
    let others = try userFunctions()
    let call = FunctionCall(
      function.name.name, function.argumentTypes.map { _ in Expression(.null) })
    guard
      let inlined = try UserFunctions([one], path: ["public"], types: { _ in [] })
        .inlined(call, at: function.name.position)
    else { return }
    var unknown: FunctionCall?
    var map = TreeMap(expression: { value throws(SQLError) in
      guard case .call(let call) = value.kind else { return nil }
      if let known = try others.inlined(call, at: value.position) { return known }
      if !FunctionNames.isKnown(call), FunctionNames.unsupportedKind(of: call.name.name) == nil {
        unknown = unknown ?? call
      }
      return nil
    })
    let expression = try map.map(inlined)
    if let unknown {
      throw SQLError(
        "42883", "function \(unknown.name.name) does not exist", position: unknown.name.position)
    }
    let sql = try rewriter().query(
      Query(body: .select(Select(items: [SelectItem(expression, alias: Identifier("value"))]))))
    do {
      _ = try connection.prepare(sql)
    } catch {
      throw LocatedError(error: error, statement: sql)
    }
  }
}
