internal import CDuckDB
internal import Core

/// One connection: one transaction, one open result stream at a time.
///
/// @unchecked Sendable: DuckDB guards a connection by a lock of its own, so that calls from two
/// threads wait for each other; `interrupt` and `progress` are meant for other threads. Owners
/// still use it from one queue, or the results get mixed up.
package final class Connection: @unchecked Sendable {
  private let database: Database
  private let handle: duckdb_connection

  init(database: Database, handle: duckdb_connection) {
    self.database = database
    self.handle = handle
  }

  deinit {
    var handle: duckdb_connection? = handle
    duckdb_disconnect(&handle)
  }

  /// Runs every statement of `sql`.
  ///
  /// - Returns: rows that the last one changed.
  @discardableResult
  package func execute(_ sql: String) throws(DuckDBError) -> Int {
    let statements = try ExtractedStatements(sql, on: handle)
    var changed = 0
    for index in 0..<statements.count {
      changed = try statements.prepare(index, for: self).execute().rowsChanged
    }
    return changed
  }

  /// Runs one statement and holds its whole result.
  package func query(_ sql: String) throws(DuckDBError) -> Result {
    try prepare(sql).execute()
  }

  /// Runs one statement whose rows are computed as they are fetched. The next statement on this
  /// connection ends the stream.
  package func stream(_ sql: String) throws(DuckDBError) -> Result {
    try prepare(sql).execute(streaming: true)
  }

  package func prepare(_ sql: String) throws(DuckDBError) -> PreparedStatement {
    let statements = try ExtractedStatements(sql, on: handle)
    guard statements.count == 1 else {
      throw DuckDBError(
        kind: .parser, message: "expected one statement, found \(statements.count)")
    }
    return try statements.prepare(0, for: self)
  }

  /// The first value of the first row, as an integer.
  package func scalar(_ sql: String) throws(DuckDBError) -> Int64? {
    try query(sql).nextChunk()?.int64(row: 0, column: 0)
  }

  /// All rows, as text.
  package func rows(_ sql: String) throws(DuckDBError) -> [[String?]] {
    let result = try query(sql)
    var rows: [[String?]] = []
    while let chunk = try result.nextChunk() {
      var batch = RowBatch(columnCount: result.columns.count)
      chunk.appendText(to: &batch)
      for row in 0..<batch.rowCount {
        rows.append((0..<batch.columnCount).map { batch.text(row: row, column: $0) })
      }
    }
    return rows
  }

  /// Rows that the running statement has read so far, as DuckDB counts them; nil where it does
  /// not, which is without `SET enable_progress_bar = true`. May be called from any thread.
  package var rowsProcessed: Int? {
    let progress = duckdb_query_progress(handle)
    return progress.percentage < 0 ? nil : Int(clamping: progress.rows_processed)
  }

  /// Stops the statement that runs on this connection, if one does.
  package func interrupt() {
    duckdb_interrupt(handle)
  }

  package func register(_ function: ScalarFunction) throws(DuckDBError) {
    guard function.register(on: handle) else {
      throw DuckDBError(kind: .catalog, message: "could not register \(function.name)")
    }
  }

  package func register(_ function: TableFunction) throws(DuckDBError) {
    guard function.register(on: handle) else {
      throw DuckDBError(kind: .catalog, message: "could not register \(function.name)")
    }
  }
}

/// The statements of one text, parsed.
private struct ExtractedStatements: ~Copyable {
  private var handle: duckdb_extracted_statements?
  private let connection: duckdb_connection
  let count: Int

  init(_ sql: String, on connection: duckdb_connection) throws(DuckDBError) {
    self.connection = connection
    let found = duckdb_extract_statements(connection, sql, &handle)
    count = Int(found)
    if count == 0, let reason = duckdb_extract_statements_error(handle) {
      let text = String(cString: reason)
      duckdb_destroy_extracted(&handle)
      throw DuckDBError(type: DuckDBError.Kind.parser.rawValue, text: text)
    }
  }

  deinit {
    var handle = handle
    duckdb_destroy_extracted(&handle)
  }

  func prepare(_ index: Int, for owner: Connection) throws(DuckDBError) -> PreparedStatement {
    var statement: duckdb_prepared_statement?
    let state = duckdb_prepare_extracted_statement(
      connection, handle, idx_t(index), &statement)
    guard state == 0, let statement else {
      let text = duckdb_prepare_error(statement).map { String(cString: $0) }
      duckdb_destroy_prepare(&statement)
      throw DuckDBError(type: -1, text: text ?? "could not prepare the statement")
    }
    return PreparedStatement(connection: owner, handle: statement)
  }
}
