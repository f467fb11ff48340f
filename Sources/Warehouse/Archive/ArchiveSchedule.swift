/// When a policy runs by itself: `rate(1 day)`, as EventBridge's schedule expressions have it.
struct ArchiveSchedule: Sendable, Equatable, CustomStringConvertible {
  let seconds: Int
  let description: String

  private static let units = [
    "minute": 60, "minutes": 60, "hour": 3_600, "hours": 3_600, "day": 86_400, "days": 86_400,
  ]

  /// - Returns: nil for another text.
  init?(_ text: String) {
    let lower = text.lowercased()
    guard lower.hasPrefix("rate("), lower.hasSuffix(")") else { return nil }
    let words = lower.dropFirst(5).dropLast().split(separator: " ")
    guard words.count == 2, let count = Int(words[0]), (1...100_000).contains(count),
      let unit = Self.units[String(words[1])], (count == 1) == !words[1].hasSuffix("s")
    else { return nil }
    seconds = count * unit
    description = "rate(\(count) \(words[1]))"
  }
}
