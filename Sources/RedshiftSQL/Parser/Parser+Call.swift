internal import Core

extension Parser {
  mutating func call() throws(SQLError) -> Statement {
    try expect("call")
    let name = try objectName()
    try expectSymbol("(")
    var arguments: [Call.Argument] = []
    if !isSymbol(")") {
      repeat { arguments.append(try callArgument()) } while takeSymbol(",")
    }
    try expectSymbol(")")
    return .call(Call(procedure: name, arguments: arguments))
  }

  /// A literal; a cast of one (`'a'::varchar`) is taken for what it casts.
  private mutating func callArgument() throws(SQLError) -> Call.Argument {
    let position = position
    let value = try callValue()
    if takeSymbol("::") { _ = try typeName() }
    return Call.Argument(value: value, position: position)
  }

  private mutating func callValue() throws(SQLError) -> Call.Value {
    if take("null") { return .null }
    if take("true") { return .boolean(true) }
    if take("false") { return .boolean(false) }
    if current.kind == .string { return .string(try expectString()) }
    let sign = takeSymbol("-") ? "-" : ""
    if sign.isEmpty { _ = takeSymbol("+") }
    guard current.kind == .number else {
      throw unexpected("arguments of CALL are literals: 'text', 5, 0.5, true, false or NULL")
    }
    defer { advance() }
    return .number(sign + current.text)
  }
}
