internal import Core

// ALTER TABLE, MERGE, COMMENT, and the small statements of a session.
extension Parser {
  mutating func alterAction() throws(SQLError) -> AlterAction {
    if let external = try externalAlteration() { return .external(external) }
    if take("add") { return try addition() }
    if take("drop") {
      if take("constraint") || take("primary", "key") {
        if current.kind == .word, !isWord("cascade"), !isWord("restrict") { advance() }
        _ = take("cascade") || take("restrict")
        return .constraint(primaryKey: [], unique: [])
      }
      _ = take("column")
      let column = try identifier("a column")
      let isCascade = take("cascade")
      if !isCascade { _ = take("restrict") }
      return .dropColumn(column, isCascade: isCascade)
    }
    if take("append", "from") { return try append() }
    if take("alter") { return try alteration() }
    if isWord("row") { throw unsupported("ALTER TABLE … ROW LEVEL SECURITY") }
    if isWord("set") { throw unsupported("ALTER TABLE … SET") }
    try expect("rename")
    if take("to") { return .rename(try identifier()) }
    _ = take("column")
    let old = try identifier("a column")
    try expect("to")
    return .renameColumn(old, try identifier("a column"))
  }

  private mutating func addition() throws(SQLError) -> AlterAction {
    if take("constraint") { _ = try identifier("a constraint") }
    if take("primary", "key") { return .constraint(primaryKey: try columnList(), unique: []) }
    if isWord("unique"), isSymbol("(", ahead: 1) {
      advance()
      return .constraint(primaryKey: [], unique: try columnList())
    }
    if take("foreign", "key") {
      _ = try columnList()
      try references()
      return .constraint(primaryKey: [], unique: [])
    }
    _ = take("column")
    return .addColumn(try columnDefinition())
  }

  private mutating func append() throws(SQLError) -> AlterAction {
    let source = try objectName()
    var fills = false
    var ignores = false
    while true {
      if take("filltarget") {
        fills = true
      } else if take("ignoreextra") {
        ignores = true
      } else {
        return .appendFrom(source, fillsTarget: fills, ignoresExtra: ignores)
      }
    }
  }

  private mutating func alteration() throws(SQLError) -> AlterAction {
    var attributes = TableAttributes()
    if take("encode", "auto") { return .attributes(attributes) }
    if isWord("distkey") || isWord("diststyle") || isWord("sortkey") || isWord("compound")
      || isWord("interleaved")
    {
      if take("sortkey", "none") {
        attributes.sortStyle = "none"
        return .attributes(attributes)
      }
      repeat {
        _ = take("alter")
        guard try takeAttribute(&attributes) else { throw unexpected() }
      } while takeSymbol(",") || isWord("distkey") || isWord("sortkey")
      return .attributes(attributes)
    }
    _ = take("column")
    let column = try identifier("a column")
    if take("encode") { return .encode(column, try label().name) }
    _ = take("set", "data")
    try expect("type")
    return .alterType(column, try typeName())
  }

  // MARK: Rows

  /// `a` or, in MERGE, `target.a`.
  mutating func assignedColumn() throws(SQLError) -> Identifier {
    var name = try identifier("a column")
    while takeSymbol(".") { name = try label() }
    return name
  }

  mutating func valueOrDefault() throws(SQLError) -> Expression {
    let start = position
    if take("default") { return Expression(.raw("DEFAULT"), position: start) }
    return try expression()
  }

  mutating func merge() throws(SQLError) -> Statement {
    try expect("merge", "into")
    let name = try objectName()
    let alias = isWord("using") ? nil : try alias()
    try expect("using")
    let source = try tablePrimary()
    try expect("on")
    var merge = Merge(
      target: TableReference(name: name, alias: alias), source: source,
      condition: try expression())
    if take("remove", "duplicates") {
      merge.removesDuplicates = true
      return .merge(merge)
    }
    while take("when") {
      if take("matched") {
        try expect("then")
        merge.matched = try matchedAction()
      } else {
        try expect("not", "matched", "then", "insert")
        if isSymbol("(") { merge.insertColumns = try mergeColumns() }
        try expect("values")
        try expectSymbol("(")
        var values: [Expression] = []
        repeat { values.append(try valueOrDefault()) } while takeSymbol(",")
        try expectSymbol(")")
        merge.insertValues = values
      }
    }
    guard merge.matched != nil || merge.insertValues != nil else {
      throw unexpected("expected WHEN or REMOVE DUPLICATES")
    }
    return .merge(merge)
  }

