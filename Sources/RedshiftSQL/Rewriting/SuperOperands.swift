internal import Core

/// Operators and aggregates on SUPERs: DuckDB holds them as JSON, on which `+` and `=` mean
/// nothing.
///
/// What is a SUPER is seen by form, and by what is known of the tables' columns (see `Scope`).
/// Values inside one are compared with literals as text or as numbers, all else as SUPERs (see
/// `SuperComparison`). What is computed is a double; what a statement computes as its result stays
/// a SUPER, and exact (see `SuperResult`).
enum SuperOperands {
  /// - Parameter tables: every name of a table in the statement; empty if they are not known.
  static func rewrite(_ original: Select, tables: Names) throws(SQLError) -> Select {
    let scope = Scope(original.from, tables: tables)
    guard scope.hasColumns || mayNavigate(original, scope) else { return original }
    let select = SuperOrder.grouped(original, scope)
    var map = map(scope)
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
    for index in result.from.indices { result.from[index] = try joins(result.from[index], &map) }
    if let condition = result.condition { result.condition = try map.map(condition) }
    if let having = result.having { result.having = try map.map(having) }
    if let qualify = result.qualify { result.qualify = try map.map(qualify) }
    return result
  }

  /// What subqueries have is left to their own turn, but for columns that name a table outside.
  static func map(_ scope: Scope) -> TreeMap {
    let depth = Depth()
    let within = scope.fromWithin
    return TreeMap(
      expression: { value throws(SQLError) in
        rewrite(value, depth.value == 0 ? scope : within)
      },
      select: { select throws(SQLError) in
        depth.value -= 1
        return select
      },
      selectBefore: { select throws(SQLError) in
        depth.value += 1
        return select
      })
  }

  private final class Depth {
    var value = 0
  }

  /// The conditions of joins; their tables have their own turn.
  private static func joins(
    _ source: TableSource, _ map: inout TreeMap
  ) throws(SQLError) -> TableSource {
    switch source {
    case .join(let left, let right, let kind, var condition):
      if case .on(let value) = condition { condition = .on(try map.map(value)) }
      return .join(try joins(left, &map), try joins(right, &map), kind: kind, condition)
    case .nested(let inner): return .nested(try joins(inner, &map))
    default: return source
    }
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
    for source in select.from { _ = try? joins(source, &map) }
    for case .expression(let value) in select.groupBy { _ = try? map.map(value) }
    return found
  }

  private static func rewrite(_ value: Expression, _ scope: Scope) -> Expression? {
    switch value.kind {
    case .binary(let symbol, let left, let right):
      return binary(value, symbol, left, right, scope)
        ?? TextComparison.rewrite(value, symbol, left, right, scope)
    case .unary("-", let inner) where scope.isSuper(inner):
      return Expression(.unary("-", number(inner, scope)), position: value.position)
    case .inList(let item, let list, let isNegated) where scope.kind(of: item) == .text:
      return TextComparison.any(item, list, isNegated: isNegated, at: value.position)
    case .between(let item, let low, let high, let isNegated) where scope.kind(of: item) == .text:
      return TextComparison.between(item, low, high, isNegated: isNegated, at: value.position)
    case .inList(let item, let list, let isNegated)
    where scope.isSuper(item) || list.contains(where: scope.isSuper):
      if scope.isNavigation(item), list.allSatisfy(isPlainLiteral) {
        return Expression(
          .inList(operand(item, beside: list.first, scope), list, isNegated: isNegated),
          position: value.position)
      }
      return SuperComparison.any(item, list, isNegated: isNegated, scope, at: value.position)
    case .inQuery(let item, let query, let isNegated):
      let isSuper = outputs(of: query, scope.names).first?.isSuper ?? false
      guard isSuper || scope.isSuper(item) else { return nil }
      return Expression(
        .inQuery(
          SuperComparison.key(item, scope), SuperComparison.keys(of: query, isSuper: isSuper),
          isNegated: isNegated), position: value.position)
    case .between(let item, let low, let high, let isNegated)
    where [item, low, high].contains(where: scope.isSuper):
      if scope.isNavigation(item), isPlainLiteral(low), isPlainLiteral(high) {
        return Expression(
          .between(operand(item, beside: low, scope), low, high, isNegated: isNegated),
          position: value.position)
      }
      return SuperComparison.between(
        item, low, high, isNegated: isNegated, scope, at: value.position)
    case .like(let text, let word, let pattern, let escape, let isNegated)
    where scope.isSuper(text):
      return Expression(
        .like(.weir("_text", text), word, pattern, escape: escape, isNegated: isNegated),
        position: value.position)
    case .caseWhen(let operand, let branches, let otherwise):
      return cases(value, operand, branches, otherwise, scope)
    case .call(let call): return self.call(value, call, scope)
    default: return nil
    }
  }

