internal import Core

extension Parser {
  mutating func statement() throws(SQLError) -> Statement {
    guard current.kind == .word || isSymbol("(") else { throw unexpected() }
    if isSymbol("(") { return .query(try query()) }
    switch current.text {
    case "with": return try withClause()
    case "select": return .query(try query())
    case "values": throw unsupported("VALUES as a statement")
    case "insert": return try insert()
    case "update": return try update()
    case "delete": return try delete()
    case "create": return try create()
    case "drop": return try drop()
    case "alter": return try alter()
    case "refresh": return try refresh()
    case "truncate":
      advance()
      _ = take("table")
      return .truncate(try objectName())
    case "explain": return try explain()
    case "call": return try call()
    case "merge": return try merge()
    case "comment": return try comment()
    case "grant", "revoke": return try grant()
    case "vacuum", "analyze", "analyse": return try maintenance()
    case "lock":
      advance()
      _ = take("table")
      return .lock(try objectNames())
    case "prepare", "execute", "deallocate": return try prepared()
    case "declare", "fetch", "close": return try cursor()
    case "cancel": return try cancel()
    case "unload": return try unload()
    case "copy": return try copy()
    case "begin", "start", "commit", "end", "rollback", "abort": return try transaction()
    case "set": return try set()
    case "reset":
      advance()
      return .reset(name: try settingName())
    case "show": return try show()
    default: throw unknownStatement()
    }
  }

  /// Redshift has the statement, Weir has not; or nobody has.
  private func unknownStatement() -> SQLError {
    let known: Set<String> = [
      "use",
      "discard", "savepoint", "release", "attach", "detach", "do", "listen", "notify", "desc",
    ]
    return known.contains(current.text)
      ? unsupported("\(current.text.uppercased())") : unexpected()
  }

  private mutating func cancel() throws(SQLError) -> Statement {
    try expect("cancel")
    let position = position
    let processID = try expectInteger()
    let message = current.kind == .string ? try expectString() : nil
    return .cancel(processID: processID, message: message, position: position)
  }

  private mutating func explain() throws(SQLError) -> Statement {
    try expect("explain")
    _ = take("verbose")
    let isAnalyze = take("analyze")
    let inner = try nested { parser throws(SQLError) in try parser.statement() }
    return .explain(inner, isAnalyze: isAnalyze)
  }

  // MARK: Sessions

  private mutating func transaction() throws(SQLError) -> Statement {
    let word = current.text
    advance()
    if word == "start" {
      try expect("transaction")
    } else {
      _ = take("transaction") || take("work")
    }
    switch word {
    case "begin", "start":
      return .begin(isReadOnly: try transactionModes())
    case "rollback", "abort":
      if isWord("to") { throw unsupported("ROLLBACK TO SAVEPOINT") }
      return .rollback
    default: return .commit
    }
  }

  /// ISOLATION LEVEL …, READ ONLY …: every transaction has snapshot isolation.
  ///
  /// - Returns: whether it is to read only.
  private mutating func transactionModes() throws(SQLError) -> Bool {
    var isReadOnly = false
    while true {
      if take("isolation", "level") {
        guard
          take("serializable") || take("repeatable", "read") || take("read", "committed")
            || take("read", "uncommitted") || take("snapshot")
        else { throw unexpected("expected an isolation level") }
      } else if take("read") {
        isReadOnly = take("only")
        guard isReadOnly || take("write") else { throw unexpected("expected ONLY or WRITE") }
      } else if !takeSymbol(",") {
        return isReadOnly
      }
    }
  }

  mutating func settingName() throws(SQLError) -> String {
    if take("time", "zone") { return "timezone" }
    if take("transaction", "isolation", "level") { return "transaction_isolation" }
    var name = try label().name
    while takeSymbol(".") { name += "." + (try label().name) }
    return name
  }

