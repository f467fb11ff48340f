internal import Core

/// The ARNs of what belongs to EventBridge.
package struct EventARNs: Sendable {
  package let region: String
  package let account: String

  package init(region: String, account: String) {
    self.region = region
    self.account = account
  }

  private var head: String { "arn:aws:events:\(region):\(account):" }

  package func bus(_ name: String) -> String { head + "event-bus/" + name }
  package func rule(_ name: String, bus: String) -> String {
    head + "rule/" + (bus == "default" ? "" : bus + "/") + name
  }
  package func archive(_ name: String) -> String { head + "archive/" + name }
  package func replay(_ name: String) -> String { head + "replay/" + name }
  package func connection(_ name: String, id: String) -> String {
    head + "connection/\(name)/\(id)"
  }
  package func apiDestination(_ name: String, id: String) -> String {
    head + "api-destination/\(name)/\(id)"
  }

  /// The name of a bus that a client named by name or ARN.
  package static func busName(_ text: String?) -> String {
    guard let text, !text.isEmpty else { return "default" }
    guard text.hasPrefix("arn:"), let slash = text.firstIndex(of: "/") else { return text }
    return String(text[text.index(after: slash)...])
  }

  /// Bus and rule of a rule's ARN.
  package static func rule(of arn: String) -> (bus: String, rule: String)? {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[2] == "events", parts[5].hasPrefix("rule/") else { return nil }
    let names = parts[5].split(separator: "/").dropFirst().map(String.init)
    switch names.count {
    case 1: return ("default", names[0])
    case 2...: return (names.dropLast().joined(separator: "/"), names[names.count - 1])
    default: return nil
    }
  }
}

/// A random UUID (version 4), in lower case.
package enum EventID {
  package static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return text(generator.next(), generator.next())
  }

  /// The same UUID for the same text: what is made again after a crash has its old name.
  package static func derived(from text: String) -> String {
    let digest = Array(text.utf8).withUnsafeBytes { MD5.number($0) }
    return Self.text(UInt64(truncatingIfNeeded: digest >> 64), UInt64(truncatingIfNeeded: digest))
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = pad(high) + pad(low)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(place) { text.append("-") }
      text.append(digit)
    }
    return text
  }

  private static func pad(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