  // MARK: Calls

  private static let numberFunctions: Set<String> = [
    "sum", "avg", "abs", "round", "ceil", "ceiling", "floor", "sqrt", "median", "stddev",
    "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop",
  ]
  private static let textFunctions: Set<String> = [
    "upper", "lower", "trim", "ltrim", "rtrim", "btrim", "left", "right", "reverse", "translate",
    "length", "len", "char_length", "substring", "concat", "md5", "sha2",
  ]

  private static func call(
    _ value: Expression, _ original: FunctionCall, _ scope: Scope
  ) -> Expression? {
    if choices[original.simpleName ?? ""] != nil { return choice(value, original, scope) }
    var call = original
    call.over = call.over.map { ordered($0, scope) }
    call.orderBy = SuperOrder.ordered(call.orderBy, scope) ?? call.orderBy
    if let within = call.withinGroup {
      call.withinGroup = SuperOrder.ordered(within, scope) ?? within
    }
    if call.simpleName == "sum", let first = call.arguments.first,
      scope.kind(of: first) == .interval
    {
      call.arguments[0] = .call("epoch_us", first)
      return .call("to_microseconds", Expression(.call(call)).cast(to: "bigint"))
    }
    if let first = call.arguments.first, scope.kind(of: first) == .text {
      return onText(value, call, scope)
    }
    if let name = call.simpleName, call.arguments.contains(where: scope.isSuper) {
      switch name {
      case "nullif" where call.arguments.count == 2: return nullIf(value, call, scope)
      case "decode":
        compare(inDecode: &call, scope)
      case _ where scope.isSuper(call.arguments[0]):
        change(&call, name, scope)
      default: break
      }
    }
    return call == original ? nil : Expression(.call(call), position: value.position)
  }

  private static func onText(
    _ value: Expression, _ original: FunctionCall, _ scope: Scope
  ) -> Expression? {
    var call = original
    switch call.simpleName {
    case "count" where call.isDistinct:
      call.arguments = call.arguments.map {
        scope.kind(of: $0) == .text ? .weir("_trimmed", $0) : $0
      }
    case "nullif" where call.arguments.count == 2:
      let test = Expression(.binary("=", call.arguments[0], call.arguments[1]))
      guard
        let isEqual = TextComparison.rewrite(
          test, "=", call.arguments[0], call.arguments[1], scope)
      else { return nil }
      return Expression(
        .caseWhen(
          operand: nil, branches: [CaseBranch(condition: isEqual, result: Expression(.null))],
          otherwise: call.arguments[0]), position: value.position)
    default: if case .call(call) = value.kind { return nil }
    }
    return Expression(.call(call), position: value.position)
  }

  private static func change(_ call: inout FunctionCall, _ name: String, _ scope: Scope) {
    let first = call.arguments[0]
    if numberFunctions.contains(name) {
      call.arguments[0] = number(first, scope)
    } else if textFunctions.contains(name) {
      call.arguments[0] = .weir("_text", first)
    } else if name == "min" || name == "max", call.arguments.count == 1 {
      // The first or last of them by their keys.
      call.name = ObjectName([Identifier("arg_\(name)")])
      call.arguments = [first, .weir("_super_key", first)]
      call.isDistinct = false
    } else if name == "count", call.isDistinct {
      call.arguments = call.arguments.map { SuperComparison.key($0, scope) }
    }
  }

  /// `NULLIF(s, x)` → `CASE WHEN s = x THEN NULL ELSE s END`.
  private static func nullIf(
    _ value: Expression, _ call: FunctionCall, _ scope: Scope
  ) -> Expression {
    let isEqual = SuperComparison.rewrite(
      "=", call.arguments[0], call.arguments[1], scope, at: 0)
    return Expression(
      .caseWhen(
        operand: nil, branches: [CaseBranch(condition: isEqual, result: Expression(.null))],
        otherwise: call.arguments[0]), position: value.position)
  }

