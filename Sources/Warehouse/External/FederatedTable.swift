internal import Core
internal import DuckDB
internal import RedshiftSQL

/// A table of an external schema over PostgreSQL, in DuckDB's SQL.
struct FederatedTable {
  let source: FederatedSource
  let connection: Connection

  /// The attached table; where columns have types that Redshift sees as text (and DuckDB does not
  /// print as PostgreSQL does), a query that makes them so. The other columns of such a table can
  /// still be filtered on the server.
  ///
  /// - Throws: `SQLError` 42P01 for a table that the server does not have.
  func resolve(_ table: TableReference) throws(SQLError) -> TableSource {
    let alias = table.alias ?? Alias(name: Identifier(table.name.name))
    let name = ObjectName(
      [source.attachment, source.remoteSchema, table.name.name].map { Identifier($0) },
      position: table.name.position)
    let columns = try columns(table.name)
    let attached = TableReference(name: name, alias: alias)
    guard columns.contains(where: { Self.text(of: $0) != nil }) else { return .table(attached) }
    let items = columns.map { column in
      SelectItem(
        Expression(.raw(Self.text(of: column) ?? quoted(column.name))),
        alias: Identifier(column.name))
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

  /// PostgreSQL's text of a column whose type Redshift does not have; nil for the other types.
  private static func text(of column: (name: String, type: String)) -> String? {
    let name = quoted(column.name)
    switch column.type {
    case "BLOB": return "'\\x' || lower(hex(\(name)))"
    case "TIME WITH TIME ZONE", "BIT": return "\(name)::VARCHAR"
    default: return nil
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
