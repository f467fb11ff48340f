internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Which relation a name means in a session: what `search_path` says.
///
/// Redshift looks for a name without a schema among the session's temporary tables, then in the
/// catalog, then in the schemas of the path, and makes what is new in the first schema of the path
/// that exists. Source: Redshift's page search_path.
struct NameScope {
  /// The schemas of the path that exist, in its order.
  let path: [String]
  let catalog: Catalog
  /// Whether the session may read what the warehouse keeps for itself.
  let seesInternals: Bool

  /// Whether names mean what they mean to DuckDB, whose own path is the schema `public`.
  private var isPlain: Bool { path == ["public"] }

  /// The relation that is there under the name; the name as it is where none is.
  ///
  /// - Throws: `SQLError` 42P01 for what the path does not lead to, and DuckDB's path would; for
  ///   the warehouse's own tables; 0A000 for a system view of Redshift's that Weir has not.
  func existing(_ name: ObjectName) throws(SQLError) -> ObjectName {
    try checkShown(name)
    guard name.parts.count == 1, !isPlain, !isSystem(name.name) else { return name }
    if try schemas(of: name.name, isTemporary: true).contains("temp") { return name }
    let holders = try schemas(of: name.name, isTemporary: false)
    if let schema = path.first(where: holders.contains) {
      return ObjectName([Identifier(schema)] + name.parts, position: name.position)
    }
    guard holders.contains("public") else { return name }
    throw Self.missing(name)
  }

  /// The name that a new relation gets.
  ///
  /// - Throws: `SQLError` 3F000 if no schema of the path exists.
  func new(_ name: ObjectName, isTemporary: Bool = false) throws(SQLError) -> ObjectName {
    guard name.parts.count == 1, !isPlain, !isTemporary, !name.name.hasPrefix("#") else {
      return name
    }
    guard let schema = path.first else {
      throw SQLError(
        "3F000", "no schema has been selected to create in", position: name.position)
    }
    return ObjectName([Identifier(schema)] + name.parts, position: name.position)
  }

  static func missing(_ name: ObjectName) -> SQLError {
    SQLError(
      "42P01",
      "relation \"\(name.parts.map(\.name).joined(separator: "."))\" does not exist",
      position: name.position > 0 ? name.position : nil)
  }

  /// Schemas that hold a relation of the name.
  private func schemas(of name: String, isTemporary: Bool) throws(SQLError) -> [String] {
    do {
      return try catalog.connection.rows(
        """
        SELECT CASE WHEN database_name = 'temp' THEN 'temp' ELSE schema_name END
          FROM (SELECT database_name, schema_name, table_name FROM duckdb_tables()
                UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views()
                 WHERE NOT internal)
         WHERE lower(table_name) = lower(\(literal(name)))
           AND database_name \(isTemporary ? "= 'temp'" : "= current_database()")
        """
      ).compactMap { $0[0] }
    } catch {
      throw sqlError(from: error)
    }
  }

  // MARK: What is the warehouse's own

  private func isSystem(_ name: String) -> Bool {
    SystemTables.shown.contains(name) || name.hasPrefix("pg_")
  }

  private func checkShown(_ name: ObjectName) throws(SQLError) {
    let last = name.name
    switch name.schema {
    case nil, "pg_catalog":
      if AbsentSystemViews.names.contains(last), try !isThere(name) {
        throw SQLError(
          "0A000", "the system view \(last.uppercased()) is not supported",
          position: name.position > 0 ? name.position : nil)
      }
      guard !seesInternals, SystemTables.isInternal(last), try !isThere(name) else { return }
    case "weir":
      if seesInternals || SystemTables.shown.contains(last) { return }
    default: return
    }
    throw Self.missing(name)
  }

  /// Whether a user has made a relation of that name.
  private func isThere(_ name: ObjectName) throws(SQLError) -> Bool {
    guard name.schema == nil else { return false }
    if try schemas(of: name.name, isTemporary: true).contains("temp") { return true }
    return try schemas(of: name.name, isTemporary: false).contains(where: path.contains)
  }
}

extension SystemTables {
  /// The names of those that a user's statement may read: Redshift's, and those of Weir that are
  /// documented.
  static let shown: Set<String> = names.filter { name in
    ["svv_", "sys_", "stv_", "stl_", "svl_", "svcs_", "pg_"].contains { name.hasPrefix($0) }
  }

  /// Whether the name is one of the warehouse's own tables, or one of DuckDB's.
  static func isInternal(_ name: String) -> Bool {
    if names.contains(name) { return !shown.contains(name) }
    return ["duckdb_", "sqlite_", "pragma_", "mv_rows_", "mv_changes_", "mv_groups_"]
      .contains { name.hasPrefix($0) }
  }
}

/// The value of `search_path`, read.
struct SearchPath {
  /// Schemas as they are written, `$user` among them.
  let entries: [String]

  init(_ text: String) {
    entries = text.split(separator: ",").map { part in
      var trimmed = part.drop(while: \.isWhitespace)
      while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
      let word = String(trimmed)
      guard word.count > 1, let mark = word.first, mark == word.last, mark == "\"" || mark == "'"
      else { return word.lowercased() }
      return String(word.dropFirst().dropLast())
    }
  }

  /// The schemas that exist of those that are a user's to name.
  ///
  /// - Parameter existing: nil: all that the path names.
  func schemas(of user: String, existing: Set<String>?) -> [String] {
    var found: [String] = []
    for entry in entries {
      let name = entry == "$user" ? user : entry
      if existing?.contains(name) ?? true, !Self.reserved.contains(name), !found.contains(name) {
        found.append(name)
      }
    }
    return found
  }

  private static let reserved: Set<String> = [
    "weir", "main", "temp", "pg_catalog", "information_schema",
  ]
}

/// A path that was read, until the setting or a definition changes.
struct SearchPathCache {
  var setting = ""
  var user = ""
  var generation = -1
  var path: [String] = []
}
