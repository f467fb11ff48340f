internal import Core
internal import RedshiftSQL

/// `CURRENT_USER` and its like: what the session knows and DuckDB does not.
struct SessionValues {
  private static let names: Set<String> = ["current_user", "session_user", "user"]

  let session: WarehouseSession
  /// Whether the statement that is rewritten is about to run, once.
  private let isRun: Bool

  /// - Parameter statement: nil for a part of one.
  init(session: WarehouseSession, statement: Statement?) {
    self.session = session
    if case .query? = statement { isRun = true } else { isRun = false }
  }

  func rewrite(_ value: Expression) throws(SQLError) -> Expression? {
    guard case .call(let call) = value.kind, let name = call.simpleName, !call.isStar else {
      return nil
    }
    switch name {
    case "pg_backend_pid" where call.arguments.isEmpty: return number(session.id, value)
    case "pg_last_query_id" where call.arguments.isEmpty:
      return number(session.lastQuery, value)
    case "pg_last_unload_count" where call.arguments.isEmpty:
      return number(session.lastUnloadCount, value, as: "BIGINT")
    case "pg_last_copy_count" where call.arguments.isEmpty:
      return number(session.lastCopy.rows, value, as: "BIGINT")
    case "pg_last_copy_id" where call.arguments.isEmpty:
      return number(session.lastCopy.id, value)
    case "pg_cancel_backend": return number(try signal(call, value) { $0.cancel($1) }, value)
    case "pg_terminate_backend":
      return number(try signal(call, value) { $0.terminate($1) }, value)
    default:
      guard Self.names.contains(name), call.arguments.isEmpty else { return nil }
      return Expression(.string(session.user), position: value.position)
    }
  }

  private func number(
    _ number: Int, _ value: Expression, as type: String = "INTEGER"
  ) -> Expression {
    Expression(.raw("CAST(\(number) AS \(type))"), position: value.position)
  }

  /// - Returns: 1 if the session that the call names exists.
  private func signal(
    _ call: FunctionCall, _ value: Expression, _ send: (SessionDirectory, Int) -> Bool
  ) throws(SQLError) -> Int {
    guard call.arguments.count == 1, case .number(let text)? = call.arguments.first?.kind,
      let processID = Int(text)
    else {
      throw SQLError(
        "0A000", "\(call.simpleName ?? "the function") takes the number of a session",
        hint: "look it up in STV_RECENTS or STV_SESSIONS", position: value.position)
    }
    guard isRun else { return 0 }
    return send(session.warehouse.workload.sessions, processID) ? 1 : 0
  }
}

extension SessionDirectory {
  fileprivate func cancel(_ id: Int) -> Bool { cancel(id, message: nil) }
}
