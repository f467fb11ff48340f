package import Core

/// Reads a request of AWS's Query protocol: a form whose names are paths, such as
/// `MetricData.member.1.Dimensions.member.2.Name=ShardId`.
///
/// Lists are those with `member` and numbers below it, in the order of the numbers.
package struct QueryReader: ShapeReader {
  private struct Node {
    var value: String?
    var children: [(name: String, node: Int)] = []
  }

  private struct Frame {
    var children: [(name: String, node: Int)]
    var next = 0
  }

  /// Parts of a form, and parts of a name, beyond which a request is refused.
  private static let fieldsMax = 100_000
  private static let depthMax = 16

  private var nodes = [Node()]
  /// Where children stand, so that a long list is not searched for each of its elements.
  private var places: [String: Int] = [:]
  private var frames: [Frame] = []
  /// The value that is read next.
  private var current = 0
  private var isMalformed = false

  package init(_ bytes: UnsafeRawBufferPointer) {
    let fields = bytes.split(
      separator: UInt8(ascii: "&"), maxSplits: Self.fieldsMax, omittingEmptySubsequences: true)
    for field in fields {
      let halves = field.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decoded(halves[0])
      add(name, halves.count > 1 ? Self.decoded(halves[1]) : "")
    }
    isMalformed = fields.count > Self.fieldsMax
  }

  private mutating func add(_ name: String, _ value: String) {
    let parts = name.split(separator: ".")
    guard !parts.isEmpty, parts.count <= Self.depthMax else {
      isMalformed = true
      return
    }
    var node = 0
    var path = ""
    for part in parts {
      path += "." + part
      if let known = places[path] {
        node = known
        continue
      }
      nodes.append(Node())
      nodes[node].children.append((String(part), nodes.count - 1))
      node = nodes.count - 1
      places[path] = node
    }
    nodes[node].value = value
  }

  /// Percent signs and plus signs, as forms have them.
  private static func decoded(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = bytes.startIndex
    while place < bytes.endIndex {
      let byte = bytes[place]
      if byte == UInt8(ascii: "%"), place + 2 < bytes.endIndex,
        let high = hexDigit(bytes[place + 1]), let low = hexDigit(bytes[place + 2])
      {
        result.append(high << 4 | low)
        place += 3
      } else {
        result.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        place += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  // MARK: Structure

  @discardableResult
  package mutating func enterStructure() throws(AWSError) -> Bool {
    guard !isMalformed else { throw AWSError(.serialization, "The form cannot be read.") }
    frames.append(Frame(children: nodes[current].children))
    return true
  }

  package mutating func enterMap() throws(AWSError) -> Bool { try enterStructure() }

  package mutating func enterList() throws(AWSError) -> Bool {
    let children = nodes[current].children
    let members = children.first { $0.name == "member" }.map { nodes[$0.node].children } ?? children
    let numbered = members.compactMap { child in Int(child.name).map { ($0, child) } }
    frames.append(Frame(children: numbered.sorted { $0.0 < $1.0 }.map(\.1)))
    return true
  }

  package mutating func nextName() throws(AWSError) -> String? {
    guard let frame = frames.last, frame.next < frame.children.count else {
      _ = frames.popLast()
      return nil
    }
    let child = frame.children[frame.next]
    frames[frames.count - 1].next += 1
    current = child.node
    return child.name
  }

  package mutating func nextElement() throws(AWSError) -> Bool { try nextName() != nil }

  package mutating func skip() throws(AWSError) {}

  // MARK: Values

  package mutating func string() throws(AWSError) -> String? { nodes[current].value }

  package mutating func integer() throws(AWSError) -> Int? {
    try number(.integer).map { Int(max(-2_147_483_648, min(2_147_483_647, $0))) }
  }

  package mutating func double() throws(AWSError) -> Double? { try number(.double) }

  private func number(_ expected: Expectation) throws(AWSError) -> Double? {
    guard let text = nodes[current].value else { return nil }
    guard let value = Double(text), value.isFinite else { throw expected.mismatch(.text(text)) }
    return value
  }

  package mutating func boolean() throws(AWSError) -> Bool? {
    guard let text = nodes[current].value else { return nil }
    switch text.lowercased() {
    case "true": return true
    case "false": return false
    default: throw Expectation.boolean.mismatch(.text(text))
    }
  }

  package mutating func timestamp() throws(AWSError) -> Timestamp? {
    guard let text = nodes[current].value else { return nil }
    guard let time = ISO8601.time(text) else { throw Expectation.timestamp.mismatch(.text(text)) }
    return time
  }

  package mutating func blob() throws(AWSError) -> [UInt8]? {
    guard let text = nodes[current].value else { return nil }
    return try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(AWSError) in
      try Base64.decodeMember(UnsafeRawBufferPointer(bytes))
    }
  }
}
