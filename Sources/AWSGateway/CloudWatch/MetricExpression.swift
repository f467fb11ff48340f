/// A metric math expression, read from its text.
///
/// Numbers, ids of other queries, `+ - * / ^`, parentheses, lists in brackets, and calls. Names of
/// functions are taken in any case.
///
/// Source: the CloudWatch user guide, "Using math expressions with CloudWatch metrics".
indirect enum MetricExpression: Equatable {
  case number(Double)
  case text(String)
  case id(String)
  case negative(MetricExpression)
  case binary(Operator, MetricExpression, MetricExpression)
  case list([MetricExpression])
  case call(String, [MetricExpression])

  enum Operator: Character {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
    case power = "^"
  }

  /// What is wrong with an expression, in words for its author.
  struct Failure: Error, Equatable {
    let reason: String
  }

  init(_ text: String) throws(Failure) {
    guard text.utf8.count <= Parser.lengthMax else {
      throw Failure(reason: "it is longer than \(Parser.lengthMax) characters")
    }
    var parser = Parser(text)
    self = try parser.whole()
  }
}

private struct Parser {
  static let lengthMax = 2_048
  /// Nesting beyond this is refused, so that no text exhausts the stack.
  private static let depthMax = 32

  typealias Failure = MetricExpression.Failure
  typealias Operator = MetricExpression.Operator

  private let characters: [Character]
  private var position = 0
  private var depth = 0

  init(_ text: String) {
    characters = Array(text)
  }

  mutating func whole() throws(Failure) -> MetricExpression {
    let expression = try sum()
    if let character = peek() { throw unexpected(character) }
    return expression
  }

  private mutating func sum() throws(Failure) -> MetricExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthMax else { throw Failure(reason: "it is nested too deeply") }
    return try chain(of: [.plus, .minus]) { (parser) throws(Failure) in try parser.product() }
  }

  private mutating func product() throws(Failure) -> MetricExpression {
    try chain(of: [.times, .over]) { (parser) throws(Failure) in try parser.factor() }
  }

  /// Operands with operators of one rank between them, put together from the left.
  private mutating func chain(
    of operators: [Operator], _ operand: (inout Parser) throws(Failure) -> MetricExpression
  ) throws(Failure) -> MetricExpression {
    var left = try operand(&self)
    while let character = peek(), let found = Operator(rawValue: character),
      operators.contains(found)
    {
      position += 1
      left = .binary(found, left, try operand(&self))
    }
    return left
  }

  /// Signs bind less than powers, which are put together from the right.
  private mutating func factor() throws(Failure) -> MetricExpression {
    var isNegative = false
    while take("-") { isNegative.toggle() }
    let base = try atom()
    var result = base
    if take("^") {
      depth += 1
      defer { depth -= 1 }
      guard depth <= Self.depthMax else { throw Failure(reason: "it is nested too deeply") }
      result = .binary(.power, base, try factor())
    }
    return isNegative ? .negative(result) : result
  }

  private mutating func atom() throws(Failure) -> MetricExpression {
    guard let character = peek() else { throw Failure(reason: "it ends too early") }
    if take("(") {
      let inner = try sum()
      guard take(")") else { throw missing(")") }
      return inner
    }
    if take("[") { return .list(try items(until: "]")) }
    if character == "\"" || character == "'" { return .text(try quoted(by: character)) }
    if character.isASCII, character.isNumber || character == "." { return .number(try number()) }
    guard character.isASCII, character.isLetter else { throw unexpected(character) }
    let name = word()
    if take("(") { return .call(name.uppercased(), try items(until: ")")) }
    return .id(name)
  }

  private mutating func items(until close: Character) throws(Failure) -> [MetricExpression] {
    var items: [MetricExpression] = []
    if take(close) { return items }
    repeat { items.append(try sum()) } while take(",")
    guard take(close) else { throw missing(close) }
    return items
  }

  // MARK: Characters

  private mutating func peek() -> Character? {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
    return position < characters.count ? characters[position] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard peek() == character else { return false }
    position += 1
    return true
  }

  private mutating func run(_ isPart: (Character) -> Bool) -> String {
    let start = position
    while position < characters.count, isPart(characters[position]) { position += 1 }
    return String(characters[start..<position])
  }

  private mutating func word() -> String {
    run { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
  }

  private mutating func number() throws(Failure) -> Double {
    let digits = run { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(digits), value.isFinite else {
      throw Failure(reason: "\(digits) is no number")
    }
    return value
  }

  private mutating func quoted(by mark: Character) throws(Failure) -> String {
    position += 1
    let text = run { $0 != mark }
    guard take(mark) else { throw missing(mark) }
    return text
  }

  private func unexpected(_ character: Character) -> Failure {
    Failure(reason: "\(character) at character \(position + 1) is not expected or not supported")
  }

  private func missing(_ character: Character) -> Failure {
    Failure(reason: "\(character) is missing")
  }
}
