internal import Core
internal import DuckDB
internal import RedshiftSQL

/// The SELECT of a view over tables and other views, and how the view is kept.
///
/// A view that filters and projects (or groups) the inner join of its bases is kept from what
/// changed in them; every other view is computed anew.
struct RelationPlan: Sendable {
  enum Maintenance: Sendable {
    /// - rows: the view's rows (or what is folded into its groups) as DuckDB's SQL, in which
    ///   `marker(n)` stands for the n-th table and `weightMarker` for a row's weight.
    case incremental(rows: String, tables: [Table])
    case recompute
  }

  struct Table: Sendable {
    var relation: RelationName
    /// The name by which the query calls it.
    var callName: String
  }

  /// Every table of which the query is made, once.
  var relations: [RelationName]
  var shape: ViewStorage.Shape
  var maintenance: Maintenance
  /// The whole query as DuckDB's SQL.
  var query: String
  /// The names that the query may mean columns by; nil for all, where it has a star.
  var columnNames: Set<String>?
  /// Whether the query gives something else tomorrow from the same rows.
  var isMutable: Bool

  /// Tables that can change at once: with n of them a change has 2^n - 1 parts.
  static let joinedMax = 5

  static func marker(_ index: Int) -> String { quoted("weir@\(index)") }
  static let weightMarker = "\"weir@weight\""

  var isIncremental: Bool {
    if case .incremental = maintenance { return true }
    return false
  }

  /// All rows that the bases give now: a view's, or what is folded into its groups.
  var rows: String {
    guard case .incremental(let template, let tables) = maintenance else { return query }
    return unweighted(Self.fill(template, with: tables.map(\.relation.sql), weight: "1"))
  }

  /// The view's rows without their weights; what is folded may keep them.
  func unweighted(_ rows: String) -> String {
    guard case .rows(let names) = shape else { return rows }
    return "SELECT \(names.map(quoted).joined(separator: ", ")) FROM (\(rows)) AS weir_weighted"
  }

  /// Has the view computed anew at every refresh.
  mutating func makeRecomputed(columns: [String]) {
    maintenance = .recompute
    shape = .rows(columns)
  }

  static func fill(_ template: String, with sources: [String], weight: String) -> String {
    var text = template.replacing(weightMarker, with: weight)
    for (index, source) in sources.enumerated() {
      text = text.replacing(marker(index), with: source)
    }
    return text
  }
}

/// Makes a view's plan from its definition.
struct RelationPlanner {
  /// The columns of a base.
  let columns: (RelationName) throws(SQLError) -> [String]
  /// The SUPERs among them: those are compared by their values.
  let stored: (ObjectName) throws(SQLError) -> [StoredColumn]

  init(
    on connection: Connection, columns: @escaping (RelationName) throws(SQLError) -> [String]
  ) {
    self.columns = columns
    stored = { name throws(SQLError) in
      do {
        return try TableAttributes.columns(of: name, on: connection).filter(\.isSuper)
      } catch {
        throw sqlError(from: error)
      }
    }
  }

  func plan(_ query: Query) throws(SQLError) -> RelationPlan {
    var hasTop = false
    if case .select(let select) = query.body { hasTop = select.top != nil }
    guard query.orderBy.isEmpty, query.limit == nil, query.offset == nil, !hasTop else {
      throw SQLError("0A000", "a materialized view cannot have ORDER BY, LIMIT or OFFSET")
    }
    let relations = try Self.relations(of: query)
    let isMutable = ViewRules.isMutable(query)
    if !isMutable, let plan = try incremental(query, relations) { return plan }
    if !isMutable, !Self.hasHardParts(query), let flat = inlined(query), flat != query,
      var plan = try? incremental(flat, relations)
    {
      plan.query = try sql(query)
      return plan
    }
    return try recomputed(query, relations, isMutable: isMutable)
  }

  // MARK: Kept by changes

  /// The query without the subqueries in FROM and WITH that stand for rows of tables.
  private func inlined(_ query: Query) -> Query? {
    let inlining = SubqueryInlining(columns: { table throws(SQLError) in
      try columns(Self.relation(table))
    })
    return try? inlining.inlined(query)
  }

