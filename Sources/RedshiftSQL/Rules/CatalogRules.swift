internal import Core

/// `SELECT pg_timezone_names()`, `FROM pg_get_cols('t') c(…)`: functions of the catalog that give
/// rows, as queries. In a list, a row is a text: `(public,sales_vw,salesid,integer,1)`.
///
/// Source: the pages PG_GET_COLS, PG_GET_LATE_BINDING_VIEW_COLS and TIMEZONE.
enum CatalogRule: CallRule {
  static let names: Set<String> = [
    "pg_timezone_names", "pg_timezone_abbrevs", "pg_get_cols", "pg_get_late_binding_view_cols",
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    guard let rows = try rows(of: call, at: position) else { return nil }
    let text = rows.columns.map { "CAST(\($0) AS VARCHAR)" }.joined(separator: ", ")
    return Expression(
      .raw(
        "unnest((SELECT list('(' || concat_ws(',', \(text)) || ')') "
          + "FROM (\(rows.query)) AS rows))"),
      position: position)
  }

  /// What stands behind FROM.
  static func source(
    _ call: FunctionCall, _ alias: Alias?
  ) throws(SQLError) -> TableSource? {
    // DuckDB has it, with these columns.
    guard call.simpleName != "pg_timezone_names",
      let rows = try rows(of: call, at: call.name.position)
    else { return nil }
    return .query(
      try Parser.parseQuery(rows.query), alias ?? Alias(name: Identifier(call.name.name)),
      isLateral: false)
  }

  private static func rows(
    of call: FunctionCall, at position: Int
  ) throws(SQLError) -> (query: String, columns: [String])? {
    switch call.simpleName {
    case "pg_timezone_names":
      try expectArguments(0...0, of: call, at: position)
      return (
        "SELECT name, abbrev, utc_offset, is_dst FROM pg_timezone_names()",
        ["name", "abbrev", "utc_offset", "is_dst"]
      )
    case "pg_timezone_abbrevs":
      try expectArguments(0...0, of: call, at: position)
      let rows = TimeZones.all.map { "('\($0.name)', '\(offset($0.offset))', false)" }
      return (
        "SELECT abbrev, utc_offset, is_dst FROM (VALUES \(rows.joined(separator: ", "))) "
          + "AS z(abbrev, utc_offset, is_dst)", ["abbrev", "utc_offset", "is_dst"]
      )
    case "pg_get_cols":
      try expectArguments(1...1, of: call, at: position)
      guard case .string(let name) = call.arguments[0].kind else {
        throw SQLError("42883", "PG_GET_COLS takes a literal").placed(at: position)
      }
      return (columnRows(of: name), columnNames)
    case "pg_get_late_binding_view_cols":
      try expectArguments(0...0, of: call, at: position)
      return (columnRows(of: nil), columnNames)
    default: return nil
    }
  }

  private static let columnNames = [
    "view_schema", "view_name", "col_name", "col_type", "col_num",
  ]

  /// nil: of all late-binding views.
  private static func columnRows(of name: String?) -> String {
    let parts = (name ?? "").lowercased().split(separator: ".").map(String.init)
    let schema = parts.count > 1 ? parts[parts.count - 2] : "public"
    let condition =
      name == nil
      ? "(schema_name, table_name) IN (SELECT (schema_name, name) FROM weir.late_binding_view)"
      : "table_name = \(Writer.literal(parts.last ?? "")) "
        + "AND schema_name = \(Writer.literal(schema))"
    return """
      SELECT schema_name AS view_schema, table_name AS view_name, column_name AS col_name, \
      weir.full_type(data_type, character_maximum_length, numeric_precision, numeric_scale) \
      AS col_type, ordinal_position AS col_num FROM weir.user_column WHERE \(condition) \
      ORDER BY ordinal_position
      """
  }

  private static func offset(_ seconds: Int) -> String {
    let minutes = abs(seconds) / 60
    let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return (seconds < 0 ? "-" : "") + "\(two(minutes / 60)):\(two(minutes % 60)):00"
  }
}
