internal import Core

// Which of a statement's columns are SUPERs: those that tables are known to have, those that
// subqueries and common tables make, elements that FROM unnests, and what navigates into any.
extension SuperOperands {
  /// A column of a table or a query.
  struct Column: Equatable {
    var name: String
    var kind: StoredColumn.Kind

    var isSuper: Bool { kind == .superValue }
  }

  /// The names that stand before columns in a statement, and what is known of their columns.
  struct Names {
    var tables: Set<String> = []
    var schemas: Set<String> = []
    /// The columns of common tables.
    var common: [String: [Column]] = [:]
    /// The columns of a table; empty: unknown.
    var columns: (ObjectName) -> [Column] = { _ in [] }
  }

  /// Every name by which the statement's tables are called.
  static func tableNames(
    in query: Query, columns: @escaping (ObjectName) -> [Column] = { _ in [] }
  ) -> Names {
    var names = Names()
    names.columns = columns
    var map = TreeMap(
      selectBefore: { select throws(SQLError) in
        let scope = Scope(select.from, tables: Names())
        names.tables.formUnion(scope.names.tables)
        names.schemas.formUnion(scope.names.schemas)
        return select
      },
      queryBefore: { query throws(SQLError) in
        for table in query.commonTables {
          names.common[table.name.name] = outputs(of: table.query, names, table.columns)
        }
        return query
      })
    _ = try? map.map(query)
    return names
  }

  /// The columns that a query gives, as far as they are known.
  static func outputs(
    of query: Query, _ names: Names, _ given: [Identifier] = []
  ) -> [Column] {
    var columns: [Column] = []
    switch query.body {
    case .select(let select): columns = outputs(of: select, names)
    case .nested(let inner): columns = outputs(of: inner, names)
    case .setOperation(_, _, let left, _): columns = outputs(of: Query(body: left), names)
    case .values: break
    }
    for (index, name) in given.enumerated() where columns.indices.contains(index) {
      columns[index].name = name.name
    }
    return columns
  }

  private static func outputs(of select: Select, _ names: Names) -> [Column] {
    let scope = Scope(SelectRewriter.unnesting(select.from), tables: names)
    return select.items.flatMap { item -> [Column] in
      guard case .star(let qualifier, let exclude) = item.expression.kind else {
        return [Column(name: item.outputName, kind: scope.kind(of: item.expression))]
      }
      let hidden = Set((exclude + select.exclude).map(\.name))
      return scope.columns(of: qualifier.last?.name).filter { !hidden.contains($0.name) }
    }
  }

  struct Scope {
    private(set) var names: Names
    private var elements: Set<String> = []
    /// Whether the names are those of the whole statement.
    private let isWhole: Bool
    /// The tables in order, with their columns.
    private var sources: [(name: String, columns: [Column])] = []
    /// SUPERs by their names alone.
    private var plain: Set<String> = []
    /// Texts and intervals by their names alone, unless another table has such a column.
    private var others: [String: StoredColumn.Kind] = [:]

    init(_ sources: [TableSource], tables: Names) {
      names = tables
      isWhole = !tables.tables.isEmpty
      for source in sources { add(source) }
      let columns = self.sources.flatMap(\.columns)
      plain = Set(columns.filter(\.isSuper).map(\.name))
      for column in columns where [.text, .interval].contains(column.kind) {
        others[column.name] = column.kind
      }
      for column in columns where column.kind == .other { others[column.name] = nil }
    }

    /// What a subquery sees of the scope: its own tables' columns may have the same names.
    var fromWithin: Scope {
      var scope = self
      scope.plain = []
      scope.others = [:]
      return scope
    }

