internal import Core
internal import DuckDB
internal import RedshiftSQL

// What users must not touch.
extension WarehouseSession {
  /// - Throws: 25006 for what writes in a transaction that was begun READ ONLY.
  func checkWritable(_ statement: Statement) throws(SQLError) {
    guard status == .inTransaction, isReadOnly else { return }
    switch statement {
    case .query(let query):
      guard case .select(let select) = query.body, select.into != nil else { return }
    case .explain, .begin, .commit, .rollback, .set, .reset, .show, .call, .cancel, .prepare,
      .execute, .deallocate, .declareCursor, .subscribe, .fetch, .closeCursor, .lock,
      .unload:
      return
    default: break
    }
    throw SQLError("25006", "transaction is read-only")
  }

  /// The schema `weir` holds positions and history: writing there could double or lose rows.
  func checkTargets(of statement: Statement) throws(SQLError) {
    for target in Self.targets(of: statement) {
      let schema = target.schema ?? ""
      let isInternal =
        schema == "weir" || (target.parts.count == 1 && SystemTables.names.contains(target.name))
        || (target.name.hasPrefix("mv_tbl__") && target.name.hasSuffix("__0"))
      if schema == "main" {
        throw SQLError("3F000", "schema \"main\" does not exist", position: target.position)
      }
      if isInternal {
        throw SQLError(
          "42501", "permission denied: \"\(target.name)\" belongs to the warehouse",
          position: target.position)
      }
    }
  }

  /// What a statement writes to, makes or drops.
  static func targets(of statement: Statement) -> [ObjectName] {
    switch statement {
    case .insert(let insert): [insert.table]
    case .update(let update): [update.table.name]
    case .delete(let delete): [delete.table.name]
    case .createTable(let table): [table.name]
    case .createTableAs(let table): [table.name]
    case .createView(let view): [view.name]
    case .createSchema(let name, _, _): [name]
    case .drop(let drop): drop.names
    case .truncate(let name), .alterTable(let name, _): [name]
    case .merge(let merge): [merge.target.name]
    case .comment(let comment): [comment.name]
    case .query(let query):
      if case .select(let select) = query.body, let target = select.into { [target] } else { [] }
    default: []
    }
  }

  // MARK: Views over what goes

  /// - Throws: 2BP01 if a view reads what is to be dropped, without CASCADE.
  func checkViews(over name: ObjectName, _ drop: Drop) throws {
    guard let view = try viewsOver(name).first else { return }
    throw SQLError(
      "2BP01",
      "cannot drop \(drop.kind.rawValue) \(name.name) because other objects depend on it",
      detail: "view \(view.name) depends on \(drop.kind.rawValue) \(name.name)",
      hint: "Use DROP ... CASCADE to drop the dependent objects too.", position: name.position)
  }

  /// DROP … CASCADE takes the plain views along.
  func dropViews(overAll drop: Drop) throws {
    for name in drop.names {
      for view in try viewsOver(name) {
        try connection.execute("DROP VIEW IF EXISTS \(try rewriter().tableName(view))")
      }
    }
  }

  /// The plain views that are bound to a relation, those first that read what others of them are.
  func viewsOver(_ name: ObjectName) throws -> [ObjectName] {
    let schema = name.schema ?? "public"
    if name.schema == nil, try isTemporary(name) { return [] }
    let reads = try connection.rows(
      """
      SELECT v.schema_name, v.view_name,
             coalesce(nullif(max(n.value ->> '$') FILTER (n.key = 'schema_name'), ''), 'public'),
             max(n.value ->> '$') FILTER (n.key = 'table_name') AS read_name
        FROM (SELECT *, regexp_replace(sql, '^CREATE .*?VIEW .*?AS (SELECT|WITH|FROM|VALUES|\\()',
                       '\\1', 'is') AS query
                FROM duckdb_views() d WHERE NOT internal AND schema_name <> 'weir'
                 AND NOT EXISTS (SELECT 1 FROM weir.late_binding_view l
                                  WHERE l.schema_name = d.schema_name
                                    AND l.name = d.view_name)) v,
             json_tree(json_serialize_sql(v.query)) n
       WHERE n.key IN ('schema_name', 'table_name')
       GROUP BY v.schema_name, v.view_name, n.path
      HAVING read_name IS NOT NULL
      """)
    var found: [(schema: String, name: String)] = []
    var open = [(schema: schema, name: name.name.lowercased())]
    while let next = open.popLast() {
      for row in reads
      where row[2]?.lowercased() == next.schema && row[3]?.lowercased() == next.name {
        let view = (schema: row[0] ?? "", name: row[1] ?? "")
        if found.contains(where: { $0 == view }) { continue }
        found.append(view)
        open.append((schema: view.schema, name: view.name.lowercased()))
      }
    }
    return found.reversed().map { ObjectName([Identifier($0.schema), Identifier($0.name)]) }
  }

  /// Whether the session has a table of its own of that name, which no view reads.
  private func isTemporary(_ name: ObjectName) throws -> Bool {
    try connection.scalar(
      """
      SELECT count(*) FROM duckdb_tables()
       WHERE database_name = 'temp' AND lower(table_name) = lower(\(literal(name.name)))
      """) != 0
  }
}
