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
  func views(over externalSchema: String) throws -> [MaterializedView] {
    try views(where: "external_schema = \(literal(externalSchema)) AND stream_name <> ''")
  }

  func schemaExists(_ name: String) throws -> Bool {
    try connection.scalar(
      """
      SELECT count(*) FROM information_schema.schemata
      WHERE catalog_name = current_database() AND schema_name = \(literal(name))
      """) ?? 0 > 0
  }

  // MARK: Views

  func views() throws -> [MaterializedView] { try views(where: "true") }

  func view(schema: String, name: String) throws -> MaterializedView? {
    try views(where: "schema_name = \(literal(schema)) AND name = \(literal(name))").first
  }

  private func views(where condition: String) throws -> [MaterializedView] {
    let rows = try connection.rows(
      """
      SELECT id, schema_name, name, external_schema, stream_name, definition, auto_refresh, owner,
             epoch_us(created_at), state
      FROM weir.materialized_view WHERE \(condition) ORDER BY id
      """)
    let bases = try bases()
    return rows.compactMap { row in
      guard row.count == 10, let id = row[0].flatMap(Int64.init) else { return nil }
      let stream = row[4] ?? ""
      return MaterializedView(
        id: id, schema: row[1] ?? "", name: row[2] ?? "",
        source: stream.isEmpty
          ? .relations(bases[id] ?? []) : .stream(externalSchema: row[3] ?? "", name: stream),
        definition: row[5] ?? "", autoRefresh: row[6] == "t", owner: row[7] ?? "",
        createdAt: Timestamp(microseconds: row[8].flatMap(Int64.init) ?? 0),
        state: row[9].flatMap(Int.init).flatMap(MaterializedView.State.init) ?? .incremental)
    }
  }

  /// What each view over tables and views reads.
  private func bases() throws -> [Int64: [ViewBase]] {
    let rows = try connection.rows(
      """
      SELECT view_id, base_schema, base_name, base_view_id, change_table,
             array_to_string(columns, chr(1)), array_to_string(used_columns, chr(1))
      FROM weir.view_base ORDER BY view_id, place
      """)
    var bases: [Int64: [ViewBase]] = [:]
    for row in rows {
      guard let id = row[0].flatMap(Int64.init) else { continue }
      let names = row[5...].map { ($0 ?? "").split(separator: "\u{1}").map(String.init) }
      bases[id, default: []].append(
        ViewBase(
          relation: RelationName(schema: row[1] ?? "", name: row[2] ?? ""),
          viewID: row[3].flatMap(Int64.init), columns: names[0], usedColumns: names[1],
          changeTable: row[4]))
    }
    return bases
  }

  func nextObjectID() throws -> Int64 {
    try connection.scalar("SELECT nextval('weir.object_id')") ?? 0
  }

  /// The catalog's rows of a view, and the tables that take the changes in its bases.
  func insert(_ view: MaterializedView) throws {
    var (externalSchema, stream) = ("", "")
    if case .stream(let schema, let name) = view.source {
      (externalSchema, stream) = (schema, name)
    }
    try connection.execute(
      """
      INSERT INTO weir.materialized_view (id, schema_name, name, external_schema, stream_name,
          definition, auto_refresh, owner, created_at, state)
        VALUES (\(view.id), \(literal(view.schema)), \(literal(view.name)),
          \(literal(externalSchema)), \(literal(stream)), \(literal(view.definition)),
          \(view.autoRefresh), \(literal(view.owner)),
          make_timestamp(\(view.createdAt.microseconds)), \(view.state.rawValue))
      """)
    for (place, base) in view.bases.enumerated() {
      try connection.execute(
        """
        INSERT INTO weir.view_base VALUES (\(view.id), \(place), \(literal(base.relation.schema)),
          \(literal(base.relation.name)), \(base.viewID.map(String.init) ?? "NULL"),
          \(list(base.columns)), \(list(base.usedColumns)),
          \(base.changeTable.map(literal) ?? "NULL"))
        """)
      if let changes = base.changes {
        try connection.execute(
          """
          CREATE TABLE \(changes) AS SELECT \(base.usedColumnList)1 AS \(ViewBase.weightColumn), \
          0::BIGINT AS \(ViewBase.refreshColumn) FROM \(base.relation.sql) LIMIT 0
          """)
      }
      if let id = base.viewID {
        try connection.execute(
          """
          INSERT INTO weir.view_seen SELECT \(view.id), \(id), coalesce(max(refresh_id), 0)
            FROM weir.view_version WHERE view_id = \(id)
          """)
      }
    }
  }

  private func list(_ names: [String]) -> String {
    "[\(names.map(literal).joined(separator: ", "))]::VARCHAR[]"
  }

  func drop(_ view: MaterializedView) throws {
    try ViewStorage(view: view, shape: .rows([])).drop(on: connection)
    for base in view.bases {
      if let changes = base.changes { try connection.execute("DROP TABLE \(changes)") }
    }
    try connection.execute("DELETE FROM weir.materialized_view WHERE id = \(view.id)")
    for table in [
      "view_base", "view_position", "view_loss", "view_version", "view_seen", "view_mark",
      "lag_minute",
    ] {
      try connection.execute("DELETE FROM weir.\(table) WHERE view_id = \(view.id)")
    }
  }

  func forgetDeadLetters(of view: MaterializedView) throws {
    try connection.execute("DELETE FROM weir.dead_letter WHERE view_id = \(view.id)")
  }

  func setAutoRefresh(_ on: Bool, of view: MaterializedView) throws {
    try connection.execute(
      "UPDATE weir.materialized_view SET auto_refresh = \(on) WHERE id = \(view.id)")
  }

  func setState(_ state: MaterializedView.State, of view: Int64) throws {
    try connection.execute(
      "UPDATE weir.materialized_view SET state = \(state.rawValue) WHERE id = \(view)")
  }

  /// Whether the transaction sees the table that takes a relation's changes.
  func hasChanges(_ table: String) throws -> Bool {
    try connection.scalar(
      "SELECT count(*) FROM duckdb_tables() "
        + "WHERE schema_name = 'weir' AND table_name = \(literal(table))") ?? 0 > 0
  }

  // MARK: Relations

  enum RelationKind { case table, view, temporaryTable }

  func kind(of relation: RelationName) throws -> RelationKind? {
    let rows = try connection.rows(
      """
      SELECT table_type, table_catalog FROM information_schema.tables
      WHERE table_schema = \(literal(relation.schema)) AND table_name = \(literal(relation.name))
      """)
    guard let row = rows.first else { return nil }
    if row[1] == "temp" || row[0] == "LOCAL TEMPORARY" { return .temporaryTable }
    return row[0] == "VIEW" ? .view : .table
  }

  /// The names of a relation's columns, in their order.
  func columns(of relation: RelationName) throws -> [String] {
    try connection.rows(
      """
      SELECT column_name FROM information_schema.columns
      WHERE table_catalog = current_database() AND table_schema = \(literal(relation.schema))
        AND table_name = \(literal(relation.name)) ORDER BY ordinal_position
      """
    ).compactMap { $0[0] }
  }
}
