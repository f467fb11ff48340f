/// Reads an event once, from front to back, and notes the values of the fields in a trie.
///
/// Every step is checked against the event's end. What is not JSON gives no match or some match,
/// never more than a wrong answer: whoever accepts events checks them first.
struct EventScanner {
  private let trie: FieldTrie
  private let base: UnsafePointer<UInt8>
  private let end: Int
  private var place = 0
  private var depth = 0

  private static let depthMax = 1_000
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  init(_ event: UnsafeBufferPointer<UInt8>, trie: FieldTrie) {
    self.trie = trie
    // An empty event ends before anything is read.
    base = event.baseAddress ?? Self.nothing
    end = event.count
  }

  // Never written, and never freed.
  nonisolated(unsafe) private static let nothing = UnsafePointer(
    UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  /// - Returns: false if the event is cut or nested too deeply.
  mutating func scan(into values: inout EventValues) -> Bool {
    skipBlanks()
    guard peek == UInt8(ascii: "{") else { return false }
    return object(node: 0, membership: -1, &values)
  }

  // MARK: Structure

  private mutating func value(
    node: Int32, membership: Int32, _ values: inout EventValues
  ) -> Bool {
    skipBlanks()
    let record = trie.nodes[Int(node)]
    switch peek {
    case UInt8(ascii: "{"):
      return record.edgeCount > 0
        ? object(node: node, membership: membership, &values) : skipNested()
    case UInt8(ascii: "["):
      return array(node: node, membership: membership, &values)
    case Self.quote:
      guard record.field >= 0 else { return skipString() }
      return string(field: record.field, membership, &values)
    default:
      return scalar(field: record.field, membership, &values)
    }
  }

  private mutating func object(
    node: Int32, membership: Int32, _ values: inout EventValues
  ) -> Bool {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthMax else { return false }
    place += 1
    values.objectCount += 1
    let object = values.objectCount
    while true {
      skipBlanks()
      if peek == UInt8(ascii: "}") {
        place += 1
        return true
      }
      if peek == UInt8(ascii: ",") {
        place += 1
        continue
      }
      guard peek == Self.quote, let child = key(below: node, values.arena.count, &values) else {
        return false
      }
      skipBlanks()
      guard peek == UInt8(ascii: ":") else { return false }
      place += 1
      guard child >= 0 else {
        guard skipValue() else { return false }
        continue
      }
      // The last of several members of one name is the one that counts.
      if values.met[Int(child)].object == object { values.forget(child) }
      let start = Int32(values.values.count)
      guard value(node: child, membership: membership, &values) else { return false }
      values.met[Int(child)] = EventValues.Member(
        object: object, first: start, end: Int32(values.values.count))
    }
  }

  private mutating func array(
    node: Int32, membership: Int32, _ values: inout EventValues
  ) -> Bool {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthMax else { return false }
    place += 1
    var number: Int32 = -1
    var element: Int32 = 0
    while true {
      skipBlanks()
      switch peek {
      case UInt8(ascii: "]"):
        place += 1
        return true
      case UInt8(ascii: ","):
        place += 1
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if number < 0 {
          number = values.arrayCount
          values.arrayCount += 1
        }
        let inner = Int32(values.memberships.count)
        values.memberships.append(
          EventValues.Membership(outer: membership, array: number, element: element))
        guard value(node: node, membership: inner, &values) else { return false }
      default:
        guard value(node: node, membership: membership, &values) else { return false }
      }
      element += 1
    }
  }

  // MARK: Keys

  /// Steps over a key. Returns the node that it leads to, -1 for none; nil at a cut.
  private mutating func key(
    below node: Int32, _ arenaCount: Int, _ values: inout EventValues
  ) -> Int32? {
    place += 1
    let start = place
    var hasDot = false
    while place < end, base[place] != Self.quote, base[place] != Self.backslash {
      hasDot = hasDot || base[place] == UInt8(ascii: ".")
      place += 1
    }
    guard place < end else { return nil }
    if base[place] == Self.quote {
      defer { place += 1 }
      guard hasDot else { return trie.child(of: node, base + start, place - start) }
      return walk(from: node, base + start, place - start)
    }
    place = start
    guard unescape(into: &values.arena) else { return nil }
    defer { values.arena.removeSubrange(arenaCount...) }
    return values.arena.withUnsafeBufferPointer { arena in
      arena.baseAddress.map { walk(from: node, $0 + arenaCount, arena.count - arenaCount) } ?? -1
    }
  }

  /// A name with dots is as many steps.
  private func walk(from node: Int32, _ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    var node = node
    var from = 0
    for place in 0...count where place == count || start[place] == UInt8(ascii: ".") {
      node = trie.child(of: node, start + from, place - from)
      guard node >= 0 else { return -1 }
      from = place + 1
    }
    return node
  }

  // MARK: Scalars

  private mutating func string(
    field: Int32, _ membership: Int32, _ values: inout EventValues
  ) -> Bool {
    place += 1
    let start = place
    while place < end, base[place] != Self.quote, base[place] != Self.backslash { place += 1 }
    guard place < end else { return false }
    if base[place] == Self.quote {
      values.append(
        EventValues.Value(
          field: field, kind: .string, start: start, count: place - start, membership: membership))
      place += 1
      return true
    }
    place = start
    let arenaStart = values.arena.count
    guard unescape(into: &values.arena) else { return false }
    values.append(
      EventValues.Value(
        field: field, kind: .string, isUnescaped: true, start: arenaStart,
        count: values.arena.count - arenaStart, membership: membership))
    return true
  }

  /// Reads the rest of a string, behind its quote, to the end of its closing quote.
  private mutating func unescape(into arena: inout [UInt8]) -> Bool {
    while place < end {
      let byte = base[place]
      place += 1
      if byte == Self.quote { return true }
      guard byte == Self.backslash else {
        arena.append(byte)
        continue
      }
      guard place < end else { return false }
      let escaped = base[place]
      place += 1
      switch escaped {
      case UInt8(ascii: "b"): arena.append(8)
      case UInt8(ascii: "f"): arena.append(12)
      case UInt8(ascii: "n"): arena.append(10)
      case UInt8(ascii: "r"): arena.append(13)
      case UInt8(ascii: "t"): arena.append(9)
      case UInt8(ascii: "u"):
        guard let scalar = unicode() else { return false }
        arena.append(contentsOf: String(Character(scalar)).utf8)
      default: arena.append(escaped)
      }
    }
    return false
  }

  private mutating func unicode() -> UnicodeScalar? {
    guard var unit = hexadecimal() else { return nil }
    if (0xD800..<0xDC00).contains(unit), place + 6 <= end, base[place] == Self.backslash,
      base[place + 1] == UInt8(ascii: "u")
    {
      let before = place
      place += 2
      if let low = hexadecimal(), (0xDC00..<0xE000).contains(low) {
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      } else {
        place = before
      }
    }
    return UnicodeScalar(unit) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() -> UInt32? {
    guard place + 4 <= end else { return nil }
    var unit: UInt32 = 0
    for _ in 0..<4 {
      let byte = base[place]
      place += 1
      switch byte {
      case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
      case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt32(byte & 0x0F + 9)
      default: return nil
      }
    }
    return unit
  }

  private mutating func scalar(
    field: Int32, _ membership: Int32, _ values: inout EventValues
  ) -> Bool {
    let start = place
    while place < end, !Self.endsScalar(base[place]) { place += 1 }
    guard place > start, place < end else { return false }
    guard field >= 0 else { return true }
    let kind: EventValues.Kind =
      switch base[start] {
      case UInt8(ascii: "n"): .null
      case UInt8(ascii: "t"): .true
      case UInt8(ascii: "f"): .false
      default: .number
      }
    values.append(
      EventValues.Value(
        field: field, kind: kind, start: start, count: place - start, membership: membership))
    return true
  }

  @inline(__always)
  private static func endsScalar(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
      || byte == UInt8(ascii: "]")
  }

  // MARK: Skipping

  private mutating func skipValue() -> Bool {
    skipBlanks()
    switch peek {
    case Self.quote: return skipString()
    case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested()
    default:
      let start = place
      while place < end, !Self.endsScalar(base[place]) { place += 1 }
      return place > start && place < end
    }
  }

  private mutating func skipString() -> Bool {
    place += 1
    while place < end {
      switch base[place] {
      case Self.quote:
        place += 1
        return true
      case Self.backslash: place += 2
      default: place += 1
      }
    }
    return false
  }

  /// Steps over an object or array, which may be as deep as it likes.
  private mutating func skipNested() -> Bool {
    var open = 0
    while place < end {
      switch base[place] {
      case Self.quote:
        guard skipString() else { return false }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        open -= 1
        if open == 0 {
          place += 1
          return true
        }
      default: break
      }
      place += 1
    }
    return false
  }

  @inline(__always)
  private var peek: UInt8 { place < end ? base[place] : 0 }

  @inline(__always)
  private mutating func skipBlanks() {
    while place < end, base[place] <= 0x20 { place += 1 }
  }
}
