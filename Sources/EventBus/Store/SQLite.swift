internal import CSQLite

/// What a column of a row, or a parameter of a statement, holds.
enum SQLiteValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])
}

package struct SQLiteError: Error, Sendable, CustomStringConvertible {
  /// SQLite's result code: 13 for a full disk, 10 for an I/O error.
  package var code: Int32
  package var message: String
  package var statement: String?

  package var description: String {
    message + (statement.map { " (\($0.prefix(120)))" } ?? "")
  }
}

/// One connection to a SQLite database, with its statements kept ready.
///
/// Used by one queue at a time; it knows nothing of threads.
final class SQLite {
  private var handle: OpaquePointer?
  private var statements: [String: OpaquePointer] = [:]

  /// Opens (or makes) the file. What is committed survives a loss of power.
  init(path: String) throws(SQLiteError) {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
      let error = failure(nil)
      sqlite3_close_v2(handle)
      handle = nil
      throw error
    }
    sqlite3_busy_timeout(handle, 5_000)
    try execute("PRAGMA journal_mode = WAL")
    try execute("PRAGMA synchronous = FULL")
    try execute("PRAGMA foreign_keys = ON")
  }

  deinit { close() }

  func close() {
    for statement in statements.values { sqlite3_finalize(statement) }
    statements = [:]
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Runs statements that take no parameters, one behind the other.
  func execute(_ sql: String) throws(SQLiteError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
  }

  /// Runs one statement. Returns how many rows it changed.
  @discardableResult
  func run(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) -> Int {
    try rows(sql, values) { _ in }
    return Int(sqlite3_changes64(handle))
  }

  var lastRowID: Int64 { sqlite3_last_insert_rowid(handle) }

  func query(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) -> [SQLiteRow] {
    var found: [SQLiteRow] = []
    try rows(sql, values) { found.append($0) }
    return found
  }

  private func rows(
    _ sql: String, _ values: [SQLiteValue], _ receive: (SQLiteRow) -> Void
  ) throws(SQLiteError) {
    let statement = try prepare(sql)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() {
      guard Self.bind(value, to: statement, Int32(index + 1)) == SQLITE_OK else {
        throw failure(sql)
      }
    }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: receive(SQLiteRow(statement))
      case SQLITE_DONE: return
      default: throw failure(sql)
      }
    }
  }

  private func prepare(_ sql: String) throws(SQLiteError) -> OpaquePointer {
    if let known = statements[sql] { return known }
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
      throw failure(sql)
    }
    statements[sql] = statement
    return statement
  }

  /// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private static func bind(
    _ value: SQLiteValue, to statement: OpaquePointer, _ index: Int32
  ) -> Int32 {
    switch value {
    case .null: sqlite3_bind_null(statement, index)
    case .integer(let value): sqlite3_bind_int64(statement, index, value)
    case .text(let text):
      sqlite3_bind_text64(
        statement, index, text, UInt64(text.utf8.count), transient, UInt8(SQLITE_UTF8))
    case .blob(let bytes):
      sqlite3_bind_blob64(statement, index, bytes, UInt64(bytes.count), transient)
    }
  }

  private func failure(_ sql: String?) -> SQLiteError {
    SQLiteError(
      code: sqlite3_errcode(handle),
      message: sqlite3_errmsg(handle).map { String(cString: $0) } ?? "out of memory",
      statement: sql)
  }
}

/// One row, its columns by place. A column of another type than asked for is nil or empty.
struct SQLiteRow: Sendable {
  private let values: [SQLiteValue]

  init(_ statement: OpaquePointer) {
    values = (0..<sqlite3_column_count(statement)).map { column in
      switch sqlite3_column_type(statement, column) {
      case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
      case SQLITE_NULL: return .null
      case SQLITE_BLOB:
        let bytes = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return .blob(Array(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)))
      default:
        guard let text = sqlite3_column_text(statement, column) else { return .null }
        return .text(String(cString: text))
      }
    }
  }

  func text(_ column: Int) -> String? {
    if case .text(let text) = values[column] { text } else { nil }
  }

  func string(_ column: Int) -> String { text(column) ?? "" }

  func integer(_ column: Int) -> Int64? {
    if case .integer(let value) = values[column] { value } else { nil }
  }

  func int(_ column: Int) -> Int { Int(integer(column) ?? 0) }

  func blob(_ column: Int) -> [UInt8] {
    if case .blob(let bytes) = values[column] { bytes } else { [] }
  }
}

extension SQLiteValue {
  static func text(optional text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }
  static func int(_ value: Int) -> SQLiteValue { .integer(Int64(value)) }
  static func int(optional value: Int?) -> SQLiteValue {
    value.map { .integer(Int64($0)) } ?? .null
  }
}
