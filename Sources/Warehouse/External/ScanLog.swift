internal import Core
internal import DuckDB

/// What one scan of an external table read: a row of SYS_WEIR_SCAN_COST.
struct ScanFacts: Sendable {
  var statement: Int
  var transaction: Int
  var session: Int
  /// Counts the scans of a statement from 1.
  var sequence: Int
  var table: String
  var format: String
  var isPartitioned: Bool
  var partitionsTotal: Int
  var partitionsQualified: Int
  var files: Int
  var account: ScanAccount
  /// This scan's part of what the statement is charged for.
  var billedBytes: Int
  var dollars: Double
  var startedAt: Timestamp
  var endedAt: Timestamp
  var isAborted: Bool
}

/// The newest of them, in memory as the list of statements is.
final class ScanLog: Sendable {
  private let facts = Ring<ScanFacts>(countMax: 5_000)

  func add(_ facts: ScanFacts) { self.facts.append(facts) }

  /// By their statements.
  var all: [ScanFacts] {
    facts.all.sorted { ($0.statement, $0.sequence) < ($1.statement, $1.sequence) }
  }

  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("transaction_id", .bigint), ("session_id", .integer),
    ("sequence", .integer), ("table_name", .varchar), ("file_format", .varchar),
    ("is_partitioned", .boolean), ("total_partitions", .integer),
    ("qualified_partitions", .integer), ("scanned_files", .bigint),
    ("scanned_row_groups", .bigint), ("scanned_rows", .bigint), ("scanned_bytes", .bigint),
    ("billed_bytes", .bigint), ("price_usd", .double), ("start_time", .timestamp),
    ("end_time", .timestamp), ("is_aborted", .boolean),
  ]

  /// `weir_external_scans()`
  var function: TableFunction {
    TableFunction(name: "weir_external_scans", parameters: []) { [self] _ in
      RowTable(Self.columns, rows: all.map(Self.row))
    }
  }

  private static func row(_ facts: ScanFacts) -> [RowTable.Cell] {
    func big(_ value: Int?) -> RowTable.Cell {
      value.map { .bigint(UInt64(clamping: $0)) } ?? .null
    }
    return [
      big(facts.statement), big(facts.transaction), .integer(facts.session),
      .integer(facts.sequence), .text(facts.table), .text(facts.format),
      .flag(facts.isPartitioned), .integer(facts.partitionsTotal),
      .integer(facts.partitionsQualified), big(facts.files), big(facts.account.rowGroups),
      big(facts.account.rows), big(facts.account.bytes), big(facts.billedBytes),
      .double(facts.dollars), .time(facts.startedAt), .time(facts.endedAt),
      .flag(facts.isAborted),
    ]
  }
}
