package import Core

// ALTER SCHEMA, ALTER MATERIALIZED VIEW, and what stands behind a WITH that is no query.
extension Parser {
  mutating func alterSchema() throws(SQLError) -> Statement {
    let name = try objectName()
    if take("rename", "to") { return .renameSchema(name, try identifier()) }
    if isWord("quota") { return .schemaQuota(name, try quota()) }
    return .access(.owner(kind: "schema", name, try owner()))
  }

  /// `QUOTA 50 GB`: in megabytes; nil where none stands, or UNLIMITED.
  mutating func quota() throws(SQLError) -> Int? {
    guard take("quota"), !take("unlimited") else { return nil }
    let start = position
    let number = try expectInteger()
    let factor = take("tb") ? 1_048_576 : take("gb") ? 1_024 : take("mb") ? 1 : 0
    guard factor > 0, number > 0, number <= 1_000_000_000 else {
      throw SQLError("42601", "a quota is a number of MB, GB or TB", position: start)
    }
    return number * factor
  }

  mutating func alterMaterializedView() throws(SQLError) -> Statement {
    let name = try objectName()
    if take("auto", "refresh") {
      return .alterMaterializedView(name, autoRefresh: try yesOrNo())
    }
    if isWord("owner") { return .access(.owner(kind: "materialized view", name, try owner())) }
    guard take("alter") else {
      throw unexpected("expected AUTO REFRESH, ALTER DISTKEY, DISTSTYLE or SORTKEY, or OWNER TO")
    }
    var attributes = TableAttributes()
    if take("sortkey", "none") {
      attributes.sortStyle = "none"
      return .alterMaterializedViewAttributes(name, attributes)
    }
    repeat {
      _ = take("alter")
      guard try takeAttribute(&attributes) else { throw unexpected() }
    } while takeSymbol(",") || isWord("distkey") || isWord("sortkey")
    return .alterMaterializedViewAttributes(name, attributes)
  }

  /// `(a, 2)`: columns by their names or their places.
  mutating func keyList() throws(SQLError) -> [Identifier] {
    try expectSymbol("(")
    var names: [Identifier] = []
    repeat {
      names.append(
        current.kind == .number
          ? Identifier(String(try expectInteger())) : try identifier("a column"))
    } while takeSymbol(",")
    try expectSymbol(")")
    return names
  }

  // MARK: WITH

  /// A query, or UPDATE and DELETE, in which the common tables are put where they are named.
  mutating func withClause() throws(SQLError) -> Statement {
    let place = index
    try expect("with")
    let isRecursive = take("recursive")
    var tables: [CommonTable] = []
    repeat {
      let name = try identifier("a name for the common table")
      let columns = isSymbol("(") ? try columnList() : []
      try expect("as")
      try expectSymbol("(")
      let inner = try nested { parser throws(SQLError) in try parser.query() }
      try expectSymbol(")")
      tables.append(CommonTable(name: name, columns: columns, query: inner))
    } while takeSymbol(",")
    guard isWord("update") || isWord("delete") else {
      rewind(to: place)
      return .query(try query())
    }
    guard !isRecursive else {
      throw unsupported("WITH RECURSIVE before \(current.text.uppercased())")
    }
    let inlining = CommonTableInlining(tables)
    if isWord("update") {
      guard case .update(let update) = try update() else { throw unexpected() }
      return .update(try inlining.inlined(update))
    }
    guard case .delete(let delete) = try delete() else { throw unexpected() }
    return .delete(try inlining.inlined(delete))
  }
}

/// Puts common tables where a statement names them.
package struct CommonTableInlining {
  private var queries: [String: (query: Query, columns: [Identifier])] = [:]

  /// Each may name those before it.
  package init(_ tables: [CommonTable]) {
    for table in tables {
      var map = self.map
      let query = (try? map.map(table.query)) ?? table.query
      queries[table.name.name] = (query, table.columns)
    }
  }

  private var map: TreeMap {
    TreeMap(table: { [queries] table throws(SQLError) in
      guard table.name.parts.count == 1, let found = queries[table.name.name] else { return nil }
      var alias = table.alias ?? Alias(name: Identifier(table.name.name))
      if alias.columns.isEmpty { alias.columns = found.columns }
      return .query(found.query, alias, isLateral: false)
    })
  }

  package func inlined(_ query: Query) throws(SQLError) -> Query {
    var map = self.map
    return try map.map(query)
  }

  func inlined(_ update: Update) throws(SQLError) -> Update {
    var update = update
    var map = self.map
    for index in update.assignments.indices {
      update.assignments[index].value = try map.map(update.assignments[index].value)
    }
    for index in update.from.indices { update.from[index] = try map.map(update.from[index]) }
    if let condition = update.condition { update.condition = try map.map(condition) }
    return update
  }

  func inlined(_ delete: Delete) throws(SQLError) -> Delete {
    var delete = delete
    var map = self.map
    for index in delete.using.indices { delete.using[index] = try map.map(delete.using[index]) }
    if let condition = delete.condition { delete.condition = try map.map(condition) }
    return delete
  }
}
