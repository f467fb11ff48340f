/// One conversation with a SQL engine: the one in this process, or one behind a socket.
///
/// Statements of one session run one at a time, in order.
package protocol SQLSession: Sendable {
  /// Runs every statement of `text`, in order, up to the first that fails.
  ///
  /// `receive` gets, for each statement: `.columns` and `.rows` (if it returns rows), notices
  /// in between, then `.complete`. The next batch is not computed before `receive` returns,
  /// so a slow reader holds the engine back.
  ///
  /// - Throws: `SQLError`; with SQLSTATE 57014 after `cancel()`. An error that `receive`
  ///   throws ends the statement and is passed on.
  func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws

  /// Stops the running statement, if there is one. May be called from any thread.
  func cancel()

  var transactionStatus: TransactionStatus { get async }

  /// Rolls back what is open and frees the session. Safe to call twice.
  func close() async
}

package enum TransactionStatus: Sendable, Equatable {
  case idle
  case inTransaction
  case failed
}

package enum SQLOutput: Sendable, Equatable {
  case columns([SQLColumn])
  case rows(RowBatch)
  /// The command tag, as PostgreSQL words it: `SELECT 5`, `INSERT 0 3`, `CREATE TABLE`.
  case complete(tag: String)
  /// The text held no statement.
  case empty
  case notice(SQLNotice)
  /// A session setting that clients follow took a new value (ParameterStatus).
  case parameter(name: String, value: String)
}

package struct SQLNotice: Sendable, Equatable {
  /// `NOTICE`, `INFO` or `WARNING`.
  package var severity: String
  package var sqlState: String
  package var message: String

  package init(severity: String, sqlState: String = "00000", message: String) {
    self.severity = severity
    self.sqlState = sqlState
    self.message = message
  }
}

package struct SQLColumn: Sendable, Equatable, Codable {
  package var name: String
  package var type: SQLType

  package init(name: String, type: SQLType) {
    self.name = name
    self.type = type
  }
}

/// A type as PostgreSQL's wire describes it.
package struct SQLType: Sendable, Equatable, Codable {
  /// The name that Redshift prints: `character varying`, `bigint`, `super`.
  package var name: String
  /// The object id in `pg_type`; Redshift's own for `super` (4000) and `varbyte` (6551).
  package var oid: UInt32
  /// Bytes of a value, or -1 where it varies.
  package var size: Int16
  /// Numbers are aligned right.
  package var isNumeric: Bool

  package init(_ name: String, oid: UInt32, size: Int16, isNumeric: Bool = false) {
    self.name = name
    self.oid = oid
    self.size = size
    self.isNumeric = isNumeric
  }

  package static let boolean = SQLType("boolean", oid: 16, size: 1)
  package static let smallint = SQLType("smallint", oid: 21, size: 2, isNumeric: true)
  package static let integer = SQLType("integer", oid: 23, size: 4, isNumeric: true)
  package static let bigint = SQLType("bigint", oid: 20, size: 8, isNumeric: true)
  package static let real = SQLType("real", oid: 700, size: 4, isNumeric: true)
  package static let doublePrecision = SQLType(
    "double precision", oid: 701, size: 8, isNumeric: true)
  package static let numeric = SQLType("numeric", oid: 1700, size: -1, isNumeric: true)
  package static let varchar = SQLType("character varying", oid: 1043, size: -1)
  package static let date = SQLType("date", oid: 1082, size: 4)
  package static let time = SQLType("time without time zone", oid: 1083, size: 8)
  package static let timestamp = SQLType("timestamp without time zone", oid: 1114, size: 8)
  package static let timetz = SQLType("time with time zone", oid: 1266, size: 12)
  package static let timestamptz = SQLType("timestamp with time zone", oid: 1184, size: 8)
  package static let interval = SQLType("interval", oid: 1186, size: 16)
  package static let uuid = SQLType("uuid", oid: 2950, size: 16)
  package static let semistructured = SQLType("super", oid: 4000, size: -1)
  package static let varbyte = SQLType("varbyte", oid: 6551, size: -1)
}
