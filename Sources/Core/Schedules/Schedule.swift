/// Why a text is no schedule.
package struct ScheduleError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// When something runs by itself, as EventBridge's schedule expressions have it: `rate(1 day)` or
/// `cron(0 12 * * ? *)`.
package enum Schedule: Sendable, Equatable, CustomStringConvertible {
  case rate(RateSchedule)
  case cron(CronSchedule)

  /// - Throws: `ScheduleError` with what is wrong with it.
  package init(_ text: some StringProtocol) throws(ScheduleError) {
    let text = text.drop { $0.isWhitespace }
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else {
      throw ScheduleError("a schedule is rate(…) or cron(…)")
    }
    let inner = text[text.index(after: open)...].dropLast()
    switch text[..<open].lowercased() {
    case "rate": self = .rate(try RateSchedule(fields: inner))
    case "cron": self = .cron(try CronSchedule(fields: inner))
    default: throw ScheduleError("a schedule is rate(…) or cron(…)")
    }
  }

  /// When it is next, if it was the last time at an instant; nil if never again.
  package func next(after time: Timestamp) -> Timestamp? {
    switch self {
    case .rate(let rate): time.advanced(bySeconds: Double(rate.seconds))
    case .cron(let cron): cron.next(after: time)
    }
  }

  package var description: String {
    switch self {
    case .rate(let rate): rate.description
    case .cron(let cron): cron.description
    }
  }
}

/// `rate(1 minute)`, `rate(12 hours)`: the unit's name has an s unless the number is 1.
package struct RateSchedule: Sendable, Equatable, CustomStringConvertible {
  package let seconds: Int
  package let description: String

  private static let units = ["minute": 60, "hour": 3_600, "day": 86_400]

  /// More is no rate of anything; it also keeps the sums of times small.
  private static let countMax = 100_000

  /// - Parameter fields: what is between the parentheses: `12 hours`.
  package init(fields text: some StringProtocol) throws(ScheduleError) {
    let words = text.split(whereSeparator: \.isWhitespace).map { String($0) }
    guard words.count == 2, let count = Int(words[0]), (1...Self.countMax).contains(count) else {
      throw ScheduleError("a rate is a number from 1 to \(Self.countMax) and a unit: rate(5 hours)")
    }
    let name = words[1].lowercased()
    let unit = count == 1 ? name : name.hasSuffix("s") ? String(name.dropLast()) : ""
    guard let length = Self.units[unit] else {
      throw ScheduleError(
        "a rate's unit is minute, hour or day, with an s unless the number is 1, not "
          + "\"\(words[1])\"")
    }
    seconds = count * length
    description = "rate(\(count) \(name))"
  }
}
