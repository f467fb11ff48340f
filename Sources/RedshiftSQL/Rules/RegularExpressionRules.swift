internal import Core

/// `REGEXP_SUBSTR(s, p)` → `regexp_extract(s, p, 0, 's')`, `REGEXP_COUNT(s, p)` →
/// `len(regexp_extract_all(…))`, `REGEXP_REPLACE(s, p, r)` → `regexp_replace(s, p, r, 'gs')`.
///
/// What RE2 has not (another position or occurrence, the place of a match, look-around) goes to
/// functions of ours.
enum RegularExpressionFunctionRule: CallRule {
  static let names: Set<String> = [
    "regexp_substr", "regexp_count", "regexp_instr", "regexp_replace",
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    let arguments = call.arguments
    switch call.name.name {
    case "regexp_substr":
      try expectArguments(2...5, of: call, at: position)
      return substring(Arguments(arguments, numbers: 2))
    case "regexp_count":
      try expectArguments(2...4, of: call, at: position)
      return count(Arguments(arguments, numbers: 1))
    case "regexp_instr":
      try expectArguments(2...6, of: call, at: position)
      let given = Arguments(arguments, numbers: 3)
      return Expression(
        .call(
          FunctionCall(
            "weir_regexp_instr",
            [
              given.text, given.pattern, given.number(0), given.number(1),
              given.number(2, orElse: "0"), given.parameters,
            ])))
    default:
      try expectArguments(2...5, of: call, at: position)
      return replacement(arguments)
    }
  }

  /// Text, pattern, some numbers, parameters.
  private struct Arguments {
    let text: Expression
    let pattern: Expression
    private let numbers: [Expression]
    private let given: Expression?

    init(_ arguments: [Expression], numbers: Int) {
      text = .weir("_text", arguments[0])
      pattern = arguments[1]
      self.numbers = Array(arguments.dropFirst(2).prefix(numbers))
      given = arguments.count > 2 + numbers ? arguments[2 + numbers] : nil
    }

    func number(_ index: Int, orElse fallback: String = "1") -> Expression {
      (index < numbers.count ? numbers[index] : Expression(.number(fallback)))
        .cast(to: "bigint")
    }

    var parameters: Expression { given ?? .string("") }

    /// RE2's options, if RE2 does what is asked for.
    var options: String? {
      for number in numbers {
        guard case .number("1") = number.kind else { return nil }
      }
      return RegularExpressionFunctionRule.options(pattern, parameters)
    }
  }

  private static func options(_ pattern: Expression, _ parameters: Expression) -> String? {
    guard case .string(let pattern) = pattern.kind, case .string(let parameters) = parameters.kind,
      !parameters.contains("e"), parameters.allSatisfy({ "cip".contains($0) }),
      !["(?=", "(?!", "(?<", "\\1", "\\2", "\\3"].contains(where: { pattern.contains($0) })
    else { return nil }
    return parameters.contains("i") ? "si" : "s"
  }

  private static func substring(_ given: Arguments) -> Expression {
    if let options = given.options {
      return .call(
        "regexp_extract", given.text, given.pattern, Expression(.number("0")), .string(options))
    }
    return .call(
      "weir_regexp_substr", given.text, given.pattern, given.number(0), given.number(1),
      given.parameters)
  }

  private static func count(_ given: Arguments) -> Expression {
    if let options = given.options {
      return .call(
        "len",
        .call(
          "regexp_extract_all", given.text, given.pattern, Expression(.number("0")),
          .string(options)))
    }
    return .call(
      "weir_regexp_count", given.text, given.pattern, given.number(0), given.parameters)
  }

  private static func replacement(_ arguments: [Expression]) -> Expression {
    let text = Expression.weir("_text", arguments[0])
    let template = arguments.count > 2 ? arguments[2] : .string("")
    let position = arguments.count > 3 ? arguments[3] : Expression(.number("1"))
    let parameters = arguments.count > 4 ? arguments[4] : .string("")
    if case .number("1") = position.kind, case .string(let literal) = template.kind,
      !literal.contains("$"), let options = options(arguments[1], parameters)
    {
      return .call("regexp_replace", text, arguments[1], template, .string("g" + options))
    }
    return .call(
      "weir_regexp_replace", text, arguments[1], template, position.cast(to: "bigint"),
      parameters)
  }
}