  private mutating func set() throws(SQLError) -> Statement {
    try expect("set")
    if take("session", "authorization") || take("session", "session", "authorization")
      || take("local", "session", "authorization")
    {
      let isDefault = isWord("default")
      let user = current.kind == .string ? try expectString() : try label().name
      return .set(name: "session_authorization", value: isDefault ? "default" : user)
    }
    _ = take("session") || take("local")
    if isWord("transaction") || isWord("characteristics") {
      while !isSymbol(";"), current.kind != .end { advance() }
      return .set(name: "transaction_isolation", value: "serializable")
    }
    let name = try settingName()
    if name != "timezone" || isSymbol("=") || isWord("to") {
      guard takeSymbol("=") || take("to") else { throw unexpected("expected TO or =") }
    }
    var values: [String] = []
    repeat {
      let sign = takeSymbol("-") ? "-" : ""
      guard current.kind != .end, current.kind != .symbol else {
        throw unexpected("expected a value")
      }
      values.append(sign + current.text)
      advance()
    } while takeSymbol(",")
    return .set(name: name, value: values.joined(separator: ", "))
  }

  // MARK: Rows

  private mutating func insert() throws(SQLError) -> Statement {
    try expect("insert", "into")
    _ = take("table")
    let table = try objectName()
    var insert = Insert(table: table, columns: [], query: nil)
    if isSymbol("("), !isQueryStart { insert.columns = try columnList() }
    if take("default", "values") { return .insert(insert) }
    insert.query = try query()
    return .insert(insert)
  }

  mutating func update() throws(SQLError) -> Statement {
    try expect("update")
    let name = try objectName()
    let alias = isWord("set") ? nil : try alias()
    try expect("set")
    var update = Update(
      table: TableReference(name: name, alias: alias), assignments: [], from: [])
    repeat {
      let column = try assignedColumn()
      try expectSymbol("=")
      update.assignments.append(
        Update.Assignment(column: column, value: try valueOrDefault()))
    } while takeSymbol(",")
    if take("from") {
      repeat { update.from.append(try tableSource()) } while takeSymbol(",")
    }
    if take("where") { update.condition = try expression() }
    return .update(update)
  }

  mutating func delete() throws(SQLError) -> Statement {
    try expect("delete")
    _ = take("from")
    let name = try objectName()
    let alias = isWord("using") || isWord("where") ? nil : try alias()
    var delete = Delete(table: TableReference(name: name, alias: alias), using: [])
    if take("using") {
      repeat { delete.using.append(try tableSource()) } while takeSymbol(",")
    }
    if take("where") { delete.condition = try expression() }
    return .delete(delete)
  }

  // MARK: Dropping and altering

  private mutating func drop() throws(SQLError) -> Statement {
    try expect("drop")
    if take("materialized", "view") {
      let ifExists = take("if", "exists")
      let names = try objectNames()
      let isCascade = take("cascade")
      if !isCascade { _ = take("restrict") }
      return .dropMaterializedView(names, ifExists: ifExists, isCascade: isCascade)
    }
    if let principals = try dropPrincipals() { return principals }
    if take("function") { return try dropFunction() }
    guard current.kind == .word, let kind = Drop.Kind(rawValue: current.text) else {
      throw current.kind == .word && peek(1).kind != .end
        ? unsupported("DROP \(current.text.uppercased())") : unexpected()
    }
    advance()
    let ifExists = take("if", "exists")
    var drop = Drop(kind: kind, names: try objectNames(), ifExists: ifExists, isCascade: false)
    drop.dropsExternalDatabase = kind == .schema && take("drop", "external", "database")
    drop.isCascade = take("cascade")
    if !drop.isCascade { _ = take("restrict") }
    return .drop(drop)
  }

  private mutating func alter() throws(SQLError) -> Statement {
    try expect("alter")
    if take("materialized", "view") {
      return try alterMaterializedView()
    }
    if let principal = try alterPrincipal() { return principal }
    if take("schema") {
      return try alterSchema()
    }
    guard take("table") else {
      throw unsupported("ALTER \(peek(0).text.uppercased())")
    }
    let name = try objectName()
    if isWord("owner") { return .access(.owner(kind: "table", name, try owner())) }
    return .alterTable(name, try alterAction())
  }

  mutating func yesOrNo() throws(SQLError) -> Bool {
    if take("yes") { return true }
    if take("no") { return false }
    throw unexpected("expected YES or NO")
  }

  private mutating func refresh() throws(SQLError) -> Statement {
    try expect("refresh", "materialized", "view")
    let name = try objectName()
    let isCascade = take("cascade")
    if !isCascade { _ = take("restrict") }
    return .refreshMaterializedView(name, isCascade: isCascade)
  }
}
