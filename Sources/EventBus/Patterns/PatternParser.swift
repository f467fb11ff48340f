internal import Core

/// Reads patterns as EventBridge reads them: the same are refused, in the same words.
///
/// The words are what the service answers; its clients' tests compare them.
struct PatternParser {
  private typealias Rules = [[String: [ValueTest]]]

  /// More branches than these are refused: `$or`s that multiply.
  static let branchesMax = 1_000

  private let source: String
  var reader: JSONTokenReader

  init(_ source: String) {
    self.source = source
    reader = JSONTokenReader(source.utf8)
  }

  mutating func parse() throws(PatternError) -> [EventPattern.Branch] {
    guard try next() == .beginObject else { throw error("Filter is not an object") }
    var rules: Rules = []
    try object(&rules, path: "", inOr: false)
    _ = try next()
    return rules.map { rule in
      EventPattern.Branch(
        conditions: rule.sorted { $0.key < $1.key }
          .map { EventPattern.Condition(path: $0.key, tests: $0.value) })
    }
  }

  // MARK: Objects

  private mutating func object(
    _ rules: inout Rules, path: String, inOr: Bool
  ) throws(PatternError) {
    var isEmpty = true
    while case .key(let name)? = try next() {
      isEmpty = false
      if name == "$or", isRelationship() {
        try relationship(&rules, path: path)
        continue
      }
      if inOr, Self.reserved.contains(name) {
        throw error("\(name) is Ruler reserved fieldName which cannot be used inside $or.")
      }
      let field = path.isEmpty ? name : path + "." + name
      let token = try next()
      switch token {
      case .beginObject: try object(&rules, path: field, inOr: inOr)
      case .beginArray:
        let tests = try alternatives()
        if rules.isEmpty { rules.append([:]) }
        for index in rules.indices { rules[index][field] = tests }
      default: throw error("\"\(name)\" must be an object or an array", unread: token)
      }
    }
    if isEmpty { throw error("Empty objects are not allowed") }
  }

  /// The names of operators and their parameters: an object with one of these is no branch.
  private static let reserved: Set<String> = [
    "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "numeric", "anything-but",
    "exists", "cidr", "=", "<", "<=", ">", ">=", "anything-but-prefix", "anything-but-suffix",
  ]

  /// Whether what follows `$or` makes it one: an array of at least two objects, none of which has
  /// an operator's name for a key. Otherwise it is the name of a field.
  private func isRelationship() -> Bool {
    var ahead = reader
    guard (try? ahead.next()) == .beginArray else { return false }
    var count = 0
    while let token = try? ahead.next(), token != .endArray {
      guard token == .beginObject else { return false }
      count += 1
      var depth = 1
      while depth > 0, let token = try? ahead.next() {
        switch token {
        case .beginObject, .beginArray: depth += 1
        case .endObject, .endArray: depth -= 1
        case .key(let name) where depth == 1 && Self.reserved.contains(name): return false
        default: break
        }
      }
    }
    return count >= 2
  }

  private mutating func relationship(_ rules: inout Rules, path: String) throws(PatternError) {
    let current = rules.isEmpty ? [[:]] : rules
    rules = []
    _ = try next()
    while try next() == .beginObject {
      var branch: Rules = current
      try object(&branch, path: path, inOr: true)
      rules += branch
      guard rules.count <= Self.branchesMax else {
        throw error("Rule is too complex - try using fewer $or relationships")
      }
    }
  }

  // MARK: Alternatives

  private mutating func alternatives() throws(PatternError) -> [ValueTest] {
    var tests: [ValueTest] = []
    while let token = try next(), token != .endArray {
      switch token {
      case .beginObject: tests.append(try expression())
      case .string(let text): tests.append(.string(text))
      case .number(let text): tests.append(.number(Double(text) ?? .nan))
      case .null: tests.append(.literal(.null))
      case .bool(let flag): tests.append(.literal(flag ? .true : .false))
      default: throw error("Match value must be String, number, true, false, or null")
      }
    }
    guard !tests.isEmpty else { throw error("Empty arrays are not allowed") }
    return tests
  }

