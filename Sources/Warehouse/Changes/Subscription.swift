internal import Core
internal import DuckDB

/// What changes in a relation, for one session to fetch as it goes: a view over the relation
/// without rows of its own.
///
/// Used on one queue only. Rows are there once, in the order in which they were committed; a row
/// that changed is one that goes (`weir_diff` -1) and one that comes (1).
final class Subscription: @unchecked Sendable {
  static let tablePrefix = "mv_changes_s"

  let id: Int64
  let relation: RelationName
  private let base: ViewBase
  private let connection: Connection
  /// The newest refresh whose rows were taken; nil for a table.
  private var seen: Int64?

  private var pending: String { "temp.weir_pending" }
  private var changes: String { "weir.\(quoted(Self.tablePrefix + "\(id)"))" }

  /// Begins to collect. While nobody else changes the relation: its caller has it alone.
  ///
  /// - Parameters:
  ///   - connection: the subscription's own.
  ///   - hasSnapshot: whether the rows that there are come first.
  init(
    id: Int64, relation: RelationName, viewID: Int64?, hasSnapshot: Bool, connection: Connection
  ) throws {
    self.id = id
    self.relation = relation
    self.connection = connection
    let catalog = Catalog(connection: connection)
    let columns = try catalog.columns(of: relation)
    base = ViewBase(
      relation: relation, viewID: viewID, columns: columns, usedColumns: columns,
      changeTable: Self.tablePrefix + "\(id)")
    try connection.execute("BEGIN TRANSACTION")
    do {
      let shape =
        "SELECT \(base.usedColumnList)1 AS \(ViewBase.weightColumn), "
        + "NULL::BIGINT AS \(ViewBase.refreshColumn) FROM \(relation.sql)"
      try connection.execute(
        "CREATE TABLE \(changes) AS \(shape)" + (hasSnapshot ? "" : " LIMIT 0"))
      if let viewID {
        seen =
          try connection.scalar(
            "SELECT max(refresh_id) FROM weir.view_version WHERE view_id = \(viewID)") ?? 0
      }
      try connection.execute(
        """
        COMMIT;
        CREATE TEMP TABLE weir_pending AS SELECT \(ViewBase.weightColumn) AS weir_diff,
          \(ViewBase.refreshColumn) AS weir_transaction, \(list) FROM \(changes) LIMIT 0
        """)
    } catch {
      _ = try? connection.execute("ROLLBACK")
      throw error
    }
  }

  private var list: String { base.usedColumns.map(quoted).joined(separator: ", ") }

  /// What those who change the relation see.
  var dependent: Dependent { Dependent(viewID: -id, base: base) }

  /// Up to `rowsMax` rows that wait, and how many wait behind them.
  func take(rowsMax: Int) throws -> (columns: [SQLColumn], rows: RowBatch, left: Int) {
    try pull()
    let result = try connection.query(
      "SELECT * FROM \(pending) ORDER BY rowid LIMIT \(rowsMax)")
    var batch = RowBatch(columnCount: result.columns.count)
    while let chunk = try result.nextChunk() { chunk.appendText(to: &batch) }
    try connection.execute(
      """
      DELETE FROM \(pending) WHERE rowid IN (
        SELECT rowid FROM \(pending) ORDER BY rowid LIMIT \(rowsMax))
      """)
    let left = try connection.scalar("SELECT count(*) FROM \(pending)") ?? 0
    return (result.columns, batch, Int(left))
  }

  /// Moves what was committed to the rows that wait.
  private func pull() throws {
    try connection.execute("BEGIN TRANSACTION")
    do {
      let gone =
        "SELECT \(ViewBase.weightColumn), \(ViewBase.refreshColumn), \(list) FROM \(changes)"
      if let viewID = base.viewID, let seen {
        let newest =
          try connection.scalar(
            "SELECT max(refresh_id) FROM weir.view_version WHERE view_id = \(viewID)") ?? 0
        try connection.execute(
          """
          INSERT INTO \(pending)
            \(gone) WHERE coalesce(\(ViewBase.refreshColumn), 0) <= \(seen)
            UNION ALL SELECT 1, \(ViewBase.refreshColumn), \(list)
            FROM weir.\(quoted("mv_rows_\(viewID)")) WHERE \(ViewBase.refreshColumn) > \(seen)
          """)
        try connection.execute("DELETE FROM \(changes); COMMIT")
        self.seen = newest
      } else {
        try connection.execute(
          "INSERT INTO \(pending) \(gone) ORDER BY rowid; DELETE FROM \(changes); COMMIT")
      }
    } catch {
      _ = try? connection.execute("ROLLBACK")
      throw error
    }
  }

  /// Ends it; nobody may note changes for it any more.
  func close() throws {
    try connection.execute("DROP TABLE IF EXISTS \(changes)")
  }

  /// Drops what subscriptions of an earlier run left.
  static func dropLeftovers(on connection: Connection) throws {
    let tables = try connection.rows(
      """
      SELECT table_name FROM duckdb_tables()
      WHERE schema_name = 'weir' AND starts_with(table_name, '\(tablePrefix)')
      """)
    for row in tables {
      guard let name = row[0] else { continue }
      try connection.execute("DROP TABLE weir.\(quoted(name))")
    }
  }
}
