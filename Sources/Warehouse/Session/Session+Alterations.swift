internal import Core
internal import DuckDB
internal import Foundation
internal import RedshiftSQL

// What ALTER TABLE and DROP SCHEMA mean for the plain views over a table: in Redshift a view is
// bound to the table and the columns, whatever their names become.
extension WarehouseSession {
  /// - Throws: 2BP01 for a column that a key is made of, or that a view reads without CASCADE;
  ///   42809 for what can be done to no view.
  func checkAlteration(_ action: AlterAction, of name: ObjectName) throws {
    if try isView(name) {
      if case .rename = action { return }
      throw SQLError(
        "42809", "\"\(name.name)\" is a view",
        hint: "a view can be renamed; CREATE OR REPLACE VIEW changes it", position: name.position)
    }
    guard case .dropColumn(let column, let isCascade) = action else { return }
    try checkKeys(column, of: name)
    let readers = try views(over: name, reading: column)
    guard let view = readers.first, !isCascade else { return }
    throw SQLError(
      "2BP01",
      "cannot drop table \(name.name) column \(column.name) because other objects depend on it",
      detail: "view \(view.name) depends on table \(name.name) column \(column.name)",
      hint: "Use DROP ... CASCADE to drop the dependent objects too.", position: name.position)
  }

  private func isView(_ name: ObjectName) throws -> Bool {
    let relation = RelationName(schema: name.schema ?? "public", name: name.name)
    return try catalog.kind(of: relation) == .view
      && catalog.view(schema: relation.schema, name: relation.name) == nil
  }

  /// Source: the page ALTER TABLE, DROP COLUMN: a DISTKEY's or SORTKEY's column cannot be dropped.
  private func checkKeys(_ column: Identifier, of name: ObjectName) throws {
    let schema = name.schema ?? "public"
    let rows = try connection.rows(
      """
      SELECT distkey = \(literal(column.name)), list_contains(sortkey, \(literal(column.name)))
        FROM weir.table_attribute
       WHERE lower(table_name) = lower(\(literal(name.name)))
         AND schema_name IN (\(literal(schema)), 'temp')
      """)
    for (index, kind) in ["distribution", "sort"].enumerated()
    where rows.contains(where: { $0[index] == "t" }) {
      throw SQLError(
        "0A000", "cannot drop \(kind) key column \"\(column.name)\"", position: name.position)
    }
  }

  /// The plain views that read the column, or all columns, of the table.
  private func views(over name: ObjectName, reading column: Identifier) throws -> [ObjectName] {
    try viewsOver(name).filter { view in
      let text = try definition(of: view)?.query ?? ""
      let word = NSRegularExpression.escapedPattern(for: column.name)
      let pattern =
        "(?i)(?<![\\w])\(word)(?![\\w])|(SELECT|,)\\s+(DISTINCT\\s+)?(\"?\\w+\"?\\.)*\\*"
      return text.range(of: pattern, options: .regularExpression) != nil
    }
  }

  // MARK: Renaming

  /// A view as DuckDB has it.
  struct BoundView {
    var name: ObjectName
    var columns: [String]
    var query: String
    var comment: String?
  }

  private func definition(of view: ObjectName) throws -> BoundView? {
    let rows = try connection.rows(
      """
      SELECT regexp_replace(sql, '^CREATE .*?VIEW .*?AS (SELECT|WITH|FROM|VALUES|\\()', '\\1',
                            'is'), comment
        FROM duckdb_views() WHERE schema_name = \(literal(view.schema ?? "public"))
         AND view_name = \(literal(view.name))
      """)
    guard let row = rows.first, let text = row[0] else { return nil }
    let columns = try catalog.columns(
      of: RelationName(schema: view.schema ?? "public", name: view.name))
    return BoundView(name: view, columns: columns, query: text, comment: row[1])
  }

  /// The views that are to read the table under its new name, or its column's. Before the change.
  func viewsToFollow(_ action: AlterAction, of name: ObjectName) throws -> [BoundView] {
    switch action {
    case .rename, .renameColumn: break
    case .dropColumn(let column, isCascade: true):
      for view in try views(over: name, reading: column) {
        try connection.execute("DROP VIEW IF EXISTS \(try rewriter().tableName(view))")
      }
      return []
    default: return []
    }
    // Those nearest to the table come last; each is made anew on its own.
    return try directViewsOver(name).reversed().compactMap { try definition(of: $0) }
  }

  private func directViewsOver(_ name: ObjectName) throws -> [ObjectName] {
    let schema = name.schema ?? "public"
    return try viewsOver(name).filter { view in
      let query = try definition(of: view)?.query ?? ""
      let tree = try ViewTree(query, on: connection)
      return tree?.reads(RelationName(schema: schema, name: name.name)) ?? false
    }
  }

