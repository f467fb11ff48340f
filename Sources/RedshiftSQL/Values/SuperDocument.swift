/// A value of type SUPER, read from its JSON.
///
/// Its key is bytes that compare as the values do: null last, and before it boolean, number,
/// string, array, object, each by its own order. Equal values have equal keys, whatever their
/// texts: 1 and 1.0, and objects whose members stand in another order.
///
/// Source of the order of types: the page "Operators and functions" of semistructured data.
package indirect enum SuperDocument: Equatable, Sendable {
  case null
  case boolean(Bool)
  case number(Number)
  case string([UInt8])
  case array([SuperDocument])
  /// By name.
  case object([(name: [UInt8], value: SuperDocument)])

  /// A number's digits, without zeros at either end: `0.digits × 10^exponent`. No digits: 0.
  package struct Number: Equatable, Sendable {
    var isNegative = false
    var digits: [UInt8] = []
    var exponent = 0
  }

  package static func == (left: SuperDocument, right: SuperDocument) -> Bool {
    left.key == right.key
  }

  /// - Parameter json: what is no JSON is a string.
  package init(json: UnsafeBufferPointer<UInt8>) {
    var reader = Reader(bytes: json)
    if let value = reader.value(), reader.isAtEnd {
      self = value
    } else {
      self = .string(Array(json))
    }
  }

  // MARK: Keys

  package var key: [UInt8] {
    var key: [UInt8] = []
    append(to: &key)
    return key
  }

  private var tag: UInt8 {
    switch self {
    case .boolean: 0x10
    case .number: 0x20
    case .string: 0x30
    case .array: 0x40
    case .object: 0x50
    case .null: 0x60
    }
  }

  private func append(to key: inout [UInt8]) {
    key.append(tag)
    switch self {
    case .null: break
    case .boolean(let value): key.append(value ? 1 : 0)
    case .number(let number): number.append(to: &key)
    case .string(let bytes): Self.append(bytes, to: &key)
    case .array(let items):
      for item in items { item.append(to: &key) }
      key.append(0)
    case .object(let members):
      for member in members {
        Self.append(member.name, to: &key)
        member.value.append(to: &key)
      }
      key.append(0)
    }
  }

  /// A zero ends it, and none is inside; what begins with it is greater.
  private static func append(_ bytes: [UInt8], to key: inout [UInt8]) {
    for byte in bytes {
      if byte < 2 { key.append(1) }
      key.append(byte < 2 ? byte + 1 : byte)
    }
    key.append(0)
  }

  /// How two values of one type compare: -1, 0, 1; nil for null and for two types.
  package func compared(to other: SuperDocument) -> Int? {
    guard tag == other.tag, tag != SuperDocument.null.tag else { return nil }
    let (left, right) = (key, other.key)
    if left == right { return 0 }
    return left.lexicographicallyPrecedes(right) ? -1 : 1
  }

  // MARK: Texts

  /// The JSON that all equal values share.
  package var plainText: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let number): number.text
    case .string(let bytes): Self.quoted(bytes)
    case .array(let items): "[" + items.map(\.plainText).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.map { Self.quoted($0.name) + ":" + $0.value.plainText }
        .joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ bytes: [UInt8]) -> String {
    var text = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case _ where scalar.value < 0x20:
        text += (scalar.value < 0x10 ? "\\u000" : "\\u00") + String(scalar.value, radix: 16)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

extension SuperDocument.Number {
  /// - Parameter text: a number as JSON writes it.
  init(_ text: some Sequence<UInt8>) {
    var isFraction = false
    var power: [UInt8]?
    for byte in text {
      switch byte {
      case 0x2D where power == nil: isNegative = true
      case 0x2B: break
      case 0x2E: isFraction = true
      case 0x65, 0x45: power = []
      case _ where power != nil: power?.append(byte)
      default:
        if !isFraction, byte != 0x30 || !digits.isEmpty { exponent += 1 }
        if isFraction, digits.isEmpty, byte == 0x30 {
          exponent -= 1
        } else if byte != 0x30 || !digits.isEmpty {
          digits.append(byte)
        }
      }
    }
    while digits.last == 0x30 { digits.removeLast() }
    // What is beyond any number's range is at its end.
    let shift = power.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    exponent = min(max(exponent + min(max(shift, -30_000), 30_000), -30_000), 30_000)
    if digits.isEmpty { (isNegative, exponent) = (false, 0) }
  }

  fileprivate func append(to key: inout [UInt8]) {
    guard !digits.isEmpty else { return key.append(0x80) }
    key.append(isNegative ? 0x01 : 0xFF)
    let place = UInt16(exponent + 32_768)
    let bytes = [UInt8(place >> 8), UInt8(truncatingIfNeeded: place)] + digits + [0]
    key += isNegative ? bytes.map { ~$0 } : bytes
  }

  var text: String {
    guard !digits.isEmpty else { return "0" }
    let digits = String(decoding: digits, as: UTF8.self)
    let sign = isNegative ? "-" : ""
    if exponent >= digits.count, exponent <= 40 {
      return sign + digits + String(repeating: "0", count: exponent - digits.count)
    }
    if exponent > 0, exponent < digits.count {
      return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
    }
    if exponent <= 0, exponent >= -10 {
      return sign + "0." + String(repeating: "0", count: -exponent) + digits
    }
    let rest = digits.dropFirst()
    return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e\(exponent - 1)"
  }
}

/// Reads JSON that was checked when it was stored.
private struct Reader {
  let bytes: UnsafeBufferPointer<UInt8>
  var offset = 0
  private var depth = 0

  init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return offset == bytes.count
    }
  }

  private func peek() -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  private mutating func skipSpace() {
    while offset < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  /// nil for what is no JSON.
  mutating func value() -> SuperDocument? {
    skipSpace()
    switch peek() {
    case 0x22: return string().map { .string($0) }
    case 0x5B: return array()
    case 0x7B: return object()
    case 0x74: return word("true", .boolean(true))
    case 0x66: return word("false", .boolean(false))
    case 0x6E: return word("null", .null)
    case 0x2D, 0x30...0x39: return number()
    default: return nil
    }
  }

  private mutating func word(_ text: StaticString, _ value: SuperDocument) -> SuperDocument? {
    let end = offset + text.utf8CodeUnitCount
    guard end <= bytes.count else { return nil }
    for index in offset..<end where bytes[index] != text.utf8Start[index - offset] { return nil }
    offset = end
    return value
  }

  private mutating func number() -> SuperDocument? {
    let start = offset
    while offset < bytes.count,
      (0x30...0x39).contains(bytes[offset])
        || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(bytes[offset])
    {
      offset += 1
    }
    return .number(SuperDocument.Number(bytes[start..<offset]))
  }

  private mutating func array() -> SuperDocument? {
    guard depth < 1_000, take(0x5B) else { return nil }
    depth += 1
    defer { depth -= 1 }
    var items: [SuperDocument] = []
    if take(0x5D) { return .array(items) }
    repeat {
      guard let item = value() else { return nil }
      items.append(item)
    } while take(0x2C)
    return take(0x5D) ? .array(items) : nil
  }

  private mutating func object() -> SuperDocument? {
    guard depth < 1_000, take(0x7B) else { return nil }
    depth += 1
    defer { depth -= 1 }
    var members: [(name: [UInt8], value: SuperDocument)] = []
    if take(0x7D) { return .object(members) }
    repeat {
      skipSpace()
      guard let name = string(), take(0x3A), let member = value() else { return nil }
      members.append((name, member))
    } while take(0x2C)
    guard take(0x7D) else { return nil }
    return .object(members.sorted { $0.name.lexicographicallyPrecedes($1.name) })
  }

  /// The bytes that a string stands for.
  private mutating func string() -> [UInt8]? {
    guard peek() == 0x22 else { return nil }
    let start = offset
    offset += 1
    var hasEscapes = false
    while offset < bytes.count, bytes[offset] != 0x22 {
      if bytes[offset] == 0x5C {
        hasEscapes = true
        offset += 1
      }
      offset += 1
    }
    guard offset < bytes.count else { return nil }
    offset += 1
    guard hasEscapes else { return Array(bytes[(start + 1)..<(offset - 1)]) }
    let literal = String(decoding: bytes[start..<offset], as: UTF8.self)
    return JSONText.text(of: literal).map { Array($0.utf8) }
  }
}
