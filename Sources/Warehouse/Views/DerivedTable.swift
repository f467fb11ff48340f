internal import Core
internal import RedshiftSQL

/// `SELECT d.a::int FROM (SELECT JSON_PARSE(kinesis_data) AS d FROM s.stream WHERE …) t` as one
/// SELECT from the stream: each column of the derived table is what it stands for.
///
/// Sound for a derived table whose rows are the stream's, filtered: expressions of a view over a
/// stream have no side effects, and are the same wherever they are computed. A common table that
/// is the only source is the same.
struct DerivedTable {
  private let name: String
  private let columns: [(name: String, value: Expression)]

  /// - Returns: the query itself if it is no SELECT from a derived table that can be taken apart.
  /// - Throws: `SQLError` 42703 for a column that the derived table has not.
  static func inlined(_ query: Query) throws(SQLError) -> Query {
    guard case .select(var outer) = query.body, outer.from.count == 1,
      let (source, alias) = derived(outer.from[0], query.commonTables)
    else { return query }
    guard case .select(let inner) = try inlined(source).body, source.isPlain, inner.isPlain,
      inner.from.count == 1,
      case .table(let table)? = inner.from.first, outer.exclude.isEmpty
    else { return query }
    let derived = try DerivedTable(inner, of: table, alias)
    var items: [SelectItem] = []
    for item in outer.items { items += try derived.items(of: item) }
    outer.items = items
    outer.condition = try derived.condition(inner.condition, outer.condition)
    outer.groupBy = try derived.groups(outer)
    if let having = outer.having { outer.having = try derived.replaced(having) }
    outer.from = inner.from
    var result = query
    result.commonTables = []
    result.body = .select(outer)
    return result
  }

  /// The query in FROM and what it is called there.
  private static func derived(
    _ source: TableSource, _ commonTables: [CommonTable]
  ) -> (query: Query, alias: Alias)? {
    switch source {
    case .query(let query, let alias?, _) where commonTables.isEmpty: return (query, alias)
    case .nested(let inner): return derived(inner, commonTables)
    case .table(let table):
      guard commonTables.count == 1, let common = commonTables.first,
        table.name.parts == [common.name]
      else { return nil }
      var alias = table.alias ?? Alias(name: common.name)
      if alias.columns.isEmpty { alias.columns = common.columns }
      return (common.query, alias)
    default: return nil
    }
  }

  private init(
    _ inner: Select, of table: TableReference, _ alias: Alias
  ) throws(SQLError) {
    let items = inner.items.flatMap { StreamPlan.expand($0, alias: table.callName) }
    try ViewNames.check(items)
    name = alias.name.name
    columns = items.enumerated().map { index, item in
      let renamed = alias.columns.indices.contains(index) ? alias.columns[index].name : nil
      return (renamed ?? item.outputName, item.expression)
    }
  }

  // MARK: The outer query's parts

  private func items(of item: SelectItem) throws(SQLError) -> [SelectItem] {
    guard case .star(let qualifier, let exclude) = item.expression.kind else {
      return [
        SelectItem(
          try replaced(item.expression), alias: Identifier(item.outputName))
      ]
    }
    guard qualifier.isEmpty || qualifier.map(\.name) == [name] else {
      throw unknown(qualifier, at: item.expression.position)
    }
    return columns.filter { column in !exclude.contains { $0.name == column.name } }
      .map { SelectItem($0.value, alias: Identifier($0.name)) }
  }

  /// The outer condition is asked about rows that passed the inner one, and about no others.
  private func condition(
    _ inner: Expression?, _ outer: Expression?
  ) throws(SQLError) -> Expression? {
    guard let outer else { return inner }
    let test = try replaced(outer)
    guard let inner else { return test }
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: inner, result: test)],
        otherwise: Expression(.boolean(false))))
  }

  private func groups(_ outer: Select) throws(SQLError) -> [GroupItem] {
    var groups: [GroupItem] = []
    for item in outer.groupBy {
      guard case .expression(let value) = item else {
        throw StreamPlan.unsupported("grouping sets over a subquery")
      }
      groups.append(.expression(try replaced(value)))
    }
    return groups
  }

  private func replaced(_ expression: Expression) throws(SQLError) -> Expression {
    var map = TreeMap(
      expression: { value throws(SQLError) in
        guard case .column(let parts) = value.kind else { return nil }
        if let found = self.value(of: parts) { return found }
        // A bare date part is an argument of DATEADD and its like.
        if parts.count == 1, DateParts.canonical(parts[0].name) != nil { return nil }
        throw self.unknown(parts, at: value.position)
      })
    return try map.map(expression)
  }

  /// `t.d`, `d`, or either with a path into the SUPER that it is.
  private func value(of parts: [Identifier]) -> Expression? {
    var rest = parts[...]
    if rest.count > 1, rest.first?.name == name, column(parts[1]) != nil {
      rest = rest.dropFirst()
    }
    guard let first = rest.first, let value = column(first) else { return nil }
    return rest.dropFirst().reduce(value) { base, step in
      Expression(.field(base, step), position: base.position)
    }
  }

  private func column(_ name: Identifier) -> Expression? {
    columns.first { $0.name == name.name }?.value
  }

  private func unknown(_ parts: [Identifier], at position: Int) -> SQLError {
    let name = parts.map(\.name).joined(separator: ".")
    return SQLError(
      "42703", "column \"\(name)\" does not exist",
      hint: "\(self.name) has \(columns.map(\.name).joined(separator: ", "))",
      position: position > 0 ? position : nil)
  }
}

extension Query {
  var isPlain: Bool { orderBy.isEmpty && limit == nil && offset == nil }
}

extension Select {
  /// Whether each row follows from one row of what is behind FROM.
  var isPlain: Bool {
    !isDistinct && top == nil && into == nil && groupBy.isEmpty && having == nil
      && qualify == nil && exclude.isEmpty
      && hierarchy == nil && !ViewRules.hasAggregates(self)
  }
}