  private func incremental(
    _ query: Query, _ relations: [RelationName]
  ) throws(SQLError) -> RelationPlan? {
    guard query.commonTables.isEmpty, case .select(var select) = query.body,
      !select.isDistinct, select.top == nil, select.qualify == nil, !Self.hasHardParts(query),
      let tables = Self.joined(select.from), tables.count <= RelationPlan.joinedMax
    else { return nil }
    let hasStar = select.items.contains { item in
      if case .star = item.expression.kind { return true }
      return false
    }
    select.items = try expand(select.items, tables)
    try ViewNames.check(select.items)
    let rewriter = Rewriter(storedColumns: stored, readsDocuments: true)
    let whole = select
    for index in select.items.indices {
      select.items[index].alias = Identifier(select.items[index].outputName)
    }
    select = try rewriter.prepared(select, tables: Set(tables.map(\.callName)))
    let shape: ViewStorage.Shape
    if select.groupBy.isEmpty, select.having == nil, !ViewRules.hasAggregates(select) {
      shape = .rows(select.items.map(\.outputName))
      for index in select.items.indices {
        select.items[index].alias = Identifier(select.items[index].outputName)
        select.items[index].expression = try rewriter.tree(select.items[index].expression)
      }
    } else {
      var names: Set<String> = []
      for table in tables { names.formUnion(try columns(Self.relation(table))) }
      let built = try FoldBuilder.build(select, rewriter: rewriter, columns: names)
      guard let built else { return nil }
      shape = .groups(built.fold)
      select.items = built.rows
    }
    return RelationPlan(
      relations: relations, shape: shape,
      maintenance: .incremental(
        rows: try template(select, of: whole),
        tables: tables.map {
          RelationPlan.Table(relation: Self.relation($0), callName: $0.callName)
        }),
      query: try sql(query), columnNames: hasStar ? nil : Self.names(in: query),
      isMutable: false)
  }

  /// The rows of the query with markers for its tables; the items are DuckDB's already.
  private func template(_ select: Select, of whole: Select) throws(SQLError) -> String {
    // Its sources and its condition are prepared with the query.
    var template = whole
    var items = select.items.map {
      SelectItem(Expression(.raw(Writer.expression($0.expression))), alias: $0.alias)
    }
    items.append(
      SelectItem(
        Expression(.raw(RelationPlan.weightMarker)), alias: Identifier(ViewBase.weightColumn)))
    template.items = items
    template.groupBy = []
    template.having = nil
    var count = 0
    let marking = Rewriter(
      resolveTable: { table throws(SQLError) in
        defer { count += 1 }
        return .table(
          TableReference(
            name: ObjectName([Identifier("weir@\(count)")]),
            alias: Alias(name: Identifier(table.callName))))
      }, storedColumns: stored, readsDocuments: true)
    return try marking.query(Query(body: .select(template)))
  }

  private func expand(
    _ items: [SelectItem], _ tables: [TableReference]
  ) throws(SQLError) -> [SelectItem] {
    var expanded: [SelectItem] = []
    for item in items {
      guard case .star(let qualifier, let exclude) = item.expression.kind else {
        expanded.append(item)
        continue
      }
      for table in tables where qualifier.isEmpty || qualifier.last?.name == table.callName {
        for column in try columns(Self.relation(table))
        where !exclude.contains(where: { $0.name == column }) {
          expanded.append(
            SelectItem(
              Expression(
                .column([Identifier(table.callName), Identifier(column)]),
                position: item.expression.position)))
        }
      }
    }
    return expanded
  }

  // MARK: Computed anew

  private func recomputed(
    _ query: Query, _ relations: [RelationName], isMutable: Bool
  ) throws(SQLError) -> RelationPlan {
    let sql = try self.sql(query)
    return RelationPlan(
      relations: relations, shape: .rows([]), maintenance: .recompute, query: sql,
      columnNames: [], isMutable: isMutable)
  }

