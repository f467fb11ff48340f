internal import Core

/// `x::int` → `weir._int4(x)`, `x::varchar(5)` → `weir._varchar_n(x, 5)`, … (see `Macros.casts`).
///
/// Casts that a rewrite made stand at position 0, and stay as they are.
enum CastRule: RewriteRule {
  private static let macros = [
    "int2": "_int2", "smallint": "_int2", "int": "_int4", "int4": "_int4", "integer": "_int4",
    "int8": "_int8", "bigint": "_int8", "float": "_float8", "float8": "_float8",
    "double precision": "_float8", "float4": "_float4", "real": "_float4", "bool": "_bool",
    "boolean": "_bool", "date": "_day", "timestamp": "_ts", "timestamptz": "_tstz",
    "timestamp with time zone": "_tstz", "varchar": "_varchar",
    "character varying": "_varchar", "nvarchar": "_varchar", "text": "_varchar",
    "char": "_char", "character": "_char", "nchar": "_char", "bpchar": "_varchar",
    "varbyte": "_varbyte", "varbinary": "_varbyte", "binary varying": "_varbyte",
    "time": "_time",
  ]

  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .cast(let value, let type, isTry: false) = expression.kind,
      expression.position > 0
    else { return nil }
    if type.name == "super" { return .weir("_super_cast", value) }
    if type.name == "decimal" || type.name == "numeric" { return decimal(value, type) }
    guard var name = macros[type.name] else { return nil }
    switch value.kind {
    case .null: return nil
    case .number(let text) where name == "_bool" && text.contains("."):
      throw SQLError(
        "42846", "cannot cast type numeric to boolean", position: expression.position)
    case .number, .boolean: if !["_varchar", "_char", "_varbyte"].contains(name) { return nil }
    default: break
    }
    var arguments = [value]
    if ["_varchar", "_char", "_varbyte"].contains(name) {
      let length = type.modifiers.isEmpty ? nil : type.modifiers[0]
      if let length {
        name += "_n"
        arguments.append(Expression(.number(String(length))))
      } else if name == "_char" {
        // CHAR alone is CHAR(1).
        name = type.modifiers.isEmpty ? "_char_n" : "_varchar"
        if type.modifiers.isEmpty { arguments.append(Expression(.number("1"))) }
      }
    }
    return Expression(.weirCall(name, arguments), position: expression.position)
  }

  /// A SUPER that is no number becomes NULL.
  private static func decimal(_ value: Expression, _ type: TypeName) -> Expression? {
    guard SuperValue.isNavigation(value) else { return nil }
    return Expression(.cast(.weir("_text", value), type, isTry: true))
  }
}

/// What can be seen of a SUPER without types.
enum SuperValue {
  /// Whether the expression goes into a SUPER by brackets or dots.
  static func isNavigation(_ value: Expression) -> Bool {
    switch value.kind {
    case .index, .field: true
    case .column(let parts): parts.count > 3
    default: false
    }
  }
}
