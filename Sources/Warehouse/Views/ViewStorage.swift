internal import Core
internal import DuckDB

/// The table behind a view, and how rows come into it and go.
///
/// Every row carries the refresh that made it (`weir_refresh`), so that views over this one find
/// what is new by a number; what is gone is noted for each of them in its change table.
struct ViewStorage: Sendable {
  enum Shape: Sendable, Equatable {
    /// A row of the view is a row of the table.
    case rows([String])
    case groups(ViewFold)
  }

  let view: MaterializedView
  let shape: Shape

  private var outputs: String {
    switch shape {
    case .rows(let names): names.map(quoted).joined(separator: ", ")
    case .groups(let fold): fold.outputs.map(\.item).joined(separator: ", ")
    }
  }

  private var having: String {
    if case .groups(let fold) = shape, let having = fold.having { return " WHERE \(having)" }
    return ""
  }

  private var storedColumns: String {
    switch shape {
    case .rows(let names): names.map(quoted).joined(separator: ", ")
    case .groups(let fold): fold.storedColumns.joined(separator: ", ")
    }
  }

  /// What a stored row is made of, from the rows of the view's query.
  private func stored(from rows: String) -> String {
    switch shape {
    case .rows: "SELECT * FROM (\(rows)) AS weir_rows"
    case .groups(let fold): fold.groups(of: rows)
    }
  }

  // MARK: Making and dropping

  /// - Parameters:
  ///   - rows: the view's rows so far; its columns give the table's.
  ///   - facts: what the table's comment is to say (see `TableAttributes`).
  func create(
    rows: String, refresh: Int64, facts: String?, on connection: Connection
  ) throws {
    try connection.execute(
      """
      CREATE TABLE \(view.storage) AS
        SELECT *, \(refresh)::BIGINT AS \(ViewBase.refreshColumn) FROM (\(stored(from: rows)))
      """)
    if let facts {
      try connection.execute("COMMENT ON TABLE \(view.storage) IS \(literal(facts))")
    }
    try createViews(on: connection)
  }

  /// Statements that DuckDB must be able to bind for a view of this shape.
  func checks(rows: String) -> [String] {
    [stored(from: rows), "SELECT \(outputs) FROM (\(stored(from: rows)))\(having)"]
  }

  func createViews(on connection: Connection) throws {
    try connection.execute(
      """
      CREATE OR REPLACE VIEW \(view.publicName) AS SELECT \(outputs) FROM \(view.storage)\(having);
      CREATE OR REPLACE VIEW \(view.rowsName) AS
        SELECT \(outputs), \(ViewBase.refreshColumn), rowid AS weir_row
        FROM \(view.storage)\(having)
      """)
  }

  func drop(on connection: Connection) throws {
    try connection.execute(
      """
      DROP VIEW \(view.publicName); DROP VIEW \(view.rowsName); DROP TABLE \(view.storage)
      """)
  }

  // MARK: Changing

  /// Takes new rows in.
  ///
  /// - Returns: rows that the view got or that changed.
  func add(
    _ rows: String, refresh: Int64, dependents: [Dependent], on connection: Connection
  ) throws -> Int {
    switch shape {
    case .rows:
      return try connection.execute(
        "INSERT INTO \(view.storage) SELECT *, \(refresh) FROM (\(rows)) AS weir_rows")
    case .groups(let fold):
      return try merge(
        fold.groups(of: rows), fold, refresh: refresh, dependents: dependents, on: connection)
    }
  }

  /// Takes rows in of which some cancel others, by their column `weir_weight`.
  func add(
    weighted rows: String, refresh: Int64, dependents: [Dependent], on connection: Connection
  ) throws -> Int {
    switch shape {
    case .rows(let names):
      return try change(
        weighted: rows, names, refresh: refresh, dependents: dependents, on: connection)
    case .groups(let fold):
      return try merge(
        fold.groups(ofWeighted: rows), fold, refresh: refresh, dependents: dependents,
        on: connection)
    }
  }

  private func merge(
    _ groups: String, _ fold: ViewFold, refresh: Int64, dependents: [Dependent],
    on connection: Connection
  ) throws -> Int {
    let table = "temp.weir_groups_\(view.id)"
    try connection.execute("CREATE OR REPLACE TEMP TABLE weir_groups_\(view.id) AS \(groups)")
    try noteGone(
      "weir_row IN (SELECT s.rowid FROM \(view.storage) s JOIN \(table) d "
        + "ON \(fold.match("s", "d")))", dependents: dependents, on: connection)
    let changed = try connection.execute(
      fold.merge(table, into: view.storage, refresh: refresh))
    try connection.execute("DROP TABLE \(table)")
    return changed
  }