  /// After the change, within its transaction.
  func follow(_ action: AlterAction, of name: ObjectName, _ views: [BoundView]) throws {
    let relation = RelationName(schema: name.schema ?? "public", name: name.name)
    for view in views {
      guard var tree = try ViewTree(view.query, on: connection) else { continue }
      switch action {
      case .rename(let new): tree.rename(relation, to: new.name)
      case .renameColumn(let old, let new):
        try tree.rename(old.name, of: relation, to: new.name, on: connection)
      default: continue
      }
      guard let text = try tree.text(on: connection) else { continue }
      let columns = view.columns.map(quoted).joined(separator: ", ")
      let place = try rewriter().tableName(view.name)
      try connection.execute("CREATE OR REPLACE VIEW \(place) (\(columns)) AS \(text)")
      if let comment = view.comment {
        try connection.execute("COMMENT ON VIEW \(place) IS \(literal(comment))")
      }
    }
  }

  /// ALTER TABLE view RENAME TO, as Redshift has it. Views over this one follow.
  func rename(view: ObjectName, to new: Identifier) throws {
    try connection.execute(
      "ALTER VIEW \(try rewriter().tableName(view)) RENAME TO \(quoted(new.name))")
    try connection.execute(
      """
      UPDATE weir.late_binding_view SET name = \(literal(new.name))
       WHERE schema_name = \(literal(view.schema ?? "public")) AND name = \(literal(view.name))
      """)
  }

  // MARK: Schemas

  /// DROP SCHEMA … CASCADE takes along what reads from the schema.
  func dropContents(ofSchema name: ObjectName) throws {
    let rows = try connection.rows(
      "SELECT table_name FROM weir.user_relation WHERE schema_name = \(literal(name.name))")
    try atomically {
      for table in rows.compactMap({ $0[0] }) {
        for view in try viewsOver(ObjectName([Identifier(name.name), Identifier(table)])) {
          try connection.execute("DROP VIEW IF EXISTS \(try rewriter().tableName(view))")
        }
      }
      try connection.execute(
        "DELETE FROM weir.user_function WHERE schema_name = \(literal(name.name))")
    }
    warehouse.noteDefinition()
  }
}

/// The query of a view as DuckDB's tree, to change names in.
private struct ViewTree {
  private var root: Any

  /// nil for a query that DuckDB has no tree of.
  init?(_ query: String, on connection: Connection) throws {
    let rows = try? connection.rows("SELECT json_serialize_sql(\(literal(query)))")
    guard let text = rows?.first?[0],
      let root = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
      (root as? [String: Any])?["error"] as? Bool == false
    else { return nil }
    self.root = root
  }

  func text(on connection: Connection) throws -> String? {
    let data = try JSONSerialization.data(withJSONObject: root)
    let json = String(decoding: data, as: UTF8.self)
    return try connection.rows("SELECT json_deserialize_sql(\(literal(json)))").first?[0]
  }

  func reads(_ relation: RelationName) -> Bool {
    var found = false
    _ = Self.mapped(root) { node in
      if Self.isTable(node, relation) { found = true }
      return nil
    }
    return found
  }

  mutating func rename(_ relation: RelationName, to name: String) {
    root = Self.mapped(root) { node in
      guard Self.isTable(node, relation) else { return nil }
      var node = node
      if (node["alias"] as? String ?? "").isEmpty { node["alias"] = node["table_name"] }
      node["table_name"] = name
      return node
    }
  }

  /// The table gives way to a query of it in which the column has its old name.
  mutating func rename(
    _ column: String, of relation: RelationName, to new: String, on connection: Connection
  ) throws {
    let query =
      "SELECT * FROM (SELECT * RENAME (\(quoted(new)) AS \(quoted(column))) "
      + "FROM \(relation.sql)) AS t"
    guard let template = try ViewTree(query, on: connection),
      let statements = (template.root as? [String: Any])?["statements"] as? [[String: Any]],
      let node = statements.first?["node"] as? [String: Any],
      let source = node["from_table"] as? [String: Any]
    else { return }
    root = Self.mapped(root) { node in
      guard Self.isTable(node, relation) else { return nil }
      var replaced = source
      let alias = node["alias"] as? String ?? ""
      replaced["alias"] = alias.isEmpty ? node["table_name"] : alias
      if let names = node["column_name_alias"] { replaced["column_name_alias"] = names }
      return replaced
    }
  }

  private static func isTable(_ node: [String: Any], _ relation: RelationName) -> Bool {
    guard node["type"] as? String == "BASE_TABLE" else { return false }
    let schema = node["schema_name"] as? String ?? ""
    return (schema.isEmpty ? "public" : schema).lowercased() == relation.schema.lowercased()
      && (node["table_name"] as? String ?? "").lowercased() == relation.name.lowercased()
  }

  /// `change` gives what stands in a node's place; nil keeps it and goes on within.
  private static func mapped(_ value: Any, _ change: ([String: Any]) -> [String: Any]?) -> Any {
    if let list = value as? [Any] { return list.map { mapped($0, change) } }
    guard let node = value as? [String: Any] else { return value }
    if let changed = change(node) { return changed }
    return node.mapValues { mapped($0, change) }
  }
}
