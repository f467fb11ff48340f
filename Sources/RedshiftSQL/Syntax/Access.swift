/// Whom privileges are for: users, groups and roles.
package struct Principal: Sendable, Hashable {
  package enum Kind: String, Sendable { case user, group, role, `public` }
  package var kind: Kind
  package var name: String
  /// In Unicode scalars from the start of the text, from 1.
  package var position: Int

  package init(kind: Kind, name: String, position: Int) {
    self.kind = kind
    self.name = name
    self.position = position
  }

  package static func == (left: Principal, right: Principal) -> Bool {
    left.kind == right.kind && left.name == right.name
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(name)
  }
}

/// GRANT and REVOKE.
package struct Grant: Sendable, Equatable {
  package struct Privilege: Sendable, Equatable {
    /// In upper case; `ALL` for all that the object knows.
    package var name: String
    package var columns: [Identifier]
  }

  package enum Object: Sendable, Equatable {
    case relations([ObjectName])
    case relationsIn(schemas: [ObjectName])
    case schemas([ObjectName])
    /// `DATABASE`, `FUNCTION`, `LANGUAGE` …: the kind, and what stands behind it.
    case other(kind: String, names: [String])
    /// Privileges of a role that are on nothing, such as `CREATE USER`.
    case system
  }

  package var isRevoke: Bool
  /// Only the right to pass it on is taken.
  package var isOptionOnly = false
  package var privileges: [Privilege]
  package var object: Object
  package var grantees: [Principal]
  package var hasOption = false
}

/// Statements about users, groups, roles and their privileges. A local engine has one user: what
/// they say is kept and shown, and keeps nobody out.
package enum Access: Sendable, Equatable {
  /// Options in upper case with their values.
  case create(Principal, options: [Option], members: [Principal], containers: [Principal])
  case alter(Principal, options: [Option])
  case rename(Principal, Identifier)
  case addMembers(Principal, [Principal])
  case dropMembers(Principal, [Principal])
  case drop([Principal], ifExists: Bool)
  case grant(Grant)
  case grantRoles([Principal], to: [Principal], isRevoke: Bool, hasOption: Bool)
  /// ALTER DEFAULT PRIVILEGES, as written.
  case defaults(String)
  /// ALTER … OWNER TO.
  case owner(kind: String, ObjectName, Principal)

  package struct Option: Sendable, Equatable {
    package var name: String
    package var value: String
  }
}
