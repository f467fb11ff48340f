package import Core

/// Turns Redshift's statements into DuckDB's.
package struct Rewriter {
  /// Asked for every table that is named; returns what is to stand in its place.
  private let resolveTable: (TableReference) throws(SQLError) -> TableSource?
  /// Asked before the rules about every expression.
  private let rewriteExpression: (Expression) throws(SQLError) -> Expression?
  /// Asked for the columns of a table that rows are written to, in order; empty: unknown.
  let storedColumns: (ObjectName) throws(SQLError) -> [StoredColumn]
  /// Marks conditions on external tables.
  private let marks: ExternalMarks?
  /// Whether what JSON_EXTRACT_PATH_TEXT reads may have another type than VARCHAR: views over
  /// streams read the text of their data.
  private let readsDocuments: Bool
  /// Whether it reads tables of a PostgreSQL server.
  private let readsServers: Bool
  /// Numbers sequences, so that their names differ.
  let nextObjectID: () throws(SQLError) -> Int64

  /// Rules about operators and literals; the first that applies is the last.
  private static let rules: [any RewriteRule.Type] = [
    ApproximateRule.self, ExtractRule.self, DateLiteralRule.self, IntervalRule.self,
    CastRule.self, AtTimeZoneRule.self, NumericLiteralRule.self, DateTextRule.self,
    DivisionRule.self, FiniteRule.self, OperatorRule.self,
    TrailingBlankRule.self, RegularExpressionRule.self, LikeEscapeRule.self,
    SimilarToRule.self,
  ]

  private static let callRules: [String: any CallRule.Type] = {
    let rules: [any CallRule.Type] = [
      CurrentTimeRule.self, DateAddRule.self, DateDiffRule.self, DatePartRule.self,
      ConvertTimezoneRule.self, NullValueRule.self, DecodeRule.self, RenamedFunctionRule.self,
      ConcatRule.self, VarbyteRule.self, ListAggregateRule.self, PercentileRule.self,
      RatioRule.self, AverageRule.self, SumRule.self, RegularExpressionFunctionRule.self,
      ToNumberRule.self, CollateRule.self, PowerRule.self, SuperConstructorRule.self,
      JSONPathTextRule.self, CatalogRule.self, TrimRule.self, NullIfRule.self,
      SubstringRule.self, SeriesRule.self, FunctionRule.self,
    ]
    var table: [String: any CallRule.Type] = [:]
    for rule in rules {
      for name in rule.names where table[name] == nil { table[name] = rule }
    }
    return table
  }()

  package init(
    resolveTable: @escaping (TableReference) throws(SQLError) -> TableSource? = { _ in nil },
    rewriteExpression: @escaping (Expression) throws(SQLError) -> Expression? = { _ in nil },
    storedColumns: @escaping (ObjectName) throws(SQLError) -> [StoredColumn] = { _ in [] },
    marks: ExternalMarks? = nil,
    nextObjectID: @escaping () throws(SQLError) -> Int64 = { 0 }, readsDocuments: Bool = false,
    readsServers: Bool = false
  ) {
    self.readsServers = readsServers
    self.readsDocuments = readsDocuments
    self.resolveTable = resolveTable
    self.storedColumns = storedColumns
    self.marks = marks
    self.nextObjectID = nextObjectID
    self.rewriteExpression = rewriteExpression
  }

  var map: TreeMap { map(tables: SuperOperands.Names()) }

  /// The columns of a table, as far as they are known.
  private func columns(of table: ObjectName) -> [SuperOperands.Column] {
    let stored = (try? storedColumns(table)) ?? []
    return stored.map { SuperOperands.Column(name: $0.name, kind: $0.kind) }
  }

  /// The expression with what it does with SUPERs of these tables.
  func onSupers(_ expression: Expression, of sources: [TableSource]) throws(SQLError) -> Expression
  {
    var names = SuperOperands.Names()
    names.columns = columns
    let scope = SuperOperands.Scope(sources, tables: names)
    // The names of tables are all known here.
    names.tables = scope.names.tables
    names.schemas = scope.names.schemas
    var map = SuperOperands.map(SuperOperands.Scope(sources, tables: names))
    return try map.map(expression)
  }

  /// - Parameter tables: the names of the statement's tables, if they are known.
  private func map(tables: SuperOperands.Names) -> TreeMap {
    TreeMap(
      expression: { [rewriteExpression, readsDocuments, marks] value throws(SQLError) in
        marks?.note(value)
        try WindowFrameRule.check(value)
        if case .call(let call) = value.kind {
          try FunctionNames.check(call, at: value.position)
        }
        let first =
          try rewriteExpression(value) ?? (readsDocuments ? JSONPathTextRule.read(value) : nil)
        return try Self.applyRules(to: first ?? value) ?? first
      },
      table: { [resolveTable] table throws(SQLError) in
        if let known = try resolveTable(table) { return known }
        try FileGuard.check(table)
        return nil
      },
      tableFunction: FileGuard.check,
      select: { [marks] select throws(SQLError) in
        let plain = Self.withoutInto(select)
        return try marks?.marked(plain) ?? plain
      },
      selectBefore: { select throws(SQLError) in
        try SelectRewriter.rewrite(select, tables: tables)
      },
      queryBefore: { query throws(SQLError) in try SuperOrder.rewrite(query, tables: tables) },
      query: { [readsServers] query in
        let plain = Self.liftTop(query)
        return readsServers ? FirstRows.unpushed(plain) : plain
      },
      namesColumns: true)
  }

  private static func applyRules(to value: Expression) throws(SQLError) -> Expression? {
    switch value.kind {
    case .column, .number, .string, .null, .boolean, .star: return nil
    case .call(let call) where !call.isApproximate:
      guard let name = call.simpleName, let rule = callRules[name] else { return nil }
      return try rule.rewrite(call, at: value.position)
    default: break
    }
    for rule in rules {
      if let rewritten = try rule.rewrite(value) { return rewritten }
    }
    return nil
  }

  private static func withoutInto(_ select: Select) -> Select {
    var select = select
    select.into = nil
    return select
  }

  // MARK: What the warehouse asks for

  package func query(_ query: Query) throws(SQLError) -> String {
    Writer.query(try tree(query))
  }

  /// The query as DuckDB understands it, still as a tree.
  package func tree(_ query: Query) throws(SQLError) -> Query {
    var map = map(tables: SuperOperands.tableNames(in: query, columns: columns))
    return try map.map(query)
  }

  package func expression(_ expression: Expression) throws(SQLError) -> String {
    var map = map
    return Writer.expression(try map.map(expression))
  }

  /// The SELECT with what it says as a whole made plain, for its expressions to be rewritten one
  /// by one.
  package func prepared(_ select: Select, tables: Set<String>) throws(SQLError) -> Select {
    try SelectRewriter.rewrite(
      select, tables: SuperOperands.Names(tables: tables, columns: columns))
  }

  /// The expression as DuckDB understands it, still as a tree.
  package func tree(_ expression: Expression) throws(SQLError) -> Expression {
    var map = map
    return try map.map(expression)
  }

  private static func outermost(_ query: Query) -> Query {
    guard case .select(var select) = query.body, query.orderBy.isEmpty, !select.isDistinct else {
      return query
    }
    select.isOutermost = true
    var query = query
    query.body = .select(select)
    return query
  }

  /// `SELECT TOP n …` → `SELECT … LIMIT n`.
  private static func liftTop(_ query: Query) -> Query {
    var query = query
    if case .select(var select) = query.body, let top = select.top {
      select.top = nil
      query.body = .select(select)
      query.limit = query.limit ?? top
    }
    return query
  }

  /// DuckDB's SQL for a statement that DuckDB can run.
  ///
  /// - Throws: `SQLError` 0A000 for what is the warehouse's own work.
  package func statement(_ statement: Statement) throws(SQLError) -> String {
    switch statement {
    case .query(let query): return try self.query(Self.outermost(query))
    case .insert(let insert): return try self.insert(insert)
    case .update(let update): return try self.update(update)
    case .delete(let delete): return try self.delete(delete)
    case .createTable(let table): return try createTable(table)
    case .createTableAs(let table): return try createTableAs(table)
    case .createView(let view):
      return "CREATE \(view.replaces ? "OR REPLACE " : "")VIEW "
        + "\(try name(view.name))\(Self.columns(view.columns)) AS \(try query(view.query))"
    case .createSchema(let name, let ifNotExists, _):
      return "CREATE SCHEMA \(ifNotExists ? "IF NOT EXISTS " : "")\(Writer.name(name))"
    case .drop(let drop): return try self.drop(drop)
    case .truncate(let table): return "TRUNCATE \(try name(table))"
    case .alterTable(let table, let action): return try alter(table, action)
    case .explain(let inner, let isAnalyze):
      return "EXPLAIN \(isAnalyze ? "ANALYZE " : "")\(try self.statement(inner))"
    case .merge(let merge): return try self.merge(merge)
    case .begin(_): return "BEGIN TRANSACTION"
    case .commit: return "COMMIT"
    case .rollback: return "ROLLBACK"
    default: throw SQLError("0A000", "the statement cannot be run by DuckDB")
    }
  }

  /// A table's name in DuckDB's SQL.
  package func tableName(_ table: ObjectName) throws(SQLError) -> String { try name(table) }

  /// The name of a table that is written to.
  ///
  /// - Throws: 42809 for what another relation stands for, such as a stream's records.
  func name(_ name: ObjectName) throws(SQLError) -> String {
    switch try resolveTable(TableReference(name: name)) {
    case .table(let table)?: return Writer.name(table.name)
    case nil: return Writer.name(name)
    default:
      let written = name.parts.map(\.name).joined(separator: ".")
      throw SQLError(
        "42809", "cannot change \"\(written)\": it belongs to an external schema",
        position: name.position > 0 ? name.position : nil)
    }
  }

  static func columns(_ names: [Identifier]) -> String {
    names.isEmpty ? "" : " (\(names.map { Writer.quoted($0.name) }.joined(separator: ", ")))"
  }
}
