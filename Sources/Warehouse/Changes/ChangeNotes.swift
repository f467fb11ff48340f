internal import Core
internal import DuckDB

/// Notes what a transaction changes in a relation, for the views over it, in that transaction.
///
/// A row that the transaction itself appended is noted when it commits, as it is then; DuckDB
/// gives such rows numbers from `localRowMin` up. Of other rows, what they were is noted before a
/// statement changes them, and what became of them after it.
struct ChangeNotes {
  /// Where DuckDB numbers the rows that only their own transaction sees.
  static let localRowMin = 36_028_797_018_960_000
  private static let touched = "temp.weir_touched_rows"

  let relation: RelationName
  let dependents: [Dependent]
  let connection: Connection

  /// - Parameter places: selects the numbers (`weir_place`) of the rows that are about to change.
  func beforeChange(of places: String) throws {
    guard isNeeded else { return }
    try connection.execute(
      """
      CREATE OR REPLACE TEMP TABLE weir_touched_rows AS
        SELECT DISTINCT weir_place FROM (\(places)) WHERE weir_place < \(Self.localRowMin)
      """)
    try note(weight: -1, where: "rowid IN (SELECT weir_place FROM \(Self.touched))")
  }

  /// Rows that still are where they were have their new values.
  func afterChange() throws {
    guard isNeeded else { return }
    try note(weight: 1, where: "rowid IN (SELECT weir_place FROM \(Self.touched))")
    try connection.execute("DROP TABLE \(Self.touched)")
  }

  /// Notes the transaction's own rows, and that there is something to read. Before it commits.
  func beforeCommit() throws {
    try note(weight: 1, where: "rowid >= \(Self.localRowMin)")
    try markAll()
  }

  /// Notes that there is something to read.
  func markAll() throws {
    for dependent in dependents {
      try mark(dependent, dependent.base.changes == nil ? .recompute : .changes)
    }
  }

  /// Has the views computed anew: for changes that are not followed row by row.
  func noteUnfollowed() throws {
    for dependent in dependents { try mark(dependent, .recompute) }
  }

  enum Mark: String, Sendable { case changes, recompute }

  private func mark(_ dependent: Dependent, _ mark: Mark) throws {
    guard !dependent.isSubscription else { return }
    try connection.execute(
      "INSERT INTO weir.view_mark VALUES (\(dependent.viewID), '\(mark.rawValue)')")
  }

  var hasSubscription: Bool { dependents.contains(where: \.isSubscription) }

  private var isNeeded: Bool { dependents.contains { $0.base.changes != nil } }

  private func note(weight: Int, where condition: String) throws {
    for dependent in dependents {
      guard let changes = dependent.base.changes else { continue }
      try connection.execute(
        """
        INSERT INTO \(changes) SELECT \(dependent.base.usedColumnList)\(weight), NULL \
        FROM \(relation.sql) WHERE \(condition)
        """)
    }
  }
}
