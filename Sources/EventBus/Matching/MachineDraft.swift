/// The states of a machine while rules are added.
struct MachineDraft {
  struct Transition {
    var condition: Int32
    var target: Int32
  }

  private(set) var fields: [String: Int32] = [:]
  private(set) var paths: [String] = []
  private(set) var conditions: [EventPattern.Condition] = []
  private var numbers: [EventPattern.Condition: Int32] = [:]
  /// By state: what leads on.
  private(set) var transitions: [[Transition]] = [[]]
  /// By state: the rules that match.
  private(set) var rules: [[Int32]] = [[]]
  private var targets: [UInt64: Int32] = [:]

  mutating func add(_ pattern: EventPattern, rule: Int32) {
    for branch in pattern.branches {
      var state: Int32 = 0
      let ordered = branch.conditions.sorted {
        ($0.rank, $0.path) < ($1.rank, $1.path)
      }
      for condition in ordered { state = step(from: state, number(of: condition)) }
      if rules[Int(state)].last != rule { rules[Int(state)].append(rule) }
    }
  }

  private mutating func step(from state: Int32, _ condition: Int32) -> Int32 {
    let key = WordMap.key(state, condition)
    if let target = targets[key] { return target }
    let target = Int32(transitions.count)
    transitions.append([])
    rules.append([])
    transitions[Int(state)].append(Transition(condition: condition, target: target))
    targets[key] = target
    return target
  }

  private mutating func number(of condition: EventPattern.Condition) -> Int32 {
    if let number = numbers[condition] { return number }
    let number = Int32(conditions.count)
    conditions.append(condition)
    numbers[condition] = number
    if fields[condition.path] == nil {
      fields[condition.path] = Int32(paths.count)
      paths.append(condition.path)
    }
    return number
  }
}

extension EventPattern.Condition {
  /// How many values are likely to fulfil it: the fewer, the earlier it is asked.
  fileprivate var rank: Int { tests.map(\.rank).max() ?? 0 }
}

extension ValueTest {
  fileprivate var rank: Int {
    switch self {
    case .string, .number: 0
    case .literal, .equalsIgnoringCase: 1
    case .address: 2
    case .prefix, .suffix: 3
    case .wildcard: 4
    case .numeric: 5
    case .present: 6
    case .anythingBut: 7
    case .absent: 8
    }
  }
}

/// Puts a draft's states one behind the other.
struct MachineLayout {
  private let draft: MachineDraft
  private(set) var nodes: [Machine.Node] = []
  private(set) var switches: [Machine.Switch] = []
  private(set) var directs: [Machine.Direct] = []
  private(set) var absents: [Int32] = []
  private(set) var rules: [Int32] = []
  private(set) var indexes: [ValueIndex] = []
  private(set) var table = TestTable()
  private(set) var exact = ExactTable()
  private(set) var switchOfField = WordMap()
  private(set) var switchesOfAbsence: [Int32: [Int32]] = [:]
  /// By condition and place in it: the test's number. A condition's tests are laid out once.
  private var testNumbers: [UInt64: Int32] = [:]

  /// So many tests of a field are tried one by one; more get an index.
  private static let directMax = 6

  init(_ draft: MachineDraft) {
    self.draft = draft
  }

  mutating func layOut() {
    nodes = Array(repeating: Machine.Node(), count: draft.transitions.count)
    for state in draft.transitions.indices { layOut(state) }
    exact.finish()
  }

  private mutating func layOut(_ state: Int) {
    nodes[state].firstRule = Int32(rules.count)
    nodes[state].ruleCount = Int32(draft.rules[state].count)
    rules += draft.rules[state]
    var byField: [Int32: [MachineDraft.Transition]] = [:]
    for transition in draft.transitions[state] {
      let condition = draft.conditions[Int(transition.condition)]
      guard let field = draft.fields[condition.path] else { continue }
      byField[field, default: []].append(transition)
      if condition.tests.count > 1 { nodes[Int(transition.target)].hasAlternatives = true }
    }
    nodes[state].firstSwitch = Int32(switches.count)
    nodes[state].switchCount = Int32(byField.count)
    let isLarge = byField.count > Machine.switchesFewMax
    for (field, transitions) in byField.sorted(by: { $0.key < $1.key }) {
      let number = Int32(switches.count)
      let made = makeSwitch(field, number, transitions)
      switches.append(made)
      guard isLarge else { continue }
      switchOfField.set(WordMap.key(Int32(state), field), number)
      if made.absentCount > 0 { switchesOfAbsence[Int32(state), default: []].append(number) }
    }
  }

  private mutating func makeSwitch(
    _ field: Int32, _ number: Int32, _ transitions: [MachineDraft.Transition]
  ) -> Machine.Switch {
    var made = Machine.Switch(field: field)
    made.firstAbsent = Int32(absents.count)
    var others: [(test: ValueTest, entry: ValueIndex.Entry)] = []
    for transition in transitions {
      let tests = draft.conditions[Int(transition.condition)].tests
      for (place, test) in tests.enumerated() {
        if test == .absent {
          absents.append(transition.target)
        } else if let (kind, value) = Self.exactValue(of: test) {
          exact.add(kind, value, origin: number, target: transition.target)
          made.hasExact = true
          if kind == .folded { made.hasFolded = true }
        } else if let flat = testNumber(test, transition.condition, Int32(place)) {
          others.append((test, ValueIndex.Entry(test: flat, target: transition.target)))
        }
      }
    }
    made.absentCount = Int32(absents.count) - made.firstAbsent
    if others.count > Self.directMax {
      made.index = Int32(indexes.count)
      indexes.append(ValueIndex(others, table))
    } else {
      made.firstDirect = Int32(directs.count)
      made.directCount = Int32(others.count)
      directs += others.map { Machine.Direct(test: $0.entry.test, target: $0.entry.target) }
    }
    return made
  }

  private mutating func testNumber(
    _ test: ValueTest, _ condition: Int32, _ place: Int32
  ) -> Int32? {
    let key = WordMap.key(condition, place)
    if let number = testNumbers[key] { return number }
    let number = table.add(test)
    testNumbers[key] = number
    return number
  }

  private static func exactValue(of test: ValueTest) -> (ExactTable.Kind, [UInt8])? {
    switch test {
    case .string(let text): (.string, Array(text.utf8))
    case .number(let value): (.number, ExactTable.bytes(of: value))
    case .literal(let literal): (.literal, [literal.rawValue])
    case .equalsIgnoringCase(let text): (.folded, Array(text.folded.utf8))
    default: nil
    }
  }
}
