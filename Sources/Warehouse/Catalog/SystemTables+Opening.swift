internal import Core
internal import DuckDB
internal import RedshiftSQL

extension SystemTables {
  /// Makes the tables and views of a new database, and brings an older one up to this version.
  ///
  /// - Throws: `SQLError` 0A000 for a version that this program does not know.
  static func prepare(on connection: Connection) throws {
    try atomically(on: connection) {
      for statement in tables + Privileges.tables { try connection.execute(statement) }
      try bringUp(on: connection)
      try Subscription.dropLeftovers(on: connection)
    }
    try MacroCatalog.prepare(on: connection)
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
