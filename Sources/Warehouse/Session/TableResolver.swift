internal import Core
internal import RedshiftSQL

/// Finds out what a table's name stands for in a session.
struct TableResolver {
  let catalog: Catalog
  /// Where external tables go; nil where a statement cannot read them.
  let references: ExternalReferences?
  /// Rewrites the query of a late-binding view.
  let rewrite: (Query) throws(SQLError) -> Query

  /// What is to stand for the table in DuckDB's SQL; nil if the name means the same there.
  ///
  /// - Throws: `SQLError` 42P01 for a stream that does not exist.
  func resolve(_ table: TableReference) throws(SQLError) -> TableSource? {
    var table = table
    if table.name.parts.count == 3 {
      // `dev.public.t`
      guard table.name.parts[0].name == "dev" else {
        throw SQLError(
          "0A000",
          "cross-database references are not supported: "
            + table.name.parts.map(\.name).joined(separator: "."), position: table.name.position)
      }
      table.name.parts.removeFirst()
      return try resolve(table) ?? .table(table)
    }
    if let view = try lateBindingView(table) { return view }
    guard let schema = table.name.schema else { return nil }
    // What DuckDB calls a server is nobody's to name.
    guard !schema.hasPrefix(FederatedSource.attachmentPrefix) else {
      throw SQLError(
        "3F000", "schema \"\(schema)\" does not exist", position: table.name.position)
    }
    // What stands for the engine itself is no schema of the database's.
    if schema == "main" {
      throw SQLError("3F000", "schema \"main\" does not exist", position: table.name.position)
    }
    if schema == "information_schema", table.name.name == "schemata" {
      if table.alias == nil { table.alias = Alias(name: Identifier("schemata")) }
      table.name.parts = [Identifier("weir"), Identifier("information_schemata")]
      return .table(table)
    }
    if schema == "pg_catalog", SystemTables.names.contains(table.name.name) {
      table.name.parts[0] = Identifier("weir")
      return .table(table)
    }
    if references?.names.databases[schema] != nil { return try externalTable(table, of: schema) }
    guard let external = try externalSchema(schema) else {
      try checkExists(table)
      return nil
    }
    switch external.kind {
    case "KINESIS": return streamScan(table)
    case "POSTGRES": return try federated(table, of: schema)
    case "DATA CATALOG": return try externalTable(table, of: schema)
    default:
      throw SQLError(
        "0A000", "tables of the external schema \"\(schema)\" cannot be read",
        position: table.name.position)
    }
  }

  /// DuckDB looks for a file `schema.table` where it finds no such table.
  private func checkExists(_ table: TableReference) throws(SQLError) {
    guard ["csv", "tsv", "json", "parquet", "gz", "zst", "db"].contains(table.name.name),
      let schema = table.name.schema
    else { return }
    let relation = RelationName(schema: schema, name: table.name.name)
    do {
      if try catalog.kind(of: relation) != nil { return }
    } catch {
      throw sqlError(from: error)
    }
    throw SQLError(
      "42P01", "relation \"\(schema).\(table.name.name)\" does not exist",
      position: table.name.position)
  }

  /// A look at a stream's records: what `SELECT * FROM kinesis_schema.my_stream` shows.
  private func streamScan(_ table: TableReference) -> TableSource {
    let columns = StreamScanFunction.publicColumns.map {
      SelectItem(Expression(.column([Identifier($0)])))
    }
    var select = Select(items: columns)
    let call = FunctionCall("stream_scan", [Expression(.string(table.name.name))])
    select.from = [.function(call, nil)]
    let alias = table.alias ?? Alias(name: Identifier(table.name.name))
    return .query(Query(body: .select(select)), alias, isLateral: false)
  }

  // MARK: Data catalogs

  private func externalTable(
    _ table: TableReference, of schema: String
  ) throws(SQLError) -> TableSource {
    guard let references else {
      throw SQLError(
        "0A000", "external tables cannot be read here", position: table.name.position)
    }
    let found: ExternalTable?
    do {
      found = try references.table(RelationName(schema: schema, name: table.name.name)) {
        try ExternalCatalog(connection: catalog.connection).table(table.name.name, in: $0)
      }
    } catch {
      throw sqlError(from: error)
    }
    guard let found else {
      throw SQLError(
        "42P01", "relation \"\(schema).\(table.name.name)\" does not exist",
        position: table.name.position)
    }
    return references.place(for: found, as: table)
  }

  /// The query of a late-binding view, in the view's place.
  private func lateBindingView(_ table: TableReference) throws(SQLError) -> TableSource? {
    guard let references, let view = references.names.view(table.name) else { return nil }
    let query = try references.inView(table.name) { () throws(SQLError) in
      try rewrite(try Parser.parseQuery(view.definition))
    }
    var alias = table.alias ?? Alias(name: Identifier(table.name.name))
    if alias.columns.isEmpty { alias.columns = view.columns.map { Identifier($0) } }
    return .query(query, alias, isLateral: false)
  }

  private func federated(
    _ table: TableReference, of schema: String
  ) throws(SQLError) -> TableSource? {
    let source: FederatedSource?
    do {
      source = try catalog.federatedSources().first { $0.schema == schema }
    } catch {
      throw sqlError(from: error)
    }
    guard let source else { return nil }
    return try FederatedTable(source: source, connection: catalog.connection).resolve(table)
  }

  private func externalSchema(_ name: String) throws(SQLError) -> Catalog.ExternalSchema? {
    guard !["public", "weir", "pg_catalog", "information_schema", "main"].contains(name) else {
      return nil
    }
    do {
      return try catalog.externalSchema(name)
    } catch {
      throw sqlError(from: error)
    }
  }
}
