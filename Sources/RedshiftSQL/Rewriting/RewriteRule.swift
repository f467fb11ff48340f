internal import Core

/// One thing that Redshift says otherwise than DuckDB.
protocol RewriteRule: SendableMetatype {
  /// Gets an expression whose parts were rewritten already; nil leaves it as it is.
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression?
}

/// A rule about calls of functions.
protocol CallRule: RewriteRule {
  /// Unqualified, in lower case.
  static var names: Set<String> { get }
  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression?
}

extension CallRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .call(let call) = expression.kind, let name = call.simpleName,
      names.contains(name)
    else { return nil }
    return try rewrite(call, at: expression.position)
  }

  /// - Throws: 42883 unless the call has so many arguments.
  static func expectArguments(
    _ range: ClosedRange<Int>, of call: FunctionCall, at position: Int
  ) throws(SQLError) {
    guard range.contains(call.arguments.count) else {
      let expected =
        range.lowerBound == range.upperBound
        ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw SQLError(
        "42883",
        "function \(call.name.name) takes \(expected) arguments, not "
          + "\(call.arguments.count)", position: position)
    }
  }

  /// The date part that an argument names, as a bare word or a string.
  static func datePart(_ expression: Expression) throws(SQLError) -> String {
    let word: String? =
      switch expression.kind {
      case .column(let parts) where parts.count == 1: parts[0].name
      case .string(let text): text
      case .interval, .number: nil
      default: nil
      }
    guard let word, let part = DateParts.canonical(word) else {
      throw SQLError(
        "22023", "\"\(word ?? Writer.expression(expression))\" is not a date part",
        position: expression.position)
    }
    return part
  }
}

extension Expression {
  static func call(_ name: String, _ arguments: Expression...) -> Expression {
    Expression(.call(FunctionCall(name, arguments)))
  }

  static func string(_ text: String) -> Expression { Expression(.string(text)) }

  func cast(to type: String) -> Expression {
    Expression(.cast(self, TypeName(type), isTry: false))
  }
}
