internal import Core

/// What a SELECT says as a whole, before its expressions are rewritten: outer joins by `(+)`,
/// CONNECT BY, EXCLUDE behind the list, and tables that are paths into a SUPER.
enum SelectRewriter {
  static func rewrite(
    _ original: Select, tables: SuperOperands.Names
  ) throws(SQLError) -> Select {
    var select = original
    if select.hierarchy != nil { return try connected(select) }
    select.from = unnesting(select.from)
    for index in select.from.indices {
      guard case .function(let call, let alias) = select.from[index] else { continue }
      if let rows = try CatalogRule.source(call, alias) { select.from[index] = rows }
    }
    if let condition = select.condition, OuterMark.isIn(condition) {
      select = try outerJoined(select, condition)
    }
    if !select.exclude.isEmpty { select = excluding(select) }
    return try SuperOperands.rewrite(select, tables: tables)
  }

  // MARK: PartiQL

  /// `FROM t c, c.orders o`: a table whose schema is the alias of one before it is no table.
  private static func unnesting(_ sources: [TableSource]) -> [TableSource] {
    var aliases: Set<String> = []
    return sources.map { unnesting($0, &aliases) }
  }

  private static func unnesting(
    _ source: TableSource, _ aliases: inout Set<String>
  ) -> TableSource {
    switch source {
    case .table(let table):
      if table.name.parts.count > 1, let first = table.name.parts.first,
        aliases.contains(first.name)
      {
        let alias = table.alias ?? Alias(name: table.name.parts[table.name.parts.count - 1])
        aliases.insert(alias.name.name)
        return .unnest(
          Expression(.column(table.name.parts), position: table.name.position), alias,
          index: nil)
      }
      aliases.insert(table.callName)
      return source
    case .unnest(_, let alias, _):
      aliases.insert(alias.name.name)
      return source
    case .unpivotObject(_, let value, _):
      aliases.insert(value.name)
      return source
    case .join(let left, let right, let kind, let condition):
      let first = unnesting(left, &aliases)
      return .join(first, unnesting(right, &aliases), kind: kind, condition)
    case .query(_, let alias, _), .function(_, let alias), .pivot(_, _, let alias):
      if let alias { aliases.insert(alias.name.name) }
      return source
    case .nested(let inner): return .nested(unnesting(inner, &aliases))
    }
  }

  // MARK: EXCLUDE

  /// `SELECT *, a EXCLUDE b FROM t` → `SELECT * EXCLUDE (b) FROM (SELECT *, a FROM t)`.
  private static func excluding(_ original: Select) -> Select {
    var inner = original
    inner.exclude = []
    inner.into = nil
    if inner.items.count == 1,
      case .star(let qualifier, let exclude) = inner.items[0].expression.kind
    {
      inner.items[0].expression.kind = .star(
        qualifier: qualifier, exclude: exclude + original.exclude)
      inner.into = original.into
      return inner
    }
    var outer = Select(items: [
      SelectItem(Expression(.star(qualifier: [], exclude: original.exclude)))
    ])
    outer.into = original.into
    outer.from = [
      .query(Query(body: .select(inner)), Alias(name: Identifier("selected")), isLateral: false)
    ]
    return outer
  }

  // MARK: (+)

  /// `FROM a, b WHERE a.x = b.x(+)` → `FROM a LEFT JOIN b ON a.x = b.x`.
  private static func outerJoined(
    _ original: Select, _ condition: Expression
  ) throws(SQLError) -> Select {
    var select = original
    var terms: [Expression]
    if case .logical("AND", let list) = condition.kind { terms = list } else { terms = [condition] }
    var joins: [(table: String, condition: [Expression])] = []
    for term in terms where OuterMark.isIn(term) {
      let tables = OuterMark.tables(in: term)
      guard tables.count == 1, let table = tables.first ?? nil else {
        throw SQLError(
          "0A000", "(+) needs a column of one table, with the table's name, in each condition"
        )
        .placed(at: term.position)
      }
      let plain = try OuterMark.removed(from: term)
      if let index = joins.firstIndex(where: { $0.table == table }) {
        joins[index].condition.append(plain)
      } else {
        joins.append((table, [plain]))
      }
    }
    terms.removeAll { OuterMark.isIn($0) }
    var sources = select.from
    var optional: [(TableSource, [Expression])] = []
    for join in joins {
      guard let index = sources.firstIndex(where: { name(of: $0) == join.table }) else {
        throw SQLError("0A000", "(+) needs the table \"\(join.table)\" in a list behind FROM")
          .placed(at: condition.position)
      }
      optional.append((sources.remove(at: index), join.condition))
    }
    guard var tree = sources.first else {
      throw SQLError("0A000", "(+) needs a table whose rows are all kept")
        .placed(at: condition.position)
    }
    for source in sources.dropFirst() {
      tree = .join(tree, source, kind: "CROSS JOIN", .none)
    }
    for (source, conditions) in optional {
      let on = conditions.count == 1 ? conditions[0] : Expression(.logical("AND", conditions))
      tree = .join(tree, source, kind: "LEFT JOIN", .on(on))
    }
    select.from = [tree]
    select.condition =
      terms.isEmpty ? nil : terms.count == 1 ? terms[0] : Expression(.logical("AND", terms))
    return select
  }

