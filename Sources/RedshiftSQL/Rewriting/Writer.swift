/// Writes a tree as DuckDB's SQL.
///
/// Every operator gets parentheses where the tree does not say that it needs none, so that the
/// two dialects' precedences cannot differ in what comes out.
package struct Writer {
  package static func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  package static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
      + "'"
  }

  static func name(_ name: ObjectName) -> String {
    name.parts.map { quoted($0.name) }.joined(separator: ".")
  }

  static func list(_ expressions: [Expression]) -> String {
    expressions.map(expression).joined(separator: ", ")
  }

  private static func names(_ identifiers: [Identifier]) -> String {
    identifiers.map { quoted($0.name) }.joined(separator: ", ")
  }

  // MARK: Queries

  package static func query(_ query: Query) -> String {
    var text = ""
    if !query.commonTables.isEmpty {
      let tables = query.commonTables.map { table in
        quoted(table.name.name) + (table.columns.isEmpty ? "" : " (\(names(table.columns)))")
          + " AS (\(Self.query(table.query)))"
      }
      text += "WITH \(query.isRecursive ? "RECURSIVE " : "")\(tables.joined(separator: ", ")) "
    }
    text += body(query.body)
    if !query.orderBy.isEmpty { text += " ORDER BY \(order(query.orderBy))" }
    if let limit = query.limit { text += " LIMIT \(expression(limit))" }
    if let offset = query.offset { text += " OFFSET \(expression(offset))" }
    return text
  }

  private static func body(_ body: QueryBody) -> String {
    switch body {
    case .select(let select): Self.select(select)
    case .values(let rows): "VALUES " + rows.map { "(\(list($0)))" }.joined(separator: ", ")
    case .nested(let query): "(\(Self.query(query)))"
    case .setOperation(let name, let isAll, let left, let right):
      "\(side(left)) \(name)\(isAll ? " ALL" : "") \(side(right))"
    }
  }

  /// Set operations nest to the left; written so, they need parentheses.
  private static func side(_ body: QueryBody) -> String {
    if case .setOperation = body { return "(\(Self.body(body)))" }
    return Self.body(body)
  }

  private static func select(_ select: Select) -> String {
    var text = "SELECT "
    if select.isDistinct { text += "DISTINCT " }
    text += select.items.map(item).joined(separator: ", ")
    if !select.from.isEmpty {
      text += " FROM " + select.from.map(source).joined(separator: ", ")
    }
    if let condition = select.condition { text += " WHERE \(expression(condition))" }
    if !select.groupBy.isEmpty {
      text += " GROUP BY " + select.groupBy.map(group).joined(separator: ", ")
    }
    if let having = select.having { text += " HAVING \(expression(having))" }
    if let qualify = select.qualify { text += " QUALIFY \(expression(qualify))" }
    return text
  }

  static func item(_ item: SelectItem) -> String {
    expression(item.expression) + (item.alias.map { " AS \(quoted($0.name))" } ?? "")
  }

  private static func group(_ item: GroupItem) -> String {
    switch item {
    case .expression(let value): expression(value)
    case .sets(let name, let values): "\(name) (\(list(values)))"
    case .groupingSets(let sets):
      "GROUPING SETS (" + sets.map { "(\(list($0)))" }.joined(separator: ", ") + ")"
    }
  }

  static func source(_ source: TableSource) -> String {
    switch source {
    case .table(let table): name(table.name) + alias(table.alias)
    case .function(let call, let given): expression(Expression(.call(call))) + alias(given)
    case .query(let query, let given, let isLateral):
      (isLateral ? "LATERAL " : "") + "(\(Self.query(query)))" + alias(given)
    case .nested(let inner): "(\(Self.source(inner)))"
    case .unnest(let value, let alias, let index): unnest(value, alias, index)
    case .unpivotObject(let object, let value, let name): unpivot(object, value, name)
    case .pivot(let inner, let pivot, let given):
      "\(Self.source(inner)) \(Self.pivot(pivot))" + alias(given)
    case .join(let left, let right, let kind, let condition):
      "\(Self.source(left)) \(kind) \(Self.source(right))" + join(condition)
    }
  }

  private static func join(_ condition: JoinCondition) -> String {
    switch condition {
    case .none: ""
    case .on(let value): " ON \(expression(value))"
    case .using(let columns): " USING (\(names(columns)))"
    }
  }

  static func alias(_ alias: Alias?) -> String {
    guard let alias else { return "" }
    return " AS \(quoted(alias.name.name))"
      + (alias.columns.isEmpty ? "" : " (\(names(alias.columns)))")
  }

  static func order(_ items: [OrderItem]) -> String {
    items.map { item in
      var text = expression(item.expression)
      if let isDescending = item.isDescending { text += isDescending ? " DESC" : " ASC" }
      if let first = item.nullsFirst { text += first ? " NULLS FIRST" : " NULLS LAST" }
      return text
    }.joined(separator: ", ")
  }

  static func window(_ window: Window) -> String {
    if window.isBareReference, let name = window.reference { return quoted(name.name) }
    var parts: [String] = []
    if let name = window.reference { parts.append(quoted(name.name)) }
    if !window.partitionBy.isEmpty { parts.append("PARTITION BY \(list(window.partitionBy))") }
    if !window.orderBy.isEmpty { parts.append("ORDER BY \(order(window.orderBy))") }
    if let frame = window.frame { parts.append(frame) }
    return "(\(parts.joined(separator: " ")))"
  }
}