  private func sql(_ query: Query) throws(SQLError) -> String {
    let rewriter = Rewriter(
      resolveTable: { table throws(SQLError) in
        let relation = Self.relation(table)
        return .table(
          TableReference(
            name: ObjectName([Identifier(relation.schema), Identifier(relation.name)]),
            alias: table.alias ?? Alias(name: Identifier(table.name.name))))
      }, storedColumns: stored, readsDocuments: true)
    return try rewriter.query(query)
  }

  // MARK: Looking

  static func relation(_ table: TableReference) -> RelationName {
    RelationName(schema: table.name.schema ?? "public", name: table.name.name)
  }

  private static func relations(of query: Query) throws(SQLError) -> [RelationName] {
    var found: [RelationName] = []
    var map = TreeMap(
      table: { table throws(SQLError) in
        let relation = relation(table)
        if !found.contains(relation) { found.append(relation) }
        return nil
      })
    _ = try map.map(query)
    return found
  }

  /// Every table reference of the query, for messages that say where.
  static func references(in query: Query) -> [TableReference] {
    var found: [TableReference] = []
    var map = TreeMap(
      table: { table throws(SQLError) in
        found.append(table)
        return nil
      })
    _ = try? map.map(query)
    return found
  }

  /// Subqueries, window functions and aggregates that cannot be added to.
  private static func hasHardParts(_ query: Query) -> Bool {
    ViewRules.any(in: query) { value in
      switch value.kind {
      case .subquery, .exists, .inQuery, .quantified, .parameter: true
      case .call(let call): call.over != nil || ViewRules.isUnfoldable(call)
      default: false
      }
    }
  }

  /// The tables of an inner join; nil for anything else.
  private static func joined(_ sources: [TableSource]) -> [TableReference]? {
    var tables: [TableReference] = []
    for source in sources {
      guard let inner = joined(source) else { return nil }
      tables += inner
    }
    return tables.isEmpty ? nil : tables
  }

  private static func joined(_ source: TableSource) -> [TableReference]? {
    switch source {
    case .table(let table):
      return table.alias?.columns.isEmpty ?? true ? [table] : nil
    case .nested(let inner): return joined(inner)
    case .join(let left, let right, let kind, let condition):
      guard kind == "INNER JOIN" || kind == "CROSS JOIN", let left = joined(left),
        let right = joined(right)
      else { return nil }
      if case .using = condition { return nil }
      return left + right
    default: return nil
    }
  }

  private static func names(in query: Query) -> Set<String> {
    var names: Set<String> = []
    var map = TreeMap(
      expression: { value throws(SQLError) in
        switch value.kind {
        case .column(let parts): names.formUnion(parts.map(\.name))
        case .field(_, let name): names.insert(name.name)
        default: break
        }
        return nil
      })
    _ = try? map.map(query)
    return names
  }

  /// Why a view must be computed anew, in a word for a warning.
  static func obstacle(in query: Query) -> String {
    guard !query.isRecursive else { return "WITH RECURSIVE detected" }
    guard case .select(let select) = query.body else { return "set operation(s) detected" }
    if select.isDistinct { return "DISTINCT detected" }
    if ViewRules.isMutable(query) { return "mutable function(s) detected" }
    if ViewRules.any(in: query, where: \.isWindowed) { return "window function(s) detected" }
    if ViewRules.any(in: query, where: \.isSubquery) { return "subquery(s) detected" }
    if ViewRules.any(in: query, where: \.isUnfoldable) {
      return "aggregate function(s) other than COUNT, SUM, MIN, MAX and AVG detected"
    }
    if joined(select.from) == nil { return "source(s) other than inner joins of tables detected" }
    return "an expression that cannot be maintained"
  }
}

extension Expression {
  fileprivate var isWindowed: Bool {
    if case .call(let call) = kind { return call.over != nil }
    return false
  }

  fileprivate var isUnfoldable: Bool {
    if case .call(let call) = kind { return ViewRules.isUnfoldable(call) }
    return false
  }

  fileprivate var isSubquery: Bool {
    switch kind {
    case .subquery, .exists, .inQuery, .quantified: true
    default: false
    }
  }
}
