internal import Core
internal import RedshiftSQL

extension StreamPlan {
  /// Functions that read the stream's data as text.
  private static let textFunctions: Set<String> = [
    "json_extract_path_text", "json_extract_array_element_text", "json_parse", "is_valid_json",
    "is_valid_json_array", "can_json_parse",
  ]

  /// Reads a definition that the catalog holds.
  init(definition: String) throws(SQLError) {
    try self.init(query: try Parser.parseQuery(definition))
  }

  /// Takes a streaming view's query apart.
  ///
  /// - Throws: `SQLError` 0A000, with the place, for what a view over a stream cannot have.
  init(query written: Query) throws(SQLError) {
    var (select, table) = try Self.streamSelect(try DerivedTable.inlined(written))
    alias = table.callName
    select.items = select.items.flatMap { Self.expand($0, alias: table.callName) }
    try ViewNames.check(select.items)
    select = try Self.prepared(select, table)
    let plain = try Self.parts(of: select, Rewriter(rewriteExpression: Self.useText))
    (columns, shape, condition) = (plain.columns, plain.shape, plain.condition)
    let collector = FieldCollector()
    let pushed = try Self.parts(
      of: select,
      Rewriter(rewriteExpression: { value throws(SQLError) in
        if let field = try collector.rewrite(value) { return field }
        return try Self.useText(value)
      }))
    passesOnlyJSON = Self.testsJSON(select.condition)
    if let paths = collector.paths(skipsInvalid: passesOnlyJSON) {
      fields = Fields(paths: paths, columns: pushed.columns, condition: pushed.condition)
    }
  }

  /// The result's columns keep the names that they had.
  private static func prepared(
    _ select: Select, _ table: TableReference
  ) throws(SQLError) -> Select {
    var named = select
    for index in named.items.indices {
      named.items[index].alias = Identifier(named.items[index].outputName)
    }
    return try Rewriter().prepared(named, tables: [table.callName])
  }

  private static func parts(
    of select: Select, _ rewriter: Rewriter
  ) throws(SQLError) -> (columns: [ViewColumn], shape: ViewStorage.Shape, condition: String?) {
    var columns: [ViewColumn] = []
    let shape: ViewStorage.Shape
    if select.groupBy.isEmpty, !ViewRules.hasAggregates(select) {
      for item in select.items {
        columns.append(
          ViewColumn(
            name: item.outputName, expression: try rewriter.expression(item.expression)))
      }
      shape = .rows(columns.map(\.name))
    } else {
      let folded = try FoldBuilder.build(
        select, rewriter: rewriter, columns: Set(StreamScanFunction.publicColumns))
      guard let folded else { throw unsupported("aggregates that cannot be added to") }
      columns = folded.rows.map {
        ViewColumn(name: $0.outputName, expression: Writer.expression($0.expression))
      }
      shape = .groups(folded.fold)
    }
    var condition: String?
    if let test = select.condition { condition = try rewriter.expression(test) }
    return (columns, shape, condition)
  }

  /// Whether only records that are JSON pass: then one that is none needs no other look.
  private static func testsJSON(_ condition: Expression?) -> Bool {
    switch condition?.kind {
    case .call(let call): FieldCollector.isValidityTest(call)
    case .logical("AND", let terms): terms.contains { testsJSON($0) }
    // What `DerivedTable` makes of two conditions.
    case .caseWhen(nil, let branches, let otherwise?) where otherwise.kind == .boolean(false):
      branches.allSatisfy { testsJSON($0.condition) || testsJSON($0.result) }
    default: false
    }
  }

  /// The stream that the query reads, as `schema.stream`; nil if it is no plain SELECT from one.
  static func source(of written: Query) throws(SQLError) -> TableReference? {
    let query = try DerivedTable.inlined(written)
    guard query.commonTables.isEmpty, case .select(let select) = query.body, select.from.count == 1,
      case .table(let table)? = select.from.first
    else { return nil }
    return table
  }

