package import Core

/// A path into an event: `$.detail.object.key`, `$.resources[0]`, `$['detail-type']`.
package struct JSONPath: Equatable, Sendable {
  private enum Step: Equatable, Sendable {
    case member(String)
    case element(Int)
    case every
  }

  private let steps: [Step]

  /// - Returns: nil if the text is no such path.
  package init?(_ text: String) {
    guard text.first == "$" else { return nil }
    var steps: [Step] = []
    var rest = text.dropFirst()
    while let first = rest.first {
      if first == "." {
        let name = rest.dropFirst().prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty else { return nil }
        steps.append(name == "*" ? .every : .member(String(name)))
        rest = rest.dropFirst(name.count + 1)
      } else if first == "[", let end = rest.firstIndex(of: "]") {
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        guard let step = Self.step(inner) else { return nil }
        steps.append(step)
        rest = rest[rest.index(after: end)...]
      } else {
        return nil
      }
    }
    self.steps = steps
  }

  private static func step(_ text: Substring) -> Step? {
    if text == "*" { return .every }
    if let number = Int(text), number >= 0 { return .element(number) }
    guard text.count >= 3, let quote = text.first, quote == "'" || quote == "\"",
      text.last == quote
    else { return nil }
    return .member(String(text.dropFirst().dropLast()))
  }

  /// - Returns: nil where the path leads to nothing.
  package func value(in root: JSONValue) -> JSONValue? {
    Self.follow(steps[...], root)
  }

  private static func follow(_ steps: ArraySlice<Step>, _ value: JSONValue) -> JSONValue? {
    guard let step = steps.first else { return value }
    let rest = steps.dropFirst()
    switch step {
    case .member(let name): return value[name].flatMap { follow(rest, $0) }
    case .element(let index):
      guard let elements = value.elements, elements.indices.contains(index) else { return nil }
      return follow(rest, elements[index])
    case .every:
      let inner = value.elements ?? value.members?.members.map(\.value)
      return inner.map { .array($0.compactMap { follow(rest, $0) }) }
    }
  }
}
