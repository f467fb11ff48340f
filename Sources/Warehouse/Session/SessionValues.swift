internal import RedshiftSQL

/// `CURRENT_USER` and its like: what the session knows and DuckDB does not.
enum SessionValues {
  private static let names: Set<String> = ["current_user", "session_user", "user"]

  static func rewrite(_ value: Expression, user: String) -> Expression? {
    guard case .call(let call) = value.kind, let name = call.simpleName, names.contains(name),
      call.arguments.isEmpty, !call.isStar
    else { return nil }
    return Expression(.string(user), position: value.position)
  }
}
