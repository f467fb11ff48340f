internal import Core
internal import DuckDB
internal import RedshiftSQL

/// `CURRENT_USER` and its like: what the session knows and DuckDB does not.
struct SessionValues {
  private static let names: Set<String> = ["current_user", "session_user", "user"]

  let session: WarehouseSession
  /// Whether the statement that is rewritten is about to run, once.
  private let isRun: Bool
  /// Whether the statement reads or writes rows now, and defines nothing.
  private let changesRows: Bool

  /// - Parameter statement: nil for a part of one.
  init(session: WarehouseSession, statement: Statement?) {
    self.session = session
    if case .query? = statement { isRun = true } else { isRun = false }
    switch statement {
    case .query, .insert, .update, .delete, .merge, .createTableAs: changesRows = true
    default: changesRows = false
    }
  }

  func rewrite(_ value: Expression) throws(SQLError) -> Expression? {
    if case .cast(let inner, let type, isTry: false) = value.kind, type.name == "regclass",
      case .string(let text) = inner.kind
    {
      return Expression(
        .raw("CAST(\(try relation(text, value).id) AS BIGINT)"), position: value.position)
    }
    guard case .call(let call) = value.kind, let name = call.simpleName, !call.isStar else {
      return nil
    }
    switch name {
    case "pg_backend_pid" where call.arguments.isEmpty: return number(session.id, value)
    case "pg_last_query_id" where call.arguments.isEmpty:
      return number(session.lastQuery, value)
    case "pg_last_unload_count" where call.arguments.isEmpty:
      return number(session.lastUnload.rows, value, as: "BIGINT")
    case "pg_last_unload_id" where call.arguments.isEmpty:
      return number(session.lastUnload.id, value)
    case "slice_num" where call.arguments.isEmpty: return number(0, value)
    case "user_is_member_of" where call.arguments.count == 2,
      "role_is_member_of" where call.arguments.count == 2:
      return membership(call, value)
    case "getdate", "timeofday": return moment(call, value)
    case "pg_last_copy_count" where call.arguments.isEmpty:
      return number(session.lastCopy.rows, value, as: "BIGINT")
    case "pg_last_copy_id" where call.arguments.isEmpty:
      return number(session.lastCopy.id, value)
    case "pg_cancel_backend", "pg_terminate_backend": return try signal(call, value)
    // As Redshift numbers the first user of a cluster.
    case "current_user_id" where call.arguments.isEmpty:
      return number(
        try user(named: session.currentUser).flatMap { Int($0) } ?? 100, value)
    case "current_namespace" where call.arguments.isEmpty:
      return Expression(.string("00000000-0000-0000-0000-000000000000"), position: value.position)
    case "current_aws_account" where call.arguments.isEmpty:
      return Expression(.string("000000000000"), position: value.position)
    case "current_schema" where call.arguments.isEmpty:
      return Expression(
        try path().first.map { .string($0) } ?? .null, position: value.position)
    case "current_schemas" where call.arguments.count == 1:
      let isWhole = call.arguments[0].kind == .boolean(true)
      let names = (isWhole ? ["pg_catalog"] : []) + (try path())
      return Expression(
        .raw("[\(names.map(literal).joined(separator: ", "))]::VARCHAR[]"),
        position: value.position)
    case "obj_description" where call.arguments.count == 1:
      return Expression(
        .raw(
          "(SELECT weir.remark(comment) FROM weir.user_relation "
            + "WHERE oid = \(Writer.expression(call.arguments[0])))"), position: value.position)
    case "current_setting" where call.arguments.count == 1:
      guard case .string(let setting) = call.arguments[0].kind else { return nil }
      return Expression(.string(try self.setting(named: setting)), position: value.position)
    case "pg_get_viewdef":
      guard case .string(let text)? = call.arguments.first?.kind else { return nil }
      return Expression(.string(try relation(text, value).definition), position: value.position)
    case "change_session_priority", "change_query_priority", "change_user_priority":
      return try priority(call, value)
    default:
      guard Self.names.contains(name), call.arguments.isEmpty else { return nil }
      return Expression(.string(session.currentUser), position: value.position)
    }
  }

