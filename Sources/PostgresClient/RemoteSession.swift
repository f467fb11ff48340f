internal import CPostgres
package import Core
internal import Foundation
internal import Synchronization

/// A session of a server that speaks PostgreSQL's protocol, by way of libpq.
///
/// libpq blocks, so its calls run on a queue of the session's own.
package final class RemoteSession: SQLSession {
  private let queue = BlockingQueue(label: "weir.remote")
  private let link: Link
  private let notices: NoticeBox
  private let status = Mutex(TransactionStatus.idle)
  private let isRunning = Mutex(false)

  /// libpq's connection. @unchecked Sendable: used on the session's queue only, but for the
  /// cancel object, which libpq allows from any thread.
  private final class Link: @unchecked Sendable {
    var connection: OpaquePointer?
    var cancel: OpaquePointer?

    init(connection: OpaquePointer) {
      self.connection = connection
      cancel = PQgetCancel(connection)
    }

    deinit { finish() }

    func finish() {
      PQfinish(connection)
      connection = nil
    }
  }

  private final class NoticeBox: Sendable {
    let waiting = Mutex<[SQLNotice]>([])

    func take() -> [SQLNotice] {
      waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
    }
  }

  private init(link: Link, notices: NoticeBox) {
    self.link = link
    self.notices = notices
  }

  deinit { if let cancel = link.cancel { PQfreeCancel(cancel) } }

  /// - Parameter target: a connection string or URL, as psql takes it.
  /// - Throws: `SQLError` 08001 with libpq's reason.
  package static func connect(
    to target: String, timeoutSeconds: Int = 10
  ) async throws -> RemoteSession {
    let queue = BlockingQueue(label: "weir.connect")
    return try await queue.run {
      let separator = target.contains("://") ? (target.contains("?") ? "&" : "?") : " "
      let text = target + separator + "connect_timeout=\(timeoutSeconds)"
      guard let connection = PQconnectdb(text) else {
        throw SQLError("53200", "out of memory")
      }
      guard PQstatus(connection) == CONNECTION_OK else {
        let reason = String(cString: PQerrorMessage(connection))
        PQfinish(connection)
        throw SQLError("08001", reason.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      let notices = NoticeBox()
      PQsetNoticeReceiver(connection, receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
      return RemoteSession(link: Link(connection: connection), notices: notices)
    }
  }

  package var transactionStatus: TransactionStatus {
    get async { status.withLock { $0 } }
  }

  // MARK: Statements

  package func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    isRunning.withLock { $0 = true }
    defer { isRunning.withLock { $0 = false } }
    try await queue.run { [link] in
      guard let connection = link.connection else {
        throw SQLError("08003", "the session is closed")
      }
      guard PQsendQuery(connection, text) == 1 else { throw Self.failure(of: connection) }
      PQsetSingleRowMode(connection)
    }
    var isDescribed = false
    var firstError: (any Error)?
    while true {
      let wasDescribed = isDescribed
      guard let step = try await queue.run({ [self] in try next(isDescribed: wasDescribed) })
      else { break }
      do {
        if firstError == nil {
          for notice in notices.take() { try await receive(.notice(notice)) }
          for output in step.outputs { try await receive(output) }
          if let error = step.error { throw error }
        }
      } catch {
        // What the server still sends must be read before the next statement.
        if firstError == nil { cancel() }
        firstError = firstError ?? error
      }
      isDescribed = step.isDescribed
    }
    for notice in notices.take() where firstError == nil { try await receive(.notice(notice)) }
    if let firstError { throw firstError }
  }

  private struct Step: Sendable {
    var outputs: [SQLOutput] = []
    var error: SQLError?
    /// The result's columns were given already.
    var isDescribed = false
  }

  /// Some rows, or the end of a statement; nil at the end of the text.
  private func next(isDescribed: Bool) throws -> Step? {
    guard let connection = link.connection else { throw SQLError("08003", "the session is closed") }
    var step = Step(isDescribed: isDescribed)
    var batch: RowBatch?
    while let result = PQgetResult(connection) {
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
        if !step.isDescribed {
          step.outputs.append(.columns(Self.columns(of: result)))
          step.isDescribed = true
        }
        var rows = batch ?? RowBatch(columnCount: Int(PQnfields(result)))
        Self.append(result, to: &rows)
        batch = rows
        if PQresultStatus(result) == PGRES_TUPLES_OK {
          if !rows.isEmpty { step.outputs.append(.rows(rows)) }
          step.outputs.append(.complete(tag: String(cString: PQcmdStatus(result))))
          step.isDescribed = false
          return step
        }
        if rows.byteCount > 256 << 10 || rows.rowCount >= 10_000 {
          step.outputs.append(.rows(rows))
          return step
        }
      case PGRES_COMMAND_OK:
        step.outputs.append(.complete(tag: String(cString: PQcmdStatus(result))))
        return step
      case PGRES_EMPTY_QUERY:
        step.outputs.append(.empty)
        return step
      default:
        if let batch, !batch.isEmpty { step.outputs.append(.rows(batch)) }
        step.error = Self.error(in: result)
        step.isDescribed = false
        return step
      }
    }
    noteStatus(of: connection)
    return nil
  }

  private func noteStatus(of connection: OpaquePointer) {
    let new: TransactionStatus =
      switch PQtransactionStatus(connection) {
      case PQTRANS_INTRANS: .inTransaction
      case PQTRANS_INERROR: .failed
      default: .idle
      }
    status.withLock { $0 = new }
  }

  private static func columns(of result: OpaquePointer) -> [SQLColumn] {
    (0..<PQnfields(result)).map { index in
      let type = SQLType.known(oid: PQftype(result, index))
      return SQLColumn(name: String(cString: PQfname(result, index)), type: type)
    }
  }

  private static func append(_ result: OpaquePointer, to batch: inout RowBatch) {
    for row in 0..<PQntuples(result) {
      for column in 0..<PQnfields(result) {
        if PQgetisnull(result, row, column) == 1 {
          batch.appendNull()
        } else {
          let count = Int(PQgetlength(result, row, column))
          let start = UnsafeRawPointer(PQgetvalue(result, row, column))
          batch.append(
            UnsafeBufferPointer(start: start?.assumingMemoryBound(to: UInt8.self), count: count))
        }
      }
    }
  }

  // MARK: Errors

  private static func failure(of connection: OpaquePointer) -> SQLError {
    let text = String(cString: PQerrorMessage(connection))
    return SQLError("08006", text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private static func error(in result: OpaquePointer) -> SQLError {
    func field(_ code: Unicode.Scalar) -> String? {
      PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
    }
    let fallback = String(cString: PQresultErrorMessage(result))
    return SQLError(
      field("C") ?? "08006",
      field("M") ?? fallback.trimmingCharacters(in: .whitespacesAndNewlines),
      detail: field("D"), hint: field("H"), position: field("P").flatMap { Int($0) })
  }

  // MARK: Stopping

  package func cancel() {
    guard isRunning.withLock({ $0 }) else { return }
    let link = link
    DispatchQueue.global().async {
      guard let cancel = link.cancel else { return }
      var reason = [CChar](repeating: 0, count: 256)
      _ = PQcancel(cancel, &reason, 256)
    }
  }

  package func close() async {
    cancel()
    _ = try? await queue.run { [link] in link.finish() }
  }
}

extension RemoteSession {
  // Takes no actor: libpq calls it from the queue that reads results.
  private static let receiveNotice:
    @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Void = {
      box, result in
      guard let box, let result else { return }
      func field(_ code: Unicode.Scalar) -> String? {
        PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
      }
      let notice = SQLNotice(
        severity: field("V") ?? "NOTICE", sqlState: field("C") ?? "00000",
        message: field("M") ?? "")
      Unmanaged<NoticeBox>.fromOpaque(box).takeUnretainedValue().waiting.withLock {
        $0.append(notice)
      }
    }
}

extension SQLType {
  private static let all: [SQLType] = [
    .boolean, .smallint, .integer, .bigint, .real, .doublePrecision, .numeric, .varchar, .date,
    .time, .timestamp, .timestamptz, .interval, .uuid, .semistructured, .varbyte,
    SQLType("text", oid: 25, size: -1), SQLType("char", oid: 1042, size: -1),
    SQLType("name", oid: 19, size: 64), SQLType("oid", oid: 26, size: 4, isNumeric: true),
  ]

  fileprivate static func known(oid: UInt32) -> SQLType {
    all.first { $0.oid == oid } ?? SQLType("oid \(oid)", oid: oid, size: -1)
  }
}
