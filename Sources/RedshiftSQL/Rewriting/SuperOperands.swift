internal import Core

/// Operators and aggregates on values inside a SUPER: DuckDB holds them as JSON, on which `+` and
/// `=` mean nothing.
///
/// Without types it is seen by form what is inside a SUPER: brackets, dots behind what is no table,
/// and the elements that FROM unnests. Beside a string it is compared as text, else as a number.
/// What is computed is a double; what a statement computes as its result stays a SUPER, and exact
/// (see `SuperResult`).
enum SuperOperands {
  /// The names that stand before columns in a statement.
  struct Names {
    var tables: Set<String> = []
    var schemas: Set<String> = []
  }

  /// - Parameter tables: every name of a table in the statement; empty if they are not known.
  static func rewrite(_ select: Select, tables: Names) throws(SQLError) -> Select {
    let scope = Scope(select.from, tables: tables)
    guard scope.hasElements || mayNavigate(select, scope) else { return select }
    var map = TreeMap(expression: { value throws(SQLError) in rewrite(value, scope) })
    var result = select
    for index in result.items.indices {
      let name = result.items[index].outputName
      let value = result.items[index].expression
      if select.isOutermost, let exact = try SuperResult.rewrite(value, scope, &map) {
        result.items[index].expression = exact
      } else {
        result.items[index].expression = try map.map(value)
      }
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
  static func tableNames(in query: Query) -> Names {
    var names = Names()
    var map = TreeMap(selectBefore: { select throws(SQLError) in
      let scope = Scope(select.from, tables: Names())
      names.tables.formUnion(scope.names.tables)
      names.schemas.formUnion(scope.names.schemas)
      return select
    })
    _ = try? map.map(query)
    return names
  }

  struct Scope {
    fileprivate private(set) var names: Names
    private var elements: Set<String> = []
    /// Whether the names are those of the whole statement.
    private let isWhole: Bool

    init(_ sources: [TableSource], tables: Names) {
      names = tables
      isWhole = !tables.tables.isEmpty
      for source in sources { add(source) }
    }

    private mutating func add(_ source: TableSource) {
      switch source {
      case .table(let table):
        names.tables.insert(table.callName)
        // `schema.table.column`
        if let schema = table.name.schema { names.schemas.insert(schema) }
      case .query(_, let alias, _), .function(_, let alias), .pivot(_, _, let alias):
        if let alias { names.tables.insert(alias.name.name) }
        if case .function(let call, nil) = source { names.tables.insert(call.name.name) }
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
        guard isWhole, parts.count > 1 else { return false }
        if names.schemas.contains(first.name) { return parts.count > 3 }
        // `database.schema.table.column`
        if names.schemas.contains(parts[1].name), parts.count > 3 { return parts.count > 4 }
        return parts.count > (names.tables.contains(first.name) ? 2 : 1)
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
    case .caseWhen(let operand, let branches, let otherwise):
      return cases(value, operand, branches, otherwise, scope)
    case .call(let call) where choices[call.simpleName ?? ""] != nil:
      return choice(value, call, scope)
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
      if isLong(isLeft ? right : left) {
        let order = Expression.call(
          "weir_super_compare", left.cast(to: "varchar"), right.cast(to: "varchar"))
        return Expression(
          .binary(symbol, order, Expression(.number("0"))), position: value.position)
      }
      return Expression(
        .binary(
          symbol, isLeft ? operand(left, beside: right) : left,
          isRight ? operand(right, beside: left) : right), position: value.position)
    default: return nil
    }
  }

  /// Whether a number has more digits than a double tells apart.
  private static func isLong(_ value: Expression) -> Bool {
    switch value.kind {
    case .number(let text): text.utf8.count > 15
    case .unary("-", let inner): isLong(inner)
    default: false
    }
  }

  /// Functions that give one of their arguments, and from which on.
  private static let choices = ["coalesce": 0, "nvl": 0, "isnull": 0, "nvl2": 1]

  private static func choice(
    _ value: Expression, _ call: FunctionCall, _ scope: Scope
  ) -> Expression? {
    let start = choices[call.simpleName ?? ""] ?? 0
    guard call.arguments.dropFirst(start).contains(where: scope.isSuper) else { return nil }
    var call = call
    for index in call.arguments.indices.dropFirst(start) {
      call.arguments[index] = asSuper(call.arguments[index], scope)
    }
    return Expression(.call(call), position: value.position)
  }

  private static func cases(
    _ value: Expression, _ operand: Expression?, _ branches: [CaseBranch],
    _ otherwise: Expression?, _ scope: Scope
  ) -> Expression? {
    let results = branches.map(\.result) + [otherwise].compactMap { $0 }
    guard results.contains(where: scope.isSuper) else { return nil }
    return Expression(
      .caseWhen(
        operand: operand,
        branches: branches.map {
          CaseBranch(condition: $0.condition, result: asSuper($0.result, scope))
        }, otherwise: otherwise.map { asSuper($0, scope) }), position: value.position)
  }

  private static func asSuper(_ value: Expression, _ scope: Scope) -> Expression {
    if scope.isSuper(value) || value.kind == .null { return value }
    return .weir("_super", value)
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