  /// Source: the pages CHANGE_SESSION_PRIORITY and CHANGE_USER_PRIORITY. A statement that waits or
  /// runs keeps its priority.
  private func priority(
    _ call: FunctionCall, _ value: Expression
  ) throws(SQLError) -> Expression {
    let name = call.simpleName ?? ""
    guard name != "change_query_priority" else {
      throw SQLError(
        "0A000", "CHANGE_QUERY_PRIORITY is not supported",
        hint: "CHANGE_SESSION_PRIORITY has a session's next statements go first",
        position: value.position)
    }
    guard call.arguments.count == 2, case .string(let word) = call.arguments[1].kind,
      word.lowercased() == "reset" || QueryPriority(rawValue: word.lowercased()) != nil
    else {
      throw SQLError(
        "22023", "a priority is one of highest, high, normal, low, lowest",
        position: value.position)
    }
    let priority = QueryPriority(rawValue: word.lowercased())
    let sessions = session.warehouse.workload.sessions
    switch (name, call.arguments[0].kind) {
    case ("change_session_priority", .number(let text)):
      guard let id = Int(text), !isRun || sessions.setPriority(priority, ofSession: id) else {
        throw SQLError("42704", "session \(text) does not exist", position: value.position)
      }
      return changed("session", "(pid:\(text))", word, value)
    case ("change_user_priority", .string(let user)):
      guard try self.user(named: user) != nil else {
        throw SQLError("42704", "user \"\(user)\" does not exist", position: value.position)
      }
      if isRun { sessions.setPriority(priority, ofUser: user) }
      return changed("user", "(\(user))", word, value)
    default:
      throw SQLError("42883", "\(name) takes literals", position: value.position)
    }
  }

  private func changed(
    _ what: String, _ which: String, _ word: String, _ value: Expression
  ) -> Expression {
    let priority = word.lowercased() == "reset" ? "normal" : word.lowercased()
    return Expression(
      .string(
        "Succeeded to change \(what) priority. Changed \(what) \(which) priority to \(priority)."),
      position: value.position)
  }

  /// A relation by its name, as `'public.sales'::regclass` names it: its number, and the definition
  /// if it is a view.
  private func relation(
    _ text: String, _ value: Expression
  ) throws(SQLError) -> (id: String, definition: String) {
    let parts = text.lowercased().replacing("\"", with: "").split(separator: ".")
      .map(String.init)
    let schemas = parts.count > 1 ? [parts[parts.count - 2]] : try path()
    let list = schemas.map(literal).joined(separator: ", ")
    do {
      let rows = try session.connection.rows(
        """
        SELECT r.oid, v.definition FROM weir.user_relation r
          LEFT JOIN weir.pg_views v
            ON v.schemaname = r.schema_name AND v.viewname = r.table_name
         WHERE list_contains([\(list)]::VARCHAR[], r.schema_name)
           AND lower(r.table_name) = \(literal(parts.last ?? ""))
         ORDER BY list_position([\(list)]::VARCHAR[], r.schema_name)
        """)
      if let row = rows.first, let id = row[0] { return (id, row[1] ?? "") }
    } catch {
      throw sqlError(from: error)
    }
    throw SQLError("42P01", "relation \"\(text)\" does not exist", position: value.position)
  }

  private func path() throws(SQLError) -> [String] {
    do {
      return try session.searchPath()
    } catch {
      throw sqlError(from: error)
    }
  }

  /// Within a transaction DuckDB's clock stands still; GETDATE and TIMEOFDAY say when the statement
  /// began. Source: their pages. What is stored, such as a view, asks DuckDB's clock.
  private func moment(_ call: FunctionCall, _ value: Expression) -> Expression? {
    guard call.arguments.isEmpty, changesRows, let time = session.statementTime else { return nil }
    let instant = "make_timestamptz(\(time.microseconds))"
    return Expression(
      .raw(
        call.simpleName == "getdate"
          ? "CAST(\(instant) AT TIME ZONE current_setting('TimeZone') AS TIMESTAMP)"
          : "strftime(\(instant) AT TIME ZONE 'UTC', '%a %b %d %H:%M:%S.%f %Y') || ' UTC'"),
      position: value.position)
  }

  /// Source: the pages USER_IS_MEMBER_OF and ROLE_IS_MEMBER_OF: directly or through other roles.
  private func membership(_ call: FunctionCall, _ value: Expression) -> Expression {
    let kind = call.simpleName == "user_is_member_of" ? "user" : "role"
    let member = Writer.expression(call.arguments[0])
    let role = Writer.expression(call.arguments[1])
    return Expression(
      .raw(
        """
        (WITH RECURSIVE held(name) AS (
           SELECT container FROM weir.membership
            WHERE container_kind = 'role' AND member_kind = '\(kind)' AND member = \(member)
           UNION SELECT m.container FROM weir.membership m
             JOIN held ON m.member_kind = 'role' AND m.member = held.name
            WHERE m.container_kind = 'role')
         SELECT count(*) > 0 FROM held WHERE name = \(role))
        """), position: value.position)
  }

  private func setting(named name: String) throws(SQLError) -> String {
    do {
      return try session.withSettings { try $0.value(of: name.lowercased()) }
    } catch {
      throw sqlError(from: error)
    }
  }

  private func user(named name: String) throws(SQLError) -> String? {
    do {
      return try session.connection.rows(
        "SELECT id FROM weir.user_account WHERE name = \(literal(name))"
      ).first?[0]
    } catch {
      throw sqlError(from: error)
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
