internal import RedshiftSQL

/// One thread's search for the columns in documents.
final class JSONFields {
  enum Value {
    /// Or null.
    case missing
    case text(UnsafeBufferPointer<UInt8>, isString: Bool)
  }

  private enum Found {
    case missing
    case raw(Range<Int>)
    /// A string: where its text is in the document, or what was made of it.
    case string(Range<Int>)
    case made([UInt8])
  }

  /// The members that are looked for, and the columns that a value is.
  private final class Node {
    var columns: [Int] = []
    var members: [String: Node] = [:]
  }

  private let root = Node()
  private let ignoresCase: Bool
  private var found: [Found]

  init(_ shape: JSONShape) {
    let paths: [[String]]
    switch shape.rule {
    case .whole: (paths, ignoresCase) = ([[]], false)
    case .paths(let given): (paths, ignoresCase) = (given, false)
    case .namesInAnyCase(let names): (paths, ignoresCase) = (names.map { [$0] }, true)
    }
    found = Array(repeating: .missing, count: paths.count)
    for (column, path) in paths.enumerated() {
      var node = root
      for step in path {
        let next = node.members[step] ?? Node()
        node.members[step] = next
        node = next
      }
      node.columns.append(column)
    }
  }

  /// - Returns: whether the document is JSON.
  func run(_ document: UnsafeBufferPointer<UInt8>) -> Bool {
    guard JSONText.kind(of: document) != nil else { return false }
    for column in found.indices { found[column] = .missing }
    var walk = Walk(bytes: document)
    value(root, &walk)
    return true
  }

  func value(_ column: Int, in document: UnsafeBufferPointer<UInt8>) -> Value {
    guard found.indices.contains(column) else { return .missing }
    switch found[column] {
    case .missing: return .missing
    case .raw(let range):
      return .text(UnsafeBufferPointer(rebasing: document[range]), isString: false)
    case .string(let range):
      return .text(UnsafeBufferPointer(rebasing: document[range]), isString: true)
    case .made(let bytes): return made(bytes)
    }
  }

  /// Text that was unescaped, until the next value.
  private var scratch: UnsafeMutableBufferPointer<UInt8>?

  private func made(_ bytes: [UInt8]) -> Value {
    scratch?.deallocate()
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    scratch = copy
    return .text(UnsafeBufferPointer(copy), isString: true)
  }

  deinit { scratch?.deallocate() }

  // MARK: The walk, over what is known to be JSON

  private struct Walk {
    let bytes: UnsafeBufferPointer<UInt8>
    var place = 0

    var next: UInt8 { place < bytes.count ? bytes[place] : 0 }

    mutating func skipSpace() {
      while place < bytes.count, bytes[place] <= 0x20 { place += 1 }
    }

    /// Passes over a string.
    ///
    /// - Returns: what stands between its quotes, and whether there are escapes in it.
    mutating func string() -> (range: Range<Int>, hasEscapes: Bool) {
      place += 1
      let start = place
      var hasEscapes = false
      while place < bytes.count, bytes[place] != 0x22 {
        if bytes[place] == 0x5C {
          hasEscapes = true
          place += 1
        }
        place += 1
      }
      let end = min(place, bytes.count)
      place += 1
      return (start..<end, hasEscapes)
    }

    /// Passes over a number or a word.
    mutating func word() {
      while place < bytes.count, ![0x2C, 0x7D, 0x5D].contains(bytes[place]), bytes[place] > 0x20 {
        place += 1
      }
    }
  }

  private func value(_ node: Node?, _ walk: inout Walk) {
    walk.skipSpace()
    let start = walk.place
    switch walk.next {
    case 0x7B: object(node, &walk)
    case 0x5B: array(node, &walk)
    case 0x22:
      let (range, hasEscapes) = walk.string()
      guard let node, !node.columns.isEmpty else { return }
      set(node, hasEscapes ? .made(Self.unescaped(walk.bytes, range)) : .string(range))
      return
    default:
      walk.word()
      // null
      if start < walk.bytes.count, walk.bytes[start] == 0x6E { return }
    }
    if let node { set(node, .raw(start..<min(walk.place, walk.bytes.count))) }
  }

  private func set(_ node: Node, _ value: Found) {
    for column in node.columns { found[column] = value }
  }

  private func object(_ node: Node?, _ walk: inout Walk) {
    walk.place += 1
    while walk.place < walk.bytes.count {
      walk.skipSpace()
      guard walk.next == 0x22 else { break }
      let (range, hasEscapes) = walk.string()
      walk.skipSpace()
      walk.place += 1
      value(member(node, walk.bytes, range, hasEscapes), &walk)
      walk.skipSpace()
      guard walk.next == 0x2C else { break }
      walk.place += 1
    }
    walk.place += 1
  }

  private func member(
    _ node: Node?, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ hasEscapes: Bool
  ) -> Node? {
    guard let node, !node.members.isEmpty else { return nil }
    let name =
      hasEscapes
      ? String(decoding: Self.unescaped(bytes, range), as: UTF8.self)
      : String(decoding: bytes[range], as: UTF8.self)
    return node.members[ignoresCase ? name.lowercased() : name]
  }

  private func array(_ node: Node?, _ walk: inout Walk) {
    walk.place += 1
    var index = 0
    while walk.place < walk.bytes.count {
      walk.skipSpace()
      if walk.next == 0x5D { break }
      let hasMembers = node.map { !$0.members.isEmpty } ?? false
      value(hasMembers ? node?.members["\(index)"] : nil, &walk)
      index += 1
      walk.skipSpace()
      guard walk.next == 0x2C else { break }
      walk.place += 1
    }
    walk.place += 1
  }

  private static func unescaped(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> [UInt8] {
    var out: [UInt8] = []
    var units: [UInt16] = []
    func flush() {
      guard !units.isEmpty else { return }
      out.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
      units = []
    }
    var place = range.lowerBound
    while place < range.upperBound {
      guard bytes[place] == 0x5C, place + 1 < range.upperBound else {
        flush()
        out.append(bytes[place])
        place += 1
        continue
      }
      let next = bytes[place + 1]
      place += 2
      if next == UInt8(ascii: "u"), place + 4 <= range.upperBound {
        let digits = String(decoding: bytes[place..<(place + 4)], as: UTF8.self)
        units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
        place += 4
        continue
      }
      flush()
      let names: [UInt8: UInt8] = [0x6E: 10, 0x74: 9, 0x72: 13, 0x62: 8, 0x66: 12]
      out.append(names[next] ?? next)
    }
    flush()
    return out
  }
}
