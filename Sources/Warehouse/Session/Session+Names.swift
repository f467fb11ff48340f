internal import Core
internal import DuckDB
internal import RedshiftSQL

// What the names of a statement mean: `search_path`, and functions that users made.
extension WarehouseSession {
  /// The schemas in which the session looks for names; on its queue.
  func searchPath() throws -> [String] {
    let setting = try withSettings { try $0.value(of: "search_path") }
    let generation = warehouse.definitions
    let user = currentUser
    let known = knownPath
    if known.setting == setting, known.generation == generation, known.user == user {
      return known.path
    }
    let wanted = SearchPath(setting)
    var path = ["public"]
    if wanted.schemas(of: user, existing: nil) != path {
      let rows = try connection.rows(
        "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()")
      path = wanted.schemas(of: user, existing: Set(rows.compactMap { $0[0] }))
    }
    knownPath = SearchPathCache(
      setting: setting, user: user, generation: generation, path: path)
    return path
  }

  /// The statement with schemas for the names that have none, where that matters, and the text of
  /// functions that users made in place of their calls.
  ///
  /// - Throws: `SQLError` 42883 for a function that nobody has; as `NameScope`.
  func resolvingNames(in parsed: ParsedStatement) throws -> ParsedStatement {
    guard parsed.statement.hasNames else { return parsed }
    // SHOW TABLES and its like are queries of what nobody else reads.
    let isOwn = parsed.text.prefix(4).lowercased() == "show"
    let scope = NameScope(
      path: try searchPath(), catalog: catalog, seesInternals: seesInternals || isOwn)
    var parsed = parsed
    let resolver = StatementNames(
      scope: scope, functions: try userFunctions(),
      settings: { [self] in (try? withSettings { $0.all }) ?? [] })
    do {
      parsed.statement = try resolver.resolve(parsed.statement)
    } catch let error as UnknownFunction {
      throw missingFunction(
        SQLError("42883", "function \(error.call.name.name) does not exist"), in: parsed)
        ?? SQLError(
          "42883", "function \(error.call.name.name) does not exist",
          position: error.call.name.position)
    }
    return parsed
  }
}

/// A call of what is no function.
struct UnknownFunction: Error {
  var call: FunctionCall
}

/// Puts in the place of a statement's names what they mean.
private struct StatementNames {
  let scope: NameScope
  let functions: UserFunctions
  let settings: () -> [(name: String, value: String)]

  func resolve(_ statement: Statement) throws -> Statement {
    switch statement {
    case .query(var query):
      if case .select(var select) = query.body, let into = select.into {
        select.into = try scope.new(into, isTemporary: select.isIntoTemporary)
        query.body = .select(select)
      }
      return .query(try map(query))
    case .declareCursor(let name, let query): return .declareCursor(name, try map(query))
    case .explain(let inner, let isAnalyze):
      return .explain(try resolve(inner), isAnalyze: isAnalyze)
    case .prepare(let name, let inner):
      // Names are looked up when it runs; functions are wrong at once.
      _ = try resolve(inner)
      return .prepare(name, inner)
    case .insert, .update, .delete, .merge, .copy, .unload: return try resolveRows(statement)
    case .createTable, .createTableAs, .createView, .createMaterializedView,
      .createExternalTable:
      return try resolveNew(statement)
    default: return try resolveNamed(statement)
    }
  }

  private func resolveRows(_ statement: Statement) throws -> Statement {
    switch statement {
    case .insert(var insert):
      insert.table = try scope.existing(insert.table)
      if let query = insert.query { insert.query = try map(query) }
      return .insert(insert)
    case .update(var update):
      update.table.name = try scope.existing(update.table.name)
      for index in update.assignments.indices {
        update.assignments[index].value = try map(update.assignments[index].value)
      }
      for index in update.from.indices { update.from[index] = try map(update.from[index]) }
      update.condition = try update.condition.map { try map($0) }
      return .update(update)
    case .delete(var delete):
      delete.table.name = try scope.existing(delete.table.name)
      for index in delete.using.indices { delete.using[index] = try map(delete.using[index]) }
      delete.condition = try delete.condition.map { try map($0) }
      return .delete(delete)
    case .merge(let merge): return .merge(try resolve(merge))
    case .copy(var copy):
      copy.table = try scope.existing(copy.table)
      return .copy(copy)
    case .unload(var unload):
      unload.query = try map(unload.query)
      return .unload(unload)
    default: return statement
    }
  }

