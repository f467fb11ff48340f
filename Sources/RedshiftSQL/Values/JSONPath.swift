/// A way into a JSON document by names and places, as JSON_EXTRACT_PATH_TEXT goes it.
package struct JSONPath {
  private struct Step {
    var name: [UInt8]
    /// What the name means in an array; nil: nothing.
    var index: Int?
  }

  private let steps: [Step]

  /// - Parameter names: members' names; of digits, also elements' places from 0.
  package init(_ names: [String]) {
    steps = names.map { name in
      let isPlain = name == "0" || !name.hasPrefix("0")
      let isIndex = isPlain && !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
      return Step(name: Array(name.utf8), index: isIndex ? Int(name) : nil)
    }
  }

  /// The text of what the path leads to in a document that is JSON: numbers as they are written,
  /// strings without quotes and escapes, objects and arrays without the spaces between their parts;
  /// nil for what is not there, or null.
  package func text(in document: UnsafeBufferPointer<UInt8>) -> String? {
    var walker = Walker(bytes: document)
    for step in steps {
      guard walker.go(to: step.name, step.index) else { return nil }
    }
    return walker.value()
  }

  private struct Walker {
    let bytes: UnsafeBufferPointer<UInt8>
    var offset = 0

    private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    private mutating func skipSpace() {
      while offset < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[offset]) { offset += 1 }
    }

    /// - Returns: whether it now stands before the member's or the element's value.
    mutating func go(to name: [UInt8], _ index: Int?) -> Bool {
      skipSpace()
      switch current {
      case 0x7B: return goToMember(name)
      case 0x5B: return index.map { goToElement($0) } ?? false
      default: return false
      }
    }

    private mutating func goToMember(_ name: [UInt8]) -> Bool {
      offset += 1
      skipSpace()
      while current == 0x22 {
        let key = string()
        skipSpace()
        offset += 1
        if isName(key, name) { return true }
        skipValue()
        skipSpace()
        guard current == 0x2C else { return false }
        offset += 1
        skipSpace()
      }
      return false
    }

    private func isName(_ key: Range<Int>, _ name: [UInt8]) -> Bool {
      let written = bytes[key]
      guard written.contains(0x5C) else { return written.elementsEqual(name) }
      let text = JSONText.text(of: "\"" + String(decoding: written, as: UTF8.self) + "\"")
      return text.map { $0.utf8.elementsEqual(name) } ?? false
    }

    private mutating func goToElement(_ index: Int) -> Bool {
      offset += 1
      skipSpace()
      guard current != 0x5D else { return false }
      for _ in 0..<index {
        skipValue()
        skipSpace()
        guard current == 0x2C else { return false }
        offset += 1
        skipSpace()
      }
      return offset < bytes.count
    }

    /// What stands between the quotes; goes behind them.
    private mutating func string() -> Range<Int> {
      offset += 1
      let start = offset
      while offset < bytes.count, bytes[offset] != 0x22 {
        offset += bytes[offset] == 0x5C ? 2 : 1
      }
      let end = min(offset, bytes.count)
      offset = min(end + 1, bytes.count)
      return start..<end
    }

    private mutating func skipValue() {
      skipSpace()
      var depth = 0
      while offset < bytes.count {
        switch bytes[offset] {
        case 0x22:
          _ = string()
          if depth == 0 { return }
        case 0x7B, 0x5B:
          depth += 1
          offset += 1
        case 0x7D, 0x5D:
          if depth == 0 { return }
          depth -= 1
          offset += 1
          if depth == 0 { return }
        case 0x2C where depth == 0: return
        default: offset += 1
        }
      }
    }

    mutating func value() -> String? {
      skipSpace()
      let start = offset
      skipValue()
      switch start < bytes.count ? bytes[start] : 0 {
      case 0x6E, 0: return nil
      case 0x7B, 0x5B: return String(decoding: compact(start..<offset), as: UTF8.self)
      case 0x22:
        return JSONText.text(of: String(decoding: bytes[start..<offset], as: UTF8.self))
      default:
        var end = offset
        while end > start, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[end - 1]) { end -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
      }
    }

    /// Without the spaces that stand outside strings.
    private func compact(_ range: Range<Int>) -> [UInt8] {
      var result: [UInt8] = []
      result.reserveCapacity(range.count)
      var isInString = false
      var isEscaped = false
      for byte in bytes[range] {
        if isInString {
          result.append(byte)
          if isEscaped {
            isEscaped = false
          } else if byte == 0x5C {
            isEscaped = true
          } else if byte == 0x22 {
            isInString = false
          }
        } else if ![0x20, 0x0A, 0x0D, 0x09].contains(byte) {
          isInString = byte == 0x22
          result.append(byte)
        }
      }
      return result
    }
  }
}
