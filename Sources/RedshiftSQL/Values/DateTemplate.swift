/// A datetime format string of TO_CHAR, TO_DATE and TO_TIMESTAMP.
///
/// Source: the page "Datetime format strings" of Redshift's documentation; what it leaves open
/// (padding, FM, TH) is as in PostgreSQL's, from which it comes.
package struct DateTemplate: Sendable {
  enum Field: String, CaseIterable, Sendable {
    case yearWithComma = "Y,YYY"
    case year4 = "YYYY"
    case year3 = "YYY"
    case year2 = "YY"
    case year1 = "Y"
    case isoYear4 = "IYYY"
    case isoYear3 = "IYY"
    case isoYear2 = "IY"
    case isoDayOfYear = "IDDD"
    case isoDay = "ID"
    case isoWeek = "IW"
    case isoYear1 = "I"
    case quarter = "Q"
    case monthName = "MONTH"
    case monthShort = "MON"
    case month = "MM"
    case minute = "MI"
    case millisecond = "MS"
    case romanMonth = "RM"
    case weekOfYear = "WW"
    case weekOfMonth = "W"
    case dayName = "DAY"
    case dayShort = "DY"
    case dayOfYear = "DDD"
    case dayOfMonth = "DD"
    case dayOfWeek = "D"
    case hour24 = "HH24"
    case hour12 = "HH12"
    case hour = "HH"
    case secondsOfDay = "SSSS"
    case second = "SS"
    case microsecond = "US"
    case morningDotted = "A.M."
    case afternoonDotted = "P.M."
    case morning = "AM"
    case afternoon = "PM"
    case zone = "TZ"
    case offset = "OF"
    case century = "CC"
    case julian = "J"
    case beforeChristDotted = "B.C."
    case annoDominiDotted = "A.D."
    case beforeChrist = "BC"
    case annoDomini = "AD"
  }

  enum Style: Sendable { case upper, capitalized, lower }

  enum Element: Sendable {
    case field(Field, style: Style, isUnpadded: Bool, ordinal: Style?)
    case text(String)
  }

  let elements: [Element]

  /// Longer names first, so that `MONTH` is not read as `MON` and `TH`.
  private static let fields = Field.allCases.map { (field: $0, name: Array($0.rawValue)) }
    .sorted { $0.name.count > $1.name.count }

  package init(_ template: String) {
    var elements: [Element] = []
    var literal = ""
    var rest = Array(template)[...]
    var isUnpadded = false
    func flush() {
      if !literal.isEmpty { elements.append(.text(literal)) }
      literal = ""
    }
    while let first = rest.first {
      if first == "\"" {
        rest.removeFirst()
        let text = rest.prefix { $0 != "\"" }
        literal += String(text)
        rest = rest.dropFirst(text.count + 1)
        continue
      }
      if Self.starts(rest, with: ["F", "M"]) {
        isUnpadded = true
        rest = rest.dropFirst(2)
        continue
      }
      guard let match = Self.fields.first(where: { Self.starts(rest, with: $0.name) }) else {
        literal.append(first)
        rest.removeFirst()
        continue
      }
      flush()
      let written = Array(rest.prefix(match.name.count))
      rest = rest.dropFirst(match.name.count)
      let hasOrdinal = Self.starts(rest, with: ["T", "H"]) && Self.isNumber(match.field)
      let ordinal = hasOrdinal ? Self.style(Array(rest.prefix(1))) : nil
      if hasOrdinal { rest = rest.dropFirst(2) }
      elements.append(
        .field(
          match.field, style: Self.style(written), isUnpadded: isUnpadded,
          ordinal: ordinal))
      isUnpadded = false
    }
    flush()
    self.elements = elements
  }

  private static func starts(_ text: ArraySlice<Character>, with name: [Character]) -> Bool {
    text.count >= name.count
      && zip(text, name).allSatisfy { $0.uppercased() == String($1) }
  }

  private static func style(_ written: [Character]) -> Style {
    guard let first = written.first, first.isUppercase else { return .lower }
    return written.dropFirst().contains { $0.isLowercase } ? .capitalized : .upper
  }

  private static func isNumber(_ field: Field) -> Bool {
    switch field {
    case .monthName, .monthShort, .dayName, .dayShort, .romanMonth, .morning, .afternoon,
      .morningDotted, .afternoonDotted, .beforeChrist, .annoDomini, .beforeChristDotted,
      .annoDominiDotted, .zone, .offset:
      false
    default: true
    }
  }

  // MARK: Writing

  package func text(of time: CivilTime, zone: String = "UTC") -> String {
    var out = ""
    for element in elements {
      switch element {
      case .text(let text): out += text
      case .field(let field, let style, let isUnpadded, let ordinal):
        if let (value, width) = Self.number(field, time) {
          let digits = String(value.magnitude)
          let padding = isUnpadded ? 0 : max(0, width - digits.count)
          out += (value < 0 ? "-" : "") + String(repeating: "0", count: padding) + digits
          if let ordinal { out += Self.ordinal(value, ordinal) }
        } else {
          out += Self.word(field, time, style, isUnpadded: isUnpadded, zone: zone)
        }
      }
    }
    return out
  }

  static func ordinal(_ value: Int, _ style: Style) -> String {
    let lastTwo = value.magnitude % 100
    let ending =
      (11...13).contains(lastTwo)
      ? "th" : [1: "st", 2: "nd", 3: "rd"][lastTwo % 10] ?? "th"
    return style == .lower ? ending : ending.uppercased()
  }

  private static func number(_ field: Field, _ time: CivilTime) -> (Int, width: Int)? {
    let year = time.year <= 0 ? 1 - time.year : time.year
    let iso = time.isoWeek
    switch field {
    case .year4: return (year, 4)
    case .year3: return (year % 1_000, 3)
    case .year2: return (year % 100, 2)
    case .year1: return (year % 10, 1)
    case .isoYear4: return (iso.year, 4)
    case .isoYear3: return (iso.year % 1_000, 3)
    case .isoYear2: return (iso.year % 100, 2)
    case .isoYear1: return (iso.year % 10, 1)
    case .isoDayOfYear: return ((iso.week - 1) * 7 + (time.weekday + 6) % 7 + 1, 3)
    case .isoDay: return (time.weekday == 0 ? 7 : time.weekday, 1)
    case .isoWeek: return (iso.week, 2)
    case .quarter: return ((time.month - 1) / 3 + 1, 1)
    case .month: return (time.month, 2)
    case .minute: return (time.minute, 2)
    case .millisecond: return (time.microsecond / 1_000, 3)
    case .weekOfYear: return ((time.dayOfYear - 1) / 7 + 1, 2)
    case .weekOfMonth: return ((time.day - 1) / 7 + 1, 1)
    case .dayOfYear: return (time.dayOfYear, 3)
    case .dayOfMonth: return (time.day, 2)
    case .dayOfWeek: return (time.weekday + 1, 1)
    case .hour24: return (time.hour, 2)
    case .hour12, .hour: return ((time.hour + 11) % 12 + 1, 2)
    case .secondsOfDay: return (time.hour * 3_600 + time.minute * 60 + time.second, 1)
    case .second: return (time.second, 2)
    case .microsecond: return (time.microsecond, 6)
    case .century: return ((year + 99) / 100, 2)
    case .julian: return (time.days + 2_440_588, 1)
    default: return nil
    }
  }

  private static func word(
    _ field: Field, _ time: CivilTime, _ style: Style, isUnpadded: Bool, zone: String
  ) -> String {
    func styled(_ name: String, width: Int = 0) -> String {
      let text =
        switch style {
        case .upper: name.uppercased()
        case .lower: name.lowercased()
        case .capitalized: name
        }
      return text + String(repeating: " ", count: isUnpadded ? 0 : max(0, width - text.count))
    }
    let monthIndex = min(max(time.month - 1, 0), 11)
    switch field {
    case .monthName: return styled(CivilTime.monthNames[monthIndex], width: 9)
    case .monthShort: return styled(String(CivilTime.monthNames[monthIndex].prefix(3)))
    case .dayName: return styled(CivilTime.dayNames[time.weekday], width: 9)
    case .dayShort: return styled(String(CivilTime.dayNames[time.weekday].prefix(3)))
    case .romanMonth: return styled(CivilTime.romanMonths[monthIndex], width: 4)
    case .morning, .afternoon: return styled(time.hour < 12 ? "AM" : "PM")
    case .morningDotted, .afternoonDotted: return styled(time.hour < 12 ? "A.M." : "P.M.")
    case .beforeChrist, .annoDomini: return styled(time.year <= 0 ? "BC" : "AD")
    case .beforeChristDotted, .annoDominiDotted: return styled(time.year <= 0 ? "B.C." : "A.D.")
    case .zone: return styled(zone)
    case .offset: return "+00"
    case .yearWithComma:
      let year = String(time.year)
      let padded = String(repeating: "0", count: max(0, 4 - year.count)) + year
      return padded.dropLast(3) + "," + padded.suffix(3)
    default: return ""
    }
  }
}
