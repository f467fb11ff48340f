internal import Core

/// The SELECT of a view over a stream taken apart, each part as DuckDB's SQL over the columns of
/// `stream_scan`.
struct StreamPlan: Sendable, Equatable {
  /// What is made of one record: a row of the view, or what is folded into its groups.
  var columns: [ViewColumn]
  var shape: ViewStorage.Shape
  /// The WHERE clause.
  var condition: String?
  /// Whether the WHERE clause lets only records pass that are JSON, whatever else it tests.
  var passesOnlyJSON: Bool
  /// The name by which the expressions call the stream.
  var alias: String
  /// The same over fields that the scan finds in the records; nil where there are none.
  var fields: Fields?

  struct Fields: Sendable, Equatable {
    var paths: FieldPaths
    var columns: [ViewColumn]
    var condition: String?
  }

  /// As `select(from:)`, of a batch that finds the plan's fields.
  func selectFields(_ fields: Fields, from batch: String) -> String {
    var plan = self
    (plan.columns, plan.condition) = (fields.columns, fields.condition)
    return plan.select(from: batch)
  }

  /// The rows of a batch; fails as a whole if one record does.
  func select(from batch: String) -> String {
    let items = columns.map(\.item).joined(separator: ", ")
    return "SELECT \(items.isEmpty ? "1 AS weir_one" : items) FROM \(source(batch))"
      + (condition.map { " WHERE \($0)" } ?? "")
  }

  /// One row per record with the record's place: `outcome` is NULL for a record on which an
  /// expression failed; else its `keep` says whether the record passes the WHERE clause.
  func selectOutcomes(from batch: String) -> String {
    selectOutcomes(fromTable: "stream_scan(\(literal(batch)))")
  }

  /// - Parameter table: something with the columns of `stream_scan`. A record whose data is no
  ///   text, where the view wants text, fails.
  func selectOutcomes(fromTable table: String) -> String {
    let names = columns.indices.map { "c\($0)" }
    let kept = ["keep := true"] + zip(names, columns).map { "\($0) := \($1.expression)" }
    let dropped = ["keep := false"] + names.map { "\($0) := NULL" }
    let keep = "struct_pack(\(kept.joined(separator: ", ")))"
    var test = condition.map { "coalesce(\($0), false)" } ?? "true"
    if readsText {
      let text = "\(quoted(alias)).\(StreamScanFunction.textColumn)"
      // TRY knows no error of our own making; a cast that fails does as well.
      test =
        "CAST(CASE WHEN \(text) IS NULL THEN 'not text' ELSE 'true' END AS BOOLEAN) AND \(test)"
    }
    return """
      SELECT TRY(CASE WHEN \(test) THEN \(keep) ELSE \
      struct_pack(\(dropped.joined(separator: ", "))) END) AS outcome, \
      \(quoted(alias)).\(StreamScanFunction.shardColumn) AS shard, \
      \(quoted(alias)).\(StreamScanFunction.ordinalColumn) AS ordinal, \
      \(quoted(alias)).sequence_number AS sequence, \
      \(quoted(alias)).approximate_arrival_timestamp AS arrival FROM \(table) AS \(quoted(alias))
      """
  }

  /// Whether the view reads the data as text.
  private var readsText: Bool {
    let text = quoted(StreamScanFunction.textColumn)
    return columns.contains { $0.expression.contains(text) } || condition?.contains(text) ?? false
  }

  /// The kept rows of `table`, which `selectOutcomes` filled.
  func selectKept(from table: String) -> String {
    let items = columns.enumerated().map { "outcome.c\($0) AS \(quoted($1.name))" }
    return "SELECT \(items.isEmpty ? "1 AS weir_one" : items.joined(separator: ", ")) "
      + "FROM \(table) WHERE outcome.keep"
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
