internal import Core

/// What a SELECT says as a whole, before its expressions are rewritten: outer joins by `(+)`,
/// CONNECT BY, EXCLUDE behind the list, and tables that are paths into a SUPER.
enum SelectRewriter {
  static func rewrite(
    _ original: Select, tables: SuperOperands.Names
  ) throws(SQLError) -> Select {
    var select = original
    if select.hierarchy != nil { return try HierarchyRewriter.rewrite(select) }
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

  /// `FROM t c, c.orders o, o e`: a table whose schema is the alias of one before it is no table,
  /// nor is one that has the name of an element.
  static func unnesting(_ sources: [TableSource]) -> [TableSource] {
    var names = Names()
    return sources.map { unnesting($0, &names) }
  }

  private struct Names {
    var aliases: Set<String> = []
    /// Those that elements of arrays and members of objects have.
    var elements: Set<String> = []

    mutating func add(element: String) {
      aliases.insert(element)
      elements.insert(element)
    }
  }

  private static func unnesting(_ source: TableSource, _ names: inout Names) -> TableSource {
    switch source {
    case .table(let table):
      if let first = table.name.parts.first,
        (table.name.parts.count > 1 ? names.aliases : names.elements).contains(first.name)
      {
        let alias = table.alias ?? Alias(name: table.name.parts[table.name.parts.count - 1])
        names.add(element: alias.name.name)
        return .unnest(
          Expression(.column(table.name.parts), position: table.name.position), alias,
          index: nil)
      }
      names.aliases.insert(table.callName)
      return source
    case .unnest(_, let alias, _):
      names.add(element: alias.name.name)
      return source
    case .unpivotObject(_, let value, _):
      names.add(element: value.name)
      return source
    case .join(let left, let right, let kind, let condition):
      let first = unnesting(left, &names)
      return .join(first, unnesting(right, &names), kind: kind, condition)
    case .query(_, let alias, _), .function(_, let alias), .pivot(_, _, let alias):
      if let alias { names.aliases.insert(alias.name.name) }
      return source
    case .nested(let inner): return .nested(unnesting(inner, &names))
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