  /// Adds and removes rows; of equal rows, as many as the weights say.
  private func change(
    weighted rows: String, _ names: [String], refresh: Int64, dependents: [Dependent],
    on connection: Connection
  ) throws -> Int {
    let columns = names.map(quoted).joined(separator: ", ")
    let table = "temp.weir_net_\(view.id)"
    try connection.execute(
      """
      CREATE OR REPLACE TEMP TABLE weir_net_\(view.id) AS
        SELECT \(columns), sum(weir_weight)::BIGINT AS weir_weight FROM (\(rows)) AS weir_rows
        GROUP BY ALL HAVING sum(weir_weight) <> 0
      """)
    let match = names.map { "s.\(quoted($0)) IS NOT DISTINCT FROM d.\(quoted($0))" }
      .joined(separator: " AND ")
    let same = names.map { "s.\(quoted($0))" }.joined(separator: ", ")
    let gone = "weir_gone_\(view.id)"
    try connection.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(gone) AS SELECT weir_row FROM (
        SELECT s.rowid AS weir_row, -d.weir_weight AS weir_surplus,
               row_number() OVER (PARTITION BY \(same) ORDER BY s.rowid) AS weir_place
        FROM \(view.storage) s JOIN \(table) d ON d.weir_weight < 0 AND \(match))
      WHERE weir_place <= weir_surplus
      """)
    var changed = try remove(
      "SELECT weir_row FROM temp.\(gone)", dependents: dependents, on: connection)
    changed += try connection.execute(
      """
      INSERT INTO \(view.storage)
        SELECT \(columns), \(refresh) FROM \(table), range(weir_weight) WHERE weir_weight > 0
      """)
    try connection.execute("DROP TABLE \(table); DROP TABLE temp.\(gone)")
    return changed
  }

  /// Removes the stored rows that `places` selects the row numbers of.
  func remove(
    _ places: String, dependents: [Dependent], on connection: Connection
  ) throws -> Int {
    try noteGone("weir_row IN (\(places))", dependents: dependents, on: connection)
    return try connection.execute("DELETE FROM \(view.storage) WHERE rowid IN (\(places))")
  }

  /// Computes the groups anew that some rows belong to.
  ///
  /// - Parameters:
  ///   - touched: rows with the keys of these groups.
  ///   - rows: all the rows that there are now.
  func recompute(
    _ fold: ViewFold, touched: String, rows: String, refresh: Int64, dependents: [Dependent],
    on connection: Connection
  ) throws -> Int {
    let table = "temp.weir_touched_\(view.id)"
    try connection.execute(
      "CREATE OR REPLACE TEMP TABLE weir_touched_\(view.id) AS \(fold.keys(of: touched))")
    guard try connection.scalar("SELECT count(*) FROM \(table)") ?? 0 > 0 else {
      try connection.execute("DROP TABLE \(table)")
      return 0
    }
    let changed = try remove(
      "SELECT s.rowid FROM \(view.storage) s JOIN \(table) d ON \(fold.match("s", "d"))",
      dependents: dependents, on: connection)
    let kept = "SELECT r.* FROM (\(rows)) r JOIN \(table) d ON \(fold.match("r", "d"))"
    let added = try connection.execute(
      "INSERT INTO \(view.storage) SELECT *, \(refresh) FROM (\(fold.groups(of: kept)))")
    try connection.execute("DROP TABLE \(table)")
    return max(changed, added)
  }

  /// Computes everything anew.
  func replace(
    with rows: String, refresh: Int64, dependents: [Dependent], on connection: Connection
  ) throws -> Int {
    try noteGone("true", dependents: dependents, on: connection)
    try connection.execute("DELETE FROM \(view.storage)")
    return try connection.execute(
      """
      INSERT INTO \(view.storage) (\(storedColumns), \(ViewBase.refreshColumn))
        SELECT *, \(refresh) FROM (\(stored(from: rows)))
      """)
  }

  /// Tells the views over this one which of its rows go.
  private func noteGone(
    _ condition: String, dependents: [Dependent], on connection: Connection
  ) throws {
    for dependent in dependents {
      guard let changes = dependent.base.changes else { continue }
      try connection.execute(
        """
        INSERT INTO \(changes) SELECT \(dependent.base.usedColumnList)-1, \
        \(ViewBase.refreshColumn) FROM \(view.rowsName) WHERE \(condition)
        """)
    }
  }
}
