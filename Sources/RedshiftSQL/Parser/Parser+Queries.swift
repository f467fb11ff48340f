internal import Core

extension Parser {
  mutating func query() throws(SQLError) -> Query {
    try nested { parser throws(SQLError) in try parser.queryBelow() }
  }

  private mutating func queryBelow() throws(SQLError) -> Query {
    var isRecursive = false
    var tables: [CommonTable] = []
    if take("with") {
      isRecursive = take("recursive")
      repeat {
        let name = try identifier("a name for the common table")
        let columns = isSymbol("(") ? try columnList() : []
        try expect("as")
        try expectSymbol("(")
        tables.append(CommonTable(name: name, columns: columns, query: try query()))
        try expectSymbol(")")
      } while takeSymbol(",")
    }
    var query = Query(body: try setOperations())
    query.isRecursive = isRecursive
    query.commonTables = tables
    try queryTail(&query)
    if case .select(let select) = query.body, let top = select.top, query.limit != nil {
      throw SQLError(
        "42601", "multiple LIMIT clauses not allowed", hint: "TOP is one",
        position: top.position)
    }
    return query
  }

  private mutating func queryTail(_ query: inout Query) throws(SQLError) {
    if take("order", "by") { query.orderBy = try orderItems() }
    while isWord("limit") || isWord("offset") {
      if take("limit") {
        if !take("all") { query.limit = try expression() }
      } else {
        advance()
        query.offset = try expression()
        _ = take("rows") || take("row")
      }
    }
    if isWord("fetch", "first") || isWord("fetch", "next") {
      throw unsupported("FETCH FIRST", hint: "LIMIT does the same")
    }
  }

  /// UNION and EXCEPT, of equal strength, over INTERSECT.
  private mutating func setOperations() throws(SQLError) -> QueryBody {
    var left = try intersections()
    var count = 0
    while true {
      let name: String
      if take("union") {
        name = "UNION"
      } else if take("except") || take("minus") {
        name = "EXCEPT"
      } else {
        return left
      }
      count += 1
      guard count <= Self.chainMax else {
        throw SQLError("54001", "too many set operations in a row", position: position)
      }
      if name == "EXCEPT", isWord("all") { throw unsupported("EXCEPT ALL") }
      let isAll = take("all")
      if !isAll { _ = take("distinct") }
      left = .setOperation(name, isAll: isAll, left, try intersections())
    }
  }

  private mutating func intersections() throws(SQLError) -> QueryBody {
    var left = try simpleQuery()
    while take("intersect") {
      if isWord("all") { throw unsupported("INTERSECT ALL") }
      _ = take("distinct")
      left = .setOperation("INTERSECT", isAll: false, left, try simpleQuery())
    }
    return left
  }

  private mutating func simpleQuery() throws(SQLError) -> QueryBody {
    if isSymbol("(") {
      advance()
      let inner = try query()
      try expectSymbol(")")
      return .nested(inner)
    }
    if take("values") {
      var rows: [[Expression]] = []
      repeat {
        try expectSymbol("(")
        rows.append(try expressions())
        try expectSymbol(")")
      } while takeSymbol(",")
      return .values(rows)
    }
    guard isWord("select") else { throw unexpected("expected SELECT") }
    return .select(try select())
  }

  private mutating func select() throws(SQLError) -> Select {
    try expect("select")
    var select = Select(items: [])
    if take("top") { select.top = try primary() }
    if take("distinct") {
      select.isDistinct = true
      if isWord("on"), isSymbol("(", ahead: 1) { throw unsupported("SELECT DISTINCT ON") }
    } else {
      _ = take("all")
    }
    if select.top == nil, take("top") { select.top = try primary() }
    repeat { select.items.append(try selectItem()) } while takeSymbol(",")
    if take("exclude") {
      select.exclude = try isSymbol("(") ? columnList() : identifiers()
    }
    if take("into") {
      select.isIntoTemporary = take("temporary") || take("temp")
      _ = take("table")
      select.into = try objectName()
    }
    if take("from") {
      repeat { select.from.append(try tableSource()) } while takeSymbol(",")
    }
    if take("where") { select.condition = try expression() }
    if isWord("start", "with") || isWord("connect", "by") { select.hierarchy = try hierarchy() }
    if take("group", "by") { select.groupBy = try groupItems() }
    if take("having") { select.having = try expression() }
    if isWord("window"), peek(1).kind != .end, isWord("as", ahead: 2) {
      throw unsupported("WINDOW", hint: "say OVER (…) at each function")
    }
    if take("qualify") { select.qualify = try expression() }
    return select
  }

