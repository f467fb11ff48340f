internal import Core
internal import RedshiftSQL

/// `SELECT x.l FROM (SELECT v, len(v) l FROM t WHERE …) x JOIN u …` as one SELECT from `t` and `u`:
/// each column of a subquery in FROM, or of a common table, is what it stands for.
///
/// Sound where the subquery filters and projects the inner join of tables, and so is what is around
/// it: each of its rows follows from one row of each table. What is no such query stays as it is.
struct SubqueryInlining {
  /// The columns of a table.
  let columns: (TableReference) throws(SQLError) -> [String]

  private struct Derived {
    var name: String
    var columns: [(name: String, value: Expression)]
  }

  /// - Returns: the query itself if there is nothing that can be taken apart.
  func inlined(_ query: Query) throws(SQLError) -> Query {
    var count = 0
    return try inlined(query, &count) ?? query
  }

  /// nil for what is no such query.
  private func inlined(_ query: Query, _ count: inout Int) throws(SQLError) -> Query? {
    guard !query.isRecursive, case .select(var select) = try withoutCommonTables(query).body
    else { return nil }
    var derived: [Derived] = []
    var conditions: [Expression] = []
    var sources: [TableSource] = []
    for source in select.from {
      guard
        let flat = try flattened(source, into: &derived, conditions: &conditions, &count)
      else { return nil }
      sources.append(flat)
    }
    guard !derived.isEmpty, select.exclude.isEmpty else {
      var plain = query
      plain.commonTables = []
      plain.body = .select(select)
      return plain
    }
    select.from = sources
    let replacement = Replacement(derived: derived, outer: select.from, columns: columns)
    select = try replacement.applied(to: select)
    // Conditions of the subqueries name nothing that is replaced.
    var tests: [Expression] = []
    for test in conditions { tests.append(try replacement.replaced(test)) }
    if let test = select.condition { tests.append(test) }
    select.condition =
      tests.count > 1 ? Expression(.logical("AND", tests)) : tests.first
    var result = query
    result.commonTables = []
    result.body = .select(select)
    return result
  }

  /// The query with its common tables put where they are named.
  private func withoutCommonTables(_ query: Query) throws(SQLError) -> Query {
    guard !query.commonTables.isEmpty else { return query }
    var bare = query
    bare.commonTables = []
    return try CommonTableInlining(query.commonTables).inlined(bare)
  }

  private func flattened(
    _ source: TableSource, into derived: inout [Derived], conditions: inout [Expression],
    _ count: inout Int
  ) throws(SQLError) -> TableSource? {
    switch source {
    case .table: return source
    case .nested(let inner):
      return try flattened(inner, into: &derived, conditions: &conditions, &count)
    case .join(let left, let right, let kind, let condition):
      guard ["INNER JOIN", "CROSS JOIN"].contains(kind),
        let first = try flattened(left, into: &derived, conditions: &conditions, &count),
        let second = try flattened(right, into: &derived, conditions: &conditions, &count)
      else { return nil }
      switch condition {
      case .none: break
      case .on(let test): conditions.append(test)
      case .using: return nil
      }
      return .join(first, second, kind: "CROSS JOIN", .none)
    case .query(let query, let alias?, isLateral: false):
      return try derivedTable(query, alias, into: &derived, conditions: &conditions, &count)
    default: return nil
    }
  }

  /// The sources of a subquery, each under a name that nothing else has.
  private func derivedTable(
    _ query: Query, _ alias: Alias, into derived: inout [Derived],
    conditions: inout [Expression], _ count: inout Int
  ) throws(SQLError) -> TableSource? {
    guard let flat = try inlined(query, &count), flat.isPlain, case .select(let inner) = flat.body,
      inner.isPlain
    else { return nil }
    var renamed: [TableReference] = []
    var names: [String: String] = [:]
    var tests: [Expression] = []
    guard let sources = try Self.tables(inner.from, &tests) else { return nil }
    for var table in sources {
      count += 1
      let name = "weir_\(count)_\(table.callName)"
      guard names.updateValue(name, forKey: table.callName) == nil else { return nil }
      table.alias = Alias(name: Identifier(name))
      renamed.append(table)
    }
    let owners = try owners(of: sources, names)
    let qualify = Qualification(names: names, owners: owners)
    if let condition = inner.condition { tests.append(condition) }
    for test in tests { conditions.append(try qualify.applied(to: test)) }
    var outputs: [(name: String, value: Expression)] = []
    for item in try expanded(inner.items, sources, names) {
      let place = outputs.count
      let given = alias.columns.indices.contains(place) ? alias.columns[place].name : nil
      outputs.append((given ?? item.outputName, try qualify.applied(to: item.expression)))
    }
    guard Set(outputs.map(\.name)).count == outputs.count else { return nil }
    derived.append(Derived(name: alias.name.name, columns: outputs))
    guard var tree = renamed.first.map(TableSource.table) else { return nil }
    for table in renamed.dropFirst() {
      tree = .join(tree, .table(table), kind: "CROSS JOIN", .none)
    }
    return tree
  }

  /// The tables of inner joins, and the conditions of those.
  static func tables(
    _ sources: [TableSource], _ tests: inout [Expression]
  ) throws(SQLError) -> [TableReference]? {
    var found: [TableReference] = []
    for source in sources {
      switch source {
      case .table(let table):
        guard table.alias?.columns.isEmpty ?? true else { return nil }
        found.append(table)
      case .nested(let inner):
        guard let tables = try tables([inner], &tests) else { return nil }
        found += tables
      case .join(let left, let right, let kind, let condition):
        guard ["INNER JOIN", "CROSS JOIN"].contains(kind),
          let tables = try tables([left, right], &tests)
        else { return nil }
        found += tables
        if case .on(let test) = condition { tests.append(test) }
        if case .using = condition { return nil }
      default: return nil
      }
    }
    return found
  }

