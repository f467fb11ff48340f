internal import Core
internal import RedshiftSQL

/// Puts columns of the scan in the place of what a view takes from its stream's JSON, and
/// remembers which: JSON_EXTRACT_PATH_TEXT, CAN_JSON_PARSE, and the casts of what stands in
/// JSON_PARSE by dots and brackets.
///
/// It is asked about every expression behind its parts, when these are DuckDB's already.
final class FieldCollector {
  private var wanted: [WantedField] = []

  func paths(skipsInvalid: Bool) -> FieldPaths? { FieldPaths(wanted, skipsInvalid: skipsInvalid) }

  func rewrite(_ value: Expression) throws(SQLError) -> Expression? {
    switch value.kind {
    case .call(let call): try rewrite(call)
    case .cast(let inner, let type, isTry: false) where value.position > 0:
      try rewriteCast(of: inner, to: type, at: value.position)
    default: nil
    }
  }

  static func isValidityTest(_ call: FunctionCall) -> Bool {
    call.simpleName == "can_json_parse" && call.arguments.count == 1
      && call.arguments.first.flatMap(dataColumn) != nil
  }

  // MARK: Calls

  private func rewrite(_ call: FunctionCall) throws(SQLError) -> Expression? {
    guard let first = call.arguments.first else { return nil }
    if let column = Self.dataColumn(of: first) {
      if Self.isValidityTest(call) {
        return Self.column(StreamScanFunction.isJSONColumn, like: column)
      }
      guard call.simpleName == "json_extract_path_text",
        let path = Self.path(ofSteps: call.arguments.dropFirst())
      else { return nil }
      return field(path, .text, like: column)
    }
    // What operators and functions of texts and numbers do with what is inside a SUPER.
    guard call.name.schema == "weir", call.arguments.count == 1,
      let (column, path) = Self.navigation(first)
    else { return nil }
    switch call.name.name {
    case "_text": return field(path, .text, like: column)
    case "_super_number": return attempt(path, .double, "double precision", like: column)
    default: return nil
    }
  }

  private static func path(ofSteps steps: ArraySlice<Expression>) -> FieldPath? {
    var path = FieldPath(steps: [])
    for step in steps {
      guard case .string(let text) = step.kind, !text.isEmpty else { return nil }
      path.steps.append(.either(text))
    }
    // DuckDB is asked twice about a path: with all its digits as names, and with none.
    let digits = path.steps.filter(\.isDigits)
    let isPlain = digits.allSatisfy { $0.text == "0" || !$0.text.hasPrefix("0") }
    return path.steps.isEmpty || digits.count > 1 || !isPlain ? nil : path
  }

  // MARK: Casts

  private func rewriteCast(
    of value: Expression, to type: TypeName, at position: Int
  ) throws(SQLError) -> Expression? {
    if let (column, path) = Self.navigation(value) {
      return try castNavigation(path, to: type, at: position, like: column)
    }
    guard case .column(let parts) = value.kind, let name = parts.last?.name,
      let known = wanted.indices.first(where: { FieldPaths.valueColumn($0) == name }),
      wanted[known].form == .text, let form = Self.form(of: type), form != .text
    else { return nil }
    let rest = rest(wanted[known].path, form, like: parts)
    let cast = Expression(.cast(rest, type, isTry: false), position: position)
    return Self.coalesce(field(wanted[known].path, form, like: parts), try Rewriter().tree(cast))
  }

  /// What cannot be cast becomes NULL, as far as `CastRule` and `Macros.casts` have it so.
  private func castNavigation(
    _ path: FieldPath, to type: TypeName, at position: Int, like column: [Identifier]
  ) throws(SQLError) -> Expression? {
    let form = Self.form(of: type)
    switch (form, type.name) {
    case (.text?, _): return field(path, .text, like: column)
    case (.smallint?, _): return attempt(path, .smallint, "smallint", like: column)
    case (.integer?, _): return attempt(path, .integer, "integer", like: column)
    case (.bigint?, _): return attempt(path, .bigint, "bigint", like: column)
    case (.double?, _): return attempt(path, .double, "double precision", like: column)
    case (.boolean?, _): return attempt(path, .boolean, "boolean", like: column)
    case (let form?, "decimal"), (let form?, "numeric"):
      return Self.coalesce(
        field(path, form, like: column),
        Expression(.cast(rest(path, form, like: column), type, isTry: true)))
    case (let form?, _):
      let cast = Expression(
        .cast(rest(path, form, like: column), type, isTry: false), position: position)
      return Self.coalesce(field(path, form, like: column), try Rewriter().tree(cast))
    case (nil, "decimal"), (nil, "numeric"):
      return Expression(.cast(field(path, .text, like: column), type, isTry: true))
    case (nil, "real"), (nil, "float4"):
      return Expression(
        .cast(field(path, .text, like: column), TypeName("real"), isTry: true))
    case (nil, "char"), (nil, "character"), (nil, "nchar"), (nil, "date"), (nil, "timestamptz"),
      (nil, "timestamp with time zone"):
      let text = field(path, .text, like: column)
      return try Rewriter().tree(
        Expression(.cast(text, type, isTry: false), position: position))
    default: return nil
    }
  }

