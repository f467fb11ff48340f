internal import Core
internal import DuckDB
internal import RedshiftSQL

extension SystemTables {
  /// Makes the tables and views of a new database, and brings an older one up to this version.
  ///
  /// - Throws: `SQLError` 0A000 for a version that this program does not know.
  static func prepare(on connection: Connection) throws {
    try atomically(on: connection) {
      for statement in allTables { try connection.execute(statement) }
      try bringUp(on: connection)
      try restartSequences(on: connection)
      try Subscription.dropLeftovers(on: connection)
    }
    // Each of the macros for itself would wait for the disk.
    try atomically(on: connection) { try MacroCatalog.prepare(on: connection) }
    try atomically(on: connection) {
      for view in TableAttributes.views + allViews { try connection.execute(view) }
    }
  }

  private static func atomically(on connection: Connection, _ body: () throws -> Void) throws {
    try connection.execute("BEGIN TRANSACTION")
    do {
      try body()
      try connection.execute("COMMIT")
    } catch {
      _ = try? connection.execute("ROLLBACK")
      throw error
    }
  }

  /// DuckDB writes a sequence's value down with the transaction that took it; where that one was
  /// rolled back, and the number used in the next, a crash would have the number given out again.
  /// Views tell new rows of their bases by rising numbers: so all go on behind those used.
  private static func restartSequences(on connection: Connection) throws {
    let used: [(sequence: String, first: Int64, columns: [String])] = [
      (
        "refresh_id", 1,
        [
          "refresh_history.refresh_id", "view_version.refresh_id", "view_seen.refresh_id",
          "scan_state.refresh_id", "scan_error.refresh_id", "dead_letter.refresh_id",
        ]
      ),
      (
        "object_id", 100_000,
        [
          "materialized_view.id", "external_schema.oid", "refresh_history.view_id",
          "view_base.view_id", "external_table.id", "external_partition.id", "principal.id",
        ]
      ),
      ("archive_id", 1, ["archive_policy.id", "archive_batch.id", "archive_batch.run_id"]),
    ]
    for (sequence, first, columns) in used {
      let maxima = columns.map { column in
        let parts = column.split(separator: ".")
        return "(SELECT coalesce(max(\(parts[1])), 0) FROM weir.\(parts[0]))"
      }
      // The names of an identity column's sequence have such a number too.
      let named =
        """
        SELECT coalesce(max(TRY_CAST(substr(sequence_name, 10) AS BIGINT)), 0)
          FROM duckdb_sequences() WHERE sequence_name LIKE 'identity!_%' ESCAPE '!'
        """
      let last =
        try connection.scalar(
          """
          SELECT greatest(\(maxima.joined(separator: ", ")), (\(named)),
            nextval('weir.\(sequence)'))
          """) ?? 0
      try connection.execute(
        "CREATE OR REPLACE SEQUENCE weir.\(sequence) START \(max(last + 1, first))")
    }
  }

  private static func bringUp(on connection: Connection) throws {
    let found = try connection.scalar("SELECT max(version) FROM weir.format")
    guard let found else {
      try connection.execute("INSERT INTO weir.format VALUES (\(version))")
      return
    }
    guard found <= version else {
      throw SQLError(
        "0A000", "the warehouse has format version \(found), this Weir knows \(version)")
    }
    if found < 2 { try numberRows(on: connection) }
    try connection.execute("UPDATE weir.format SET version = \(version)")
  }

  /// Version 2 numbers every row of a view by the refresh that made it.
  private static func numberRows(on connection: Connection) throws {
    for view in try Catalog(connection: connection).views() {
      try connection.execute(
        "ALTER TABLE \(view.storage) ADD COLUMN \(ViewBase.refreshColumn) BIGINT DEFAULT 0")
      let plan = try StreamPlan(definition: view.definition)
      try ViewStorage(view: view, shape: plan.shape).createViews(on: connection)
    }
  }
}
