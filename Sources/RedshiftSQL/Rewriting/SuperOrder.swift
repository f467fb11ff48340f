internal import Core

/// What sorts, groups and makes distinct by SUPERs: by their keys, of which equal values have
/// equal ones. `ORDER BY s` → `ORDER BY weir._super_key(s)`; `GROUP BY s` → `GROUP BY
/// weir._super_plain(s)`, the same way to write all that is equal (1.0 as 1).
enum SuperOrder {
  // MARK: GROUP BY and DISTINCT

  /// The SELECT, with all that it groups by written plainly, wherever it stands.
  static func grouped(_ original: Select, _ scope: SuperOperands.Scope) -> Select {
    var select = original
    if select.isDistinct {
      for index in select.items.indices {
        let item = select.items[index]
        guard let plain = plain(item.expression, scope) else { continue }
        select.items[index].alias = item.alias ?? Identifier(item.outputName)
        select.items[index].expression = plain
      }
    }
    let keys = groupKeys(of: select, scope)
    guard !keys.isEmpty else { return select }
    var map = plainly(keys, scope)
    for index in select.items.indices {
      let item = select.items[index]
      guard let value = try? map.map(item.expression), value != item.expression else { continue }
      select.items[index].alias = item.alias ?? Identifier(item.outputName)
      select.items[index].expression = value
    }
    for index in select.groupBy.indices {
      guard case .expression(let value) = select.groupBy[index], keys.contains(value)
      else { continue }
      select.groupBy[index] = .expression(plain(value, scope) ?? value)
    }
    if let having = select.having { select.having = (try? map.map(having)) ?? having }
    if let qualify = select.qualify { select.qualify = (try? map.map(qualify)) ?? qualify }
    return select
  }

  private static func groupKeys(
    of select: Select, _ scope: SuperOperands.Scope
  ) -> [Expression] {
    select.groupBy.compactMap { item in
      guard case .expression(let value) = item else { return nil }
      let key = plain(value, scope) == nil ? resolved(value, select) : value
      return plain(key, scope) == nil ? nil : key
    }
  }

  private static func plainly(_ keys: [Expression], _ scope: SuperOperands.Scope) -> TreeMap {
    TreeMap(expression: { value throws(SQLError) in
      keys.contains { isSame($0, value) } ? plain(value, scope) : nil
    })
  }

  /// Whether both are one column, by its name alone or behind its table's.
  private static func isSame(_ key: Expression, _ value: Expression) -> Bool {
    guard case .column(let parts) = key.kind, case .column(let others) = value.kind else {
      return key == value
    }
    let count = min(parts.count, others.count)
    return parts.suffix(count) == others.suffix(count)
  }

  /// The value as all that is equal to it is written; nil for what is so anyway.
  private static func plain(_ value: Expression, _ scope: SuperOperands.Scope) -> Expression? {
    switch scope.kind(of: value) {
    case .superValue: .weir("_super_plain", value)
    case .text: .weir("_trimmed", value)
    default: nil
    }
  }

  /// What a place in the list, or an alias, stands for.
  private static func resolved(_ value: Expression, _ select: Select) -> Expression {
    switch value.kind {
    case .number(let text):
      guard let place = Int(text), select.items.indices.contains(place - 1),
        !select.items.contains(where: { if case .star = $0.expression.kind { true } else { false } }
        )
      else { return value }
      return select.items[place - 1].expression
    case .column(let parts) where parts.count == 1:
      return select.items.first { $0.alias == parts[0] }?.expression ?? value
    default: return value
    }
  }

  // MARK: ORDER BY

  static func rewrite(
    _ original: Query, tables: SuperOperands.Names
  ) throws(SQLError) -> Query {
    guard !original.orderBy.isEmpty else { return original }
    if case .select(let select) = original.body, !select.isDistinct, select.hierarchy == nil {
      return try ordered(original, select, tables)
    }
    return orderedOutside(original, tables)
  }

  private static func ordered(
    _ original: Query, _ select: Select, _ tables: SuperOperands.Names
  ) throws(SQLError) -> Query {
    let scope = SuperOperands.Scope(SelectRewriter.unnesting(select.from), tables: tables)
    var query = original
    let keys = groupKeys(of: select, scope)
    var plain = plainly(keys, scope)
    var map = SuperOperands.map(scope)
    for index in query.orderBy.indices {
      let written = query.orderBy[index].expression
      let value = scope.isSuper(written) ? written : resolved(written, select)
      let isSuper = scope.isSuper(value)
      guard isSuper || value == written else { continue }
      if case .number = value.kind { continue }
      let mapped = try map.map(keys.isEmpty ? value : plain.map(value))
      query.orderBy[index].expression = isSuper ? .weir("_super_key", mapped) : mapped
    }
    return query
  }

  /// `SELECT DISTINCT s … ORDER BY s` → `SELECT * FROM (SELECT DISTINCT …) ORDER BY key(s)`.
  private static func orderedOutside(_ original: Query, _ tables: SuperOperands.Names) -> Query {
    let columns = SuperOperands.outputs(of: original, tables)
    var order = original.orderBy
    var isChanged = false
    for index in order.indices {
      let column: SuperOperands.Column?
      switch order[index].expression.kind {
      case .number(let text):
        column = Int(text).flatMap { columns.indices.contains($0 - 1) ? columns[$0 - 1] : nil }
      case .column(let parts): column = columns.first { $0.name == parts.last?.name }
      default: return original
      }
      guard let column else { return original }
      let value = Expression(.column([Identifier(column.name)]))
      if column.isSuper || column.kind == .text {
        order[index].expression = column.isSuper ? .weir("_super_key", value) : value
      }
      isChanged = isChanged || column.isSuper
    }
    guard isChanged else {
      var query = original
      // By the name that the list gives what it trims.
      query.orderBy = order
      return query
    }
    var inner = original
    inner.orderBy = []
    (inner.limit, inner.offset) = (nil, nil)
    inner.commonTables = []
    var outer = Select(items: [SelectItem(Expression(.star(qualifier: [], exclude: [])))])
    if case .select(var select) = inner.body {
      (outer.into, outer.top) = (select.into, select.top)
      (select.into, select.top) = (nil, nil)
      inner.body = .select(select)
    }
    outer.from = [.query(inner, Alias(name: Identifier("ordered$")), isLateral: false)]
    var query = original
    query.body = .select(outer)
    query.orderBy = order
    return query
  }

  static func ordered(
    _ items: [OrderItem], _ scope: SuperOperands.Scope
  ) -> [OrderItem]? {
    guard items.contains(where: { scope.isSuper($0.expression) }) else { return nil }
    return items.map { item in
      var item = item
      if scope.isSuper(item.expression) {
        item.expression = .weir("_super_key", item.expression)
      }
      return item
    }
  }
}
