/// The text of an interval literal.
struct IntervalText: Equatable {
  var months = 0.0
  var days = 0.0
  var microseconds = 0.0

  private static let months: [String: Double] = [
    "millennium": 12_000, "century": 1_200, "decade": 120, "year": 12, "quarter": 3, "month": 1,
  ]
  private static let days: [String: Double] = ["week": 7, "day": 1]
  private static let microseconds: [String: Double] = [
    "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000,
    "microsecond": 1,
  ]

  /// - Parameter unit: the words behind the literal, such as `day` or `year to month`.
  /// - Returns: nil for a text that is no interval.
  static func read(_ text: String, unit: String?) -> IntervalText? {
    var interval = IntervalText()
    let units = (unit ?? "").lowercased().split(separator: " ").map(String.init)
    let last = units.last.flatMap(DateParts.canonical)
    if ["year", "month"].contains(last),
      let match = text.trimmed().wholeMatch(of: #/([+-]?)(\d+)-(\d+)/#)
    {
      let sign = match.1 == "-" ? -1.0 : 1.0
      // What is smaller than the last unit goes.
      interval.months =
        sign * ((Double(match.2) ?? 0) * 12 + (last == "year" ? 0 : Double(match.3) ?? 0))
      return interval
    }
    var rest = text[...]
    var isAgo = false
    var found = false
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == "," || $0 == "@" }
      guard !rest.isEmpty else { break }
      if rest.lowercased() == "ago" {
        isAgo = true
        break
      }
      guard let part = interval.takePart(&rest, defaultUnit: last, named: units) else { return nil }
      if part { found = true }
    }
    guard found else { return nil }
    if isAgo {
      interval.months.negate()
      interval.days.negate()
      interval.microseconds.negate()
    }
    return interval
  }

  private mutating func takePart(
    _ rest: inout Substring, defaultUnit: String?, named: [String]
  ) -> Bool? {
    if let clock = rest.prefixMatch(of: #/([+-]?)(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?/#) {
      let sign = clock.1 == "-" ? -1.0 : 1.0
      let first = Double(clock.2) ?? 0
      let second = Double(clock.3) ?? 0
      let third = clock.4.flatMap { Double($0) } ?? 0
      // `'10:30' MINUTE TO SECOND`
      let isShort = clock.4 == nil && named.count == 3 && named[0].hasPrefix("minute")
      microseconds +=
        sign * (isShort ? first * 60 + second : first * 3_600 + second * 60 + third) * 1_000_000
      rest = rest[clock.range.upperBound...]
      return true
    }
    guard let number = rest.prefixMatch(of: #/[+-]?(?:\d+\.?\d*|\.\d+)/#),
      let value = Double(number.output)
    else { return nil }
    rest = rest[number.range.upperBound...].drop(while: \.isWhitespace)
    let word = rest.prefix(while: \.isLetter)
    var part = defaultUnit
    if !word.isEmpty, word.lowercased() != "ago" {
      guard let canonical = DateParts.canonical(String(word)) else { return nil }
      part = canonical
      rest = rest[word.endIndex...]
    } else if rest.first?.isNumber == true, named.count == 3 {
      // `'3 12:30' DAY TO SECOND`: what stands before the clock are days.
      part = DateParts.canonical(named[0])
    }
    return add(value, part ?? "second")
  }

  private mutating func add(_ value: Double, _ part: String) -> Bool? {
    if let scale = Self.months[part] {
      let whole = (value * scale).rounded(.towardZero)
      months += whole
      days += (value * scale - whole) * 30
    } else if let scale = Self.days[part] {
      days += value * scale
    } else if let scale = Self.microseconds[part] {
      microseconds += value * scale
    } else {
      return nil
    }
    return true
  }

  /// As DuckDB reads it.
  var duckDB: String {
    let wholeDays = days.rounded(.towardZero)
    let rest = microseconds + (days - wholeDays) * 86_400_000_000
    func whole(_ value: Double) -> String { String(Int64(value.rounded())) }
    return "INTERVAL '\(whole(months)) months \(whole(wholeDays)) days \(whole(rest)) microseconds'"
  }
}
