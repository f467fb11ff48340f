package import Core

/// Turns Redshift's statements into DuckDB's.
package struct Rewriter {
  /// Asked for every table that is named; returns what is to stand in its place.
  private let resolveTable: (TableReference) throws(SQLError) -> TableSource?
  /// Asked before the rules about every expression.
  private let rewriteExpression: (Expression) throws(SQLError) -> Expression?

  /// Rules about operators and literals; the first that applies is the last.
  private static let rules: [any RewriteRule.Type] = [
    ApproximateRule.self, ExtractRule.self, DateLiteralRule.self, IntervalRule.self,
    CastRule.self, AtTimeZoneRule.self, DivisionRule.self, OperatorRule.self,
    TrailingBlankRule.self, RegularExpressionRule.self, LikeEscapeRule.self,
    SimilarToRule.self,
  ]

  private static let callRules: [String: any CallRule.Type] = {
    let rules: [any CallRule.Type] = [
      CurrentTimeRule.self, DateAddRule.self, DateDiffRule.self, DatePartRule.self,
      ConvertTimezoneRule.self, NullValueRule.self, DecodeRule.self, RenamedFunctionRule.self,
      ConcatRule.self, VarbyteRule.self, ListAggregateRule.self, PercentileRule.self,
      RatioRule.self, AverageRule.self, RegularExpressionFunctionRule.self, ToNumberRule.self,
      SuperConstructorRule.self, JSONPathTextRule.self, FunctionRule.self,
    ]
    var table: [String: any CallRule.Type] = [:]
    for rule in rules {
      for name in rule.names where table[name] == nil { table[name] = rule }
    }
    return table
  }()

  package init(
    resolveTable: @escaping (TableReference) throws(SQLError) -> TableSource? = { _ in nil },
    rewriteExpression: @escaping (Expression) throws(SQLError) -> Expression? = { _ in nil }
  ) {
    self.resolveTable = resolveTable
    self.rewriteExpression = rewriteExpression
  }

  private var map: TreeMap {
    TreeMap(
      expression: { [rewriteExpression] value throws(SQLError) in
        let first = try rewriteExpression(value)
        return try Self.applyRules(to: first ?? value) ?? first
      },
      table: resolveTable, select: { select throws(SQLError) in Self.withoutInto(select) },
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
    var map = map
    return Writer.query(Self.liftTop(try map.map(query)))
  }

  package func expression(_ expression: Expression) throws(SQLError) -> String {
    var map = map
    return Writer.expression(try map.map(expression))
  }

  /// `SELECT TOP n …` → `SELECT … LIMIT n`.
  private static func liftTop(_ query: Query) -> Query {
    var query = query
    if case .select(var select) = query.body, let top = select.top {
      select.top = nil
      query.body = .select(select)
      query.limit = query.limit ?? top
    }
    for index in query.commonTables.indices {
      query.commonTables[index].query = liftTop(query.commonTables[index].query)
    }
    return query
  }

  /// DuckDB's SQL for a statement that DuckDB can run.
  ///
  /// - Throws: `SQLError` 0A000 for what is the warehouse's own work.
  package func statement(_ statement: Statement) throws(SQLError) -> String {
    switch statement {
    case .query(let query): return try self.query(query)
    case .insert(let insert): return try self.insert(insert)
    case .update(let update): return try self.update(update)
    case .delete(let delete): return try self.delete(delete)
    case .createTable(let table): return try createTable(table)
    case .createTableAs(let table):
      let columns = Self.columns(table.columns)
      return "CREATE \(table.isTemporary ? "TEMP " : "")TABLE "
        + "\(try self.name(table.name))\(columns) AS \(try query(table.query))"
    case .createView(let view):
      return "CREATE \(view.replaces ? "OR REPLACE " : "")VIEW "
        + "\(try name(view.name))\(Self.columns(view.columns)) AS \(try query(view.query))"
    case .createSchema(let name, let ifNotExists):
      return "CREATE SCHEMA \(ifNotExists ? "IF NOT EXISTS " : "")\(Writer.name(name))"
    case .drop(let drop): return try self.drop(drop)
    case .truncate(let table): return "TRUNCATE \(try name(table))"
    case .alterTable(let table, let action): return try alter(table, action)
    case .explain(let inner, let isAnalyze):
      return "EXPLAIN \(isAnalyze ? "ANALYZE " : "")\(try self.statement(inner))"
    case .begin: return "BEGIN TRANSACTION"
    case .commit: return "COMMIT"
    case .rollback: return "ROLLBACK"
    default: throw SQLError("0A000", "the statement cannot be run by DuckDB")
    }
  }

  /// The name of a table that is written to.
  private func name(_ name: ObjectName) throws(SQLError) -> String {
    if case .table(let table)? = try resolveTable(TableReference(name: name)) {
      return Writer.name(table.name)
    }
    return Writer.name(name)
  }

  private static func columns(_ names: [Identifier]) -> String {
    names.isEmpty ? "" : " (\(names.map { Writer.quoted($0.name) }.joined(separator: ", ")))"
  }

  private func insert(_ insert: Insert) throws(SQLError) -> String {
    let target = "INSERT INTO \(try name(insert.table))\(Self.columns(insert.columns)) "
    guard let query = insert.query else { return target + "DEFAULT VALUES" }
    return target + (try self.query(query))
  }

  private func update(_ update: Update) throws(SQLError) -> String {
    var map = map
    var sets: [String] = []
    for assignment in update.assignments {
      let value = Writer.expression(try map.map(assignment.value))
      sets.append("\(Writer.quoted(assignment.column.name)) = \(value)")
    }
    var text = "UPDATE \(try name(update.table.name))\(Writer.alias(update.table.alias))"
    text += " SET " + sets.joined(separator: ", ")
    text += try sources(" FROM ", update.from)
    return text + (try condition(update.condition))
  }

  private func delete(_ delete: Delete) throws(SQLError) -> String {
    let target = "\(try name(delete.table.name))\(Writer.alias(delete.table.alias))"
    return "DELETE FROM \(target)" + (try sources(" USING ", delete.using))
      + (try condition(delete.condition))
  }

  private func sources(_ word: String, _ sources: [TableSource]) throws(SQLError) -> String {
    guard !sources.isEmpty else { return "" }
    var map = map
    var written: [String] = []
    for source in sources { written.append(Writer.source(try map.map(source))) }
    return word + written.joined(separator: ", ")
  }

  private func condition(_ condition: Expression?) throws(SQLError) -> String {
    guard let condition else { return "" }
    return " WHERE \(try expression(condition))"
  }

  // MARK: Definitions

  private func createTable(_ table: CreateTable) throws(SQLError) -> String {
    var parts: [String] = []
    for column in table.columns { parts.append(try definition(column)) }
    if !table.primaryKey.isEmpty { parts.append("PRIMARY KEY\(Self.columns(table.primaryKey))") }
    for columns in table.unique { parts.append("UNIQUE\(Self.columns(columns))") }
    return "CREATE \(table.isTemporary ? "TEMP " : "")TABLE "
      + "\(table.ifNotExists ? "IF NOT EXISTS " : "")\(Writer.name(table.name)) "
      + "(\(parts.joined(separator: ", ")))"
  }

  private func definition(_ column: CreateTable.Column) throws(SQLError) -> String {
    guard column.identity == nil else {
      throw SQLError("0A000", "IDENTITY columns are not supported", position: nil)
    }
    var text = "\(Writer.quoted(column.name.name)) \(Writer.type(column.type))"
    if column.isNotNull { text += " NOT NULL" }
    if column.isPrimaryKey { text += " PRIMARY KEY" }
    if column.isUnique { text += " UNIQUE" }
    if let value = column.defaultValue { text += " DEFAULT (\(try expression(value)))" }
    return text
  }

  private func drop(_ drop: Drop) throws(SQLError) -> String {
    var statements: [String] = []
    for name in drop.names {
      statements.append(
        "DROP \(drop.kind.rawValue.uppercased()) \(drop.ifExists ? "IF EXISTS " : "")"
          + (drop.kind == .schema ? Writer.name(name) : try self.name(name))
          + (drop.isCascade ? " CASCADE" : ""))
    }
    return statements.joined(separator: "; ")
  }

  private func alter(_ table: ObjectName, _ action: AlterAction) throws(SQLError) -> String {
    let target = "ALTER TABLE \(try name(table)) "
    switch action {
    case .addColumn(let column): return target + "ADD COLUMN \(try definition(column))"
    case .dropColumn(let column, let isCascade):
      return target + "DROP COLUMN \(Writer.quoted(column.name))\(isCascade ? " CASCADE" : "")"
    case .renameColumn(let old, let new):
      return target + "RENAME COLUMN \(Writer.quoted(old.name)) TO \(Writer.quoted(new.name))"
    case .rename(let new): return target + "RENAME TO \(Writer.quoted(new.name))"
    }
  }
}