  private func resolve(_ original: Merge) throws -> Merge {
    var merge = original
    merge.target.name = try scope.existing(merge.target.name)
    merge.source = try map(merge.source)
    merge.condition = try map(merge.condition)
    merge.insertValues = try merge.insertValues.map { try $0.map { try map($0) } }
    if case .update(var assignments) = merge.matched {
      for index in assignments.indices {
        assignments[index].value = try map(assignments[index].value)
      }
      merge.matched = .update(assignments)
    }
    return merge
  }

  private func resolveNew(_ statement: Statement) throws -> Statement {
    switch statement {
    case .createTable(var table):
      table.name = try scope.new(table.name, isTemporary: table.isTemporary)
      table.like = try table.like.map { name in try scope.existing(name) }
      for index in table.columns.indices {
        table.columns[index].defaultValue = try table.columns[index].defaultValue.map {
          try map($0)
        }
      }
      return .createTable(table)
    case .createTableAs(var table):
      table.name = try scope.new(table.name, isTemporary: table.isTemporary)
      table.query = try map(table.query)
      return .createTableAs(table)
    case .createView(var view):
      view.name = try scope.new(view.name)
      // What a late-binding view reads has a schema, and is looked for when it is read.
      let query = try map(view.query)
      if !view.isLateBinding { view.query = query }
      return .createView(view)
    case .createExternalTable(var table):
      table.query = try table.query.map { try map($0) }
      return .createExternalTable(table)
    case .createMaterializedView(var view):
      view.name = try scope.new(view.name)
      try checkNoFunctions(in: view.query)
      view.query = try map(view.query)
      view.queryText = try qualified(view.queryText)
      return .createMaterializedView(view)
    default: return statement
    }
  }

  private func resolveNamed(_ statement: Statement) throws -> Statement {
    func here(_ name: ObjectName) throws -> ObjectName { try scope.existing(name) }
    switch statement {
    case .drop(var drop) where drop.kind != .schema:
      drop.names = try drop.names.map(here)
      return .drop(drop)
    case .truncate(let name): return .truncate(try here(name))
    case .alterTable(let name, .appendFrom(let source, let fills, let ignores)):
      return .alterTable(
        try here(name), .appendFrom(try here(source), fillsTarget: fills, ignoresExtra: ignores))
    case .alterTable(let name, let action): return .alterTable(try here(name), action)
    case .comment(var comment):
      comment.name = try resolve(comment)
      return .comment(comment)
    case .access(.grant(var grant)):
      if case .relations(let names) = grant.object {
        grant.object = .relations(try names.map(here))
      }
      return .access(.grant(grant))
    case .alterMaterializedView(let name, let on):
      return .alterMaterializedView(try here(name), autoRefresh: on)
    case .alterMaterializedViewAttributes(let name, let attributes):
      return .alterMaterializedViewAttributes(try here(name), attributes)
    case .refreshMaterializedView(let name, let isCascade):
      return .refreshMaterializedView(try here(name), isCascade: isCascade)
    case .dropMaterializedView(let names, let ifExists, let isCascade):
      return .dropMaterializedView(
        try names.map(here), ifExists: ifExists, isCascade: isCascade)
    case .showDefinition(let name, let isView):
      return .showDefinition(try here(name), isView: isView)
    case .maintenance(let word, let name?): return .maintenance(word, try here(name))
    case .lock(let names): return .lock(try names.map(here))
    case .subscribe(let cursor, let name, let hasSnapshot):
      return .subscribe(cursor, try here(name), hasSnapshot: hasSnapshot)
    default: return statement
    }
  }

  /// A column's name has its table's before it.
  private func resolve(_ comment: Comment) throws -> ObjectName {
    guard comment.kind == .column, comment.name.parts.count == 2 else {
      return comment.kind == .table || comment.kind == .view
        ? try scope.existing(comment.name) : comment.name
    }
    let table = try scope.existing(
      ObjectName([comment.name.parts[0]], position: comment.name.position))
    return ObjectName(table.parts + [comment.name.parts[1]], position: comment.name.position)
  }

  /// A view's text is read again where no session is that knows the functions.
  private func checkNoFunctions(in query: Query) throws {
    guard !functions.isEmpty else { return }
    let functions = functions
    var map = TreeMap(expression: { value throws(SQLError) in
      guard case .call(let call) = value.kind,
        try functions.inlined(call, at: value.position) != nil
      else { return nil }
      throw SQLError(
        "0A000", "user-defined functions are not supported in a materialized view",
        position: value.position > 0 ? value.position : nil)
    })
    _ = try map.map(query)
  }

  // MARK: Queries

  private func map(_ query: Query) throws -> Query {
    try mapping { map throws(SQLError) in try map.map(query) }
  }

  private func map(_ value: Expression) throws -> Expression {
    try mapping { map throws(SQLError) in try map.map(value) }
  }

