internal import Core

/// A materialized view, as the catalog holds it.
struct MaterializedView: Sendable, Equatable {
  enum Source: Sendable, Equatable {
    case stream(externalSchema: String, name: String)
    /// Tables and other materialized views.
    case relations([ViewBase])
  }

  /// The column `state` of SVV_MV_INFO.
  enum State: Int, Sendable {
    case recomputed = 0
    case incremental = 1
    case columnDropped = 101
    case columnTypeChanged = 102
    case tableRenamed = 103
    case columnRenamed = 104
    case schemaRenamed = 105

    /// Why the view cannot be refreshed any more, as SVL_MV_REFRESH_STATUS words it.
    var failure: String? {
      switch self {
      case .recomputed, .incremental: nil
      case .columnDropped: "Refresh failed. A base table column was dropped"
      case .columnTypeChanged: "Refresh failed. A base table column type was changed"
      case .tableRenamed: "Refresh failed. A base table was renamed"
      case .columnRenamed: "Refresh failed. A base table column was renamed"
      case .schemaRenamed: "Refresh failed. Schema of MV was renamed"
      }
    }
  }

  var id: Int64
  var schema: String
  var name: String
  var source: Source
  /// The SELECT as the user wrote it, in Redshift's SQL.
  var definition: String
  var autoRefresh: Bool
  var owner: String
  var createdAt: Timestamp
  var state: State

  /// Where the rows are: the name that Redshift gives the table behind a view.
  var storage: String { "\(quoted(schema)).\(quoted("mv_tbl__\(name)__0"))" }

  /// What users read.
  var publicName: String { "\(quoted(schema)).\(quoted(name))" }

  /// The rows with the refresh that made each, and where it is stored: what views over this one
  /// are kept from.
  var rowsName: String { "weir.\(quoted("mv_rows_\(id)"))" }

  var relation: RelationName { RelationName(schema: schema, name: name) }

  var stream: String? {
    if case .stream(_, let name) = source { return name }
    return nil
  }

  var bases: [ViewBase] {
    if case .relations(let bases) = source { return bases }
    return []
  }

  /// `stream clicks`, `orders, hourly`: what the view is over.
  var sourceText: String {
    switch source {
    case .stream(_, let name): name
    case .relations(let bases): bases.map(\.relation.name).joined(separator: ", ")
    }
  }
}

/// A table or a materialized view by its full name.
struct RelationName: Hashable, Sendable, Comparable, CustomStringConvertible {
  var schema: String
  var name: String

  var sql: String { "\(quoted(schema)).\(quoted(name))" }
  var description: String { "\(schema).\(name)" }

  static func < (left: Self, right: Self) -> Bool {
    (left.schema, left.name) < (right.schema, right.name)
  }
}

/// What a materialized view reads, as it was when the view was made.
struct ViewBase: Sendable, Equatable {
  var relation: RelationName
  /// The base's own id, if it is a materialized view.
  var viewID: Int64?
  /// All its columns, in their order: what a star in the definition stands for.
  var columns: [String]
  /// Those that the definition may speak of: what changes are noted of.
  var usedColumns: [String]
  /// The table in the schema `weir` that takes the base's changes for this view alone; nil for a
  /// view that is recomputed.
  var changeTable: String?

  /// The base's rows before and after a change, each with what it adds to (1) or takes from (-1)
  /// the base.
  static let weightColumn = "weir_weight"
  /// The refresh that had made a row that is gone; NULL for a table's rows.
  static let refreshColumn = "weir_refresh"

  var changes: String? { changeTable.map { "weir.\(quoted($0))" } }
  var usedColumnList: String { usedColumns.map { quoted($0) + ", " }.joined() }
}

/// One column of a view, as DuckDB's SQL.
struct ViewColumn: Sendable, Equatable {
  var name: String
  var expression: String

  var item: String { "\(expression) AS \(quoted(name))" }
}

/// `name` as a quoted SQL identifier.
func quoted(_ name: String) -> String {
  "\"" + name.replacing("\"", with: "\"\"") + "\""
}

/// `text` as a SQL string literal.
func literal(_ text: String) -> String {
  "'" + text.replacing("'", with: "''") + "'"
}
