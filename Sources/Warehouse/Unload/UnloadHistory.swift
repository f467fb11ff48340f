internal import Core
internal import DuckDB
internal import Synchronization

/// What is known of one UNLOAD.
struct UnloadFacts: Sendable {
  struct File: Sendable {
    var path: String
    var rows: Int
    var bytes: Int
  }

  var query: StatementFacts
  var startedAt: Timestamp
  var endedAt: Timestamp?
  var format: String
  var compression: String
  var location: String
  var rows = 0
  var files: [File] = []
  var error: String?
}

/// An UNLOAD that is watched.
final class UnloadRecord: Sendable {
  private let state: Mutex<UnloadFacts>
  /// Rows so far, where only the engine knows.
  private let rowsSoFar: Mutex<(@Sendable () -> Int?)?>

  init(_ facts: UnloadFacts, rowsSoFar: (@Sendable () -> Int?)? = nil) {
    state = Mutex(facts)
    self.rowsSoFar = Mutex(rowsSoFar)
  }

  var facts: UnloadFacts {
    var facts = state.withLock { $0 }
    if facts.endedAt == nil, facts.rows == 0, let rows = rowsSoFar.withLock({ $0 })?() {
      facts.rows = rows
    }
    return facts
  }

  func update(_ body: (inout UnloadFacts) -> Void) {
    state.withLock { body(&$0) }
  }

  func end(at time: Timestamp, error: String? = nil) {
    rowsSoFar.withLock { $0 = nil }
    state.withLock { facts in
      facts.endedAt = time
      facts.error = error
    }
  }
}

/// The table functions that STL_UNLOAD_LOG, SYS_UNLOAD_HISTORY and SYS_UNLOAD_DETAIL are over.
enum UnloadFunctions {
  static func all(_ history: Ring<UnloadRecord>) -> [TableFunction] {
    [unloads(history), files(history)]
  }

  private static let unloadColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("transaction_id", .bigint), ("session_id", .integer),
    ("status", .varchar), ("start_time", .timestamp), ("end_time", .timestamp),
    ("file_format", .varchar), ("compression_type", .varchar), ("location", .varchar),
    ("rows", .bigint), ("files", .bigint), ("bytes", .bigint), ("error", .varchar),
  ]

  private static func unloads(_ history: Ring<UnloadRecord>) -> TableFunction {
    TableFunction(name: "weir_unloads", parameters: []) { _ in
      RowTable(
        unloadColumns,
        rows: history.all.map(\.facts).map { facts in
          let status =
            facts.endedAt == nil ? "running" : facts.error == nil ? "completed" : "aborted"
          return [
            .bigint(UInt64(clamping: facts.query.id)),
            .bigint(UInt64(clamping: facts.query.transaction)), .integer(facts.query.session),
            .text(status), .time(facts.startedAt), .time(optional: facts.endedAt),
            .text(facts.format), .text(facts.compression), .text(facts.location),
            .bigint(UInt64(clamping: facts.rows)), .bigint(UInt64(facts.files.count)),
            .bigint(UInt64(clamping: facts.files.reduce(0) { $0 + $1.bytes })),
            .text(facts.error),
          ]
        })
    }
  }

  private static let fileColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("transaction_id", .bigint), ("session_id", .integer),
    ("file_name", .varchar), ("start_time", .timestamp), ("end_time", .timestamp),
    ("rows", .bigint), ("bytes", .bigint), ("file_format", .varchar),
  ]

  private static func files(_ history: Ring<UnloadRecord>) -> TableFunction {
    TableFunction(name: "weir_unload_files", parameters: []) { _ in
      RowTable(
        fileColumns,
        rows: history.all.map(\.facts).flatMap { facts in
          facts.files.map { file in
            [
              .bigint(UInt64(clamping: facts.query.id)),
              .bigint(UInt64(clamping: facts.query.transaction)), .integer(facts.query.session),
              .text(file.path), .time(facts.startedAt), .time(optional: facts.endedAt),
              .bigint(UInt64(clamping: file.rows)), .bigint(UInt64(clamping: file.bytes)),
              .text(facts.format),
            ]
          }
        })
    }
  }
}

extension SystemTables {
  /// What Redshift's pages STL_UNLOAD_LOG, SYS_UNLOAD_HISTORY and SYS_UNLOAD_DETAIL document.
  static let unloadViews = [
    """
    CREATE OR REPLACE VIEW weir.stl_unload_log AS
    SELECT 100 AS userid, query_id::INTEGER AS query, 0 AS slice, session_id AS pid,
           file_name AS path, start_time, end_time, rows AS line_count, bytes AS transfer_size,
           file_format, query_id AS user_query_id, transaction_id
      FROM weir_unload_files()
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_unload_history AS
    SELECT 100 AS user_id, query_id, transaction_id, session_id,
           current_database() AS database_name, status, start_time, end_time,
           date_diff('microsecond', start_time,
             coalesce(end_time, (now() AT TIME ZONE 'UTC')::TIMESTAMP)) AS duration,
           file_format, compression_type, location AS unloaded_location, rows AS unloaded_rows,
           files AS unloaded_files_count, bytes AS unloaded_files_size, error AS error_message
      FROM weir_unloads()
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_unload_detail AS
    SELECT 100 AS user_id, query_id::INTEGER AS query_id, session_id, transaction_id, file_name,
           start_time, end_time, rows AS line_count, bytes AS transfer_size, file_format
      FROM weir_unload_files()
    """,
  ]
}
