internal import Core

/// A materialized view over one stream, as the catalog holds it.
struct StreamingView: Sendable, Equatable {
  var id: Int64
  var schema: String
  var name: String
  var externalSchema: String
  var stream: String
  /// The SELECT as the user wrote it, in Redshift's SQL.
  var definition: String
  var autoRefresh: Bool
  var owner: String
  var createdAt: Timestamp

  /// Where the rows are: the name that Redshift gives the table behind a view.
  var storage: String { "\(quoted(schema)).\(quoted("mv_tbl__\(name)__0"))" }
}

/// A view's SELECT taken apart, each part as DuckDB's SQL over the columns of `stream_scan`.
struct ViewPlan: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    var name: String
    var expression: String
  }

  var columns: [Column]
  /// The WHERE clause.
  var condition: String?
  /// The name by which the expressions call the stream.
  var alias: String

  /// The rows of a batch; fails as a whole if one record does.
  func select(from batch: String) -> String {
    let items = columns.map { "\($0.expression) AS \(quoted($0.name))" }.joined(separator: ", ")
    return "SELECT \(items) FROM \(source(batch))" + (condition.map { " WHERE \($0)" } ?? "")
  }

  /// One row per record with the record's place: `outcome` is NULL for a record on which an
  /// expression failed; else its `keep` says whether the record passes the WHERE clause.
  func selectOutcomes(from batch: String) -> String {
    let names = columns.indices.map { "c\($0)" }
    let kept = zip(names, columns).map { "\($0) := \($1.expression)" }
    let keep = "struct_pack(keep := true, \(kept.joined(separator: ", ")))"
    let test = condition.map { "coalesce(\($0), false)" } ?? "true"
    return """
      SELECT TRY(CASE WHEN \(test) THEN \(keep) ELSE struct_pack(keep := false, \
      \(names.map { "\($0) := NULL" }.joined(separator: ", "))) END) AS outcome, \
      \(quoted(alias)).\(StreamScanFunction.shardColumn) AS shard, \
      \(quoted(alias)).\(StreamScanFunction.ordinalColumn) AS ordinal, \
      \(quoted(alias)).sequence_number AS sequence, \
      \(quoted(alias)).approximate_arrival_timestamp AS arrival FROM \(source(batch))
      """
  }

  /// The kept rows of `table`, which `selectOutcomes` filled.
  func selectKept(from table: String) -> String {
    let items = columns.indices.map { "outcome.c\($0)" }.joined(separator: ", ")
    return "SELECT \(items) FROM \(table) WHERE outcome.keep"
  }

  /// What fails for one record, for its reason.
  func selectOne(from batch: String, shard: Int64, ordinal: Int64) -> String {
    select(from: batch) + (condition == nil ? " WHERE " : " AND ")
      + "\(quoted(alias)).\(StreamScanFunction.shardColumn) = \(shard)"
      + " AND \(quoted(alias)).\(StreamScanFunction.ordinalColumn) = \(ordinal)"
  }

  private func source(_ batch: String) -> String {
    "stream_scan(\(literal(batch))) AS \(quoted(alias))"
  }
}

/// `name` as a quoted SQL identifier.
func quoted(_ name: String) -> String {
  "\"" + name.replacing("\"", with: "\"\"") + "\""
}

/// `text` as a SQL string literal.
func literal(_ text: String) -> String {
  "'" + text.replacing("'", with: "''") + "'"
}
