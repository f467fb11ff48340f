internal import Core

extension PatternParser {
  // MARK: Numbers

  mutating func numeric() throws(PatternError) -> NumericRange {
    guard try next() == .beginArray else { throw error("Value of numeric must be an array.") }
    guard case .string(let comparison)? = try next() else {
      throw error("Invalid member in numeric match")
    }
    var range = NumericRange()
    switch comparison {
    case "=":
      let value = try number("Value of equals must be numeric")
      (range.lower, range.upper) = (value, value)
    case "<", "<=":
      range.upper = try number("Value of \(comparison) must be numeric")
      range.includesUpper = comparison == "<="
    case ">", ">=":
      range.lower = try number("Value of \(comparison) must be numeric")
      range.includesLower = comparison == ">="
      switch try next() {
      case .endArray?: return range
      case .string(let second)?: return try upperBound(second, range)
      default: throw error("Bad value in numeric range")
      }
    default: throw error("Unrecognized numeric range operator: \(comparison)")
    }
    guard try next() == .endArray else { throw error("Too many elements in numeric expression") }
    return range
  }

  private mutating func upperBound(
    _ comparison: String, _ lower: NumericRange
  ) throws(PatternError) -> NumericRange {
    guard comparison == "<" || comparison == "<=" else {
      throw error("Bad numeric range operator: \(comparison)")
    }
    var range = lower
    range.upper = try number("Value of \(comparison) must be numeric")
    range.includesUpper = comparison == "<="
    guard try next() == .endArray else {
      throw error("Too many terms in numeric range expression")
    }
    guard range.lower < range.upper else { throw error("Bottom must be less than top") }
    return range
  }

  private mutating func number(_ words: String) throws(PatternError) -> Double {
    guard case .number(let text)? = try next(), let value = Double(text), value.isFinite else {
      throw error(words)
    }
    return value
  }

  // MARK: Anything but

  mutating func anythingBut() throws(PatternError) -> ValueTest {
    switch try next() {
    case .beginObject?: return try anythingButOperator()
    case .beginArray?: return .anythingBut(try list())
    case .string(let text)?: return .anythingBut([.string(text)])
    case .number(let text)?: return .anythingBut([.number(Double(text) ?? .nan)])
    default: throw error("Value of anything-but must be an array or single string/number value.")
    }
  }

  private mutating func list() throws(PatternError) -> [ValueTest] {
    var strings: [ValueTest] = []
    var numbers: [ValueTest] = []
    while let token = try next(), token != .endArray {
      switch token {
      case .string(let text): strings.append(.string(text))
      case .number(let text): numbers.append(.number(Double(text) ?? .nan))
      default: throw error("Inside anything but list, start|null|boolean is not supported.")
      }
    }
    guard strings.isEmpty != numbers.isEmpty else {
      throw error(
        "Inside anything but list, either all values are number or string, "
          + "mixed type is not supported")
    }
    return strings + numbers
  }

  private mutating func anythingButOperator() throws(PatternError) -> ValueTest {
    guard case .key(let name)? = try next() else {
      throw error("Anything-But expression name not found")
    }
    let tests: [ValueTest]
    switch name {
    case "equals-ignore-case":
      tests = try texts(
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
      ).map { .equalsIgnoringCase($0) }
    case "prefix":
      tests = try affixes().map { .prefix($0, .sensitive) }
    case "suffix":
      tests = try affixes().map { .suffix($0, .sensitive) }
    case "wildcard":
      var wildcards: [ValueTest] = []
      for text in try texts("wildcard match pattern must be a string") {
        wildcards.append(.wildcard(try wildcard(text)))
      }
      tests = wildcards
    default: throw error("Unsupported anything-but pattern: \(name)")
    }
    guard try next() == .endObject else {
      throw error("Only one key allowed in match expression")
    }
    return .anythingBut(tests)
  }

  private mutating func affixes() throws(PatternError) -> [String] {
    let texts = try texts(
      "prefix/suffix match pattern must be a string",
      ofObject: "Value of anything-but must be an array or single string/number value.")
    guard !texts.contains("") else { throw error("Null prefix/suffix not allowed") }
    return texts
  }

  /// A string, or an array of strings.
  private mutating func texts(
    _ words: String, ofObject objectWords: String? = nil
  ) throws(PatternError) -> [String] {
    switch try next() {
    case .string(let text)?: return [text]
    case .beginArray?:
      var texts: [String] = []
      while let token = try next(), token != .endArray {
        guard case .string(let text) = token else { throw error(words) }
        texts.append(text)
      }
      guard !texts.isEmpty else { throw error("Empty arrays are not allowed") }
      return texts
    case .beginObject?: throw error(objectWords ?? words)
    default: throw error(words)
    }
  }
}
