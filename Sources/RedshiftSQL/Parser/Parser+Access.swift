internal import Core

// Users, groups, roles, GRANT and REVOKE.
extension Parser {
  // MARK: CREATE, ALTER, DROP

  /// nil where no USER, GROUP or ROLE follows.
  mutating func createPrincipal() throws(SQLError) -> Statement? {
    guard let kind = takePrincipalKind() else { return nil }
    let principal = try principal(kind)
    var options: [Access.Option] = []
    var members: [Principal] = []
    var containers: [Principal] = []
    _ = take("with")
    while !isStatementEnd {
      if take("in", "group") {
        containers += try principals(.group)
      } else if kind == .group, take("user") {
        members += try principals(.user)
      } else {
        options.append(try principalOption())
      }
    }
    return .access(
      .create(principal, options: options, members: members, containers: containers))
  }

  mutating func alterPrincipal() throws(SQLError) -> Statement? {
    if isWord("default", "privileges") { return .access(.defaults(try rest())) }
    guard let kind = takePrincipalKind() else { return nil }
    let principal = try principal(kind)
    _ = take("with")
    if take("rename", "to") { return .access(.rename(principal, try identifier())) }
    if kind == .group {
      if take("add", "user") { return .access(.addMembers(principal, try principals(.user))) }
      try expect("drop", "user")
      return .access(.dropMembers(principal, try principals(.user)))
    }
    if take("owner", "to") {
      let owner = try self.principal(.user)
      return .access(
        .owner(
          kind: kind.rawValue,
          ObjectName([Identifier(principal.name)], position: principal.position), owner))
    }
    var options: [Access.Option] = []
    while !isStatementEnd { options.append(try principalOption()) }
    return .access(.alter(principal, options: options))
  }

  mutating func dropPrincipals() throws(SQLError) -> Statement? {
    guard let kind = takePrincipalKind() else { return nil }
    let ifExists = take("if", "exists")
    let names = try principals(kind)
    _ = take("force") || take("restrict")
    return .access(.drop(names, ifExists: ifExists))
  }

  mutating func owner() throws(SQLError) -> Principal {
    try expect("owner", "to")
    return try principal(.user)
  }

  var isStatementEnd: Bool { isSymbol(";") || current.kind == .end }

  /// What is left of the statement, as written.
  private mutating func rest() throws(SQLError) -> String {
    let start = current
    while !isStatementEnd { advance() }
    return text(from: start, to: current.range.lowerBound)
  }

  private mutating func takePrincipalKind() -> Principal.Kind? {
    if take("user") { return .user }
    if take("group") { return .group }
    if take("role") { return .role }
    return nil
  }

  private mutating func principal(_ kind: Principal.Kind) throws(SQLError) -> Principal {
    let start = position
    var name = try label().name
    // `sys:dba`, `IAM:Bob`
    if takeSymbol(":") { name += ":" + (try label().name) }
    return Principal(kind: kind, name: name, position: start)
  }

  private mutating func principals(_ kind: Principal.Kind) throws(SQLError) -> [Principal] {
    var all = [try principal(kind)]
    while takeSymbol(",") {
      if kind == .role { _ = take("role") }
      all.append(try principal(kind))
    }
    return all
  }

  /// `PASSWORD 'x'`, `CREATEDB`, `VALID UNTIL 'x'`, `SET search_path TO x` …
  private mutating func principalOption() throws(SQLError) -> Access.Option {
    let plain: Set<String> = ["createdb", "nocreatedb", "createuser", "nocreateuser"]
    let valued = ["password", "externalid", "sysid"]
    for word in valued where isWord(word) {
      advance()
      _ = word == "externalid" && take("to")
      return Access.Option(name: word.uppercased(), value: try optionValue())
    }
    for (first, second) in [
      ("valid", "until"), ("connection", "limit"), ("session", "timeout"), ("syslog", "access"),
    ] where isWord(first, second) {
      advance()
      advance()
      return Access.Option(name: "\(first) \(second)".uppercased(), value: try optionValue())
    }
    if take("set") {
      let name = try label().name
      guard takeSymbol("=") || take("to") else { throw unexpected("expected TO or =") }
      var value = try optionValue()
      while takeSymbol(",") { value += ", " + (try optionValue()) }
      return Access.Option(name: "SET " + name, value: value)
    }
    if take("reset") {
      let isTimeout = take("session", "timeout")
      return Access.Option(
        name: "RESET", value: isTimeout ? "session timeout" : try label().name)
    }
    guard current.kind == .word, plain.contains(current.text) else {
      throw unexpected("expected an option such as PASSWORD or CREATEDB")
    }
    defer { advance() }
    return Access.Option(name: current.text.uppercased(), value: "")
  }

