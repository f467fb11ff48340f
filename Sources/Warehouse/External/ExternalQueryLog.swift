internal import Core
internal import DuckDB

/// What one part of a statement read outside the warehouse: a query of a PostgreSQL server, or an
/// external table's files.
struct ExternalQueryFacts: Sendable {
  /// As `source_type` of SYS_EXTERNAL_QUERY_DETAIL.
  enum Source: String, Sendable {
    case postgres = "PG"
    case objects = "S3"
  }

  var statement: Int
  var transaction: Int
  var session: Int
  /// Counts the parts of a statement from 1.
  var sequence = 1
  var source: Source
  /// `schema.table`
  var table: String?
  var startedAt: Timestamp
  var duration: Duration
  var isAborted = false
  /// As far as they are known.
  var rows: Int?
  var bytes: Int?
  /// Of PostgreSQL: the SQL that its server got.
  var text: String?
  /// Of objects.
  var partitionsTotal: Int?
  var partitionsQualified: Int?
  var files: Int?
  var format: String?
  var location: String?
  var warning: String?

  var endedAt: Timestamp {
    Timestamp(microseconds: startedAt.microseconds + duration.inMicroseconds)
  }
}

/// The newest of them, in memory as the list of statements is.
final class ExternalQueryLog: Sendable {
  private let facts = Ring<ExternalQueryFacts>(countMax: 5_000)

  func add(_ facts: ExternalQueryFacts) { self.facts.append(facts) }

  /// By their statements.
  var all: [ExternalQueryFacts] {
    facts.all.sorted { ($0.statement, $0.sequence) < ($1.statement, $1.sequence) }
  }
}

extension ExternalQueryLog {
  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("transaction_id", .bigint), ("session_id", .integer),
    ("sequence", .integer), ("source_type", .varchar), ("table_name", .varchar),
    ("start_time", .timestamp), ("end_time", .timestamp), ("duration", .bigint),
    ("is_aborted", .boolean), ("returned_rows", .bigint), ("returned_bytes", .bigint),
    ("query_text", .varchar), ("total_partitions", .integer),
    ("qualified_partitions", .integer), ("scanned_files", .bigint), ("file_format", .varchar),
    ("file_location", .varchar), ("warning", .varchar),
  ]

  /// `weir_external_queries()`, which the system views are over.
  var function: TableFunction {
    TableFunction(name: "weir_external_queries", parameters: []) { [self] _ in
      RowTable(Self.columns, rows: all.map(Self.row))
    }
  }

  private static func row(_ facts: ExternalQueryFacts) -> [RowTable.Cell] {
    func big(_ value: Int?) -> RowTable.Cell {
      value.map { .bigint(UInt64(clamping: $0)) } ?? .null
    }
    func small(_ value: Int?) -> RowTable.Cell { value.map { .integer($0) } ?? .null }
    return [
      big(facts.statement), big(facts.transaction), .integer(facts.session),
      .integer(facts.sequence), .text(facts.source.rawValue), .text(facts.table),
      .time(facts.startedAt), .time(facts.endedAt), big(Int(facts.duration.inMicroseconds)),
      .flag(facts.isAborted), big(facts.rows), big(facts.bytes), .text(facts.text),
      small(facts.partitionsTotal), small(facts.partitionsQualified), big(facts.files),
      .text(facts.format), .text(facts.location), .text(facts.warning),
    ]
  }
}
