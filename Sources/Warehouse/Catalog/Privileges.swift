internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Users, groups, roles and what was granted to them: kept and shown, and nobody is kept out.
///
/// Names stand for themselves, as in GRANT; the first user, `weir`, is not among the rows.
struct Privileges {
  static let tables = [
    """
    CREATE TABLE IF NOT EXISTS weir.principal (
      id BIGINT NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, owner VARCHAR NOT NULL,
      options JSON NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.membership (
      container_kind VARCHAR NOT NULL, container VARCHAR NOT NULL, member_kind VARCHAR NOT NULL,
      member VARCHAR NOT NULL, has_option BOOLEAN NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.privilege (
      object_kind VARCHAR NOT NULL, schema_name VARCHAR NOT NULL, object_name VARCHAR NOT NULL,
      privilege VARCHAR NOT NULL, grantee_kind VARCHAR NOT NULL, grantee VARCHAR NOT NULL,
      has_option BOOLEAN NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.object_owner (
      object_kind VARCHAR NOT NULL, schema_name VARCHAR NOT NULL, object_name VARCHAR NOT NULL,
      owner VARCHAR NOT NULL)
    """,
    // ALTER DEFAULT PRIVILEGES, as written.
    "CREATE TABLE IF NOT EXISTS weir.default_privilege (statement VARCHAR NOT NULL)",
  ]

  let connection: Connection
  let owner: String

  // MARK: Principals

  func exists(_ principal: Principal) throws -> Bool {
    if principal.kind == .public { return true }
    if principal.kind == .user, [owner, "current_user", "session_user"].contains(principal.name) {
      return true
    }
    if principal.kind == .role, principal.name.hasPrefix("sys:") { return true }
    return try connection.scalar(
      "SELECT count(*) FROM weir.principal WHERE \(same(principal))") ?? 0 > 0
  }

  /// - Throws: 42704 for one that there is not.
  func require(_ principal: Principal) throws {
    guard try exists(principal) else {
      throw SQLError(
        "42704", "\(principal.kind.rawValue) \"\(principal.name)\" does not exist",
        position: principal.position)
    }
  }

  /// - Throws: 42710 for one that there is.
  func create(_ principal: Principal, options: [Access.Option]) throws {
    guard try !exists(principal) else {
      throw SQLError(
        "42710", "\(principal.kind.rawValue) \"\(principal.name)\" already exists",
        position: principal.position)
    }
    try connection.execute(
      """
      INSERT INTO weir.principal VALUES (nextval('weir.object_id'), \(kind(principal)),
        \(literal(principal.name)), \(literal(owner)), \(literal(json(options))))
      """)
  }

  func alter(_ principal: Principal, options: [Access.Option]) throws {
    try require(principal)
    try connection.execute(
      """
      UPDATE weir.principal SET options = json_merge_patch(options, \(literal(json(options))))
       WHERE \(same(principal))
      """)
  }

  func rename(_ principal: Principal, to name: String) throws {
    try require(principal)
    let renamed = Principal(kind: principal.kind, name: name, position: principal.position)
    guard try !exists(renamed) else {
      throw SQLError(
        "42710", "\(principal.kind.rawValue) \"\(name)\" already exists",
        position: principal.position)
    }
    let new = literal(name)
    for (table, kind, column) in [
      ("principal", "kind", "name"), ("membership", "container_kind", "container"),
      ("membership", "member_kind", "member"), ("privilege", "grantee_kind", "grantee"),
    ] {
      try connection.execute(
        "UPDATE weir.\(table) SET \(column) = \(new) WHERE \(kind) = \(self.kind(principal)) "
          + "AND \(column) = \(literal(principal.name))")
    }
  }

