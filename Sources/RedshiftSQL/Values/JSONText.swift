/// JSON by the letter of RFC 8259: no trailing commas, comments, single quotes, NaN or Infinity.
///
/// DuckDB's own check lets some of those pass, Redshift's does not.
package enum JSONText {
  package enum Kind: Int64, Sendable {
    case object = 1
    case array = 2
    case scalar = 3
  }

  /// Deeper documents are refused, as Redshift's SUPER refuses them.
  private static let depthMax = 1_000

  /// - Returns: what the text is; nil if it is not JSON.
  package static func kind(of bytes: UnsafeBufferPointer<UInt8>) -> Kind? {
    var scanner = Scanner(bytes: bytes)
    scanner.skipSpace()
    let kind: Kind =
      switch scanner.peek() {
      case 0x7B: .object
      case 0x5B: .array
      default: .scalar
      }
    guard scanner.document() else { return nil }
    scanner.skipSpace()
    return scanner.isAtEnd ? kind : nil
  }

  private struct Scanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var offset = 0

    var isAtEnd: Bool { offset == bytes.count }

    func peek() -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    mutating func skipSpace() {
      while offset < bytes.count {
        switch bytes[offset] {
        case 0x20, 0x0A, 0x0D, 0x09: offset += 1
        default: return
        }
      }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard peek() == byte, offset < bytes.count else { return false }
      offset += 1
      return true
    }

    /// A value; the containers that are open are kept in a stack of one bit each.
    mutating func document() -> Bool {
      var isObject: [Bool] = []
      while true {
        skipSpace()
        // A value, or the end of an empty container.
        switch peek() {
        case 0x7B, 0x5B:
          let opensObject = peek() == 0x7B
          offset += 1
          guard isObject.count < depthMax else { return false }
          skipSpace()
          if take(opensObject ? 0x7D : 0x5D) { break }
          isObject.append(opensObject)
          if opensObject, !key() { return false }
          continue
        case 0x22: if !string() { return false }
        case 0x74: if !word("true") { return false }
        case 0x66: if !word("false") { return false }
        case 0x6E: if !word("null") { return false }
        default: if !number() { return false }
        }
        // Behind a value: a comma, or ends of containers.
        while true {
          guard let inObject = isObject.last else { return true }
          skipSpace()
          if take(0x2C) {
            if inObject {
              skipSpace()
              if !key() { return false }
            }
            break
          }
          guard take(inObject ? 0x7D : 0x5D) else { return false }
          isObject.removeLast()
        }
      }
    }

    private mutating func key() -> Bool {
      guard peek() == 0x22, string() else { return false }
      skipSpace()
      return take(0x3A)
    }

    private mutating func word(_ text: StaticString) -> Bool {
      let length = text.utf8CodeUnitCount
      guard offset + length <= bytes.count else { return false }
      for index in 0..<length where bytes[offset + index] != text.utf8Start[index] {
        return false
      }
      offset += length
      return true
    }

    private mutating func string() -> Bool {
      offset += 1
      while offset < bytes.count {
        let byte = bytes[offset]
        offset += 1
        if byte == 0x22 { return true }
        if byte < 0x20 { return false }
        guard byte == 0x5C else { continue }
        guard offset < bytes.count else { return false }
        let escape = bytes[offset]
        offset += 1
        switch escape {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: break
        case 0x75:
          guard offset + 4 <= bytes.count else { return false }
          for _ in 0..<4 {
            guard isHexDigit(bytes[offset]) else { return false }
            offset += 1
          }
        default: return false
        }
      }
      return false
    }

    private func isHexDigit(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private mutating func digits() -> Bool {
      let start = offset
      while (0x30...0x39).contains(peek()) { offset += 1 }
      return offset > start
    }

    private mutating func number() -> Bool {
      _ = take(0x2D)
      if take(0x30) {
        // No digit may follow a leading zero.
      } else if !digits() {
        return false
      }
      if take(0x2E), !digits() { return false }
      if peek() | 0x20 == 0x65 {
        offset += 1
        if peek() == 0x2B || peek() == 0x2D { offset += 1 }
        return digits()
      }
      return true
    }
  }
}
