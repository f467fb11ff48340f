internal import Core
internal import DuckDB
internal import RedshiftSQL

// CREATE TABLE AS, ALTER SCHEMA, ALTER MATERIALIZED VIEW, SHOW TABLE and SHOW VIEW.
extension WarehouseSession {
  /// Keys may name the query's columns by their places.
  func createAs(_ table: CreateTableAs) throws {
    var table = table
    let attributes = table.attributes
    if attributes.distributionKey != nil || !attributes.sortKey.isEmpty
      || attributes.distributionStyle == "key"
    {
      let sql = try rewriter().statement(.query(table.query))
      do {
        let names =
          table.columns.isEmpty
          ? try connection.rows("DESCRIBE \(sql)").compactMap { $0[0] }
          : table.columns.map(\.name)
        table.attributes = try TableChecks.checked(attributes, columns: names)
      } catch let error as DuckDBError {
        throw LocatedError(error: error, statement: sql)
      }
    }
    _ = try run(.createTableAs(table))
  }

  /// DuckDB chooses how it compresses a column as it writes it: no encoding would take less.
  func reportCompression(of table: ObjectName?, _ receive: Receive) async throws {
    let place =
      table.map {
        "schema_name = \(literal($0.schema ?? "public")) AND table_name = \(literal($0.name))"
      } ?? "true"
    let rows = try await queue.run { [self] in
      try connection.rows(
        """
        SELECT table_name, column_name, CASE encoding WHEN 'none' THEN 'raw' ELSE encoding END,
               '0.00'
          FROM weir.user_column WHERE \(place) AND kind = 'TABLE'
         ORDER BY table_name, ordinal_position
        """)
    }
    var batch = RowBatch(columnCount: 4)
    for cell in rows.joined() { batch.append(cell ?? "") }
    try await receive(
      .columns(
        ["table", "column", "encoding", "est_reduction_pct"].map {
          SQLColumn(name: $0, type: .varchar)
        }))
    if !batch.isEmpty { try await receive(.rows(batch)) }
    try await receive(.complete(tag: "ANALYZE COMPRESSION"))
  }

  // MARK: Materialized views

  func setAttributes(
    _ attributes: RedshiftSQL.TableAttributes, of name: ObjectName, _ receive: Receive
  ) async throws {
    let view = try await find(name)
    try await queue.run { [self] in
      let columns = try catalog.columns(of: view.relation)
      let checked = try TableChecks.checked(attributes, columns: columns)
      let storage = ObjectName(
        [Identifier(view.schema), Identifier("mv_tbl__\(view.name)__0")], position: name.position)
      try atomically { try alterFacts(storage, .attributes(checked)) }
    }
    try await receive(.complete(tag: "ALTER MATERIALIZED VIEW"))
  }

  // MARK: Schemas

  /// An external schema has a name alone; DuckDB has no way to rename one that holds tables.
  func renameSchema(_ name: ObjectName, to new: Identifier, _ receive: Receive) async throws {
    try await queue.run { [self] in
      guard try !catalog.schemaExists(new.name), try catalog.externalSchema(new.name) == nil else {
        throw SQLError("42P06", "schema \"\(new.name)\" already exists", position: name.position)
      }
      if try catalog.externalSchema(name.name) != nil {
        return try renameExternalSchema(name, to: new.name)
      }
      guard try catalog.schemaExists(name.name), !["public", "weir"].contains(name.name) else {
        throw SQLError(
          "3F000", "schema \"\(name.name)\" does not exist", position: name.position)
      }
      let relations = try connection.scalar(
        "SELECT count(*) FROM weir.user_relation WHERE schema_name = \(literal(name.name))")
      guard relations == 0 else {
        throw SQLError(
          "0A000", "ALTER SCHEMA … RENAME of a schema that is not empty is not supported",
          hint: "make the new schema and CREATE TABLE AS its tables", position: name.position)
      }
      try atomically {
        try connection.execute(
          "CREATE SCHEMA \(quoted(new.name)); DROP SCHEMA \(quoted(name.name))")
        try connection.execute(
          """
          UPDATE weir.object_owner SET object_name = \(literal(new.name))
           WHERE object_kind = 'schema' AND object_name = \(literal(name.name))
          """)
        try connection.execute(
          "UPDATE weir.schema_quota SET schema_name = \(literal(new.name)) "
            + "WHERE schema_name = \(literal(name.name))")
      }
    }
    warehouse.noteDefinition()
    try await noteCatalogChange()
    try await receive(.complete(tag: "ALTER SCHEMA"))
  }

