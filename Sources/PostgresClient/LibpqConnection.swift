import CPostgres
import Core
import Synchronization

/// A libpq connection. Every call may block.
///
/// Safe to share because all calls come from the one serial queue of the `RemoteSession` that
/// owns it; the notices alone are reached under their lock.
final class LibpqConnection: @unchecked Sendable {
  /// Where libpq's callback puts notices. The connection keeps it alive for as long as libpq
  /// may call.
  private final class Notices: Sendable {
    let list = Mutex<[SQLNotice]>([])
  }

  /// How much a batch may gather.
  private static let batchRowCount = 2048
  private static let batchByteCount = 64 << 10

  private let connection: OpaquePointer
  private let notices = Notices()
  private var isOpen = true
  /// The result that the rows being read belong to has told its columns.
  private var hasToldColumns = false
  private var failure: SQLError?

  /// - Parameters:
  ///   - text: a connection string (`host=… port=…`) or a URL (`postgresql://…`).
  ///   - applicationName: wins over the text's own.
  ///   - seconds: for each address that the text names, unless the text itself says.
  init(connecting text: String, applicationName: String?, seconds: Int) throws(SQLError) {
    var settings = [
      ("connect_timeout", String(max(2, seconds))),
      // A peer that is gone without a word is noticed within a minute.
      ("tcp_user_timeout", "30000"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
      ("keepalives_count", "3"), ("fallback_application_name", "weir"),
      ("client_encoding", "UTF8"), ("dbname", text),
    ]
    // libpq lets a later setting win over what it found in `dbname`.
    if let applicationName { settings.append(("application_name", applicationName)) }
    guard let connection = Self.connect(settings) else {
      throw SQLError("53200", "out of memory")
    }
    self.connection = connection
    guard PQstatus(connection) == CONNECTION_OK else {
      let error = Self.connectionError(connection)
      PQfinish(connection)
      isOpen = false
      throw error
    }
    PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context, let result else { return }
        let notices = Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue()
        let notice = LibpqConnection.notice(of: result)
        notices.list.withLock { $0.append(notice) }
      }, Unmanaged.passUnretained(notices).toOpaque())
  }

  deinit {
    close()
  }

  var canceler: Canceler { Canceler(connection) }

  /// Safe to call twice.
  func close() {
    guard isOpen else { return }
    isOpen = false
    PQfinish(connection)
  }

  static func isConnectionString(_ text: String) -> Bool {
    guard let options = PQconninfoParse(text, nil) else { return false }
    PQconninfoFree(options)
    return true
  }

  /// Reads what the server has sent unasked: it may be that it closed the connection, behind a
  /// few last words.
  var isConnected: Bool {
    guard isOpen else { return false }
    for _ in 0..<4 where PQstatus(connection) == CONNECTION_OK {
      if PQconsumeInput(connection) == 0 { return false }
    }
    return PQstatus(connection) == CONNECTION_OK
  }

  var transactionStatus: TransactionStatus {
    guard isOpen else { return .idle }
    switch PQtransactionStatus(connection) {
    case PQTRANS_INTRANS, PQTRANS_ACTIVE: return .inTransaction
    case PQTRANS_INERROR: return .failed
    default: return .idle
    }
  }

  private static func connect(_ settings: [(String, String)]) -> OpaquePointer? {
    _ = OpenSSL.staysUntilTheEnd
    return withCStrings(settings.map(\.0)) { names in
      withCStrings(settings.map(\.1)) { values in
        PQconnectdbParams(names, values, 1)
      }
    }
  }

  /// Calls `body` with a NULL-terminated array of C strings.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
  ) -> Result {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(bytes.count)
      bytes.append(contentsOf: text.utf8.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { buffer in
      body(starts.map { buffer.baseAddress?.advanced(by: $0) } + [nil])
    }
  }
}

// MARK: - Statements

extension LibpqConnection {
  /// Sends the text; what comes of it is read with `nextOutputs()`.
  func send(_ text: String) throws(SQLError) {
    guard isOpen else { throw SQLError("08003", "the connection is closed") }
    guard !text.utf8.contains(0) else {
      throw SQLError("22021", "the text of a statement cannot hold a NUL character")
    }
    failure = nil
    hasToldColumns = false
    guard PQsendQuery(connection, text) == 1, PQsetSingleRowMode(connection) == 1 else {
      throw Self.connectionError(connection)
    }
  }

  /// Waits for the next piece of output: some rows, the end of a statement, notices.
  ///
  /// libpq reads ahead, so a notice may come before the end of the statement before it.
  ///
  /// - Returns: an empty list when all statements have ended.
  /// - Throws: when all has been read, the error that ended the statements.
  func nextOutputs() throws(SQLError) -> [SQLOutput] {
    guard isOpen else { throw SQLError("08003", "the connection is closed") }
    var outputs: [SQLOutput] = []
    var batch: RowBatch?
    func flush() {
      if let rows = batch, !rows.isEmpty { outputs.append(.rows(rows)) }
      batch = nil
    }
    while true {
      if let rows = batch {
        let isLarge =
          rows.rowCount >= Self.batchRowCount || rows.byteCount >= Self.batchByteCount
        if isLarge || mustWait { break }
      }
      guard let result = PQgetResult(connection) else {
        flush()
        outputs += takenNotices()
        if outputs.isEmpty, let failure { throw failure }
        return outputs
      }
      defer { PQclear(result) }
      let told = takenNotices()
      if !told.isEmpty {
        flush()
        outputs += told
      }
      if PQresultStatus(result) == PGRES_SINGLE_TUPLE {
        if !hasToldColumns {
          outputs.append(.columns(Self.columns(of: result)))
          hasToldColumns = true
        }
        var rows = batch ?? RowBatch(columnCount: Int(PQnfields(result)))
        batch = nil  // so that appending does not copy
        Self.append(result, to: &rows)
        batch = rows
      } else {
        flush()
        outputs += ended(result)
        if !outputs.isEmpty { return outputs }
      }
    }
    flush()
    return outputs
  }

