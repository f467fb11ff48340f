internal import Core
internal import DuckDB
internal import RedshiftSQL

// CREATE USER, GRANT and their like. Scripts that have them run; the engine has one user, whom they
// bind to nothing.
extension WarehouseSession {
  func apply(_ access: Access, _ receive: Receive) async throws {
    try await queue.run { [self] in
      try atomically { try keep(access, in: Privileges(connection: connection, owner: user)) }
    }
    if access.restricts {
      try await receive(
        .notice(
          SQLNotice(
            severity: "INFO",
            message: "Privileges are kept and shown; they keep nobody out of a local engine.")))
    }
    try await receive(.complete(tag: access.tag))
  }

  private func keep(_ access: Access, in privileges: Privileges) throws {
    switch access {
    case .create(let principal, let options, let members, let containers):
      try privileges.create(principal, options: options)
      for member in members {
        try privileges.setMember(member, of: principal, isMember: true)
      }
      for container in containers {
        try privileges.setMember(principal, of: container, isMember: true)
      }
    case .alter(let principal, let options): try privileges.alter(principal, options: options)
    case .rename(let principal, let name): try privileges.rename(principal, to: name.name)
    case .addMembers(let group, let members):
      for member in members { try privileges.setMember(member, of: group, isMember: true) }
    case .dropMembers(let group, let members):
      for member in members { try privileges.setMember(member, of: group, isMember: false) }
    case .drop(let principals, let ifExists):
      for principal in principals { try privileges.drop(principal, ifExists: ifExists) }
    case .grant(let grant): try keep(grant, in: privileges)
    case .grantRoles(let roles, let grantees, let isRevoke, let hasOption):
      for role in roles {
        for grantee in grantees {
          try privileges.setMember(
            grantee, of: role, isMember: !isRevoke, hasOption: hasOption)
        }
      }
    case .defaults(let text): try privileges.keepDefaults(text)
    case .owner(let kind, let name, let owner):
      try privileges.setOwner(owner, of: try object(name, kind: kind))
    }
  }

  private func keep(_ grant: Grant, in privileges: Privileges) throws {
    for grantee in grant.grantees { try privileges.require(grantee) }
    switch grant.object {
    case .relations(let names):
      let known = Self.relationPrivileges + ["ALL", "RULE", "TRIGGER"]
      if let unknown = grant.privileges.first(where: { !known.contains($0.name) }) {
        throw SQLError("42601", "unrecognized privilege type \"\(unknown.name.lowercased())\"")
      }
      for name in names {
        try privileges.apply(
          grant, to: try object(name, kind: "table"), all: Self.relationPrivileges)
      }
    case .relationsIn(let schemas):
      for schema in schemas {
        _ = try object(schema, kind: "schema")
        let rows = try connection.rows(
          "SELECT table_name FROM weir.user_relation WHERE schema_name = \(literal(schema.name))")
        for name in rows.compactMap({ $0[0] }) {
          try privileges.apply(
            grant, to: .init(kind: "relation", schema: schema.name, name: name),
            all: Self.relationPrivileges)
        }
      }
    case .schemas(let names):
      for name in names {
        try privileges.apply(
          grant, to: try object(name, kind: "schema"), all: ["CREATE", "USAGE", "ALTER", "DROP"])
      }
    case .other(let kind, let names):
      for name in names {
        try privileges.apply(grant, to: .init(kind: kind.lowercased(), name: name), all: [])
      }
    case .system: try privileges.apply(grant, to: .init(kind: "system", name: ""), all: [])
    }
  }

  private static let relationPrivileges = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "REFERENCES", "ALTER", "TRUNCATE",
  ]

  /// - Throws: 42P01 or 3F000 for what there is not.
  private func object(_ name: ObjectName, kind: String) throws -> Privileges.Object {
    switch kind {
    case "schema":
      guard try catalog.schemaExists(name.name) || catalog.externalSchema(name.name) != nil else {
        throw SQLError(
          "3F000", "schema \"\(name.name)\" does not exist", position: name.position)
      }
      return .init(kind: "schema", name: name.name)
    case "materialized view":
      guard try catalog.view(schema: name.schema ?? "public", name: name.name) != nil else {
        throw missing(name)
      }
      return .init(kind: "relation", schema: name.schema ?? "public", name: name.name)
    case "table":
      let relation = RelationName(schema: name.schema ?? "public", name: name.name)
      let isKnown =
        try catalog.kind(of: relation) != nil || catalog.externalSchema(relation.schema) != nil
        || SystemTables.isSystem(name)
        || catalog.kind(of: RelationName(schema: "main", name: name.name)) != nil
      guard isKnown else {
        throw SQLError(
          "42P01", "relation \"\(name.name)\" does not exist", position: name.position)
      }
      return .init(kind: "relation", schema: relation.schema, name: relation.name)
    default: return .init(kind: kind, name: name.name)
    }
  }
}

extension Access {
  /// Whether somebody may expect to be kept out by it.
  fileprivate var restricts: Bool {
    switch self {
    case .grant, .grantRoles, .defaults: true
    default: false
    }
  }

  fileprivate var tag: String {
    switch self {
    case .create(let principal, _, _, _): "CREATE \(principal.kind.rawValue.uppercased())"
    case .alter(let principal, _), .rename(let principal, _), .addMembers(let principal, _),
      .dropMembers(let principal, _):
      "ALTER \(principal.kind.rawValue.uppercased())"
    case .drop(let principals, _):
      "DROP \((principals.first?.kind ?? .user).rawValue.uppercased())"
    case .grant(let grant): grant.isRevoke ? "REVOKE" : "GRANT"
    case .grantRoles(_, _, let isRevoke, _): isRevoke ? "REVOKE" : "GRANT"
    case .defaults: "ALTER DEFAULT PRIVILEGES"
    case .owner(let kind, _, _): "ALTER \(kind.uppercased())"
    }
  }
}
