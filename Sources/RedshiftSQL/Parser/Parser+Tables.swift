internal import Core

extension Parser {
  mutating func tablePrimary() throws(SQLError) -> TableSource {
    let isLateral = take("lateral")
    if isSymbol("(") {
      if isQueryStart {
        try expectSymbol("(")
        let inner = try query()
        try expectSymbol(")")
        return .query(inner, try alias(), isLateral: isLateral)
      }
      try expectSymbol("(")
      let inner = try tableSource()
      try expectSymbol(")")
      return .nested(inner)
    }
    if isWord("unpivot"), peek(1).kind != .symbol { return try unpivotedObject() }
    if isLongPath { return try unnested() }
    let name = try objectName()
    if isSymbol("(") {
      try expectSymbol("(")
      var call = FunctionCall(name: name, arguments: [])
      if !isSymbol(")") { call.arguments = try expressions() }
      try expectSymbol(")")
      return .function(call, try functionAlias())
    }
    let reference = TableReference(name: name, alias: try alias())
    if isWord("at"), !isWord("at", "time", "zone"), let alias = reference.alias {
      advance()
      return .unnest(
        Expression(.column(name.parts), position: name.position), alias,
        index: try identifier("a name for the index"))
    }
    return .table(reference)
  }

  /// `cols(name varchar, number int)`: names with types, which are those that the function gives.
  private mutating func functionAlias() throws(SQLError) -> Alias? {
    let hasTypes =
      isSymbol("(", ahead: isWord("as") ? 2 : 1)
      && !isSymbol(",", ahead: isWord("as") ? 4 : 3) && !isSymbol(")", ahead: isWord("as") ? 4 : 3)
    guard hasTypes else { return try alias() }
    _ = take("as")
    var alias = Alias(name: try label())
    try expectSymbol("(")
    repeat {
      alias.columns.append(try identifier("a column"))
      _ = try typeName()
    } while takeSymbol(",")
    try expectSymbol(")")
    return alias
  }

  // MARK: PartiQL

  /// A path into a SUPER, which has brackets or is longer than a table's name.
  private var isLongPath: Bool {
    var ahead = 1
    while isSymbol(".", ahead: ahead) { ahead += 2 }
    return isSymbol("[", ahead: ahead) || ahead > 6
  }

  /// `c.orders[0].lines AS l [AT i]`
  private mutating func unnested() throws(SQLError) -> TableSource {
    let value = try postfix()
    guard let alias = try alias() else { throw unexpected("expected AS and a name") }
    let index = take("at") ? try identifier("a name for the index") : nil
    return .unnest(value, alias, index: index)
  }

  /// `UNPIVOT c.object AS value [AT name]`
  private mutating func unpivotedObject() throws(SQLError) -> TableSource {
    advance()
    let value = try postfix()
    try expect("as")
    let name = try identifier("a name for the value")
    let attribute = take("at") ? try identifier("a name for the attribute") : nil
    return .unpivotObject(value, value: name, name: attribute)
  }

  // MARK: PIVOT

  mutating func pivots(of source: TableSource) throws(SQLError) -> TableSource {
    var source = source
    while true {
      if isWord("pivot"), isSymbol("(", ahead: 1) {
        advance()
        source = .pivot(source, try rowPivot(), try alias())
      } else if isWord("unpivot"),
        isSymbol("(", ahead: 1) || isWord("include", ahead: 1) || isWord("exclude", ahead: 1)
      {
        advance()
        source = .pivot(source, try columnPivot(), try alias())
      } else {
        return source
      }
    }
  }

  private mutating func rowPivot() throws(SQLError) -> Pivot {
    try expectSymbol("(")
    var aggregates: [SelectItem] = []
    repeat { aggregates.append(try pivotItem()) } while takeSymbol(",")
    try expect("for")
    let column = try postfix()
    try expect("in")
    try expectSymbol("(")
    var values: [SelectItem] = []
    repeat { values.append(try pivotItem()) } while takeSymbol(",")
    try expectSymbol(")")
    try expectSymbol(")")
    return .rows(aggregates: aggregates, column: column, values: values)
  }

  private mutating func pivotItem() throws(SQLError) -> SelectItem {
    let value = try postfix()
    let isNamed =
      take("as") || current.kind == .quotedIdentifier
      || (current.kind == .word && !isWord("for"))
    return SelectItem(value, alias: isNamed ? try label() : nil)
  }

  private mutating func columnPivot() throws(SQLError) -> Pivot {
    let includesNulls = take("include", "nulls")
    if !includesNulls { _ = take("exclude", "nulls") }
    try expectSymbol("(")
    let value = try identifier("a name for the value")
    try expect("for")
    let name = try identifier("a name for the name")
    try expect("in")
    try expectSymbol("(")
    var columns: [SelectItem] = []
    repeat { columns.append(try pivotItem()) } while takeSymbol(",")
    try expectSymbol(")")
    try expectSymbol(")")
    return .columns(
      value: value, name: name, columns: columns, includesNulls: includesNulls)
  }
}
