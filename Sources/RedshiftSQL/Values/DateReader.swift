/// Dates and timestamps as people write them: `2008-02-15`, `02/15/2008`, `15-Feb-2008`,
/// `February 15, 2008 10:30 PM`, `20080215`, `2008.046`.
///
/// Source: the page "Date, time, and timestamp literals" of Redshift's documentation; the order of
/// numbers is month, day, year (DateStyle ISO, MDY).
package enum DateReader {
  /// - Returns: the time as written, and its zone's offset from UTC in seconds if it has one; nil
  ///   for a text that is no date.
  package static func read(_ text: String) -> (time: CivilTime, offset: Int?)? {
    var words = words(of: text)
    guard !words.isEmpty else { return nil }
    var clock: (hour: Int, minute: Int, second: Int, microsecond: Int)?
    var offset: Int?
    var isAfternoon: Bool?
    var dateWords: [String] = []
    if let first = words.first, first.contains("T"), let parts = isoParts(first) {
      words.replaceSubrange(0...0, with: parts)
    }
    for word in words {
      let lower = word.lowercased()
      if clock == nil, word.contains(":"), let (time, zone) = clockTime(word) {
        clock = time
        offset = zone ?? offset
      } else if lower == "am" || lower == "pm" {
        isAfternoon = lower == "pm"
      } else if clock == nil, !dateWords.isEmpty, word.count == 6, let time = packedClock(word),
        dateWords.count == 1, dateWords[0].count >= 6
      {
        clock = time
      } else if let zone = TimeZones.offset(of: word), !dateWords.isEmpty || clock != nil {
        offset = zone
      } else {
        dateWords.append(word)
      }
    }
    guard var time = date(dateWords) else { return nil }
    if let clock {
      time.hour = clock.hour
      time.minute = clock.minute
      time.second = clock.second
      time.microsecond = clock.microsecond
      if let isAfternoon {
        guard (1...12).contains(time.hour) else { return nil }
        time.hour = time.hour % 12 + (isAfternoon ? 12 : 0)
      }
    }
    return time.isValid ? (time, offset) : nil
  }

  private static func words(of text: String) -> [String] {
    text.split { $0.isWhitespace || $0 == "," }.map(String.init)
  }

  /// `20080215T103000`, `2008-02-15T10:30:00Z`
  private static func isoParts(_ word: String) -> [String]? {
    let parts = word.split(separator: "T", maxSplits: 1).map(String.init)
    guard parts.count == 2, parts[0].allSatisfy({ $0.isNumber || $0 == "-" }) else { return nil }
    return parts
  }

  /// `10:30[:59[.123456]][am|pm|Z|+02[:30]]`
  private static func clockTime(
    _ word: String
  ) -> ((hour: Int, minute: Int, second: Int, microsecond: Int), offset: Int?)? {
    guard
      let match = word.wholeMatch(
        of:
          #/(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*([A-Za-z]+|[+-]\d{1,2}(?::?\d{2})?)?/#
      ), var hour = Int(match.1), let minute = Int(match.2)
    else { return nil }
    let second = match.3.flatMap { Int($0) } ?? 0
    let fraction = match.4.map { String($0.prefix(6)) } ?? ""
    let padded = fraction + String(repeating: "0", count: 6 - fraction.count)
    var offset: Int?
    if let suffix = match.5.map({ String($0) }) {
      if ["am", "pm"].contains(suffix.lowercased()) {
        guard (1...12).contains(hour) else { return nil }
        hour = hour % 12 + (suffix.lowercased() == "pm" ? 12 : 0)
      } else {
        offset = TimeZones.offset(of: suffix)
        if offset == nil { return nil }
      }
    }
    return ((hour, minute, second, Int(padded) ?? 0), offset)
  }

  private static func packedClock(
    _ word: String
  ) -> (hour: Int, minute: Int, second: Int, microsecond: Int)? {
    guard let value = Int(word), word.allSatisfy(\.isNumber) else { return nil }
    return (value / 10_000, value / 100 % 100, value % 100, 0)
  }

  private static func date(_ words: [String]) -> CivilTime? {
    let parts = words.flatMap { word in
      word.split { $0 == "-" || $0 == "/" || $0 == "." }.map(String.init)
    }
    if parts.count == 1 { return packedDate(parts[0]) }
    if parts.count == 2 { return yearAndDay(parts) }
    guard parts.count == 3 else { return nil }
    if let index = parts.firstIndex(where: { monthNumber($0) != nil }) {
      guard let month = monthNumber(parts[index]) else { return nil }
      let others = parts.indices.filter { $0 != index }.map { parts[$0] }
      // `2000-Jan-31`, `Jan 31 2000`, `31-Jan-2000`
      let yearFirst = others[0].count >= 3
      guard let year = year(yearFirst ? others[0] : others[1]),
        let day = Int(yearFirst ? others[1] : others[0])
      else { return nil }
      return CivilTime(year: year, month: month, day: day)
    }
    guard let first = Int(parts[0]), let second = Int(parts[1]), let third = Int(parts[2]) else {
      return nil
    }
    if parts[0].count >= 3 { return CivilTime(year: first, month: second, day: third) }
    guard let year = year(parts[2]) else { return nil }
    return CivilTime(year: year, month: first, day: second)
  }

  /// `20080215`, `080215`
  private static func packedDate(_ word: String) -> CivilTime? {
    guard word.allSatisfy({ $0.isASCII && $0.isNumber }), let value = Int(word) else { return nil }
    switch word.count {
    case 8:
      return CivilTime(year: value / 10_000, month: value / 100 % 100, day: value % 100)
    case 6:
      let year = value / 10_000
      return CivilTime(
        year: year < 70 ? 2_000 + year : 1_900 + year, month: value / 100 % 100,
        day: value % 100)
    default: return nil
    }
  }

  /// `2008.366`
  private static func yearAndDay(_ parts: [String]) -> CivilTime? {
    guard parts[0].count == 4, parts[1].count == 3, let year = Int(parts[0]),
      let day = Int(parts[1]), (1...366).contains(day)
    else { return nil }
    return CivilTime(days: CivilTime(year: year, month: 1, day: 1).days + day - 1)
  }

  private static func year(_ word: String) -> Int? {
    guard let value = Int(word) else { return nil }
    guard word.count <= 2 else { return value }
    return value < 70 ? 2_000 + value : 1_900 + value
  }

  private static func monthNumber(_ word: String) -> Int? {
    let lower = word.lowercased()
    guard lower.count >= 3 else { return nil }
    return CivilTime.monthNames.firstIndex { $0.lowercased().hasPrefix(lower) }.map { $0 + 1 }
  }
}