  private static func streamSelect(
    _ query: Query
  ) throws(SQLError) -> (Select, TableReference) {
    guard case .select(let select) = query.body, query.commonTables.isEmpty else {
      throw unsupported("WITH and set operations")
    }
    guard let table = try source(of: query) else {
      throw unsupported("joins and subqueries", position: 0)
    }
    if !query.orderBy.isEmpty || query.limit != nil || query.offset != nil || select.top != nil {
      throw unsupported("ORDER BY, LIMIT and OFFSET")
    }
    if select.isDistinct { throw unsupported("DISTINCT") }
    if select.qualify != nil { throw unsupported("window functions") }
    try checkExpressions(select)
    return (select, table)
  }

  /// Each row must follow from one record alone, and from nothing else.
  private static func checkExpressions(_ select: Select) throws(SQLError) {
    var check = TreeMap(
      expression: { value throws(SQLError) in
        switch value.kind {
        case .call(let call):
          let name = call.simpleName ?? ""
          if call.over != nil {
            throw unsupported("window functions", position: value.position)
          }
          if ViewRules.isUnfoldable(call) {
            throw unsupported("aggregates such as \(name)", position: value.position)
          }
          if ViewRules.mutableFunctions.contains(name) {
            throw unsupported("functions such as \(name)", position: value.position)
          }
        case .subquery, .exists, .inQuery, .quantified:
          throw unsupported("subqueries", position: value.position)
        case .column(let parts): try checkColumn(parts, at: value.position)
        case .parameter: throw unsupported("parameters", position: value.position)
        default: break
        }
        return nil
      })
    _ = try check.map(Query(body: .select(select)))
  }

  /// Only the stream's columns exist; a bare date part is an argument of DATEADD and its like.
  private static func checkColumn(_ parts: [Identifier], at position: Int) throws(SQLError) {
    let name = parts.last?.name ?? ""
    let isDatePart = parts.count == 1 && DateParts.canonical(name) != nil
    guard !StreamScanFunction.publicColumns.contains(name), !isDatePart else { return }
    throw SQLError(
      "42703", "column \"\(name)\" does not exist",
      hint: "a stream has \(StreamScanFunction.publicColumns.joined(separator: ", "))",
      position: position)
  }

  static func unsupported(_ what: String, position: Int = 0) -> SQLError {
    SQLError(
      "0A000", "a materialized view over a stream cannot have \(what)",
      hint: "select from the view instead, or make a view over it",
      position: position > 0 ? position : nil)
  }

  /// `*` is what Redshift's external stream relation has.
  static func expand(_ item: SelectItem, alias: String) -> [SelectItem] {
    guard case .star(_, let exclude) = item.expression.kind else { return [item] }
    return StreamScanFunction.publicColumns
      .filter { name in !exclude.contains { $0.name == name } }
      .map { SelectItem(Expression(.column([Identifier(alias), Identifier($0)]))) }
  }

  /// `json_extract_path_text(kinesis_data, …)` and `kinesis_data::varchar` read the column that
  /// has the data as text.
  @Sendable private static func useText(_ value: Expression) throws(SQLError) -> Expression? {
    if case .cast(let data, let type, isTry: false) = value.kind, StreamText.isData(data),
      StreamText.textTypes.contains(type.name)
    {
      return text(for: data)
    }
    guard case .call(var call) = value.kind, let first = call.arguments.first else { return nil }
    let name = call.simpleName ?? ""
    if name == "from_varbyte", call.arguments.count == 2, StreamText.isData(first),
      case .string(let format) = call.arguments[1].kind,
      ["utf-8", "utf8"].contains(format.lowercased())
    {
      return text(for: first)
    }
    guard textFunctions.contains(name), StreamText.isData(first) else { return nil }
    call.arguments[0] = text(for: first)
    return Expression(.call(call), position: value.position)
  }

  static func text(for data: Expression) -> Expression {
    guard case .column(var parts) = data.kind else { return data }
    parts[parts.count - 1] = Identifier(StreamScanFunction.textColumn)
    return Expression(.column(parts))
  }
}
