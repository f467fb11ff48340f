internal import Core
internal import DuckDB
internal import RedshiftSQL

/// A table of an external schema over PostgreSQL, in DuckDB's SQL.
struct FederatedTable {
  let source: FederatedSource
  let connection: Connection

  /// The attached table; where columns have types that Redshift sees as text, a query that makes
  /// them so. The other columns of such a table can still be filtered on the server.
  ///
  /// - Throws: `SQLError` 42P01 for a table that the server does not have.
  func resolve(_ table: TableReference) throws(SQLError) -> TableSource {
    let alias = table.alias ?? Alias(name: Identifier(table.name.name))
    let name = ObjectName(
      [source.attachment, source.remoteSchema, table.name.name].map { Identifier($0) },
      position: table.name.position)
    let columns = try columns(table.name)
    let attached = TableReference(name: name, alias: alias)
    let types = try serverTypes(table.name)
    let texts = columns.map { FederatedColumn(name: $0.name, type: $0.type, types[$0.name]).sql }
    guard texts.contains(where: { $0 != nil }) else { return .table(attached) }
    let items = zip(columns, texts).map { column, text in
      SelectItem(
        Expression(.raw(text ?? quoted(column.name))), alias: Identifier(column.name))
    }
    var select = Select(items: items)
    select.from = [.table(TableReference(name: name))]
    return .query(Query(body: .select(select)), alias, isLateral: false)
  }

  /// Binds the table, which has DuckDB ask the server for its columns.
  private func columns(
    _ table: ObjectName
  ) throws(SQLError) -> [(name: String, type: String)] {
    let name = [source.attachment, source.remoteSchema, table.name].map(quoted)
    do {
      return try connection.rows("DESCRIBE \(name.joined(separator: "."))").map {
        ($0[0] ?? "", $0[1] ?? "")
      }
    } catch {
      guard error.kind == .catalog || error.message.hasPrefix("Schema with name") else {
        throw error.sqlError
      }
      throw SQLError(
        "42P01", "relation \"\(source.schema).\(table.name)\" does not exist",
        detail: "the database \"\(source.database)\" has no such table in the schema "
          + "\"\(source.remoteSchema)\"", position: table.position)
    }
  }

  /// What the server itself calls the columns' types.
  private func serverTypes(
    _ table: ObjectName
  ) throws(SQLError) -> [String: FederatedColumn.ServerType] {
    let question = """
      SELECT a.attname::text, t.typname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
             (c.collname IS NULL OR c.collisdeterministic)::text
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_class r ON r.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
        LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
       WHERE n.nspname = \(literal(source.remoteSchema)) AND r.relname = \(literal(table.name))
         AND a.attnum > 0 AND NOT a.attisdropped
      """
    do {
      let rows = try connection.rows(
        "FROM postgres_query(\(literal(source.attachment)), \(literal(question)))")
      var types: [String: FederatedColumn.ServerType] = [:]
      for row in rows where row.count == 4 {
        types[row[0] ?? ""] = .init(
          name: row[1] ?? "", text: row[2] ?? "", isDeterministic: row[3] != "false")
      }
      return types
    } catch {
      throw error.sqlError
    }
  }
}

extension Catalog {
  /// External schemas over PostgreSQL.
  func federatedSources() throws -> [FederatedSource] {
    let names = ["DATABASE", "SCHEMA", "URI", "PORT", "SECRET_ARN"]
    let items = names.map { "options->>'\($0)'" }.joined(separator: ", ")
    return try connection.rows(
      "SELECT name, \(items) FROM weir.external_schema WHERE kind = 'POSTGRES' ORDER BY name"
    ).map { row in
      var options: [String: String] = [:]
      for (name, value) in zip(names, row.dropFirst()) { options[name] = value }
      return FederatedSource(schema: row[0] ?? "", options: options)
    }
  }
}