  private mutating func expression() throws(PatternError) -> ValueTest {
    guard case .key(let name)? = try next() else {
      throw error("Match expression name not found")
    }
    switch name {
    case "exactly":
      return try closed(.string(try string("exact match pattern must be a string")))
    case "prefix": return try closed(try prefixOrSuffix(name, ValueTest.prefix))
    case "suffix": return try closed(try prefixOrSuffix(name, ValueTest.suffix))
    case "equals-ignore-case":
      let text = try string("equals-ignore-case match pattern must be a string")
      return try closed(.equalsIgnoringCase(text))
    case "wildcard":
      let text = try string("wildcard match pattern must be a string")
      return try closed(.wildcard(try wildcard(text)))
    case "numeric": return try closed(.numeric(try numeric()), Self.tooManyTerms)
    case "cidr":
      let text = try string("prefix match pattern must be a string")
      guard let range = AddressRange(text) else { throw cidrError(text) }
      return try closed(.address(range))
    case "exists":
      guard case .bool(let flag)? = try next() else {
        throw error("exists match pattern must be either true or false.")
      }
      return try closed(flag ? .present : .absent)
    case "anything-but": return try closed(try anythingBut(), Self.tooManyTerms)
    default:
      let token = try next()
      throw error("Unrecognized match type \(name)", unread: token)
    }
  }

  private static let tooManyTerms = "Too many elements in numeric expression"

  /// The test, after the end of the object that it is alone in.
  private mutating func closed(
    _ test: ValueTest, _ words: String = "Only one key allowed in match expression"
  ) throws(PatternError) -> ValueTest {
    guard try next() == .endObject else { throw error(words) }
    return test
  }

  private mutating func prefixOrSuffix(
    _ name: String, _ make: (String, ValueTest.Case) -> ValueTest
  ) throws(PatternError) -> ValueTest {
    switch try next() {
    case .string(let text)?: return make(text, .sensitive)
    case .beginObject?:
      guard case .key(let inner)? = try next() else {
        throw error("\(name.capitalizedFirst) expression name not found")
      }
      guard inner == "equals-ignore-case" else {
        throw error("Unsupported \(name) pattern: \(inner)")
      }
      let text = try string("equals-ignore-case match pattern must be a string")
      return try closed(make(text, .insensitive))
    default: throw error("\(name) match pattern must be a string")
    }
  }

  func wildcard(_ text: String) throws(PatternError) -> Wildcard {
    do throws(Wildcard.Fault) {
      return try Wildcard(text)
    } catch {
      switch error {
      case .tooComplex:
        throw self.error(
          "Rule is too complex - try using fewer wildcard characters or fewer repeating "
            + "character sequences after a wildcard character")
      case .consecutiveStars(let place):
        throw self.error("Consecutive wildcard characters at pos \(place)")
      case .invalidEscape(let place):
        throw self.error("Invalid escape character at pos \(place)")
      }
    }
  }

  private func cidrError(_ text: String) -> PatternError {
    text.contains("/")
      ? error("Malformed CIDR, \(text) is no address with the number of bits that count")
      : error("Malformed CIDR, one '/' required")
  }

  // MARK: Tokens

  mutating func next() throws(PatternError) -> JSONTokenReader.Token? {
    do throws(JSONSyntaxError) {
      return try reader.next()
    } catch {
      throw PatternError(error, source: source)
    }
  }

  mutating func string(_ words: String) throws(PatternError) -> String {
    guard case .string(let text)? = try next() else { throw error(words) }
    return text
  }

  func error(_ reason: String) -> PatternError {
    PatternError(reader.error(reason), source: source)
  }

  /// As the other, about a token that nobody looked into: EventBridge's reader stops behind the
  /// first quote of such a string.
  private func error(_ reason: String, unread token: JSONTokenReader.Token?) -> PatternError {
    guard case .string? = token else { return error(reason) }
    return PatternError(reader.error(reason, at: reader.tokenStart + 1), source: source)
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
