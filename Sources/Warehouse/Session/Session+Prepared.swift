internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Statements and cursors that a session gave names.
struct NamedStatements {
  var prepared: [String: Statement] = [:]
  /// How many rows were fetched already.
  var cursors: [String: Int] = [:]
}

extension WarehouseSession {
  func prepare(_ name: Identifier, _ statement: Statement, _ receive: Receive) async throws {
    try withNamed { named in
      guard named.prepared[name.name] == nil else {
        throw SQLError("42P05", "prepared statement \"\(name.name)\" already exists")
      }
      named.prepared[name.name] = statement
    }
    try await receive(.complete(tag: "PREPARE"))
  }

  /// - Returns: the statement with `arguments` for its parameters.
  func bound(_ name: Identifier, _ arguments: [Expression]) throws -> Statement {
    let found = withNamed { $0.prepared[name.name] }
    guard let found else {
      throw SQLError("26000", "prepared statement \"\(name.name)\" does not exist")
    }
    return try Binding.bind(found, arguments)
  }

  func deallocate(_ name: Identifier?, _ receive: Receive) async throws {
    try withNamed { named in
      guard let name else {
        named.prepared = [:]
        return
      }
      guard named.prepared.removeValue(forKey: name.name) != nil else {
        throw SQLError("26000", "prepared statement \"\(name.name)\" does not exist")
      }
    }
    try await receive(.complete(tag: "DEALLOCATE"))
  }

  // MARK: Cursors

  /// The rows are computed at once and wait in a temporary table: a cursor sees what was there when
  /// it was declared.
  func declare(_ name: Identifier, _ query: Query, _ receive: Receive) async throws {
    guard status == .inTransaction else {
      throw SQLError("25P01", "DECLARE CURSOR may only be used in transaction blocks")
    }
    try await queue.run { [self] in
      let sql = try rewrite(.query(query))
      do {
        try connection.execute("CREATE OR REPLACE TEMP TABLE \(cursorTable(name)) AS \(sql)")
      } catch let error as DuckDBError {
        throw LocatedError(error: error, statement: sql)
      }
    }
    withNamed { $0.cursors[name.name] = 0 }
    try await receive(.complete(tag: "DECLARE CURSOR"))
  }

  func fetch(_ name: Identifier, rows: Int?, _ receive: @escaping Receive) async throws -> Int {
    guard let start = withNamed({ $0.cursors[name.name] }) else {
      throw SQLError("34000", "cursor \"\(name.name)\" does not exist")
    }
    let limit = rows.map { "LIMIT \($0) " } ?? ""
    let (columns, batch) = try await queue.run { [self] in
      let result = try connection.query(
        "SELECT * FROM \(cursorTable(name)) \(limit)OFFSET \(start)")
      var batch = RowBatch(columnCount: result.columns.count)
      while let chunk = try result.nextChunk() { chunk.appendText(to: &batch) }
      return (result.columns, batch)
    }
    withNamed { $0.cursors[name.name] = start + batch.rowCount }
    try await receive(.columns(try named(columns)))
    if !batch.isEmpty { try await receive(.rows(batch)) }
    try await receive(.complete(tag: "FETCH \(batch.rowCount)"))
    return batch.rowCount
  }

  func closeCursor(_ name: Identifier?, _ receive: Receive) async throws {
    let names = try withNamed { named in
      guard let name else { return Array(named.cursors.keys) }
      guard named.cursors[name.name] != nil else {
        throw SQLError("34000", "cursor \"\(name.name)\" does not exist")
      }
      return [name.name]
    }
    try await queue.run { [self] in
      for name in names {
        try connection.execute("DROP TABLE IF EXISTS \(cursorTable(Identifier(name)))")
      }
    }
    withNamed { named in for name in names { named.cursors[name] = nil } }
    try await receive(.complete(tag: "CLOSE CURSOR"))
  }

  private func cursorTable(_ name: Identifier) -> String { quoted("cursor$" + name.name) }
}

/// Puts values in the place of parameters.
private enum Binding {
  static func bind(_ statement: Statement, _ arguments: [Expression]) throws -> Statement {
    var map = TreeMap(expression: { value throws(SQLError) in
      guard case .parameter(let number) = value.kind else { return nil }
      guard number <= arguments.count else {
        throw SQLError("07001", "there is no value for parameter $\(number)")
      }
      return arguments[number - 1]
    })
    switch statement {
    case .query(let query): return .query(try map.map(query))
    case .insert(var insert):
      if let query = insert.query { insert.query = try map.map(query) }
      return .insert(insert)
    case .update(var update):
      for index in update.assignments.indices {
        update.assignments[index].value = try map.map(update.assignments[index].value)
      }
      for index in update.from.indices { update.from[index] = try map.map(update.from[index]) }
      if let condition = update.condition { update.condition = try map.map(condition) }
      return .update(update)
    case .delete(var delete):
      for index in delete.using.indices { delete.using[index] = try map.map(delete.using[index]) }
      if let condition = delete.condition { delete.condition = try map.map(condition) }
      return .delete(delete)
    default: return statement
    }
  }
}