  private mutating func identifiers() throws(SQLError) -> [Identifier] {
    var names = [try identifier("a column")]
    while takeSymbol(",") { names.append(try identifier("a column")) }
    return names
  }

  private mutating func hierarchy() throws(SQLError) -> Hierarchy {
    let start = position
    var condition: Expression?
    if take("start", "with") { condition = try expression() }
    try expect("connect", "by")
    let connection = try expression()
    if condition == nil, take("start", "with") { condition = try expression() }
    return Hierarchy(start: condition, connection: connection, position: start)
  }

  private mutating func selectItem() throws(SQLError) -> SelectItem {
    let value = try expression()
    if case .star = value.kind { return SelectItem(value) }
    if take("as") { return SelectItem(value, alias: try label()) }
    if current.kind == .quotedIdentifier
      || (current.kind == .word && !Keywords.noBareAlias.contains(current.text))
    {
      return SelectItem(value, alias: try label())
    }
    return SelectItem(value)
  }

  private mutating func groupItems() throws(SQLError) -> [GroupItem] {
    var items: [GroupItem] = []
    repeat {
      if (isWord("rollup") || isWord("cube")) && isSymbol("(", ahead: 1) {
        let name = current.text.uppercased()
        advance()
        try expectSymbol("(")
        items.append(.sets(name, try expressions()))
        try expectSymbol(")")
      } else if take("all") {
        items.append(.expression(Expression(.raw("ALL"))))
      } else if take("grouping", "sets") {
        items.append(try groupingSets())
      } else {
        items.append(.expression(try expression()))
      }
    } while takeSymbol(",")
    return items
  }

  private mutating func groupingSets() throws(SQLError) -> GroupItem {
    try expectSymbol("(")
    var sets: [[Expression]] = []
    repeat {
      if takeSymbol("(") {
        sets.append(isSymbol(")") ? [] : try expressions())
        try expectSymbol(")")
      } else {
        sets.append([try expression()])
      }
    } while takeSymbol(",")
    try expectSymbol(")")
    return .groupingSets(sets)
  }

  // MARK: FROM

  mutating func tableSource() throws(SQLError) -> TableSource {
    try nested { parser throws(SQLError) in try parser.joins() }
  }

  private mutating func joins() throws(SQLError) -> TableSource {
    var left = try pivots(of: try tablePrimary())
    var count = 0
    while let kind = try joinKind() {
      count += 1
      guard count <= Self.chainMax else {
        throw SQLError("54001", "too many joins in a row", position: position)
      }
      let right = try pivots(of: try tablePrimary())
      var condition = JoinCondition.none
      if !kind.hasPrefix("CROSS"), !kind.hasPrefix("NATURAL") {
        if take("on") {
          condition = .on(try expression())
        } else if take("using") {
          condition = .using(try columnList())
        } else {
          throw unexpected("expected ON or USING")
        }
      }
      left = .join(left, right, kind: kind, condition)
    }
    return left
  }

  private mutating func joinKind() throws(SQLError) -> String? {
    let isNatural = take("natural")
    var kind: String
    if take("cross") {
      kind = "CROSS JOIN"
    } else if take("inner") {
      kind = "INNER JOIN"
    } else if isWord("left") || isWord("right") || isWord("full") {
      kind = current.text.uppercased() + " JOIN"
      advance()
      _ = take("outer")
    } else if isWord("join") {
      kind = "INNER JOIN"
    } else if isNatural {
      throw unexpected("expected JOIN")
    } else {
      return nil
    }
    try expect("join")
    if isNatural { kind = "NATURAL " + kind }
    return kind
  }

  mutating func alias() throws(SQLError) -> Alias? {
    let isMarked = take("as")
    // `AT i`, `START WITH` and `CONNECT BY` go on with the query.
    let goesOn =
      isWord("start", "with") || isWord("connect", "by")
      || (isWord("at") && [.word, .quotedIdentifier].contains(peek(1).kind))
    guard isMarked || !goesOn else { return nil }
    guard
      isMarked || current.kind == .quotedIdentifier
        || (current.kind == .word && !Keywords.noBareAlias.contains(current.text))
    else { return nil }
    var alias = Alias(name: try label())
    if isSymbol("(") { alias.columns = try aliasColumns() }
    return alias
  }

  /// `(a, b)`, or `(a name, b int)` behind a function whose rows have no types of their own.
  private mutating func aliasColumns() throws(SQLError) -> [Identifier] {
    try expectSymbol("(")
    var names: [Identifier] = []
    repeat {
      names.append(try identifier("a column"))
      if !isSymbol(","), !isSymbol(")") { _ = try typeName() }
    } while takeSymbol(",")
    try expectSymbol(")")
    return names
  }
}
