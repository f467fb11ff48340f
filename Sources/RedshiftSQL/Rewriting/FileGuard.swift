internal import Core

/// Keeps statements off the files of this machine.
///
/// DuckDB reads `FROM 'x.csv'` and `FROM read_text('x')` when it may reach files at all, which it
/// must for the archive. What a person writes reaches only what the catalog names.
enum FileGuard {
  /// DuckDB's functions of tables that a statement may name: those that Redshift has, and `range`.
  private static let functions: Set<String> = [
    "generate_series", "range", "unnest", "pg_timezone_names",
  ]

  /// - Throws: `SQLError` 42883, as for a function that does not exist.
  static func check(_ call: FunctionCall) throws(SQLError) {
    guard let name = call.simpleName, functions.contains(name) else {
      throw SQLError(
        "42883",
        "function \(call.name.parts.map(\.name).joined(separator: "."))"
          + "(\(call.arguments.map { _ in "\"unknown\"" }.joined(separator: ", "))) does not exist",
        position: call.name.position)
    }
  }

  /// - Throws: `SQLError` 42P01 for a name that DuckDB would take for a file's.
  static func check(_ table: TableReference) throws(SQLError) {
    let text = table.name.parts.map(\.name).joined(separator: ".")
    guard isFile(text.lowercased(), isQualified: table.name.parts.count > 1) else { return }
    throw SQLError("42P01", "relation \"\(text)\" does not exist", position: table.name.position)
  }

  private static let suffixes: Set<Substring> = [
    "csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "gz", "zst", "db", "duckdb", "avro",
    "shp", "xlsx", "arrow", "vortex",
  ]

  private static func isFile(_ name: String, isQualified: Bool) -> Bool {
    if name.contains(where: { "/\\*:?[".contains($0) }) { return true }
    // `t.json` is a table of a schema; a table `a.json` needs quotes, and another name.
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > (isQualified ? 2 : 1), let last = parts.last else { return false }
    return suffixes.contains(last)
  }
}

/// `SELECT generate_series(1, 3)` → `SELECT unnest(generate_series(1, 3))`: a row for each number.
enum SeriesRule: CallRule {
  static let names: Set<String> = ["generate_series"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...3, of: call, at: position)
    let list = Expression(.call(call))
    let isWhole = call.arguments.allSatisfy(isShort)
    return .call("unnest", isWhole ? list.cast(to: "integer[]") : list)
  }

  /// Whether the value is an INTEGER by its digits.
  private static func isShort(_ value: Expression) -> Bool {
    switch value.kind {
    case .number(let text): Int32(text) != nil
    case .unary("-", let inner): isShort(inner)
    default: false
    }
  }
}
