internal import CDuckDB
internal import Core

/// An open DuckDB database: one file (or memory), one per process.
///
/// DuckDB's handle may be used from any thread at once.
package final class Database: Sendable {
  /// The version of the C ABI that `shim.h` declares.
  static let versionPrefix = "v1.5."

  // @unchecked: the pointer is set once, and DuckDB locks what it points to.
  private struct Handle: @unchecked Sendable {
    let pointer: duckdb_database
  }
  private let handle: Handle

  /// - Parameters:
  ///   - path: the file, made if it is missing; nil for a database in memory.
  ///   - options: DuckDB's configuration, by name.
  package init(path: String?, options: [String: String] = [:]) throws(DuckDBError) {
    let version = String(cString: duckdb_library_version())
    guard version.hasPrefix(Self.versionPrefix) else {
      throw DuckDBError(
        kind: .other,
        message: "libduckdb is \(version), Weir was built for \(Self.versionPrefix)x; run make deps"
      )
    }
    var config: duckdb_config?
    guard duckdb_create_config(&config) == 0 else {
      throw DuckDBError(kind: .outOfMemory, message: "could not make a configuration")
    }
    defer { duckdb_destroy_config(&config) }
    for (name, value) in options where duckdb_set_config(config, name, value) != 0 {
      throw DuckDBError(kind: .settings, message: "unknown option \(name) = \(value)")
    }
    var database: duckdb_database?
    var reason: UnsafeMutablePointer<CChar>?
    let state = duckdb_open_ext(path ?? ":memory:", &database, config, &reason)
    defer { if let reason { duckdb_free(reason) } }
    guard state == 0, let database else {
      let text = reason.map { String(cString: $0) } ?? "could not open the database"
      throw DuckDBError(type: DuckDBError.Kind.io.rawValue, text: text)
    }
    handle = Handle(pointer: database)
  }

  deinit {
    var pointer: duckdb_database? = handle.pointer
    duckdb_close(&pointer)
  }

  package func connect() throws(DuckDBError) -> Connection {
    var connection: duckdb_connection?
    guard duckdb_connect(handle.pointer, &connection) == 0, let connection else {
      throw DuckDBError(kind: .other, message: "could not connect to the database")
    }
    return Connection(database: self, handle: connection)
  }

  /// Makes the functions known to every connection.
  package func register(_ functions: [ScalarFunction]) throws(DuckDBError) {
    let connection = try connect()
    for function in functions { try connection.register(function) }
  }

  /// Makes the function known to every connection.
  package func register(_ function: TableFunction) throws(DuckDBError) {
    try connect().register(function)
  }
}