  /// `DECODE(s, 'a', r, …)`: by keys.
  private static func compare(inDecode call: inout FunctionCall, _ scope: Scope) {
    let last = call.arguments.count - 1
    for index in call.arguments.indices
    where index == 0 || !index.isMultiple(of: 2) && index < last {
      call.arguments[index] = SuperComparison.key(call.arguments[index], scope)
    }
  }

  private static func ordered(_ window: Window, _ scope: Scope) -> Window {
    var window = window
    window.orderBy = SuperOrder.ordered(window.orderBy, scope) ?? window.orderBy
    window.partitionBy = window.partitionBy.map {
      scope.isSuper($0) ? SuperComparison.key($0, scope) : $0
    }
    return window
  }

  // MARK: Operators

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
          symbol, isLeft ? number(left, scope) : left,
          isRight ? number(right, scope) : right), position: value.position)
    case "||":
      return Expression(
        .binary(
          symbol, isLeft ? .weir("_text", left) : left, isRight ? .weir("_text", right) : right),
        position: value.position)
    case _ where SuperComparison.isComparison(symbol):
      let (item, other) = isLeft ? (left, right) : (right, left)
      if isLeft != isRight, !isLong(other),
        isComputed(other) || isNumber(other)
          || scope.isNavigation(item) && isPlainLiteral(other)
      {
        return Expression(
          .binary(
            symbol, isLeft ? operand(left, beside: right, scope) : left,
            isRight ? operand(right, beside: left, scope) : right), position: value.position)
      }
      return SuperComparison.rewrite(symbol, left, right, scope, at: value.position)
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

  private static func isNumber(_ value: Expression) -> Bool {
    switch value.kind {
    case .number: true
    case .unary("-", let inner): isNumber(inner)
    default: false
    }
  }

  private static func isComputed(_ value: Expression) -> Bool {
    if case .binary(let symbol, _, _) = value.kind {
      ["+", "-", "*", "/", "%"].contains(symbol)
    } else {
      false
    }
  }

  /// Whether a literal is compared as well by its text, or its number: a string that could not be
  /// the text of a number, of true, or of what is in brackets; a short number.
  private static func isPlainLiteral(_ value: Expression) -> Bool {
    switch value.kind {
    case .string(let text):
      guard let first = text.first else { return true }
      return !"-{[".contains(first) && Double(text) == nil && !["true", "false"].contains(text)
    case .boolean: return true
    default: return isNumber(value) && !isLong(value)
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
    let compares =
      operand.map { operand in
        scope.kind(of: operand) == .text
          || ([operand] + branches.map(\.condition)).contains(where: scope.isSuper)
      } ?? false
    let givesSuper = results.contains(where: scope.isSuper)
    guard compares || givesSuper else { return nil }
    var rewritten: [CaseBranch] = []
    for branch in branches {
      var branch = branch
      if compares, let operand {
        let test = Expression(.binary("=", operand, branch.condition))
        branch.condition =
          binary(test, "=", operand, branch.condition, scope)
          ?? TextComparison.rewrite(test, "=", operand, branch.condition, scope) ?? test
      }
      if givesSuper { branch.result = asSuper(branch.result, scope) }
      rewritten.append(branch)
    }
    return Expression(
      .caseWhen(
        operand: compares ? nil : operand, branches: rewritten,
        otherwise: givesSuper ? otherwise.map { asSuper($0, scope) } : otherwise),
      position: value.position)
  }

  private static func asSuper(_ value: Expression, _ scope: Scope) -> Expression {
    if scope.isSuper(value) || value.kind == .null { return value }
    return .weir("_super", value)
  }

  /// As a number beside a number, else as text.
  private static func operand(
    _ value: Expression, beside other: Expression?, _ scope: Scope
  ) -> Expression {
    guard let other else { return .weir("_text", value) }
    if isNumber(other) || isComputed(other) { return number(value, scope) }
    guard case .boolean = other.kind else { return .weir("_text", value) }
    return Expression(.cast(.weir("_text", value), TypeName("bool"), isTry: true))
  }

  /// A double; views over streams read what is inside a SUPER from its field.
  private static func number(_ value: Expression, _ scope: Scope) -> Expression {
    .weir(scope.isNavigation(value) ? "_super_number" : "_super_double", value)
  }
}