  private static func form(of type: TypeName) -> WantedField.Form? {
    switch type.name {
    case "varchar", "character varying", "nvarchar", "text":
      guard let length = type.modifiers.first ?? nil else { return .text }
      return length >= 0 ? .shortText(length) : nil
    case "bpchar": return type.modifiers.isEmpty ? .text : nil
    case "int2", "smallint": return .smallint
    case "int", "int4", "integer": return .integer
    case "int8", "bigint": return .bigint
    case "float", "float8", "double precision": return type.modifiers.isEmpty ? .double : nil
    case "bool", "boolean": return .boolean
    case "timestamp": return type.modifiers.isEmpty ? .timestamp : nil
    case "decimal", "numeric":
      let modifiers = type.modifiers.compactMap { $0 }
      let (width, scale) = (modifiers.first ?? 18, modifiers.dropFirst().first ?? 0)
      guard (1...18).contains(width) else { return nil }
      return (0...width).contains(scale) ? .decimal(width: width, scale: scale) : nil
    default: return nil
    }
  }

  /// The value where it is plain, else what DuckDB's TRY_CAST makes of it.
  private func attempt(
    _ path: FieldPath, _ form: WantedField.Form, _ type: String, like column: [Identifier]
  ) -> Expression {
    Self.coalesce(
      field(path, form, like: column),
      Expression(.cast(rest(path, form, like: column), TypeName(type), isTry: true)))
  }

  private static func coalesce(_ value: Expression, _ rest: Expression) -> Expression {
    Expression(.call(FunctionCall("coalesce", [value, rest])))
  }

  // MARK: SUPER

  /// Dots and brackets behind JSON_PARSE of the stream's data.
  private static func navigation(
    _ value: Expression
  ) -> (column: [Identifier], path: FieldPath)? {
    var steps: [FieldPath.Step] = []
    var place = value
    while true {
      switch place.kind {
      case .field(let base, let name):
        guard isPlain(name.name) else { return nil }
        steps.append(.member(name.name))
        place = base
      case .index(let base, let index):
        guard case .number(let text) = index.kind, let number = Int(text),
          (0..<100_000_000).contains(number)
        else { return nil }
        steps.append(.element(number))
        place = base
      case .call(let call):
        // As `FunctionRule` has written it.
        guard call.name.parts.map(\.name) == ["weir", "rs_json_parse"], !steps.isEmpty,
          call.arguments.count == 1, let column = call.arguments.first.flatMap(dataColumn)
        else { return nil }
        return (column, FieldPath(steps: steps.reversed()))
      default: return nil
      }
    }
  }

  /// Whether the name means itself in DuckDB's language of paths.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty
      && name.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || $0 == "_"
          || ("0"..."9").contains($0)
      }
  }

  // MARK: Columns

  private func field(
    _ path: FieldPath, _ form: WantedField.Form, like parts: [Identifier]
  ) -> Expression {
    Self.column(FieldPaths.valueColumn(index(of: path, form)), like: parts)
  }

  private func rest(
    _ path: FieldPath, _ form: WantedField.Form, like parts: [Identifier]
  ) -> Expression {
    Self.column(FieldPaths.restColumn(index(of: path, form)), like: parts)
  }

  private func index(of path: FieldPath, _ form: WantedField.Form) -> Int {
    let field = WantedField(path: path, form: form)
    if let known = wanted.firstIndex(of: field) { return known }
    wanted.append(field)
    return wanted.count - 1
  }

  /// The stream's data, as bytes or as text.
  private static func dataColumn(of value: Expression) -> [Identifier]? {
    if StreamText.isData(value), case .column(let parts) = value.kind { return parts }
    if case .column(let parts) = value.kind, parts.last?.name == StreamScanFunction.textColumn {
      return parts
    }
    return nil
  }

  private static func column(_ name: String, like parts: [Identifier]) -> Expression {
    var parts = parts
    parts[parts.count - 1] = Identifier(name)
    return Expression(.column(parts))
  }
}