  private func map(_ source: TableSource) throws -> TableSource {
    try mapping { map throws(SQLError) in try map.map(source) }
  }

  private func mapping<Value>(
    _ body: (inout TreeMap) throws(SQLError) -> Value
  ) throws -> Value {
    var unknown: FunctionCall?
    let (scope, functions, settings) = (scope, functions, settings)
    var map = TreeMap(
      expression: { value throws(SQLError) in
        guard case .call(let call) = value.kind else { return nil }
        if !functions.isEmpty, let inlined = try functions.inlined(call, at: value.position) {
          return inlined
        }
        if unknown == nil, !FunctionNames.isKnown(call),
          FunctionNames.unsupportedKind(of: call.name.name) == nil
        {
          unknown = call
        }
        return nil
      },
      table: { table throws(SQLError) in
        if (table.name.schema ?? "pg_catalog") == "pg_catalog" {
          if table.name.name == "pg_settings" {
            return try Self.source(of: settings(), as: table)
          }
          if table.name.name == "pg_table_def", scope.path != ["public"] {
            return try Self.tableDefinitions(along: scope.path, as: table)
          }
        }
        let name = try scope.existing(table.name)
        guard name.parts.count != table.name.parts.count else { return nil }
        var table = table
        table.name = name
        return .table(table)
      })
    let mapped = try body(&map)
    if let unknown { throw UnknownFunction(call: unknown) }
    return mapped
  }

  /// `pg_settings`: the session's settings.
  private static func source(
    of settings: [(name: String, value: String)], as table: TableReference
  ) throws(SQLError) -> TableSource {
    let rows = settings.map { "(\(Writer.literal($0.name)), \(Writer.literal($0.value)))" }
    let query = try Parser.parseQuery(
      "SELECT name, setting FROM (VALUES \(rows.joined(separator: ", "))) AS s(name, setting)")
    return .query(query, table.alias ?? Alias(name: Identifier("pg_settings")), isLateral: false)
  }

  private static func tableDefinitions(
    along path: [String], as table: TableReference
  ) throws(SQLError) -> TableSource {
    let schemas = (path.isEmpty ? [""] : path).map { Writer.literal($0) }.joined(separator: ", ")
    let query = try Parser.parseQuery(
      "SELECT * FROM weir.any_table_def WHERE schemaname IN (\(schemas))")
    return .query(query, table.alias ?? Alias(name: Identifier("pg_table_def")), isLateral: false)
  }

  /// A view's text, which is read again without the session, with the schemas of its names.
  private func qualified(_ text: String) throws -> String {
    var schemas: [(offset: Int, schema: String)] = []
    let scope = scope
    var map = TreeMap(table: { table throws(SQLError) in
      let name = try scope.existing(table.name)
      if name.parts.count != table.name.parts.count, let schema = name.schema {
        schemas.append((table.name.position - 1, schema))
      }
      return nil
    })
    _ = try map.map(try Parser.parseQuery(text))
    guard !schemas.isEmpty else { return text }
    var scalars = Array(text.unicodeScalars)
    for (offset, schema) in schemas.sorted(by: { $0.offset > $1.offset })
    where offset >= 0 && offset <= scalars.count {
      scalars.insert(contentsOf: (Writer.quoted(schema) + ".").unicodeScalars, at: offset)
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension Statement {
  /// Whether it names relations or functions. What ends a transaction that has failed does not.
  fileprivate var hasNames: Bool {
    switch self {
    case .begin, .commit, .rollback, .set, .reset, .show, .cancel, .execute, .deallocate, .fetch,
      .closeCursor, .call:
      false
    default: true
    }
  }

  /// Whether it may be part of a transaction that nobody asked for: what ends one, begins one or
  /// must be alone in its own may not.
  var isTransactional: Bool {
    switch self {
    case .query(let query): !query.callsProcedure
    case .insert, .update, .delete, .merge, .createTable, .createTableAs, .createView,
      .createSchema, .comment, .access, .set, .reset, .show, .showDefinition, .explain, .prepare,
      .execute, .deallocate, .lock, .copy, .unload, .createFunction, .dropFunction:
      true
    case .drop(let drop): drop.kind != .schema
    case .alterTable(_, .appendFrom), .alterTable(_, .external): false
    case .alterTable: true
    default: false
    }
  }
}

extension Query {
  /// `SELECT weir.procedure(…)`
  fileprivate var callsProcedure: Bool {
    guard case .select(let select) = body else { return false }
    return select.items.contains { item in
      if case .call(let call) = item.expression.kind { call.name.schema == "weir" } else { false }
    }
  }
}