    private mutating func add(_ source: TableSource) {
      switch source {
      case .table(let table):
        names.tables.insert(table.callName)
        // `schema.table.column`
        if let schema = table.name.schema { names.schemas.insert(schema) }
        var columns =
          (table.name.schema == nil ? names.common[table.name.name] : nil)
          ?? names.columns(table.name)
        for (index, name) in (table.alias?.columns ?? []).enumerated()
        where columns.indices.contains(index) {
          columns[index].name = name.name
        }
        sources.append((table.callName, columns))
      case .query(_, let alias, _), .function(_, let alias), .pivot(_, _, let alias):
        if let alias { names.tables.insert(alias.name.name) }
        if case .function(let call, nil) = source { names.tables.insert(call.name.name) }
        if case .query(let query, _, _) = source {
          let columns = outputs(of: query, names, alias?.columns ?? [])
          sources.append((alias?.name.name ?? "", columns))
        }
      case .join(let left, let right, _, _):
        add(left)
        add(right)
      case .nested(let inner): add(inner)
      case .unnest(_, let alias, _):
        elements.insert(alias.name.name)
        sources.append((alias.name.name, [Column(name: alias.name.name, kind: .superValue)]))
      case .unpivotObject(_, let value, let name):
        elements.insert(value.name)
        let columns = [Column(name: value.name, kind: .superValue)]
        sources.append(
          (value.name, columns + (name.map { [Column(name: $0.name, kind: .other)] } ?? [])))
      }
    }

    /// Whether there may be anything to rewrite.
    var hasColumns: Bool { !elements.isEmpty || !plain.isEmpty || !others.isEmpty }

    func kind(of value: Expression) -> StoredColumn.Kind {
      if isSuper(value) { return .superValue }
      guard case .column(let parts) = value.kind, let name = parts.last?.name else {
        return .other
      }
      guard parts.count > 1 else { return others[name] ?? .other }
      let table = parts[parts.count - 2].name
      return columns(of: table).first { $0.name == name }?.kind ?? .other
    }

    func columns(of table: String?) -> [Column] {
      sources.filter { table == nil || $0.name == table }.flatMap(\.columns)
    }

    func isSuper(_ value: Expression) -> Bool {
      switch value.kind {
      case .index, .field: true
      case .column(let parts): isSuper(parts)
      case .call(let call): isSuper(call)
      case .cast(_, let type, _): type.name == "super"
      default: false
      }
    }

    /// Whether the value is inside a SUPER by brackets or dots, as it stands.
    func isNavigation(_ value: Expression) -> Bool {
      switch value.kind {
      case .index, .field: true
      case .column(let parts): isSuper(parts) && !isWholeColumn(parts)
      default: false
      }
    }

    private func isWholeColumn(_ parts: [Identifier]) -> Bool {
      switch parts.count {
      case 1: elements.contains(parts[0].name) || plain.contains(parts[0].name)
      case 2: has(parts[1].name, in: parts[0].name)
      case 3:
        names.schemas.contains(parts[0].name) && has(parts[2].name, in: parts[1].name)
      default: false
      }
    }

    private func has(_ column: String, in table: String) -> Bool {
      sources.contains { source in
        source.name == table && source.columns.contains { $0.isSuper && $0.name == column }
      }
    }

    private func isSuper(_ parts: [Identifier]) -> Bool {
      guard let first = parts.first else { return false }
      if elements.contains(first.name) || isWholeColumn(parts) { return true }
      guard isWhole, parts.count > 1 else { return false }
      if names.schemas.contains(first.name) { return parts.count > 3 }
      // `database.schema.table.column`
      if names.schemas.contains(parts[1].name), parts.count > 3 { return parts.count > 4 }
      return parts.count > (names.tables.contains(first.name) ? 2 : 1)
    }

    private static let makers: Set<String> = [
      "json_parse", "object", "array", "subarray", "array_concat", "array_flatten",
      "split_to_array", "lower_attribute_names", "upper_attribute_names",
    ]
    /// Functions that give their argument, or one of many.
    private static let choosers: Set<String> = [
      "min", "max", "any_value", "arg_min", "arg_max", "first_value", "last_value", "nth_value",
      "lag", "lead", "coalesce", "nvl", "isnull",
    ]

    private func isSuper(_ call: FunctionCall) -> Bool {
      if call.name.schema == "weir" {
        return ["_super", "_super_cast", "_super_plain", "_super_value"].contains(call.name.name)
      }
      guard let name = call.simpleName else { return false }
      if Self.makers.contains(name) { return true }
      return Self.choosers.contains(name) && call.arguments.first.map(isSuper) == true
    }
  }
}
