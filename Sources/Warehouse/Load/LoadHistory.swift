internal import Core
internal import DuckDB
internal import Synchronization

/// What is known of one COPY.
struct LoadFacts: Sendable {
  enum Status: String, Sendable { case running, completed, aborted }

  var query: StatementFacts
  var table: String
  var tableID: Int
  var source: String
  var format: String
  var startedAt: Timestamp
  var endedAt: Timestamp?
  var status = Status.running
  var fileCount = 0
  var fileBytes = 0
  var rows = 0
  var scannedFiles = 0
  var scannedBytes = 0
  var errorCount = 0
  var errors: [LoadError] = []
}

/// A COPY that is watched.
final class LoadRecord: Sendable {
  private let state: Mutex<LoadFacts>
  private let source = Mutex<LoadSource?>(nil)

  init(_ facts: LoadFacts) { state = Mutex(facts) }

  /// With what the source knows so far.
  var facts: LoadFacts {
    var facts = state.withLock { $0 }
    if let progress = source.withLock({ $0?.progress }) { facts.take(progress) }
    return facts
  }

  func watch(_ source: LoadSource) {
    self.source.withLock { $0 = source }
    state.withLock { facts in
      facts.fileCount = source.files.count
      facts.fileBytes = source.files.reduce(0) { $0 + $1.byteCount }
    }
  }

  func update(_ body: (inout LoadFacts) -> Void) { state.withLock { body(&$0) } }

  func end(_ status: LoadFacts.Status, rows: Int?, at time: Timestamp) {
    let progress = source.withLock { source in
      defer { source = nil }
      return source?.progress
    }
    state.withLock { facts in
      if let progress { facts.take(progress) }
      if let rows { facts.rows = rows }
      facts.status = status
      facts.endedAt = time
    }
  }
}

extension LoadFacts {
  fileprivate mutating func take(_ progress: LoadSource.State) {
    rows = progress.rows
    scannedFiles = progress.scannedFiles
    scannedBytes = progress.scannedBytes
    errorCount = progress.errorCount
    errors = progress.errors
  }
}

/// The table functions that SYS_LOAD_HISTORY, STL_LOAD_ERRORS, SYS_LOAD_ERROR_DETAIL and
/// STL_LOADERROR_DETAIL are over.
enum LoadFunctions {
  static func all(_ history: Ring<LoadRecord>) -> [TableFunction] {
    [loads(history), errors(history), values(history)]
  }

