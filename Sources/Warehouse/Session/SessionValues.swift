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
    case "pg_cancel_backend", "pg_terminate_backend": return try signal(call, value)
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

  /// Of a number that is written a signal is sent at once: the statement's own session, queue and
  /// locks are in nobody's way then.
  private func signal(
    _ call: FunctionCall, _ value: Expression
  ) throws(SQLError) -> Expression {
    let name = call.simpleName ?? ""
    guard call.arguments.count == 1, let argument = call.arguments.first else {
      throw SQLError(
        "42883", "function \(name) takes the number of a session",
        hint: "look it up in STV_RECENTS or STV_SESSIONS", position: value.position)
    }
    guard case .number(let text) = argument.kind, let processID = Int(text) else {
      let function = name == "pg_cancel_backend" ? "weir_cancel_backend" : "weir_terminate_backend"
      return Expression(
        .call(
          FunctionCall(function, [Expression(.cast(argument, TypeName("int8"), isTry: false))])),
        position: value.position)
    }
    guard isRun else { return number(0, value) }
    let sessions = session.warehouse.workload.sessions
    let isThere =
      name == "pg_cancel_backend"
      ? sessions.cancel(processID, message: nil) : sessions.terminate(processID)
    return number(isThere ? 1 : 0, value)
  }
}