  /// Which table has a column that is named alone; columns that two have are left out.
  private func owners(
    of tables: [TableReference], _ names: [String: String]
  ) throws(SQLError) -> [String: String] {
    var owners: [String: String] = [:]
    var shared: Set<String> = []
    for table in tables {
      for column in try columns(table)
      where owners.updateValue(names[table.callName] ?? "", forKey: column) != nil {
        shared.insert(column)
      }
    }
    return owners.filter { !shared.contains($0.key) }
  }

  private func expanded(
    _ items: [SelectItem], _ tables: [TableReference], _ names: [String: String]
  ) throws(SQLError) -> [SelectItem] {
    var all: [SelectItem] = []
    for item in items {
      guard case .star(let qualifier, let exclude) = item.expression.kind else {
        all.append(item)
        continue
      }
      for table in tables where qualifier.isEmpty || qualifier.last?.name == table.callName {
        for column in try columns(table) where !exclude.contains(where: { $0.name == column }) {
          all.append(
            SelectItem(
              Expression(
                .column([Identifier(table.callName), Identifier(column)]),
                position: item.expression.position), alias: Identifier(column)))
        }
      }
    }
    return all
  }

  // MARK: Names

  /// Columns of a subquery's tables, by the tables' new names.
  private struct Qualification {
    var names: [String: String]
    var owners: [String: String]

    func applied(to expression: Expression) throws(SQLError) -> Expression {
      var map = TreeMap(expression: { value throws(SQLError) in
        guard case .column(var parts) = value.kind, let first = parts.first else { return nil }
        if parts.count > 1, let name = names[first.name] {
          parts[0] = Identifier(name)
        } else if let owner = owners[first.name] {
          parts.insert(Identifier(owner), at: 0)
        } else {
          return nil
        }
        return Expression(.column(parts), position: value.position)
      })
      return try map.map(expression)
    }
  }

  /// Columns of subqueries in the query around them.
  private struct Replacement {
    var derived: [Derived]
    /// Columns of the tables that stand beside the subqueries.
    private var others: Set<String> = []

    init(
      derived: [Derived], outer: [TableSource],
      columns: (TableReference) throws(SQLError) -> [String]
    ) {
      self.derived = derived
      var tests: [Expression] = []
      let tables = (try? SubqueryInlining.tables(outer, &tests)) ?? []
      for table in tables where !table.callName.hasPrefix("weir_") {
        others.formUnion((try? columns(table)) ?? [])
      }
    }

    func applied(to original: Select) throws(SQLError) -> Select {
      var select = original
      var items: [SelectItem] = []
      for item in original.items {
        if case .star(let qualifier, let exclude) = item.expression.kind {
          items += try star(qualifier, exclude, item)
        } else {
          items.append(
            SelectItem(
              try replaced(item.expression), alias: Identifier(item.outputName)))
        }
      }
      select.items = items
      if let test = select.condition { select.condition = try replaced(test) }
      if let having = select.having { select.having = try replaced(having) }
      // A group may be named by an item of the list, whose name is nobody's column then.
      for index in select.groupBy.indices {
        guard case .expression(let value) = select.groupBy[index] else {
          throw SQLError("0A000", "grouping sets cannot be maintained")
        }
        select.groupBy[index] = .expression(try replaced(value))
      }
      return select
    }

    private func star(
      _ qualifier: [Identifier], _ exclude: [Identifier], _ item: SelectItem
    ) throws(SQLError) -> [SelectItem] {
      // A table beside a subquery is expanded later, and the order would be lost.
      guard others.isEmpty || !qualifier.isEmpty else {
        throw SQLError("0A000", "a star over tables and subqueries cannot be maintained")
      }
      if let name = qualifier.last?.name, !derived.contains(where: { $0.name == name }) {
        return [item]
      }
      return derived.filter { qualifier.isEmpty || qualifier.last?.name == $0.name }
        .flatMap(\.columns)
        .filter { column in !exclude.contains { $0.name == column.name } }
        .map { SelectItem($0.value, alias: Identifier($0.name)) }
    }

    func replaced(_ expression: Expression) throws(SQLError) -> Expression {
      var map = TreeMap(expression: { value throws(SQLError) in
        guard case .column(let parts) = value.kind else { return nil }
        return self.value(of: parts, at: value.position)
      })
      return try map.map(expression)
    }

    /// `x.l`, `l`, or either with a path into the SUPER that it is.
    private func value(of parts: [Identifier], at position: Int) -> Expression? {
      guard let first = parts.first else { return nil }
      if parts.count > 1, let table = derived.first(where: { $0.name == first.name }) {
        return path(table.columns, parts.dropFirst(), position)
      }
      guard !others.contains(first.name) else { return nil }
      let owners = derived.filter { $0.columns.contains { $0.name == first.name } }
      guard owners.count == 1, let owner = owners.first else { return nil }
      return path(owner.columns, parts[...], position)
    }

    private func path(
      _ columns: [(name: String, value: Expression)], _ parts: ArraySlice<Identifier>,
      _ position: Int
    ) -> Expression? {
      guard let first = parts.first,
        let value = columns.first(where: { $0.name == first.name })?.value
      else { return nil }
      return parts.dropFirst().reduce(value) { base, step in
        Expression(.field(base, step), position: position)
      }
    }
  }
}
