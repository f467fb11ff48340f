import Core

/// Patterns and events that have much in common, all of them from a seed.
struct PatternGenerator {
  private var random: SeededRandom

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  private static let names = ["a", "b", "c", "a.b", "b.c", "état"]
  private static let words = [
    "", "a", "ab", "abc", "abcabc", "b", "bc", "ABC", "Ab", "x/y/z", "x/y", "/z", "10.0.0.1",
    "10.0.1.255", "2001:db8::1", "ÄB", "äb", "q\"uo\\te", "line\nend", "300", "null",
  ]
  private static let numbers = ["0", "-0", "1", "1.0", "2", "3e0", "300", "3.0e2", "-5", "1e999"]

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &random)]
  }

  private mutating func chance(_ share: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < share
  }

  // MARK: Events

  mutating func event() -> JSONValue {
    object(depth: 0)
  }

  private mutating func object(depth: Int) -> JSONValue {
    var object = JSONObject()
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      object[pick(Self.names)] = value(depth: depth + 1)
    }
    return .object(object)
  }

  private mutating func value(depth: Int) -> JSONValue {
    let kind = Int.random(in: 0..<(depth < 4 ? 10 : 6), using: &random)
    switch kind {
    case 0...2: return .string(pick(Self.words))
    case 3, 4: return .number(pick(Self.numbers))
    case 5: return pick([.null, .bool(true), .bool(false)])
    case 6, 7: return object(depth: depth)
    default:
      let count = depth < 3 && chance(0.04) ? 24 : Int.random(in: 0...3, using: &random)
      return .array((0..<count).map { _ in value(depth: depth + 1) })
    }
  }

  // MARK: Patterns

  mutating func pattern() -> JSONValue {
    patternObject(depth: 0)
  }

  private mutating func patternObject(depth: Int) -> JSONValue {
    var object = JSONObject()
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      object[pick(Self.names)] =
        depth < 2 && chance(0.35) ? patternObject(depth: depth + 1) : tests()
    }
    if depth < 2, chance(0.15) {
      object["$or"] = .array((0..<2).map { _ in patternObject(depth: depth + 1) })
    }
    return .object(object)
  }

  private mutating func tests() -> JSONValue {
    .array((0..<Int.random(in: 1...2, using: &random)).map { _ in test() })
  }

  private mutating func test() -> JSONValue {
    let word = JSONValue.string(pick(Self.words))
    switch Int.random(in: 0..<16, using: &random) {
    case 0, 1: return word
    case 2: return .number(pick(Self.numbers))
    case 3: return pick([.null, .bool(true), .bool(false)])
    case 4: return ["prefix": word]
    case 5: return ["prefix": ["equals-ignore-case": word]]
    case 6: return ["suffix": word]
    case 7: return ["suffix": ["equals-ignore-case": word]]
    case 8: return ["equals-ignore-case": word]
    case 9: return ["wildcard": .string(wildcard())]
    case 10: return ["numeric": pick(Self.ranges)]
    case 11:
      return ["cidr": pick(["10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0"])]
    case 12: return ["exists": .bool(chance(0.5))]
    default: return ["anything-but": exclusion()]
    }
  }

  private static let ranges: [JSONValue] = [
    .array(["=", 300]), .array([">", 0]), .array([">=", 1]), .array(["<", 2]), .array(["<=", 0]),
    .array([">", -5, "<=", 300]), .array([">=", 0, "<", 1]), .array([">", 1, "<", 3]),
    .array(["=", 0]), .array([">", 2, "<=", 1000]),
  ]

  private mutating func wildcard() -> String {
    pick(["*", "a*", "*c", "a*c", "*b*", "x/*/z", "*/y/*", "ab*c*", "abc", "*a*b*", ""])
  }

  private mutating func exclusion() -> JSONValue {
    let words = [
      JSONValue.string(pick(Self.words.filter { !$0.isEmpty })),
      .string(pick(Self.words.filter { !$0.isEmpty })),
    ]
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return words[0]
    case 1: return .array(words)
    case 2: return .array([.number(pick(Self.numbers)), .number(pick(Self.numbers))])
    case 3: return ["prefix": .array(words)]
    case 4: return ["suffix": words[0]]
    case 5: return ["equals-ignore-case": .array(words)]
    default: return ["wildcard": .string(wildcard())]
    }
  }
}
