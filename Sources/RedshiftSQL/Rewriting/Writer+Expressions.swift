extension Writer {
  package static func expression(_ expression: Expression) -> String {
    switch expression.kind {
    case .null: "NULL"
    case .boolean(let value): value ? "TRUE" : "FALSE"
    case .number(let text): text
    case .string(let text): literal(text)
    case .typedString(let type, let text): "\(Self.type(type)) \(literal(text))"
    case .interval(let text, let unit): interval(text, unit)
    case .parameter(let number): "$\(number)"
    case .column(let parts): parts.map { quoted($0.name) }.joined(separator: ".")
    case .star(let qualifier, let exclude):
      qualifier.map { quoted($0.name) + "." }.joined() + "*"
        + (exclude.isEmpty
          ? "" : " EXCLUDE (\(exclude.map { quoted($0.name) }.joined(separator: ", ")))")
    case .call(let call): Self.call(call)
    case .cast(let value, let type, let isTry):
      "\(isTry ? "TRY_CAST" : "CAST")(\(Self.expression(value)) AS \(Self.type(type)))"
    case .array(let items): "[\(list(items))]"
    case .row(let items): "(\(list(items)))"
    case .index(let base, let index): "\(operand(base))[\(Self.expression(index))]"
    case .field(let base, let name): "(\(Self.expression(base))).\(quoted(name.name))"
    case .extract(let part, let value):
      "EXTRACT(\(DateParts.canonical(part) ?? part) FROM \(Self.expression(value)))"
    case .subquery(let query): "(\(Self.query(query)))"
    case .exists(let query): "EXISTS (\(Self.query(query)))"
    case .caseWhen(let operand, let branches, let otherwise):
      caseWhen(operand, branches, otherwise)
    case .raw(let text): text
    default: operation(expression)
    }
  }

  /// In parentheses unless it is one piece anyway.
  static func operand(_ expression: Expression) -> String {
    switch expression.kind {
    case .unary, .binary, .logical, .isTest, .isDistinct, .between, .inList, .inQuery, .like,
      .quantified, .atTimeZone, .typedString, .interval:
      "(\(Self.expression(expression)))"
    default: Self.expression(expression)
    }
  }

  private static func operation(_ expression: Expression) -> String {
    switch expression.kind {
    case .unary(let symbol, let value):
      "\(symbol)\(symbol == "NOT" ? " " : "")\(operand(value))"
    case .binary(let symbol, let left, let right):
      "\(operand(left)) \(symbol) \(operand(right))"
    case .logical(let word, let terms): terms.map(operand).joined(separator: " \(word) ")
    case .isTest(let value, let test, let isNegated):
      "\(operand(value)) IS \(isNegated ? "NOT " : "")\(test == "UNKNOWN" ? "NULL" : test)"
    case .isDistinct(let left, let right, let isNegated):
      "\(operand(left)) IS \(isNegated ? "NOT " : "")DISTINCT FROM \(operand(right))"
    case .between(let value, let low, let high, let isNegated):
      "\(operand(value)) \(not(isNegated))BETWEEN \(operand(low)) AND \(operand(high))"
    case .inList(let value, let items, let isNegated):
      "\(operand(value)) \(not(isNegated))IN (\(list(items)))"
    case .inQuery(let value, let query, let isNegated):
      "\(operand(value)) \(not(isNegated))IN (\(Self.query(query)))"
    case .like(let value, let word, let pattern, let escape, let isNegated):
      "\(operand(value)) \(not(isNegated))\(word) \(operand(pattern))"
        + (escape.map { " ESCAPE \(operand($0))" } ?? "")
    case .quantified(let value, let symbol, let quantifier, let query):
      "\(operand(value)) \(symbol) \(quantifier) (\(Self.query(query)))"
    case .atTimeZone(let value, let zone): "\(operand(value)) AT TIME ZONE \(operand(zone))"
    default: ""
    }
  }

  private static func not(_ isNegated: Bool) -> String { isNegated ? "NOT " : "" }

  private static func caseWhen(
    _ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?
  ) -> String {
    var text = "CASE"
    if let operand { text += " " + Self.operand(operand) }
    for branch in branches {
      text += " WHEN \(expression(branch.condition)) THEN \(expression(branch.result))"
    }
    if let otherwise { text += " ELSE \(expression(otherwise))" }
    return text + " END"
  }

  private static func interval(_ text: String, _ unit: String?) -> String {
    "INTERVAL \(literal(text))" + (unit.map { " \(DateParts.canonical($0) ?? $0)" } ?? "")
  }

  private static func call(_ call: FunctionCall) -> String {
    var inner = call.isStar ? "*" : list(call.arguments)
    if call.isDistinct { inner = "DISTINCT " + inner }
    if !call.orderBy.isEmpty { inner += " ORDER BY \(order(call.orderBy))" }
    if call.ignoresNulls { inner += " IGNORE NULLS" }
    // A function of pg_catalog is DuckDB's own, without the schema.
    let name = call.simpleName.map(functionName) ?? Self.name(call.name)
    var text = "\(name)(\(inner))"
    if let items = call.withinGroup { text += " WITHIN GROUP (ORDER BY \(order(items)))" }
    if let filter = call.filter { text += " FILTER (WHERE \(expression(filter)))" }
    if let over = call.over { text += " OVER \(window(over))" }
    return text
  }

  private static func functionName(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy {
      (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0)
    }
    return isPlain ? name : quoted(name)
  }

  // MARK: Types

  /// Redshift's names of types in DuckDB's.
  package static func type(_ type: TypeName) -> String {
    let isArray = type.name.hasSuffix("[]")
    let base = isArray ? String(type.name.dropLast(2)) : type.name
    let modifiers = type.modifiers.compactMap { $0 }
    let name: String
    switch base {
    case "varbyte", "varbinary", "binary varying", "bytea": name = "BLOB"
    case "super": name = "JSON"
    case "varchar", "character varying", "nvarchar", "text", "char", "character", "nchar",
      "bpchar", "name":
      name = "VARCHAR"
    case "timestamptz", "timestamp with time zone": name = "TIMESTAMP WITH TIME ZONE"
    case "timetz", "time with time zone": name = "TIME WITH TIME ZONE"
    case "int2", "smallint": name = "SMALLINT"
    case "int", "int4", "integer", "oid": name = "INTEGER"
    case "int8", "bigint": name = "BIGINT"
    case "float4", "real": name = "REAL"
    case "float", "float8", "double precision": name = "DOUBLE"
    case "bool": name = "BOOLEAN"
    case "numeric", "decimal":
      // Redshift's default is DECIMAL(18, 0).
      let parts = modifiers.isEmpty ? [18, 0] : modifiers
      name = "DECIMAL(\(parts.map(String.init).joined(separator: ", ")))"
    default:
      name =
        base.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || $0 == 0x20 }
        ? base.uppercased() : quoted(base)
    }
    return name + (isArray ? "[]" : "")
  }
}
