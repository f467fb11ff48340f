internal import Core
internal import DuckDB
internal import RedshiftSQL

/// A function that a user made: its expression stands in the place of every call.
struct UserFunction: Sendable {
  let schema: String
  let name: String
  let argumentTypes: [TypeName]
  let returnType: TypeName
  let volatility: String
  let body: String
  let expression: Expression

  /// As tables and messages have it: `integer, varchar(10)`.
  static func text(of types: [TypeName]) -> String {
    types.map(text).joined(separator: ", ")
  }

  static func text(of type: TypeName) -> String {
    let modifiers = type.modifiers.map { $0.map(String.init) ?? "max" }
    return type.name + (modifiers.isEmpty ? "" : "(\(modifiers.joined(separator: ", ")))")
  }

  /// The names that make two overloads the same: without lengths.
  static func signature(of types: [TypeName]) -> [String] { types.map { plain($0.name) } }

  /// The one name of a type that has several.
  static func plain(_ name: String) -> String {
    let names = [
      "int": "integer", "int4": "integer", "int2": "smallint", "int8": "bigint",
      "float4": "real", "float8": "double precision", "float": "double precision",
      "decimal": "numeric", "dec": "numeric", "bool": "boolean", "text": "character varying",
      "varchar": "character varying", "nvarchar": "character varying", "char": "character",
      "nchar": "character", "bpchar": "character", "timestamp": "timestamp without time zone",
      "timestamptz": "timestamp with time zone", "time": "time without time zone",
      "timetz": "time with time zone", "varbinary": "varbyte", "binary varying": "varbyte",
    ]
    return names[name] ?? name
  }
}

/// The functions that users made, as a session sees them.
///
/// Source: the pages CREATE FUNCTION and "Naming UDFs": overloads differ in the number and the
/// types of their arguments; a name without a schema is looked for along `search_path`.
struct UserFunctions: Sendable {
  static let table = """
    CREATE TABLE IF NOT EXISTS weir.user_function (
      schema_name VARCHAR NOT NULL, name VARCHAR NOT NULL, signature VARCHAR[] NOT NULL,
      argument_types VARCHAR NOT NULL, return_type VARCHAR NOT NULL, volatility VARCHAR NOT NULL,
      body VARCHAR NOT NULL, owner VARCHAR NOT NULL)
    """

  private let byName: [String: [UserFunction]]
  private let path: [String]
  /// The types of a call's arguments, for overloads of as many.
  private let types: @Sendable (FunctionCall) -> [String]

  init(
    _ functions: [UserFunction], path: [String],
    types: @escaping @Sendable (FunctionCall) -> [String]
  ) {
    byName = Dictionary(grouping: functions, by: \.name)
    self.path = path
    self.types = types
  }

  var isEmpty: Bool { byName.isEmpty }

  /// What the call comes to; nil for a function that no user made.
  ///
  /// - Throws: `SQLError` 42883 if no overload takes as many arguments; 54001 for functions that
  ///   nest too deep.
  func inlined(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try inlined(call, at: position, depth: 0)
  }

  private func inlined(
    _ call: FunctionCall, at position: Int, depth: Int
  ) throws(SQLError) -> Expression? {
    guard let named = byName[call.name.name], call.over == nil, !call.isStar else { return nil }
    let schemas = call.name.schema.map { [$0] } ?? path
    let visible = schemas.flatMap { schema in named.filter { $0.schema == schema } }
    if visible.isEmpty { return nil }
    let fitting = visible.filter { $0.argumentTypes.count == call.arguments.count }
    guard let function = fitting.count > 1 ? best(of: fitting, for: call) : fitting.first else {
      throw SQLError(
        "42883",
        "function \(call.name.name)(\(types(call).joined(separator: ", "))) does not exist",
        hint: "there is \(visible.map(Self.text).joined(separator: ", "))",
        position: position > 0 ? position : nil)
    }
    guard depth < 32 else {
      throw SQLError(
        "54001", "functions nest deeper than 32 levels at \"\(function.name)\"",
        position: position > 0 ? position : nil)
    }
    let values = zip(call.arguments, function.argumentTypes).map { value, type in
      Expression(.cast(value, type, isTry: false), position: value.position)
    }
    var map = TreeMap(expression: { part throws(SQLError) in
      switch part.kind {
      case .parameter(let number) where values.indices.contains(number - 1):
        return values[number - 1]
      case .call(let inner): return try inlined(inner, at: position, depth: depth + 1)
      default: return nil
      }
    })
    let body = try map.map(function.expression)
    return Expression(.cast(body, function.returnType, isTry: false), position: position)
  }

  private static func text(of function: UserFunction) -> String {
    "\(function.name)(\(UserFunction.text(of: function.argumentTypes)))"
  }

  /// The overload most of whose types are those of the arguments.
  private func best(of functions: [UserFunction], for call: FunctionCall) -> UserFunction? {
    let actual = types(call)
    func score(_ function: UserFunction) -> Int {
      zip(UserFunction.signature(of: function.argumentTypes), actual).map { wanted, given in
        if wanted == given { return 4 }
        return Self.family(wanted) == Self.family(given) ? 2 : given.hasPrefix("\"") ? 1 : 0
      }.reduce(0, +)
    }
    return functions.max { score($0) < score($1) }
  }

  private static func family(_ type: String) -> Int {
    if type.hasPrefix("\"unknown") || type.hasPrefix("character") { return 1 }
    if type.hasPrefix("time") || type == "date" { return 2 }
    let numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision"]
    return numbers.contains(type) ? 3 : 4
  }
}

/// Functions as they were read, until a definition changes.
struct UserFunctionCache {
  var generation = -1
  var functions: [UserFunction] = []
}