  private mutating func mergeColumns() throws(SQLError) -> [Identifier] {
    try expectSymbol("(")
    var names: [Identifier] = []
    repeat { names.append(try assignedColumn()) } while takeSymbol(",")
    try expectSymbol(")")
    return names
  }

  private mutating func matchedAction() throws(SQLError) -> Merge.Action {
    if take("delete") { return .delete }
    try expect("update", "set")
    var assignments: [Update.Assignment] = []
    repeat {
      let column = try assignedColumn()
      try expectSymbol("=")
      assignments.append(Update.Assignment(column: column, value: try valueOrDefault()))
    } while takeSymbol(",")
    return .update(assignments)
  }

  // MARK: Small statements

  mutating func comment() throws(SQLError) -> Statement {
    try expect("comment", "on")
    guard current.kind == .word, let kind = Comment.Kind(rawValue: current.text) else {
      throw unexpected("expected TABLE, COLUMN, VIEW, DATABASE or CONSTRAINT")
    }
    advance()
    let name = try columnPath()
    if kind == .constraint {
      try expect("on")
      _ = try objectName()
    }
    try expect("is")
    let text = take("null") ? nil : try expectString()
    return .comment(Comment(kind: kind, name: name, text: text))
  }

  /// Up to four parts: `database.schema.table.column`.
  private mutating func columnPath() throws(SQLError) -> ObjectName {
    let start = position
    var parts = [try identifier()]
    while takeSymbol(".") { parts.append(try label()) }
    return ObjectName(parts, position: start)
  }

  /// Options are taken as they come: there is nothing that they could change.
  mutating func maintenance() throws(SQLError) -> Statement {
    var word = current.text == "vacuum" ? "VACUUM" : "ANALYZE"
    advance()
    if word == "ANALYZE", take("compression") { word = "ANALYZE COMPRESSION" }
    let options: Set<String> = [
      "full", "sort", "delete", "reindex", "recluster", "only", "verbose", "compression",
    ]
    while current.kind == .word, options.contains(current.text) { advance() }
    var table: ObjectName?
    if current.kind == .word || current.kind == .quotedIdentifier, !isWord("predicate"),
      !isWord("all"), !isWord("boost")
    {
      table = try objectName()
    }
    while !isSymbol(";"), current.kind != .end { advance() }
    return .maintenance(word, table)
  }

  mutating func prepared() throws(SQLError) -> Statement {
    let word = current.text
    advance()
    if word == "deallocate" {
      _ = take("prepare")
      return .deallocate(take("all") ? nil : try identifier())
    }
    let name = try identifier("a name for the statement")
    if word == "execute" {
      var arguments: [Expression] = []
      if takeSymbol("(") {
        arguments = try expressions()
        try expectSymbol(")")
      }
      return .execute(name, arguments)
    }
    if takeSymbol("(") {
      repeat { _ = try typeName() } while takeSymbol(",")
      try expectSymbol(")")
    }
    try expect("as")
    return .prepare(name, try nested { parser throws(SQLError) in try parser.statement() })
  }

  mutating func cursor() throws(SQLError) -> Statement {
    let word = current.text
    advance()
    switch word {
    case "declare":
      let name = try identifier("a cursor")
      try expect("cursor", "for")
      if take("subscribe") {
        _ = take("to")
        let relation = try objectName()
        return .subscribe(name, relation, hasSnapshot: take("with", "snapshot"))
      }
      return .declareCursor(name, try query())
    case "close": return .closeCursor(take("all") ? nil : try identifier("a cursor"))
    default: return try fetch()
    }
  }

  private mutating func fetch() throws(SQLError) -> Statement {
    var rows: Int? = 1
    _ = take("next") || take("forward")
    if current.kind == .number {
      rows = try expectInteger()
    } else if take("all") {
      rows = nil
    }
    guard take("from") || take("in") else { throw unexpected("expected FROM") }
    let name = try identifier("a cursor")
    var seconds = 0
    if take("wait") {
      seconds = try expectInteger()
      _ = take("seconds") || take("second")
    }
    return .fetch(name, rows: rows, seconds: seconds)
  }
}