  /// Views over its streams read by name, and could not be refreshed any more.
  private func renameExternalSchema(_ name: ObjectName, to new: String) throws {
    if let view = try catalog.views(over: name.name).first {
      throw SQLError(
        "2BP01", "cannot rename schema \(name.name): materialized view \(view.name) reads from it",
        position: name.position)
    }
    noteDropped(schema: name.name)
    try connection.execute(
      "UPDATE weir.external_schema SET name = \(literal(new)) WHERE name = \(literal(name.name))")
  }

  func setQuota(_ quota: Int?, of name: ObjectName, _ receive: Receive) async throws {
    try await queue.run { [self] in
      guard try catalog.schemaExists(name.name) else {
        throw SQLError(
          "3F000", "schema \"\(name.name)\" does not exist", position: name.position)
      }
      try atomically { try keepQuota(quota, of: name) }
    }
    try await receive(
      .notice(
        SQLNotice(
          severity: "INFO", message: "Quotas are kept and shown; they limit nobody here.")))
    try await receive(.complete(tag: "ALTER SCHEMA"))
  }

  func keepQuota(_ quota: Int?, of name: ObjectName) throws {
    let schema = literal(name.name)
    try connection.execute("DELETE FROM weir.schema_quota WHERE schema_name = \(schema)")
    guard let quota else { return }
    try connection.execute("INSERT INTO weir.schema_quota VALUES (\(schema), \(quota))")
  }

  // MARK: Users

  var currentUser: String {
    let name = try? withSettings { try $0.value(of: "session_authorization") }
    guard let name, name != "default" else { return user }
    return name
  }

  /// SET SESSION AUTHORIZATION: as whom the session makes things.
  func authorize(_ name: String, _ receive: Receive) async throws {
    if name != "default" {
      try await queue.run { [self] in
        try Privileges(connection: connection, owner: user)
          .require(Principal(kind: .user, name: name, position: 0))
      }
    }
    _ = try withSettings { try $0.set("session_authorization", to: name) }
    try await receive(.complete(tag: "SET"))
  }

  // MARK: SHOW TABLE, SHOW VIEW

  func showDefinition(
    of name: ObjectName, isView: Bool, _ receive: Receive
  ) async throws -> Int {
    let text = try await queue.run { [self] () -> String in
      isView ? try viewText(name) : try tableText(name)
    }
    var batch = RowBatch(columnCount: 1)
    batch.append(text)
    try await receive(
      .columns([
        SQLColumn(
          name: isView ? "Show View DDL statement" : "Show Table DDL statement",
          type: .varchar)
      ]))
    try await receive(.rows(batch))
    try await receive(.complete(tag: "SHOW"))
    return 1
  }

  private func viewText(_ name: ObjectName) throws -> String {
    let schema = name.schema ?? "public"
    let rows = try connection.rows(
      "SELECT definition FROM weir.pg_views WHERE schemaname = \(literal(schema)) "
        + "AND viewname = \(literal(name.name))")
    guard let text = rows.first?[0] else {
      throw SQLError(
        "42P01", "view \"\(name.name)\" does not exist", position: name.position)
    }
    return text
  }

  private func tableText(_ name: ObjectName) throws -> String {
    let schema = name.schema ?? "public"
    let place = "schema_name = \(literal(schema)) AND table_name = \(literal(name.name))"
    let columns = try connection.rows(
      """
      SELECT column_name, weir.full_type(data_type, character_maximum_length, numeric_precision,
               numeric_scale), is_nullable, column_default, encoding, is_distkey
        FROM weir.user_column WHERE \(place) AND kind = 'TABLE' ORDER BY ordinal_position
      """)
    guard !columns.isEmpty else {
      throw SQLError(
        "42P01", "relation \"\(name.name)\" does not exist", position: name.position)
    }
    let facts =
      try connection.rows(
        """
        SELECT diststyle, sortstyle, array_to_string(sortkey, ', '),
               array_to_string(primary_key, ', ')
          FROM weir.table_attribute WHERE \(place)
        """
      ).first ?? ["AUTO", "auto", "", ""]
    var lines = columns.map { row in
      "\(row[0] ?? "") \(row[1] ?? "")" + (row[2] == "NO" ? " NOT NULL" : "")
        + (row[3].map { " DEFAULT \($0)" } ?? "")
        + (row[4] == "none" ? "" : " ENCODE \(row[4] ?? "")")
        + (row[5] == "t" ? " distkey" : "")
    }
    if let key = facts[3], !key.isEmpty { lines.append("PRIMARY KEY (\(key))") }
    var text = "CREATE TABLE \(schema).\(name.name) (\n\(lines.joined(separator: ",\n"))\n)"
    text += "\nDISTSTYLE \(facts[0] ?? "AUTO")"
    if let key = facts[2], !key.isEmpty {
      text += (facts[1] == "interleaved" ? " INTERLEAVED" : "") + " SORTKEY ( \(key) )"
    }
    return text + ";"
  }
}