  private static func name(of source: TableSource) -> String? {
    switch source {
    case .table(let table): table.callName
    case .query(_, let alias, _): alias?.name.name
    default: nil
    }
  }

  // MARK: CONNECT BY

  /// `SELECT … FROM t START WITH a CONNECT BY PRIOR b = c` → a recursive common table: a row's
  /// LEVEL is its parent's and one. A row that would follow from itself ends in DuckDB's limit of
  /// recursion, as Redshift ends in an error.
  private static func connected(_ original: Select) throws(SQLError) -> Select {
    guard let hierarchy = original.hierarchy, original.from.count == 1,
      case .table(let table)? = original.from.first
    else {
      throw SQLError("0A000", "CONNECT BY over more than one table is not supported")
        .placed(at: original.hierarchy?.position ?? 0)
    }
    let name = table.callName
    let all = SelectItem(Expression(.star(qualifier: [Identifier(name)], exclude: [])))
    var first = Select(items: [
      all, SelectItem(Expression(.number("1")), alias: Identifier("level")),
    ])
    first.from = [.table(TableReference(name: table.name, alias: Alias(name: Identifier(name))))]
    first.condition = hierarchy.start
    let level = Expression(.column([Identifier("connected$"), Identifier("level")]))
    var next = Select(items: [
      all,
      SelectItem(
        Expression(.binary("+", level, Expression(.number("1")))), alias: Identifier("level")),
    ])
    next.from =
      first.from + [.table(TableReference(name: ObjectName([Identifier("connected$")])))]
    next.condition = try prior(hierarchy.connection, of: name)
    var common = Query(
      body: .setOperation("UNION", isAll: true, .select(first), .select(next)))
    common.isRecursive = false
    var outer = original
    outer.hierarchy = nil
    var inner = Query(body: .select(starFrom("connected$")))
    inner.isRecursive = true
    inner.commonTables = [
      CommonTable(name: Identifier("connected$"), columns: [], query: common)
    ]
    outer.from = [.query(inner, Alias(name: Identifier(name)), isLateral: false)]
    outer.items = outer.items.map { item in
      guard case .star(let qualifier, let exclude) = item.expression.kind else { return item }
      return SelectItem(
        Expression(.star(qualifier: qualifier, exclude: exclude + [Identifier("level")])))
    }
    return outer
  }

  private static func starFrom(_ name: String) -> Select {
    var select = Select(items: [SelectItem(Expression(.star(qualifier: [], exclude: [])))])
    select.from = [.table(TableReference(name: ObjectName([Identifier(name)])))]
    return select
  }

  /// Columns behind PRIOR are the parent's, the others the row's own.
  private static func prior(
    _ condition: Expression, of table: String
  ) throws(SQLError) -> Expression {
    var map = TreeMap(expression: { value throws(SQLError) in
      switch value.kind {
      case .unary("PRIOR", let inner):
        guard case .column(let parts) = inner.kind, let last = parts.last else {
          throw SQLError("0A000", "PRIOR of an expression is not supported")
            .placed(at: value.position)
        }
        return Expression(.column([Identifier("connected$"), last]), position: value.position)
      case .column(let parts) where parts.count == 1:
        return Expression(.column([Identifier(table)] + parts), position: value.position)
      default: return nil
      }
    })
    return try map.map(condition)
  }
}

/// Columns with `(+)` behind them.
private enum OuterMark {
  static func isIn(_ expression: Expression) -> Bool { !tables(in: expression).isEmpty }

  /// The tables of marked columns; nil for one without a table.
  static func tables(in expression: Expression) -> Set<String?> {
    var found: Set<String?> = []
    var map = TreeMap(expression: { value throws(SQLError) in
      if case .unary("(+)", let inner) = value.kind, case .column(let parts) = inner.kind {
        found.insert(parts.count > 1 ? parts[parts.count - 2].name : nil)
      }
      return nil
    })
    _ = try? map.map(expression)
    return found
  }

  static func removed(from expression: Expression) throws(SQLError) -> Expression {
    var map = TreeMap(expression: { value throws(SQLError) in
      guard case .unary("(+)", let inner) = value.kind else { return nil }
      return inner
    })
    return try map.map(expression)
  }
}