  /// - Throws: 2BP01 for one that still has privileges, as Redshift does for users.
  func drop(_ principal: Principal, ifExists: Bool) throws {
    if ifExists, try !exists(principal) { return }
    try require(principal)
    let grantee = "grantee_kind = \(kind(principal)) AND grantee = \(literal(principal.name))"
    let granted = try connection.scalar("SELECT count(*) FROM weir.privilege WHERE \(grantee)")
    if principal.kind != .role, granted ?? 0 > 0 {
      throw SQLError(
        "2BP01",
        "\(principal.kind.rawValue) \"\(principal.name)\" cannot be dropped because some objects "
          + "depend on it", detail: "it has privileges", hint: "REVOKE them first",
        position: principal.position)
    }
    try connection.execute("DELETE FROM weir.privilege WHERE \(grantee)")
    try connection.execute(
      """
      DELETE FROM weir.membership WHERE (container_kind = \(kind(principal))
          AND container = \(literal(principal.name)))
        OR (member_kind = \(kind(principal)) AND member = \(literal(principal.name)))
      """)
    try connection.execute("DELETE FROM weir.principal WHERE \(same(principal))")
  }

  func setMember(
    _ member: Principal, of container: Principal, isMember: Bool, hasOption: Bool = false
  ) throws {
    try require(container)
    try require(member)
    try connection.execute(
      """
      DELETE FROM weir.membership WHERE container_kind = \(kind(container))
        AND container = \(literal(container.name)) AND member_kind = \(kind(member))
        AND member = \(literal(member.name))
      """)
    guard isMember else { return }
    try connection.execute(
      """
      INSERT INTO weir.membership VALUES (\(kind(container)), \(literal(container.name)),
        \(kind(member)), \(literal(member.name)), \(hasOption))
      """)
  }

  // MARK: Grants

  /// Something that privileges are on.
  struct Object {
    /// `relation`, `schema`, or as in GRANT.
    var kind: String
    var schema = ""
    var name: String
  }

  func apply(_ grant: Grant, to object: Object, all: [String]) throws {
    for grantee in grant.grantees {
      for privilege in grant.privileges {
        let names = privilege.name == "ALL" && !all.isEmpty ? all : [privilege.name]
        let columns = privilege.columns.map(\.name).joined(separator: ", ")
        for name in names {
          try set(
            columns.isEmpty ? name : "\(name)(\(columns))", on: object, for: grantee, grant)
        }
      }
    }
  }

  private func set(
    _ privilege: String, on object: Object, for grantee: Principal, _ grant: Grant
  ) throws {
    let place = """
      object_kind = \(literal(object.kind)) AND schema_name = \(literal(object.schema))
        AND object_name = \(literal(object.name)) AND privilege = \(literal(privilege))
        AND grantee_kind = \(kind(grantee)) AND grantee = \(literal(grantee.name))
      """
    if grant.isOptionOnly {
      try connection.execute("UPDATE weir.privilege SET has_option = false WHERE \(place)")
      return
    }
    try connection.execute("DELETE FROM weir.privilege WHERE \(place)")
    guard !grant.isRevoke else { return }
    try connection.execute(
      """
      INSERT INTO weir.privilege VALUES (\(literal(object.kind)), \(literal(object.schema)),
        \(literal(object.name)), \(literal(privilege)), \(kind(grantee)),
        \(literal(grantee.name)), \(grant.hasOption))
      """)
  }

  func keepDefaults(_ text: String) throws {
    try connection.execute("INSERT INTO weir.default_privilege VALUES (\(literal(text)))")
  }

  func setOwner(_ owner: Principal, of object: Object) throws {
    try require(owner)
    try connection.execute(
      """
      DELETE FROM weir.object_owner WHERE object_kind = \(literal(object.kind))
        AND schema_name = \(literal(object.schema)) AND object_name = \(literal(object.name));
      INSERT INTO weir.object_owner VALUES (\(literal(object.kind)), \(literal(object.schema)),
        \(literal(object.name)), \(literal(owner.name)))
      """)
  }

  // MARK: SQL

  private func kind(_ principal: Principal) -> String { literal(principal.kind.rawValue) }

  private func same(_ principal: Principal) -> String {
    "kind = \(kind(principal)) AND name = \(literal(principal.name))"
  }

  /// Passwords are not kept.
  private func json(_ options: [Access.Option]) -> String {
    let members = options.map { option in
      // A setting that is taken back goes from what was kept.
      if option.name == "RESET" { return "\(ColumnFacts.string("SET " + option.value)): null" }
      let value = option.name == "PASSWORD" ? "********" : option.value
      return "\(ColumnFacts.string(option.name)): \(ColumnFacts.string(value))"
    }
    return "{\(members.joined(separator: ", "))}"
  }
}
