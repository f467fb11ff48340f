internal import Core

/// Operators and aggregates on values inside a SUPER: DuckDB holds them as JSON, on which `+` and
/// `=` mean nothing.
///
/// Without types it is seen by form what is inside a SUPER: brackets, dots behind what is no table,
/// and the elements that FROM unnests. Beside a string it is compared as text, else as a number.
enum SuperOperands {
  /// - Parameter tables: every name of a table in the statement; empty if they are not known.
  static func rewrite(_ select: Select, tables: Set<String>) throws(SQLError) -> Select {
    let scope = Scope(select.from, tables: tables)
    guard scope.hasElements || mayNavigate(select, scope) else { return select }
    var map = TreeMap(expression: { value throws(SQLError) in rewrite(value, scope) })
    var result = select
    for index in result.items.indices {
      let name = result.items[index].outputName
      result.items[index].expression = try map.map(result.items[index].expression)
      if result.items[index].alias == nil, !result.items[index].keepsItsName {
        result.items[index].alias = Identifier(name)
      }
    }
    if let condition = result.condition { result.condition = try map.map(condition) }
    if let having = result.having { result.having = try map.map(having) }
    if let qualify = result.qualify { result.qualify = try map.map(qualify) }
    return result
  }

  private static func mayNavigate(_ select: Select, _ scope: Scope) -> Bool {
    var found = false
    var map = TreeMap(expression: { value throws(SQLError) in
      if scope.isSuper(value) { found = true }
      return nil
    })
    for item in select.items { _ = try? map.map(item.expression) }
    if let condition = select.condition { _ = try? map.map(condition) }
    if let having = select.having { _ = try? map.map(having) }
    return found
  }

  /// Every name by which the statement's tables are called.
  static func tableNames(in query: Query) -> Set<String> {
    var names: Set<String> = []
    var map = TreeMap(selectBefore: { select throws(SQLError) in
      names.formUnion(Scope(select.from, tables: []).tables)
      return select
    })
    _ = try? map.map(query)
    return names
  }

  struct Scope {
    fileprivate private(set) var tables: Set<String>
    private var elements: Set<String> = []
    private let known: Set<String>

    init(_ sources: [TableSource], tables: Set<String>) {
      self.tables = tables
      known = tables
      for source in sources { add(source) }
    }

    private mutating func add(_ source: TableSource) {
      switch source {
      case .table(let table):
        tables.insert(table.callName)
        // `schema.table.column`
        if let schema = table.name.schema { tables.insert(schema) }
      case .query(_, let alias, _), .function(_, let alias), .pivot(_, _, let alias):
        if let alias { tables.insert(alias.name.name) }
        if case .function(let call, nil) = source { tables.insert(call.name.name) }
      case .join(let left, let right, _, _):
        add(left)
        add(right)
      case .nested(let inner): add(inner)
      case .unnest(_, let alias, _): elements.insert(alias.name.name)
      case .unpivotObject(_, let value, _): elements.insert(value.name)
      }
    }

    var hasElements: Bool { !elements.isEmpty }

    func isSuper(_ value: Expression) -> Bool {
      switch value.kind {
      case .index, .field: return true
      case .column(let parts):
        guard let first = parts.first else { return false }
        if elements.contains(first.name) { return true }
        if parts.count > 3 { return true }
        return parts.count == 2 && !known.isEmpty && !known.contains(first.name)
      default: return false
      }
    }
  }

  private static func rewrite(_ value: Expression, _ scope: Scope) -> Expression? {
    switch value.kind {
    case .binary(let symbol, let left, let right):
      return binary(value, symbol, left, right, scope)
    case .inList(let item, let list, let isNegated) where scope.isSuper(item):
      return Expression(
        .inList(operand(item, beside: list.first), list, isNegated: isNegated),
        position: value.position)
    case .between(let item, let low, let high, let isNegated) where scope.isSuper(item):
      return Expression(
        .between(operand(item, beside: low), low, high, isNegated: isNegated),
        position: value.position)
    case .like(let text, let word, let pattern, let escape, let isNegated)
    where scope.isSuper(text):
      return Expression(
        .like(.weir("_text", text), word, pattern, escape: escape, isNegated: isNegated),
        position: value.position)
    case .call(var call):
      guard let name = call.simpleName, let first = call.arguments.first, scope.isSuper(first)
      else { return nil }
      if ["sum", "avg", "abs", "round", "ceil", "floor", "sqrt", "median", "stddev", "variance"]
        .contains(name)
      {
        call.arguments[0] = .weir("_super_number", first)
      } else if [
        "upper", "lower", "trim", "ltrim", "rtrim", "btrim", "left", "right", "reverse",
        "translate", "length", "len", "char_length", "substring", "concat", "md5", "sha2",
      ].contains(name) {
        call.arguments[0] = .weir("_text", first)
      } else {
        return nil
      }
      return Expression(.call(call), position: value.position)
    default: return nil
    }
  }

  private static func binary(
    _ value: Expression, _ symbol: String, _ left: Expression, _ right: Expression,
    _ scope: Scope
  ) -> Expression? {
    let (isLeft, isRight) = (scope.isSuper(left), scope.isSuper(right))
    guard isLeft || isRight else { return nil }
    switch symbol {
    case "+", "-", "*", "/", "%":
      return Expression(
        .binary(
          symbol, isLeft ? .weir("_super_number", left) : left,
          isRight ? .weir("_super_number", right) : right), position: value.position)
    case "||":
      return Expression(
        .binary(
          symbol, isLeft ? .weir("_text", left) : left, isRight ? .weir("_text", right) : right),
        position: value.position)
    case "=", "<>", "!=", "<", ">", "<=", ">=":
      guard isLeft != isRight else { return nil }
      return Expression(
        .binary(
          symbol, isLeft ? operand(left, beside: right) : left,
          isRight ? operand(right, beside: left) : right), position: value.position)
    default: return nil
    }
  }

  /// As a number beside a number, else as text.
  private static func operand(_ value: Expression, beside other: Expression?) -> Expression {
    switch other?.kind {
    case .number, .unary("-", _): .weir("_super_number", value)
    case .boolean: Expression(.cast(.weir("_text", value), TypeName("bool"), isTry: true))
    case .binary(let symbol, _, _) where ["+", "-", "*", "/", "%"].contains(symbol):
      .weir("_super_number", value)
    default: .weir("_text", value)
    }
  }
}
