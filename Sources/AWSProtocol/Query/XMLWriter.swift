package import Core

/// Writes a result of AWS's Query protocol: members as elements, elements of lists as `member`,
/// entries of maps as `entry` with `key` and `value`.
package struct XMLWriter: ShapeWriter {
  private enum Next {
    case nothing
    case element(String)
    case entry
  }

  private struct Container {
    var isList: Bool
    /// What ends the element that the container stands in.
    var end: String
  }

  package private(set) var bytes: [UInt8] = []
  private var next = Next.nothing
  private var containers: [Container] = []

  package init() {}

  package mutating func reserve(_ byteCount: Int) { bytes.reserveCapacity(byteCount) }

  package mutating func beginObject() { containers.append(Container(isList: false, end: open())) }
  package mutating func endObject() { append(containers.popLast()?.end ?? "") }
  package mutating func beginArray() { containers.append(Container(isList: true, end: open())) }
  package mutating func endArray() { append(containers.popLast()?.end ?? "") }

  package mutating func name(_ name: StaticString) { next = .element(name.description) }

  package mutating func key(_ key: String) {
    append("<entry><key>\(Self.escaped(key))</key>")
    next = .entry
  }

  package mutating func string(_ text: String) { value(Self.escaped(text)) }
  package mutating func integer(_ value: Int) { self.value("\(value)") }
  package mutating func double(_ value: Double) { self.value(value.description) }
  package mutating func boolean(_ value: Bool) { self.value(value ? "true" : "false") }
  package mutating func timestamp(_ time: Timestamp) { value(ISO8601.text(time)) }
  package mutating func blob(_ data: [UInt8]) {
    var text: [UInt8] = []
    data.withUnsafeBytes { Base64.encode($0, into: &text) }
    value(String(decoding: text, as: UTF8.self))
  }

  private mutating func value(_ text: String) {
    let end = open()
    append(text)
    append(end)
  }

  /// Opens the element of the value that comes.
  ///
  /// - Returns: what ends it.
  private mutating func open() -> String {
    defer { next = .nothing }
    if containers.last?.isList == true {
      append("<member>")
      return "</member>"
    }
    switch next {
    case .nothing: return ""
    case .element(let name):
      append("<\(name)>")
      return "</\(name)>"
    case .entry:
      append("<value>")
      return "</value></entry>"
    }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// What XML 1.0 cannot hold, even escaped, becomes U+FFFD.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\r": result += "&#13;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      default:
        let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
        result.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
      }
    }
    return result
  }
}
