import Core

@testable import EventBus

/// Event patterns by their definition, one value and one test at a time: what the automaton is
/// compared with.
enum PlainMatcher {
  private struct Leaf {
    var path: String
    var value: JSONValue
    /// Each array that the value is in (by where it stands), with the element.
    var elements: [String: Int]
  }

  static func matches(_ pattern: EventPattern, _ event: JSONValue) -> Bool {
    var leaves: [Leaf] = []
    collect(event, path: "", place: "", elements: [:], &leaves)
    return pattern.branches.contains { branch in
      holds(branch.conditions[...], leaves, elements: [:])
    }
  }

  private static func collect(
    _ value: JSONValue, path: String, place: String, elements: [String: Int],
    _ leaves: inout [Leaf]
  ) {
    switch value {
    case .object(let object):
      for (name, member) in object.members {
        collect(
          member, path: path.isEmpty ? name : path + "." + name, place: place + "/" + name,
          elements: elements, &leaves)
      }
    case .array(let array):
      for (index, element) in array.enumerated() {
        var inner = elements
        switch element {
        case .object, .array: inner[place] = index
        default: break
        }
        collect(element, path: path, place: place + "/\(index)", elements: inner, &leaves)
      }
    default: leaves.append(Leaf(path: path, value: value, elements: elements))
    }
  }

  /// Whether a value can be found for each condition, no two of them in different elements of
  /// one array.
  private static func holds(
    _ conditions: ArraySlice<EventPattern.Condition>, _ leaves: [Leaf], elements: [String: Int]
  ) -> Bool {
    guard let condition = conditions.first else { return true }
    let found = leaves.filter { $0.path == condition.path }
    if found.isEmpty {
      return condition.tests.contains(.absent)
        && holds(conditions.dropFirst(), leaves, elements: elements)
    }
    return found.contains { leaf in
      guard condition.tests.contains(where: { holds($0, leaf.value) }),
        leaf.elements.allSatisfy({ elements[$0.key, default: $0.value] == $0.value })
      else { return false }
      return holds(
        conditions.dropFirst(), leaves,
        elements: elements.merging(leaf.elements) { first, _ in first })
    }
  }

  static func holds(_ test: ValueTest, _ value: JSONValue) -> Bool {
    switch (test, value) {
    case (.present, _): true
    case (.absent, _): false
    case (.anythingBut(let excluded), _): !excluded.contains { holds($0, value) }
    case (.string(let wanted), .string(let text)): Array(wanted.utf8) == Array(text.utf8)
    case (.equalsIgnoringCase(let wanted), .string(let text)):
      lower(wanted) == lower(text)
    case (.prefix(let prefix, .sensitive), .string(let text)):
      text.utf8.starts(with: prefix.utf8)
    case (.prefix(let prefix, .insensitive), .string(let text)):
      lower(text).starts(with: lower(prefix))
    case (.suffix(let suffix, .sensitive), .string(let text)):
      text.utf8.reversed().starts(with: suffix.utf8.reversed())
    case (.suffix(let suffix, .insensitive), .string(let text)):
      lower(text).reversed().starts(with: lower(suffix).reversed())
    case (.wildcard(let wildcard), .string(let text)):
      matches(wildcard.chunks[...], Array(text.utf8)[...], isFirst: true)
    case (.address(let range), .string(let text)):
      IPAddress(Array(text.utf8)).map(range.contains) ?? false
    case (.number(let wanted), .number(let text)): Double(text) == wanted
    case (.numeric(let range), .number(let text)): Double(text).map(range.contains) ?? false
    case (.literal(.null), .null), (.literal(.true), .bool(true)),
      (.literal(.false), .bool(false)):
      true
    default: false
    }
  }

  private static func lower(_ text: String) -> [UInt8] {
    Array(text.unicodeScalars.map(\.properties.lowercaseMapping).joined().utf8)
  }

  private static func matches(
    _ chunks: ArraySlice<[UInt8]>, _ text: ArraySlice<UInt8>, isFirst: Bool
  ) -> Bool {
    guard let chunk = chunks.first else { return isFirst || text.isEmpty }
    let starts = isFirst ? text.startIndex...text.startIndex : text.startIndex...text.endIndex
    return starts.contains { start in
      guard text[start...].starts(with: chunk) else { return false }
      let rest = text[(start + chunk.count)...]
      return chunks.count == 1
        ? rest.isEmpty : matches(chunks.dropFirst(), rest, isFirst: false)
    }
  }
}
