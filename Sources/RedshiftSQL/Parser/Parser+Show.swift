internal import Core

// SHOW: settings, and what Redshift's pages SHOW TABLES, SHOW SCHEMAS, SHOW DATABASES, SHOW
// COLUMNS, SHOW TABLE and SHOW VIEW list, which are queries of the system views.
extension Parser {
  mutating func show() throws(SQLError) -> Statement {
    try expect("show")
    if take("databases") { return try showDatabases() }
    if take("schemas") {
      try expect("from", "database")
      return try showRows(Self.schemas, filter: "schema_name", names: ["database_name"])
    }
    if take("tables") {
      try expect("from", "schema")
      return try showRows(
        Self.tables, filter: "table_name", names: ["database_name", "schema_name"])
    }
    if take("columns") {
      try expect("from", "table")
      return try showRows(
        Self.columns, filter: "column_name",
        names: ["database_name", "schema_name", "table_name"])
    }
    if isWord("table") || isWord("view") { return try showDefinition() }
    let kinds: Set<String> = [
      "datashares", "model", "grants", "external", "procedure", "parameters", "policies",
      "functions", "procedures", "constraints", "integrations", "templates", "template",
    ]
    if current.kind == .word, kinds.contains(current.text) {
      throw unsupported("SHOW \(current.text.uppercased())")
    }
    return .show(name: try settingName())
  }

  private mutating func showDatabases() throws(SQLError) -> Statement {
    if isWord("from") { throw unsupported("SHOW DATABASES FROM DATA CATALOG") }
    return try listed(Self.databases + " WHERE true", filter: "database_name")
  }

  /// - Parameter names: the columns that the name's parts are values of, the last of them last.
  private mutating func showRows(
    _ query: String, filter: String, names: [String]
  ) throws(SQLError) -> Statement {
    let name = try objectName()
    guard name.parts.count <= names.count else {
      throw SQLError("42601", "improper qualified name (too many dotted names)")
        .placed(at: name.position)
    }
    var conditions: [String] = []
    for (column, part) in zip(names.reversed(), name.parts.reversed()) {
      conditions.append("\(column) = \(Writer.literal(part.name))")
    }
    // A table without a schema is one of public.
    if names.count == 3, name.parts.count == 1 { conditions.append("schema_name = 'public'") }
    return try listed(
      "\(query) WHERE \(conditions.joined(separator: " AND "))", filter: filter)
  }

  private mutating func listed(_ query: String, filter: String) throws(SQLError) -> Statement {
    var text = query
    if take("like") { text += " AND \(filter) LIKE \(Writer.literal(try expectString()))" }
    text += " ORDER BY \(filter == "column_name" ? "ordinal_position" : filter)"
    if take("limit") {
      let start = position
      let limit = try expectInteger()
      guard (0...10_000).contains(limit) else {
        throw SQLError("22023", "LIMIT must be between 0 and 10000", position: start)
      }
      text += " LIMIT \(limit)"
    }
    return .query(try Self.parseQuery(text))
  }

  private mutating func showDefinition() throws(SQLError) -> Statement {
    let isView = isWord("view")
    advance()
    let name = try objectName()
    return .showDefinition(name, isView: isView)
  }

  // MARK: Queries

  private static let databases = """
    SELECT datname AS database_name, datdba AS database_owner, 'local' AS database_type,
           datacl AS database_acl, NULL::varchar AS parameters,
           'Snapshot Isolation' AS database_isolation_level
      FROM weir.pg_database
    """

  private static let schemas = "SELECT * FROM weir.svv_all_schemas"

  private static let tables = """
    SELECT database_name, schema_name, table_name, table_type, table_acl, remarks, owner,
           last_altered_time, last_modified_time, dist_style, table_subtype
      FROM weir.shown_table
    """

  private static let columns = """
    SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default,
           is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale,
           remarks, sort_key_type, sort_key, dist_key, encoding, "collation"
      FROM weir.shown_column
    """
}
