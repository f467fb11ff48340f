internal import Core
internal import DuckDB

/// The warehouse's own tables, read and written through one connection, in whatever
/// transaction that is in.
struct Catalog {
  struct ExternalSchema: Equatable {
    var name: String
    /// `KINESIS`.
    var kind: String
  }

  let connection: Connection

  // MARK: External schemas

  func externalSchema(_ name: String) throws -> ExternalSchema? {
    let rows = try connection.rows(
      "SELECT name, kind FROM weir.external_schema WHERE name = \(literal(name))")
    guard let row = rows.first, let name = row[0], let kind = row[1] else { return nil }
    return ExternalSchema(name: name, kind: kind)
  }

  func createExternalSchema(
    _ name: String, kind: String, options: [(String, String)], owner: String, at time: Timestamp
  ) throws {
    let object = options.map { "\(literal($0.0)): \(literal($0.1))" }.joined(separator: ", ")
    try connection.execute(
      """
      INSERT INTO weir.external_schema VALUES (nextval('weir.object_id'), \(literal(name)),
        \(literal(kind)), to_json(\(object.isEmpty ? "MAP {}" : "{\(object)}")), \
      \(literal(owner)), make_timestamp(\(time.microseconds)))
      """)
  }

  func dropExternalSchema(_ name: String) throws {
    try connection.execute("DELETE FROM weir.external_schema WHERE name = \(literal(name))")
  }

  /// Views that read from the external schema, as `schema.name`.
  func views(over externalSchema: String) throws -> [StreamingView] {
    try views(where: "external_schema = \(literal(externalSchema))")
  }

  func schemaExists(_ name: String) throws -> Bool {
    try connection.scalar(
      """
      SELECT count(*) FROM information_schema.schemata
      WHERE catalog_name = current_database() AND schema_name = \(literal(name))
      """) ?? 0 > 0
  }

  // MARK: Views

  func views() throws -> [StreamingView] { try views(where: "true") }

  func view(schema: String, name: String) throws -> StreamingView? {
    try views(where: "schema_name = \(literal(schema)) AND name = \(literal(name))").first
  }

  private func views(where condition: String) throws -> [StreamingView] {
    let rows = try connection.rows(
      """
      SELECT id, schema_name, name, external_schema, stream_name, definition, auto_refresh, owner,
             epoch_us(created_at)
      FROM weir.materialized_view WHERE \(condition) ORDER BY id
      """)
    return rows.compactMap { row in
      guard row.count == 9, let id = row[0].flatMap(Int64.init) else { return nil }
      return StreamingView(
        id: id, schema: row[1] ?? "", name: row[2] ?? "", externalSchema: row[3] ?? "",
        stream: row[4] ?? "", definition: row[5] ?? "", autoRefresh: row[6] == "t",
        owner: row[7] ?? "",
        createdAt: Timestamp(microseconds: row[8].flatMap(Int64.init) ?? 0))
    }
  }

  func nextObjectID() throws -> Int64 {
    try connection.scalar("SELECT nextval('weir.object_id')") ?? 0
  }

  /// The table behind the view, the view over it, and the catalog's row.
  func createView(_ view: StreamingView, plan: ViewPlan, batch: String) throws {
    try connection.execute(
      "CREATE TABLE \(view.storage) AS \(plan.select(from: batch)) LIMIT 0")
    try connection.execute(
      """
      CREATE VIEW \(quoted(view.schema)).\(quoted(view.name)) AS SELECT * FROM \(view.storage)
      """)
    try connection.execute(
      """
      INSERT INTO weir.materialized_view VALUES (\(view.id), \(literal(view.schema)),
        \(literal(view.name)), \(literal(view.externalSchema)), \(literal(view.stream)),
        \(literal(view.definition)), \(view.autoRefresh), \(literal(view.owner)),
        make_timestamp(\(view.createdAt.microseconds)))
      """)
  }

  func dropView(_ view: StreamingView) throws {
    try connection.execute("DROP VIEW \(quoted(view.schema)).\(quoted(view.name))")
    try connection.execute("DROP TABLE \(view.storage)")
    try connection.execute("DELETE FROM weir.materialized_view WHERE id = \(view.id)")
    try connection.execute("DELETE FROM weir.view_position WHERE view_id = \(view.id)")
  }

  func setAutoRefresh(_ on: Bool, of view: StreamingView) throws {
    try connection.execute(
      "UPDATE weir.materialized_view SET auto_refresh = \(on) WHERE id = \(view.id)")
  }
}