  /// Reads and drops what is left, so that the next statement can be sent.
  func drain() {
    guard isOpen else { return }
    while let result = PQgetResult(connection) {
      _ = ended(result)
      PQclear(result)
      if PQstatus(connection) != CONNECTION_OK { return }
    }
    _ = takenNotices()
  }

  /// Whether the next result has not arrived yet.
  private var mustWait: Bool {
    guard PQisBusy(connection) == 1 else { return false }
    guard PQconsumeInput(connection) == 1 else { return false }
    return PQisBusy(connection) == 1
  }

  /// What the end of a statement means, rows apart.
  private func ended(_ result: OpaquePointer) -> [SQLOutput] {
    defer { hasToldColumns = false }
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK:
      let columns: [SQLOutput] = hasToldColumns ? [] : [.columns(Self.columns(of: result))]
      return columns + [.complete(tag: Self.text(PQcmdStatus(result)))]
    case PGRES_COMMAND_OK:
      return [.complete(tag: Self.text(PQcmdStatus(result)))]
    case PGRES_EMPTY_QUERY:
      return [.empty]
    case PGRES_COPY_IN:
      PQputCopyEnd(connection, "this client does not send data by COPY")
      return []
    case PGRES_COPY_OUT, PGRES_COPY_BOTH:
      dropCopy()
      failure = failure ?? SQLError("0A000", "this client does not receive data by COPY")
      return []
    default:
      failure = failure ?? Self.error(of: result, connection)
      return []
    }
  }

  private func dropCopy() {
    var data: UnsafeMutablePointer<CChar>?
    while PQgetCopyData(connection, &data, 0) > 0 {
      PQfreemem(data)
      data = nil
    }
  }

  private func takenNotices() -> [SQLOutput] {
    notices.list.withLock { list in
      defer { list = [] }
      return list.map { .notice($0) }
    }
  }
}

// MARK: - What results hold

extension LibpqConnection {
  private static func columns(of result: OpaquePointer) -> [SQLColumn] {
    (0..<PQnfields(result)).map { column in
      SQLColumn(name: text(PQfname(result, column)), type: SQLType(oid: PQftype(result, column)))
    }
  }

  private static func append(_ result: OpaquePointer, to batch: inout RowBatch) {
    for column in 0..<PQnfields(result) {
      if PQgetisnull(result, 0, column) == 1 {
        batch.appendNull()
        continue
      }
      let count = Int(PQgetlength(result, 0, column))
      let start = PQgetvalue(result, 0, column)
      start.withMemoryRebound(count, batch: &batch)
    }
  }

  private static func notice(of result: OpaquePointer) -> SQLNotice {
    SQLNotice(
      severity: field("V", result) ?? field("S", result) ?? "NOTICE",
      sqlState: field("C", result) ?? "00000", message: field("M", result) ?? "")
  }

  private static func error(of result: OpaquePointer, _ connection: OpaquePointer) -> SQLError {
    // What libpq itself says, as of a connection that was lost, has no SQLSTATE.
    guard let message = field("M", result), let state = field("C", result) else {
      return connectionError(connection)
    }
    return SQLError(
      state, message, detail: field("D", result),
      hint: field("H", result), position: field("P", result).flatMap { Int($0) })
  }

  private static func field(_ code: Unicode.Scalar, _ result: OpaquePointer) -> String? {
    PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }

  /// What libpq says of a connection that failed, on one line.
  ///
  /// Before a session there is no result to read the SQLSTATE from; a wrong password is told
  /// by its text.
  private static func connectionError(_ connection: OpaquePointer) -> SQLError {
    let lines = text(PQerrorMessage(connection)).split(whereSeparator: \.isNewline)
    let message = lines.map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
    let state =
      if message.contains("password authentication failed") {
        "28P01"
      } else if message.contains("too many clients") {
        "53300"
      } else if PQstatus(connection) == CONNECTION_BAD, message.contains("FATAL") {
        "08004"
      } else {
        "08006"
      }
    return SQLError(state, message.isEmpty ? "the connection failed" : message)
  }
}

extension UnsafeMutablePointer<CChar>? {
  /// Appends a value of so many bytes to the batch.
  fileprivate func withMemoryRebound(_ count: Int, batch: inout RowBatch) {
    guard let self, count > 0 else {
      batch.append(UnsafeBufferPointer<UInt8>(start: nil, count: 0))
      return
    }
    self.withMemoryRebound(to: UInt8.self, capacity: count) {
      batch.append(UnsafeBufferPointer(start: $0, count: count))
    }
  }
}
