/// A `ValueTest` as numbers: what the machine's memory consists of.
struct FlatTest {
  enum Kind: UInt8 {
    case string, number, literal, prefix, prefixFolded, suffix, suffixFolded, equalsFolded
    case wildcard, numeric, address, present, anythingBut
  }

  var kind: Kind
  /// Of a literal: which.
  var literal = ValueTest.Literal.null
  /// Of texts: a range of bytes; of wildcards of chunks; of addresses a place in their list; of
  /// anything-but a range of tests.
  var start: Int32 = 0
  var count: Int32 = 0
  var range = NumericRange()
}

/// The tests of a machine, with the bytes that they compare.
struct TestTable {
  private(set) var tests: [FlatTest] = []
  private(set) var bytes: [UInt8] = []
  private var chunks: [(start: Int32, count: Int32)] = []
  private var addresses: [AddressRange] = []

  /// - Returns: the test's number. There is none for `absent`, which is no test of a value.
  mutating func add(_ test: ValueTest) -> Int32? {
    guard let flat = flatten(test) else { return nil }
    tests.append(flat)
    return Int32(tests.count - 1)
  }

  private mutating func flatten(_ test: ValueTest) -> FlatTest? {
    switch test {
    case .string(let text): return text.isEmpty ? FlatTest(kind: .string) : add(.string, text)
    case .number(let value):
      return FlatTest(kind: .number, range: NumericRange(lower: value, upper: value))
    case .literal(let literal): return FlatTest(kind: .literal, literal: literal)
    case .prefix(let text, .sensitive): return add(.prefix, text)
    case .prefix(let text, .insensitive): return add(.prefixFolded, text.folded)
    case .suffix(let text, .sensitive): return add(.suffix, text)
    case .suffix(let text, .insensitive): return add(.suffixFolded, text.folded)
    case .equalsIgnoringCase(let text): return add(.equalsFolded, text.folded)
    case .wildcard(let wildcard):
      let start = Int32(chunks.count)
      for chunk in wildcard.chunks {
        let range = add(chunk)
        chunks.append(range)
      }
      return FlatTest(kind: .wildcard, start: start, count: Int32(wildcard.chunks.count))
    case .numeric(let range): return FlatTest(kind: .numeric, range: range)
    case .address(let range):
      addresses.append(range)
      return FlatTest(kind: .address, start: Int32(addresses.count - 1))
    case .present: return FlatTest(kind: .present)
    case .absent: return nil
    case .anythingBut(let excluded):
      // The excluded tests lie side by side, whatever they need of their own.
      let flat = excluded.compactMap { flatten($0) }
      let start = Int32(tests.count)
      tests += flat
      return FlatTest(kind: .anythingBut, start: start, count: Int32(flat.count))
    }
  }

  private mutating func add(_ kind: FlatTest.Kind, _ text: String) -> FlatTest {
    let range = add(Array(text.utf8))
    return FlatTest(kind: kind, start: range.start, count: range.count)
  }

  private mutating func add(_ new: [UInt8]) -> (start: Int32, count: Int32) {
    let start = Int32(bytes.count)
    bytes += new
    return (start, Int32(new.count))
  }

  // MARK: Testing

  func holds(_ number: Int32, for value: inout ValueView) -> Bool {
    tests.withUnsafeBufferPointer { tests in
      let test = tests[Int(number)]
      switch test.kind {
      case .present: return true
      case .anythingBut:
        for place in test.start..<(test.start + test.count) where holds(place, for: &value) {
          return false
        }
        return true
      case .literal: return value.literal == test.literal
      case .number: return value.number == test.range.lower
      case .numeric: return value.number.map(test.range.contains) ?? false
      case .address: return value.address.map(addresses[Int(test.start)].contains) ?? false
      default: return holds(test, forTextOf: &value)
      }
    }
  }

  private func holds(_ test: FlatTest, forTextOf value: inout ValueView) -> Bool {
    let isFolded: Bool =
      switch test.kind {
      case .prefixFolded, .suffixFolded, .equalsFolded: true
      default: false
      }
    guard let text = isFolded ? value.folded : value.text else { return false }
    if test.kind == .wildcard { return matches(test, text) }
    let count = Int(test.count)
    return bytes.withUnsafeBufferPointer { bytes in
      let pattern = UnsafeBufferPointer(rebasing: bytes[Int(test.start)...].prefix(count))
      switch test.kind {
      case .string, .equalsFolded: return text.count == count && text.equals(pattern, at: 0)
      case .prefix, .prefixFolded: return text.count >= count && text.equals(pattern, at: 0)
      default: return text.count >= count && text.equals(pattern, at: text.count - count)
      }
    }
  }

  /// The first chunk begins the text, the last ends it, and those between are found one behind the
  /// other, each as early as it can be.
  private func matches(_ test: FlatTest, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      func chunk(_ place: Int32) -> UnsafeBufferPointer<UInt8> {
        let (start, count) = chunks[Int(test.start + place)]
        return UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(start + count)])
      }
      let first = chunk(0)
      guard text.count >= first.count, text.equals(first, at: 0) else { return false }
      if test.count == 1 { return text.count == first.count }
      let last = chunk(test.count - 1)
      guard text.count >= first.count + last.count,
        text.equals(last, at: text.count - last.count)
      else { return false }
      var place = first.count
      let end = text.count - last.count
      for number in 1..<(test.count - 1) {
        let middle = chunk(number)
        while place + middle.count <= end, !text.equals(middle, at: place) { place += 1 }
        guard place + middle.count <= end else { return false }
        place += middle.count
      }
      return true
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// - Precondition: the other fits there.
  @inline(__always)
  fileprivate func equals(_ other: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    for place in 0..<other.count where self[start + place] != other[place] { return false }
    return true
  }
}

extension String {
  /// Without the case of its letters: letter by letter, whatever stands around it.
  var folded: String {
    utf8.allSatisfy { $0 < 0x80 } ? lowercased() : unicodeScalars.map(\.folded).joined()
  }
}

extension UnicodeScalar {
  fileprivate var folded: String { properties.lowercaseMapping }
}
