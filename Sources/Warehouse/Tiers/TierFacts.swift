internal import Core
internal import DuckDB
internal import Synchronization

/// What the tables of archive policies hold in the warehouse, month by month.
///
/// Counted anew when it is asked for, but never for more than a twentieth of the time: an answer
/// stands for twenty times as long as it took.
final class TierFacts: Sendable {
  struct Month: Sendable {
    var policy: String
    /// Its first day; nil for rows without a time, of which there may be none.
    var firstDay: String?
    var rows: Int
    var oldest: Timestamp?
    var newest: Timestamp?
    /// Its share of the table's blocks by its rows; nil while nothing of the table is written.
    var bytes: Int?
  }

  private struct State {
    var months: [Month] = []
    var validUntil: ContinuousClock.Instant?
  }

  private static let patience = 20
  private let connection: Connection
  private let state = Mutex(State())

  /// - Parameter connection: used by nothing else. The database may be new, without any schema.
  init(connection: Connection) throws(DuckDBError) {
    try connection.execute("SET TimeZone = 'UTC'")
    self.connection = connection
  }

  /// Blocking. A policy whose table cannot be read has no months.
  var months: [Month] {
    state.withLock { state in
      let start = ContinuousClock.now
      if let until = state.validUntil, start < until { return state.months }
      let policies = (try? ArchiveCatalog(connection: connection).policies()) ?? []
      state.months = policies.flatMap { (try? months(of: $0)) ?? [] }
      let end = ContinuousClock.now
      state.validUntil = end + (end - start) * Self.patience
      return state.months
    }
  }

  private func months(of policy: ArchivePolicy) throws -> [Month] {
    // Checks that table and column are what they were.
    let source = try ArchiveSource(policy, on: connection)
    let time = quoted(source.timeColumn) + "::TIMESTAMP"
    let rows = try connection.rows(
      """
      SELECT strftime(date_trunc('month', \(time)), '%Y-%m-01'), count(*), epoch_us(min(\(time))),
             epoch_us(max(\(time))) FROM \(policy.table.sql) GROUP BY 1 ORDER BY 1
      """)
    var months = rows.map { row in
      Month(
        policy: policy.name, firstDay: row[0], rows: row[1].flatMap { Int($0) } ?? 0,
        oldest: row[2].flatMap { Int64($0) }.map { Timestamp(microseconds: $0) },
        newest: row[3].flatMap { Int64($0) }.map { Timestamp(microseconds: $0) })
    }
    if !months.contains(where: { $0.firstDay == nil }) {
      months.append(Month(policy: policy.name, rows: 0))
    }
    let count = months.reduce(0) { $0 + $1.rows }
    let bytes = count == 0 ? 0 : try byteCount(of: policy.table)
    for index in months.indices {
      let share = Double(months[index].rows) / Double(max(1, count))
      months[index].bytes = bytes.map { Int(Double($0) * share) }
    }
    return months
  }

  /// The blocks of the database's file that hold the table; rows that are not in it yet are
  /// reckoned as the others. Nil where none are.
  private func byteCount(of relation: RelationName) throws -> Int? {
    var table = relation
    if try Catalog(connection: connection).view(schema: relation.schema, name: relation.name) != nil
    {
      table.name = "mv_tbl__\(relation.name)__0"
    }
    let row = try connection.rows(
      """
      WITH segments AS (SELECT * FROM pragma_storage_info(\(literal(table.sql)))),
           blocks AS (
             SELECT block_id AS id FROM segments WHERE persistent
             UNION SELECT unnest(additional_block_ids) FROM segments WHERE persistent)
      SELECT (SELECT count(*) FROM blocks WHERE id >= 0)
               * (SELECT max(block_size) FROM pragma_database_size()
                   WHERE database_name = current_database()),
             (SELECT sum(count) FROM segments WHERE column_id = 0 AND segment_type <> 'VALIDITY'),
             (SELECT sum(count) FROM segments
               WHERE column_id = 0 AND segment_type <> 'VALIDITY' AND persistent)
      """
    ).first
    let numbers = (row ?? []).map { $0.flatMap { Double($0) } ?? 0 }
    guard numbers.count == 3, numbers[0] > 0, numbers[2] > 0 else { return nil }
    return Int(numbers[0] * max(1, numbers[1] / numbers[2]))
  }

  /// The table function `weir_tier_facts()`. It does not keep the connection open.
  var function: TableFunction {
    TableFunction(name: "weir_tier_facts", parameters: []) { [weak self] _ in
      RowTable(
        [
          ("policy", .varchar), ("month", .varchar), ("row_count", .bigint),
          ("byte_count", .bigint), ("oldest", .timestamp), ("newest", .timestamp),
        ],
        rows: (self?.months ?? []).map { month in
          [
            .text(month.policy), .text(month.firstDay), .bigint(UInt64(clamping: month.rows)),
            month.bytes.map { .bigint(UInt64(clamping: $0)) } ?? .null,
            .time(optional: month.oldest), .time(optional: month.newest),
          ]
        })
    }
  }
}