  private static let loadColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("transaction_id", .bigint), ("session_id", .integer),
    ("status", .varchar), ("table_name", .varchar), ("start_time", .timestamp),
    ("end_time", .timestamp), ("data_source", .varchar), ("file_format", .varchar),
    ("rows", .bigint), ("files", .integer), ("file_bytes", .bigint), ("scanned_files", .integer),
    ("scanned_bytes", .bigint), ("errors", .bigint),
  ]

  private static func big(_ value: Int) -> RowTable.Cell { .bigint(UInt64(clamping: value)) }

  private static func loads(_ history: Ring<LoadRecord>) -> TableFunction {
    TableFunction(name: "weir_loads", parameters: []) { _ in
      RowTable(
        loadColumns,
        rows: history.all.map(\.facts).map { facts in
          [
            big(facts.query.id), big(facts.query.transaction), .integer(facts.query.session),
            .text(facts.status.rawValue), .text(facts.table), .time(facts.startedAt),
            .time(optional: facts.endedAt), .text(facts.source), .text(facts.format),
            big(facts.rows), .integer(facts.fileCount), big(facts.fileBytes),
            .integer(facts.scannedFiles), big(facts.scannedBytes), big(facts.errorCount),
          ]
        })
    }
  }

  private static let errorColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("transaction_id", .bigint), ("session_id", .integer),
    ("table_id", .integer), ("start_time", .timestamp), ("file_name", .varchar),
    ("line_number", .bigint), ("column_name", .varchar), ("column_type", .varchar),
    ("column_length", .varchar), ("position", .integer), ("raw_line", .varchar),
    ("raw_value", .varchar), ("code", .integer), ("reason", .varchar), ("start_offset", .bigint),
  ]

  private static func errors(_ history: Ring<LoadRecord>) -> TableFunction {
    TableFunction(name: "weir_load_errors", parameters: []) { _ in
      RowTable(
        errorColumns,
        rows: history.all.map(\.facts).flatMap { facts in
          facts.errors.map { error in
            [
              big(facts.query.id), big(facts.query.transaction), .integer(facts.query.session),
              .integer(facts.tableID), .time(facts.startedAt), .text(error.file),
              big(error.line), .text(error.column), .text(error.type), .text(error.length),
              .integer(error.position), .text(error.rawLine), .text(error.rawValue),
              .integer(error.code), .text(error.reason), big(error.offset),
            ]
          }
        })
    }
  }

  private static let valueColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("session_id", .integer), ("file_name", .varchar),
    ("line_number", .bigint), ("field", .integer), ("column_name", .varchar), ("value", .varchar),
    ("is_null", .integer), ("type", .varchar), ("length", .varchar),
  ]

  private static func values(_ history: Ring<LoadRecord>) -> TableFunction {
    TableFunction(name: "weir_load_values", parameters: []) { _ in
      RowTable(
        valueColumns,
        rows: history.all.map(\.facts).flatMap { facts in
          facts.errors.flatMap { error in
            error.values.enumerated().map { index, value in
              let isLast = index == error.values.count - 1
              return [
                big(facts.query.id), .integer(facts.query.session), .text(error.file),
                big(error.line), .integer(index), .text(isLast ? error.column : ""),
                .text(value), .integer(isLast ? 1 : 0), .text(isLast ? error.type : ""),
                .text(isLast ? error.length : ""),
              ]
            }
          }
        })
    }
  }
}

extension SystemTables {
  /// What Redshift's pages SYS_LOAD_HISTORY, SYS_LOAD_ERROR_DETAIL, STL_LOAD_ERRORS and
  /// STL_LOADERROR_DETAIL document. There is one slice.
  static let loadViews = [
    """
    CREATE OR REPLACE VIEW weir.sys_load_history AS
    SELECT 100 AS user_id, query_id, transaction_id, session_id,
           current_database() AS database_name, status, table_name, start_time, end_time,
           date_diff('microsecond', start_time,
             coalesce(end_time, (now() AT TIME ZONE 'UTC')::TIMESTAMP)) AS duration,
           data_source, file_format, rows AS loaded_rows, scanned_bytes AS loaded_bytes,
           files AS source_file_count, file_bytes AS source_file_bytes,
           scanned_files AS file_count_scanned, scanned_bytes AS file_bytes_scanned,
           errors AS error_count, -1::BIGINT AS copy_job_id
      FROM weir_loads()
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_load_error_detail AS
    SELECT 100 AS user_id, query_id, transaction_id, session_id,
           current_database() AS database_name, table_id, start_time, file_name, line_number,
           column_name, column_type, column_length, position, code AS error_code,
           reason AS error_message
      FROM weir_load_errors()
    """,
    """
    CREATE OR REPLACE VIEW weir.stl_load_errors AS
    SELECT 100 AS userid, 0 AS slice, table_id AS tbl, start_time AS starttime,
           session_id AS session, query_id::INTEGER AS query, file_name AS filename, line_number,
           column_name AS colname, column_type AS type, column_length AS col_length, position,
           raw_line, raw_value AS raw_field_value, code AS err_code, reason AS err_reason,
           0 AS is_partial, start_offset, -1::BIGINT AS copy_job_id
      FROM weir_load_errors()
    """,
    """
    CREATE OR REPLACE VIEW weir.stl_loaderror_detail AS
    SELECT 100 AS userid, 0 AS slice, session_id AS session, query_id::INTEGER AS query,
           file_name AS filename, line_number, field, column_name AS colname, value, is_null,
           type, length AS col_length
      FROM weir_load_values()
    """,
  ]
}