  private mutating func optionValue() throws(SQLError) -> String {
    guard current.kind != .end, current.kind != .symbol else {
      throw unexpected("expected a value")
    }
    defer { advance() }
    return current.text
  }

  // MARK: GRANT, REVOKE

  mutating func grant() throws(SQLError) -> Statement {
    let isRevoke = isWord("revoke")
    advance()
    let isOptionOnly =
      isRevoke && (take("grant", "option", "for") || take("admin", "option", "for"))
    if take("role") {
      let roles = try principals(.role)
      try expect(isRevoke ? "from" : "to")
      let (grantees, hasOption) = try grantees()
      return .access(
        .grantRoles(
          roles, to: grantees, isRevoke: isRevoke && !isOptionOnly,
          hasOption: hasOption && !isRevoke))
    }
    var privileges = [try privilege()]
    while takeSymbol(",") { privileges.append(try privilege()) }
    let object = take("on") ? try grantedObject() : .system
    try expect(isRevoke ? "from" : "to")
    if isWord("account") || isWord("namespace") { throw unsupported("DATASHARE") }
    let (grantees, hasOption) = try grantees()
    _ = take("cascade") || take("restrict")
    // ASSUMEROLE … FOR COPY
    if take("for") { while !isStatementEnd { advance() } }
    return .access(
      .grant(
        Grant(
          isRevoke: isRevoke, isOptionOnly: isOptionOnly, privileges: privileges, object: object,
          grantees: grantees, hasOption: hasOption)))
  }

  /// One word or several: `SELECT`, `ALL PRIVILEGES`, `CREATE USER`; columns may follow.
  private mutating func privilege() throws(SQLError) -> Grant.Privilege {
    var words: [String] = []
    while current.kind == .word, !isWord("on"), !isWord("to"), !isWord("from") {
      words.append(current.text.uppercased())
      advance()
    }
    guard !words.isEmpty else { throw unexpected("expected a privilege") }
    let columns = isSymbol("(") ? try columnList() : []
    let name = words == ["ALL", "PRIVILEGES"] ? "ALL" : words.joined(separator: " ")
    return Grant.Privilege(name: name == "TEMPORARY" ? "TEMP" : name, columns: columns)
  }

  private mutating func grantedObject() throws(SQLError) -> Grant.Object {
    if take("all", "tables", "in", "schema") { return .relationsIn(schemas: try objectNames()) }
    if take("schema") { return .schemas(try objectNames()) }
    if take("external", "schema") { return .schemas(try objectNames()) }
    if current.kind == .string { return .other(kind: "IAM_ROLE", names: [try expectString()]) }
    let kinds: Set<String> = [
      "database", "function", "procedure", "language", "model", "datashare", "external", "copy",
      "all",
    ]
    if current.kind == .word, kinds.contains(current.text) {
      let kind = current.text.uppercased()
      advance()
      var names: [String] = []
      var depth = 0
      let start = current
      while !isStatementEnd, depth > 0 || !(isWord("to") || isWord("from")) {
        if isSymbol("(") { depth += 1 }
        if isSymbol(")") { depth -= 1 }
        advance()
      }
      names.append(text(from: start, to: current.range.lowerBound))
      return .other(kind: kind, names: names)
    }
    _ = take("table")
    return .relations(try objectNames())
  }

  private mutating func grantees() throws(SQLError) -> ([Principal], hasOption: Bool) {
    var all: [Principal] = []
    var hasOption = false
    repeat {
      if isWord("public") {
        all.append(Principal(kind: .public, name: "public", position: position))
        advance()
      } else {
        all.append(try principal(takePrincipalKind() ?? .user))
      }
      if take("with", "grant", "option") || take("with", "admin", "option") { hasOption = true }
    } while takeSymbol(",")
    return (all, hasOption)
  }
}
