internal import CDuckDB
package import Core

/// A prepared statement of one connection.
package final class PreparedStatement {
  private let connection: Connection
  private let handle: duckdb_prepared_statement

  init(connection: Connection, handle: duckdb_prepared_statement) {
    self.connection = connection
    self.handle = handle
  }

  deinit {
    var handle: duckdb_prepared_statement? = handle
    duckdb_destroy_prepare(&handle)
  }

  package enum Parameter: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case timestamp(Timestamp)
  }

  /// - Parameter index: from 1.
  package func bind(_ value: Parameter, at index: Int) throws(DuckDBError) {
    let place = idx_t(index)
    let state =
      switch value {
      case .null: duckdb_bind_null(handle, place)
      case .bool(let value): duckdb_bind_boolean(handle, place, value)
      case .int(let value): duckdb_bind_int64(handle, place, value)
      case .double(let value): duckdb_bind_double(handle, place, value)
      case .text(let value):
        duckdb_bind_varchar_length(handle, place, value, idx_t(value.utf8.count))
      case .bytes(let value): duckdb_bind_blob(handle, place, value, idx_t(value.count))
      case .timestamp(let value):
        duckdb_bind_timestamp(handle, place, duckdb_timestamp(micros: value.microseconds))
      }
    guard state == 0 else {
      throw DuckDBError(kind: .invalidInput, message: "the statement has no parameter \(index)")
    }
  }

  package func execute(streaming: Bool = false) throws(DuckDBError) -> Result {
    var result = duckdb_result()
    let state =
      streaming
      ? duckdb_execute_prepared_streaming(handle, &result)
      : duckdb_execute_prepared(handle, &result)
    guard state == 0 else {
      let text = duckdb_result_error(&result).map { String(cString: $0) }
      let type = duckdb_result_error_type(&result)
      duckdb_destroy_result(&result)
      throw DuckDBError(type: type, text: text ?? "the statement failed")
    }
    return Result(connection: connection, handle: result)
  }
}

/// What a statement returned.
package final class Result {
  /// The kinds of statements that callers tell apart.
  package enum StatementKind: Int32, Sendable {
    case other = 0
    case select = 1
    case insert = 2
    case update = 3
    case explain = 4
    case delete = 5
    case call = 19
  }

  private let connection: Connection
  private var handle: duckdb_result
  package let columns: [SQLColumn]
  package let kind: StatementKind
  private let types: [LogicalType]
  /// DuckDB takes a fetch behind the end of a stream for a mistake.
  private var isExhausted = false

  init(connection: Connection, handle: duckdb_result) {
    self.connection = connection
    self.handle = handle
    var handle = handle
    let count = Int(duckdb_column_count(&handle))
    var types: [LogicalType] = []
    var columns: [SQLColumn] = []
    for index in 0..<count {
      let type = LogicalType(duckdb_column_logical_type(&handle, idx_t(index)))
      let name = duckdb_column_name(&handle, idx_t(index)).map { String(cString: $0) } ?? ""
      types.append(type)
      columns.append(SQLColumn(name: name, type: type.sqlType))
    }
    self.types = types
    self.columns = columns
    kind = StatementKind(rawValue: duckdb_result_statement_type(handle)) ?? .other
  }

  deinit { duckdb_destroy_result(&handle) }

  /// Whether the statement has rows to fetch (and not just a count of changes).
  package var returnsRows: Bool {
    // 3: DUCKDB_RESULT_TYPE_QUERY_RESULT.
    duckdb_result_return_type(handle) == 3
  }

  package var rowsChanged: Int { Int(clamping: duckdb_rows_changed(&handle)) }

  /// The next rows, or nil behind the last.
  ///
  /// - Throws: what made a streaming statement fail half way.
  package func nextChunk() throws(DuckDBError) -> DataChunk? {
    if isExhausted { return nil }
    while let chunk = duckdb_fetch_chunk(handle) {
      if duckdb_data_chunk_get_size(chunk) > 0 {
        return DataChunk(handle: chunk, types: types)
      }
      var empty: duckdb_data_chunk? = chunk
      duckdb_destroy_data_chunk(&empty)
    }
    isExhausted = true
    if let reason = duckdb_result_error(&handle) {
      let text = String(cString: reason)
      if !text.isEmpty { throw DuckDBError(type: duckdb_result_error_type(&handle), text: text) }
    }
    return nil
  }
}
