internal import Core
internal import DuckDB
internal import RedshiftSQL

// Late-binding views: what they read is looked for when they are read, so it may be made after
// them, change its columns, or be files. Source: Redshift's page CREATE VIEW.
extension WarehouseSession {
  /// The one column, in DuckDB's catalog, of a view whose columns nobody knows yet.
  static let unknownColumn = "weir$unknown"

  func create(_ view: CreateView) throws {
    // The name is no longer that of an older view's text.
    try forgetText(of: view.name)
    warehouse.noteDefinition()
    guard view.isLateBinding else {
      guard try !readsExternal(.createView(view)), !readsServers(.createView(view)) else {
        throw SQLError(
          "0A000", "a view over external tables must be created WITH NO SCHEMA BINDING",
          position: view.name.position)
      }
      _ = try run(.createView(view))
      return
    }
    try checkSources(of: view)
    try define(view)
    let columns = view.columns.map { literal($0.name) }.joined(separator: ", ")
    try connection.execute(
      """
      INSERT INTO weir.late_binding_view VALUES (\(literal(view.name.schema ?? "public")),
        \(literal(view.name.name)), [\(columns)]::VARCHAR[], \(literal(view.queryText)))
      """)
  }

  func forgetText(of name: ObjectName) throws {
    try connection.execute(
      """
      DELETE FROM weir.late_binding_view WHERE schema_name = \(literal(name.schema ?? "public"))
        AND name = \(literal(name.name))
      """)
  }

  /// Makes the view in DuckDB's catalog, for its name and, where they are known, its columns.
  private func define(_ view: CreateView) throws {
    let sql: String
    do {
      sql = try rewriteWithStandIns(.createView(view))
      // A statement that failed would end the transaction that it was part of.
      _ = try connection.rows("EXPLAIN \(try rewriteWithStandIns(.query(view.query)))")
    } catch {
      guard Self.isUnbound(error) else { throw error }
      return try defineUnbound(view)
    }
    do {
      try connection.execute(sql)
    } catch {
      throw LocatedError(error: error, statement: sql)
    }
  }

  private func defineUnbound(_ view: CreateView) throws {
    let names =
      view.columns.isEmpty ? [Self.unknownColumn] : view.columns.map(\.name)
    let message = "what the late-binding view \(view.name.name) reads did not exist"
    let columns = names.map { "error(\(literal(message)))::VARCHAR AS \(quoted($0))" }
    try connection.execute(
      """
      CREATE \(view.replaces ? "OR REPLACE " : "")VIEW \(try rewriter().tableName(view.name)) AS
      SELECT \(columns.joined(separator: ", "))
      """)
  }

  /// Whether a name was not found that may be made later.
  private static func isUnbound(_ error: any Error) -> Bool {
    let state =
      switch error {
      case let error as SQLError: error.sqlState
      case let error as DuckDBError: ErrorWords.translate(error.sqlError).sqlState
      default: ""
      }
    return ["42P01", "42703"].contains(state)
  }

  /// - Throws: 0A000 for a relation without its schema, 3F000 for a schema that does not exist.
  private func checkSources(of view: CreateView) throws {
    var names: [ObjectName] = []
    var map = TreeMap(table: { table throws(SQLError) in
      names.append(table.name)
      return nil
    })
    _ = try map.map(view.query)
    for name in names {
      guard let schema = name.schema else {
        throw SQLError(
          "0A000",
          "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA "
            + "BINDING.", position: name.position)
      }
      let exists =
        try ["pg_catalog", "information_schema"].contains(schema) || catalog.schemaExists(schema)
        || catalog.externalSchema(schema) != nil
      guard exists else {
        throw SQLError(
          "3F000", "schema \"\(schema)\" does not exist", position: name.position)
      }
    }
  }
}
