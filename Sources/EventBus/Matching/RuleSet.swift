/// The rules of a bus, ready to be matched, and open to change at any time.
///
/// Most rules are in a large machine; those that were changed lately in a small one beside it, so
/// that adding a rule to 100,000 others does not compile them all. Not shared: one owner matches,
/// one event after the other.
package struct RuleSet<ID: Hashable & Sendable>: Sendable {
  private struct Part {
    var ids: [ID]
    var matcher: Matcher

    mutating func match(_ event: UnsafeBufferPointer<UInt8>, _ found: inout [ID]) {
      matcher.match(event) { found.append(ids[Int($0)]) }
    }
  }

  private var patterns: [ID: EventPattern] = [:]
  private var settled: Part?
  private var recent: Part?
  /// Rules of the settled part that were changed or removed since.
  private var outdated: Set<ID> = []
  /// Rules that are in the recent part, or are to be.
  private var changed: Set<ID> = []
  private var needsRecent = false

  package init() {}

  package init(_ rules: [ID: EventPattern]) {
    patterns = rules
  }

  package var count: Int { patterns.count }

  /// Adds a rule, or gives it another pattern; nil removes it.
  package mutating func set(_ id: ID, _ pattern: EventPattern?) {
    patterns[id] = pattern
    outdated.insert(id)
    if pattern == nil { changed.remove(id) } else { changed.insert(id) }
    needsRecent = true
  }

  /// The rules that match an event: JSON, checked before.
  package mutating func match(_ event: [UInt8]) -> [ID] {
    event.withUnsafeBufferPointer { match($0) }
  }

  package mutating func match(_ event: UnsafeBufferPointer<UInt8>) -> [ID] {
    compile()
    var found: [ID] = []
    settled?.match(event, &found)
    if !outdated.isEmpty { found.removeAll { outdated.contains($0) } }
    recent?.match(event, &found)
    return found
  }

  /// The recent part is at most a sixteenth of the settled one.
  private mutating func compile() {
    if settled == nil || changed.count > 64 && changed.count > patterns.count / 16 {
      settled = Self.part(patterns)
      recent = nil
      outdated = []
      changed = []
      needsRecent = false
    } else if needsRecent {
      recent = Self.part(patterns.filter { changed.contains($0.key) })
      needsRecent = false
    }
  }

  private static func part(_ patterns: [ID: EventPattern]) -> Part {
    Part(ids: Array(patterns.keys), matcher: Matcher(Array(patterns.values)))
  }
}

/// Matches events against patterns, one event after the other.
package struct Matcher: Sendable {
  private let machine: Machine
  private var values: EventValues
  private var traversal: Traversal

  package init(_ patterns: [EventPattern]) {
    machine = Machine(patterns)
    values = EventValues(fieldCount: machine.fieldCount, nodeCount: machine.trie.nodes.count)
    traversal = Traversal(machine)
  }

  /// - Parameters:
  ///   - event: JSON.
  ///   - found: gets the place of each pattern that matches, each once.
  package mutating func match(
    _ event: UnsafeBufferPointer<UInt8>, _ found: (Int32) -> Void
  ) {
    values.clear()
    var scanner = EventScanner(event, trie: machine.trie)
    guard scanner.scan(into: &values) else { return }
    values.arena.withUnsafeBufferPointer { arena in
      traversal.run(values, event: event, arena: arena)
    }
    for rule in traversal.matched { found(rule) }
  }
}
