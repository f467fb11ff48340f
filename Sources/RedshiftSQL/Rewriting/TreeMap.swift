package import Core

/// Rebuilds a tree from its leaves up, asking a closure about every expression and every table.
///
/// The tables of WITH clauses are known where they are in scope, and not asked about.
package struct TreeMap {
  /// Gets an expression whose parts were mapped already; nil keeps it.
  let expression: (Expression) throws(SQLError) -> Expression?
  /// nil keeps the table as it is.
  let table: (TableReference) throws(SQLError) -> TableSource?
  /// Told of every call that stands for a table.
  private let tableFunction: (FunctionCall) throws(SQLError) -> Void
  let select: (Select) throws(SQLError) -> Select
  /// Gets a SELECT before its parts were mapped.
  private let selectBefore: (Select) throws(SQLError) -> Select
  /// Gets a query before its parts were mapped.
  private let queryBefore: (Query) throws(SQLError) -> Query
  /// Gets a query whose parts were mapped already.
  private let query: (Query) -> Query
  /// Whether columns without an alias get Redshift's name for them, which DuckDB's own differs
  /// from: `count`, not `count_star()`.
  private let namesColumns: Bool
  private var commonTables: [Set<String>] = []

  package init(
    expression: @escaping (Expression) throws(SQLError) -> Expression? = { _ in nil },
    table: @escaping (TableReference) throws(SQLError) -> TableSource? = { _ in nil },
    tableFunction: @escaping (FunctionCall) throws(SQLError) -> Void = { _ in },
    select: @escaping (Select) throws(SQLError) -> Select = { $0 },
    selectBefore: @escaping (Select) throws(SQLError) -> Select = { $0 },
    queryBefore: @escaping (Query) throws(SQLError) -> Query = { $0 },
    query: @escaping (Query) -> Query = { $0 }, namesColumns: Bool = false
  ) {
    self.query = query
    self.selectBefore = selectBefore
    self.queryBefore = queryBefore
    self.namesColumns = namesColumns
    self.expression = expression
    self.table = table
    self.tableFunction = tableFunction
    self.select = select
  }

  // MARK: Queries

  package mutating func map(_ original: Query) throws(SQLError) -> Query {
    var query = try queryBefore(original)
    commonTables.append(
      query.isRecursive ? Set(query.commonTables.map(\.name.name)) : [])
    defer { commonTables.removeLast() }
    for index in query.commonTables.indices {
      query.commonTables[index].query = try map(query.commonTables[index].query)
      commonTables[commonTables.count - 1].insert(query.commonTables[index].name.name)
    }
    query.body = try map(query.body)
    query.orderBy = try map(query.orderBy)
    query.limit = try map(query.limit)
    query.offset = try map(query.offset)
    return self.query(query)
  }

  private mutating func map(_ body: QueryBody) throws(SQLError) -> QueryBody {
    switch body {
    case .select(let inner): return .select(try map(inner))
    case .nested(let query): return .nested(try map(query))
    case .values(let rows):
      var mapped: [[Expression]] = []
      for row in rows { mapped.append(try map(row)) }
      return .values(mapped)
    case .setOperation(let name, let isAll, let left, let right):
      return .setOperation(name, isAll: isAll, try map(left), try map(right))
    }
  }

  private mutating func map(_ original: Select) throws(SQLError) -> Select {
    var inner = try selectBefore(original)
    inner.top = try map(inner.top)
    for index in inner.items.indices {
      inner.items[index] = try map(inner.items[index])
    }
    for index in inner.from.indices { inner.from[index] = try map(inner.from[index]) }
    inner.condition = try map(inner.condition)
    for index in inner.groupBy.indices { inner.groupBy[index] = try map(inner.groupBy[index]) }
    inner.having = try map(inner.having)
    inner.qualify = try map(inner.qualify)
    if var hierarchy = inner.hierarchy {
      hierarchy.start = try map(hierarchy.start)
      hierarchy.connection = try map(hierarchy.connection)
      inner.hierarchy = hierarchy
    }
    return try select(inner)
  }

  private mutating func map(_ item: SelectItem) throws(SQLError) -> SelectItem {
    var mapped = item
    mapped.expression = try map(item.expression)
    if namesColumns, item.alias == nil, !item.keepsItsName {
      mapped.alias = Identifier(item.outputName)
    }
    return mapped
  }

  private mutating func map(_ item: GroupItem) throws(SQLError) -> GroupItem {
    switch item {
    case .expression(let value): return .expression(try map(value))
    case .sets(let name, let values): return .sets(name, try map(values))
    case .groupingSets(let sets):
      var mapped: [[Expression]] = []
      for set in sets { mapped.append(try map(set)) }
      return .groupingSets(mapped)
    }
  }

  package mutating func map(_ source: TableSource) throws(SQLError) -> TableSource {
    switch source {
    case .table(let reference):
      if reference.name.schema == nil,
        commonTables.contains(where: { $0.contains(reference.name.name) })
      {
        return source
      }
      return try table(reference) ?? source
    case .function(var call, let alias):
      try tableFunction(call)
      call.arguments = try map(call.arguments)
      return .function(call, alias)
    case .query(let query, let alias, let isLateral):
      return .query(try map(query), alias, isLateral: isLateral)
    case .nested(let inner): return .nested(try map(inner))
    case .unnest(let value, let alias, let index):
      return .unnest(try map(value), alias, index: index)
    case .unpivotObject(let object, let value, let name):
      return .unpivotObject(try map(object), value: value, name: name)
    case .pivot(let inner, let pivot, let alias):
      return .pivot(try map(inner), try map(pivot), alias)
    case .join(let left, let right, let kind, var condition):
      if case .on(let value) = condition { condition = .on(try map(value)) }
      return .join(try map(left), try map(right), kind: kind, condition)
    }
  }

  private mutating func map(_ pivot: Pivot) throws(SQLError) -> Pivot {
    guard case .rows(var aggregates, let column, var values) = pivot else { return pivot }
    for index in aggregates.indices {
      guard case .call(let call) = aggregates[index].expression.kind else { continue }
      aggregates[index].expression.kind = .call(try map(call))
    }
    for index in values.indices {
      values[index].expression = try map(values[index].expression)
    }
    return .rows(aggregates: aggregates, column: try map(column), values: values)
  }

  // MARK: Expressions

  private mutating func map(_ value: Expression?) throws(SQLError) -> Expression? {
    guard let value else { return nil }
    return try map(value)
  }

  private mutating func map(_ values: [Expression]) throws(SQLError) -> [Expression] {
    var mapped: [Expression] = []
    mapped.reserveCapacity(values.count)
    for value in values { mapped.append(try map(value)) }
    return mapped
  }

  private mutating func map(_ items: [OrderItem]) throws(SQLError) -> [OrderItem] {
    var items = items
    for index in items.indices { items[index].expression = try map(items[index].expression) }
    return items
  }

  private mutating func map(_ window: Window) throws(SQLError) -> Window {
    var window = window
    window.partitionBy = try map(window.partitionBy)
    window.orderBy = try map(window.orderBy)
    return window
  }

  package mutating func map(_ value: Expression) throws(SQLError) -> Expression {
    let mapped = Expression(try parts(of: value.kind), position: value.position)
    return try expression(mapped) ?? mapped
  }

  private mutating func parts(of kind: Expression.Kind) throws(SQLError) -> Expression.Kind {
    switch kind {
    case .call(let call): return .call(try map(call))
    case .cast(let value, let type, let isTry): return .cast(try map(value), type, isTry: isTry)
    case .unary(let symbol, let value): return .unary(symbol, try map(value))
    case .binary(let symbol, let left, let right):
      return .binary(symbol, try map(left), try map(right))
    case .logical(let word, let terms): return .logical(word, try map(terms))
    case .isTest(let value, let test, let isNegated):
      return .isTest(try map(value), test, isNegated: isNegated)
    case .isDistinct(let left, let right, let isNegated):
      return .isDistinct(try map(left), try map(right), isNegated: isNegated)
    case .between(let value, let low, let high, let isNegated):
      return .between(try map(value), try map(low), try map(high), isNegated: isNegated)
    case .inList(let value, let items, let isNegated):
      return .inList(try map(value), try map(items), isNegated: isNegated)
    case .inQuery(let value, let query, let isNegated):
      return .inQuery(try map(value), try map(query), isNegated: isNegated)
    case .like(let value, let word, let pattern, let escape, let isNegated):
      return .like(
        try map(value), word, try map(pattern), escape: try map(escape), isNegated: isNegated)
    case .caseWhen(let operand, let branches, let otherwise):
      return try map(caseOperand: operand, branches, otherwise)
    case .exists(let query): return .exists(try map(query))
    case .subquery(let query): return .subquery(try map(query))
    case .quantified(let value, let symbol, let quantifier, let query):
      return .quantified(try map(value), symbol, quantifier: quantifier, try map(query))
    case .extract(let part, let value): return .extract(part, try map(value))
    case .atTimeZone(let value, let zone): return .atTimeZone(try map(value), try map(zone))
    case .array(let items): return .array(try map(items))
    case .row(let items): return .row(try map(items))
    case .index(let base, let index): return .index(try map(base), try map(index))
    case .field(let base, let name): return .field(try map(base), name)
    case .null, .boolean, .number, .string, .typedString, .interval, .parameter, .column, .star,
      .raw:
      return kind
    }
  }

  private mutating func map(
    caseOperand operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?
  ) throws(SQLError) -> Expression.Kind {
    var mapped: [CaseBranch] = []
    for branch in branches {
      mapped.append(
        CaseBranch(condition: try map(branch.condition), result: try map(branch.result)))
    }
    return .caseWhen(
      operand: try map(operand), branches: mapped, otherwise: try map(otherwise))
  }

  private mutating func map(_ call: FunctionCall) throws(SQLError) -> FunctionCall {
    var call = call
    call.arguments = try map(call.arguments)
    call.orderBy = try map(call.orderBy)
    if let items = call.withinGroup { call.withinGroup = try map(items) }
    call.filter = try map(call.filter)
    if let over = call.over { call.over = try map(over) }
    return call
  }
}
