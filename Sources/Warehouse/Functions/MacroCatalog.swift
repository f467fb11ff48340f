internal import DuckDB
internal import RedshiftSQL

/// Redshift's functions in a database: DuckDB keeps macros in the file, with the views that call
/// them.
enum MacroCatalog {
  /// Defines them, unless the file has just these.
  static func prepare(on connection: Connection) throws {
    try connection.execute("CREATE TABLE IF NOT EXISTS weir.macro_mark (mark VARCHAR NOT NULL)")
    let marks = try connection.rows("SELECT mark FROM weir.macro_mark")
    guard marks != [[Macros.mark]] else { return }
    try connection.execute("BEGIN TRANSACTION")
    do {
      for macro in Macros.all { try connection.execute(macro.definition) }
      try connection.execute("DELETE FROM weir.macro_mark")
      try connection.execute("INSERT INTO weir.macro_mark VALUES ('\(Macros.mark)')")
      try connection.execute("COMMIT")
    } catch {
      _ = try? connection.execute("ROLLBACK")
      throw error
    }
  }
}
