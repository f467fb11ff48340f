/// Queries for their first rows that begin with NULL.
///
/// DuckDB tells a scan, while such a query runs, which rows can still be among the first: those
/// with NULL, or beyond a value. Of the two its extension for PostgreSQL sends the first alone, and
/// the server returns no other row (duckdb-postgres of 1.5: a term of an OR that cannot be written
/// is left out). A first key that is no column, and the same for all rows, keeps the scan out.
enum FirstRows {
  static func unpushed(_ query: Query) -> Query {
    guard query.limit != nil, let first = query.orderBy.first, isNullFirst(first) else {
      return query
    }
    var query = query
    switch query.body {
    case .select: break
    case .values: return query
    case .nested, .setOperation:
      // What puts its rows in order may name its columns only.
      var select = Select(items: [SelectItem(Expression(.star(qualifier: [], exclude: [])))])
      select.from = [
        .query(Query(body: query.body), Alias(name: Identifier("weir_rows")), isLateral: false)
      ]
      query.body = .select(select)
    }
    query.orderBy.insert(sameForAll, at: 0)
    return query
  }

  /// As `default_null_order` has it.
  private static func isNullFirst(_ item: OrderItem) -> Bool {
    item.nullsFirst ?? (item.isDescending ?? false)
  }

  /// False, and not known to be so before the query runs.
  private static let sameForAll = OrderItem(expression: Expression(.raw("random() < 0")))
}
