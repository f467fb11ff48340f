/// Many patterns as one automaton.
///
/// A state stands for conditions that hold. From each, the fields that any rule asks about next
/// lead on: by hash where a rule names whole values, by trees of bytes and of bounds where it
/// names parts and ranges. Rules that begin with the same conditions share states; within a rule
/// the conditions that fewest values fulfil come first. So an event visits the states that it
/// fulfils, however many others there are.
///
/// Immutable: rules are changed by making another one (see `RuleSet`).
final class Machine: Sendable {
  struct Node {
    /// Rules that match in this state.
    var firstRule: Int32 = 0
    var ruleCount: Int32 = 0
    var firstSwitch: Int32 = 0
    var switchCount: Int32 = 0
    /// Whether several values lead here from the same state: it is visited once nevertheless.
    var hasAlternatives = false
  }

  /// How a field leads on from a state.
  struct Switch {
    var field: Int32
    /// Tests that are tried one by one.
    var firstDirect: Int32 = 0
    var directCount: Int32 = 0
    /// States that the field leads to where it is missing.
    var firstAbsent: Int32 = 0
    var absentCount: Int32 = 0
    /// Of many tests; -1 for none.
    var index: Int32 = -1
    var hasExact = false
    var hasFolded = false
  }

  struct Direct {
    var test: Int32
    var target: Int32
  }

  let ruleCount: Int
  let trie: FieldTrie
  let nodes: [Node]
  let switches: [Switch]
  let directs: [Direct]
  let absents: [Int32]
  let rules: [Int32]
  let indexes: [ValueIndex]
  let table: TestTable
  let exact: ExactTable
  /// Of states with many switches: by state and field, the switch.
  let switchOfField: WordMap
  /// Of these states: the switches that may lead on where the field is missing.
  let switchesOfAbsence: [Int32: [Int32]]
  let fieldCount: Int

  /// From so many switches on a state looks for those that the event has values for.
  static let switchesFewMax = 8

  /// - Parameter patterns: the place in it is the rule's number.
  convenience init(_ patterns: [EventPattern]) {
    var draft = MachineDraft()
    for (rule, pattern) in patterns.enumerated() { draft.add(pattern, rule: Int32(rule)) }
    self.init(draft, ruleCount: patterns.count)
  }

  private init(_ draft: MachineDraft, ruleCount: Int) {
    var layout = MachineLayout(draft)
    layout.layOut()
    self.ruleCount = ruleCount
    fieldCount = draft.fields.count
    trie = FieldTrie(paths: draft.paths)
    nodes = layout.nodes
    switches = layout.switches
    directs = layout.directs
    absents = layout.absents
    rules = layout.rules
    indexes = layout.indexes
    table = layout.table
    exact = layout.exact
    switchOfField = layout.switchOfField
    switchesOfAbsence = layout.switchesOfAbsence
  }
}

/// Whole values by their hash, of all states in one table.
struct ExactTable {
  enum Kind: UInt8 {
    case string, folded, number, literal
  }

  private struct Slot {
    var hash: UInt64
    var start: Int32
    var count: Int32
    /// -1 of an empty slot.
    var origin: Int32
    var firstTarget: Int32
    var targetCount: Int32
    var kind: UInt8
  }

  private struct Key: Hashable {
    var origin: Int32
    var kind: UInt8
    var bytes: [UInt8]
  }

  private var slots: [Slot] = []
  private var bytes: [UInt8] = []
  private(set) var targets: [Int32] = []
  private var mask = 0
  private var drafts: [Key: [Int32]] = [:]

  mutating func add(_ kind: Kind, _ value: [UInt8], origin: Int32, target: Int32) {
    drafts[Key(origin: origin, kind: kind.rawValue, bytes: value), default: []].append(target)
  }

  /// To be called once, after all were added.
  mutating func finish() {
    var size = 16
    while size < drafts.count * 2 { size *= 2 }
    mask = size - 1
    let empty = Slot(
      hash: 0, start: 0, count: 0, origin: -1, firstTarget: 0, targetCount: 0, kind: 0)
    slots = Array(repeating: empty, count: size)
    for (key, found) in drafts {
      let hash = key.bytes.withUnsafeBufferPointer {
        Self.hash($0, kind: key.kind, origin: key.origin)
      }
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place].origin >= 0 { place = (place + 1) & mask }
      slots[place] = Slot(
        hash: hash, start: Int32(bytes.count), count: Int32(key.bytes.count), origin: key.origin,
        firstTarget: Int32(targets.count), targetCount: Int32(found.count), kind: key.kind)
      bytes += key.bytes
      targets += found
    }
    drafts = [:]
  }

  @inline(__always)
  private static func hash(
    _ value: UnsafeBufferPointer<UInt8>, kind: UInt8, origin: Int32
  ) -> UInt64 {
    let seed = UInt64(kind) << 32 | UInt64(UInt32(bitPattern: origin))
    guard let start = value.baseAddress else { return ByteHash.hash(0, seed: seed) }
    return ByteHash.hash(start, value.count, seed: seed)
  }

  /// The places in `targets` of what a value leads to.
  @inline(__always)
  func find(
    _ kind: Kind, _ value: UnsafeBufferPointer<UInt8>, origin: Int32
  ) -> Range<Int32> {
    let hash = Self.hash(value, kind: kind.rawValue, origin: origin)
    return slots.withUnsafeBufferPointer { slots in
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place].origin >= 0 {
        let slot = slots[place]
        if slot.hash == hash, slot.origin == origin, slot.kind == kind.rawValue,
          Int(slot.count) == value.count, equals(slot, value)
        {
          return slot.firstTarget..<(slot.firstTarget + slot.targetCount)
        }
        place = (place + 1) & mask
      }
      return 0..<0
    }
  }

  /// As the other, of a value as it stands in the event.
  @inline(__always)
  func targets(of value: inout ValueView, origin: Int32) -> Range<Int32> {
    if let text = value.text { return find(.string, text, origin: origin) }
    if let literal = value.literal {
      return withUnsafeBytes(of: literal.rawValue) { bytes in
        find(.literal, bytes.assumingMemoryBound(to: UInt8.self), origin: origin)
      }
    }
    guard let number = value.number else { return 0..<0 }
    // Zero has two forms that are equal.
    return withUnsafeBytes(of: number == 0 ? 0 : number) { bytes in
      find(.number, bytes.assumingMemoryBound(to: UInt8.self), origin: origin)
    }
  }

  @inline(__always)
  private func equals(_ slot: Slot, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      let start = Int(slot.start)
      for place in 0..<value.count where bytes[start + place] != value[place] { return false }
      return true
    }
  }

  static func bytes(of number: Double) -> [UInt8] {
    withUnsafeBytes(of: number == 0 ? 0 : number) { Array($0) }
  }
}
