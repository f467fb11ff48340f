package import Core

extension DateTemplate {
  /// Reads a text by the template.
  ///
  /// - Parameter isStrict: refuse a day that the month does not have, rather than count on.
  /// - Throws: 22007 for what the template cannot read, 22008 for a field out of its range.
  package func read(_ text: String, isStrict: Bool) throws(SQLError) -> CivilTime {
    var reader = Reader(text)
    for (index, element) in elements.enumerated() {
      switch element {
      case .text(let literal): reader.skip(literal)
      case .field(let field, _, let isUnpadded, let ordinal):
        let isFollowedByDigits =
          index + 1 < elements.count
          && { if case .field = elements[index + 1] { true } else { false } }()
        try reader.take(field, isOpenEnded: isUnpadded || !isFollowedByDigits)
        if ordinal != nil { reader.skipLetters() }
      }
    }
    return try reader.time(isStrict: isStrict)
  }
}

private struct Reader {
  private let source: String
  private var rest: ArraySlice<Character>
  private var year: Int?
  private var month: Int?
  private var day: Int?
  private var dayOfYear: Int?
  private var isoYear: Int?
  private var isoWeek: Int?
  private var isoDay: Int?
  private var weekOfYear: Int?
  private var julian: Int?
  private var quarter: Int?
  private var hour: Int?
  private var minute = 0
  private var second = 0
  private var microsecond = 0
  private var secondsOfDay: Int?
  private var isAfternoon: Bool?
  private var isBeforeChrist = false

  init(_ text: String) {
    source = text
    rest = Array(text)[...]
    skipSpace()
  }

  private mutating func skipSpace() {
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
  }

  /// Any separators stand for any others; letters must not be mistaken for them.
  mutating func skip(_ literal: String) {
    for character in literal {
      guard let first = rest.first else { return }
      if character.isLetter || character.isNumber {
        if first == character { rest.removeFirst() }
      } else if !first.isLetter && !first.isNumber {
        if first == "-" || first == "+", character.isWhitespace { continue }
        rest.removeFirst()
      }
    }
    if literal.contains(where: \.isWhitespace) { skipSpace() }
  }

  mutating func skipLetters() { rest = rest.drop(while: \.isLetter) }

  private func failure() -> SQLError {
    SQLError("22007", "invalid value \"\(source)\" for the format")
  }

  private mutating func number(_ digitsMax: Int) throws(SQLError) -> Int {
    skipSpace()
    // A text may have more separators than its template.
    while let first = rest.first, !first.isNumber, !first.isLetter, first != "-", first != "+" {
      rest.removeFirst()
    }
    let digits = rest.prefix(digitsMax).prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, let value = Int(String(digits)) else { throw failure() }
    rest = rest.dropFirst(digits.count)
    return value
  }

  private mutating func name(among names: [String], minimum: Int) throws(SQLError) -> Int {
    skipSpace()
    let word = String(rest.prefix(while: \.isLetter)).lowercased()
    for (index, name) in names.enumerated() {
      let whole = name.lowercased()
      if word.hasPrefix(whole) {
        rest = rest.dropFirst(whole.count)
        return index
      }
    }
    for (index, name) in names.enumerated() where minimum > 0 {
      if word.hasPrefix(name.lowercased().prefix(minimum)) {
        rest = rest.dropFirst(minimum)
        return index
      }
    }
    throw failure()
  }

  /// Two digits are of 1970 to 2069.
  private func wholeYear(_ value: Int, digits: Int) -> Int {
    switch digits {
    case 2 where value < 100: value < 70 ? 2_000 + value : 1_900 + value
    case 3 where value < 1_000: value < 100 ? 2_000 + value : 1_000 + value
    case 1: 2_000 + value
    default: value
    }
  }

  mutating func take(_ field: DateTemplate.Field, isOpenEnded: Bool) throws(SQLError) {
    switch field {
    case .year4: year = try number(isOpenEnded ? 6 : 4)
    case .year3: year = wholeYear(try number(3), digits: 3)
    case .year2: year = wholeYear(try number(2), digits: 2)
    case .year1: year = wholeYear(try number(1), digits: 1)
    case .yearWithComma:
      let thousands = try number(3)
      if rest.first == "," { rest.removeFirst() }
      year = thousands * 1_000 + (try number(3))
    case .isoYear4: isoYear = try number(4)
    case .isoYear3, .isoYear2, .isoYear1: isoYear = wholeYear(try number(2), digits: 2)
    case .isoWeek: isoWeek = try number(2)
    case .isoDay: isoDay = try number(1)
    case .isoDayOfYear: dayOfYear = try number(3)
    case .quarter: quarter = try number(1)
    case .month: month = try number(2)
    case .monthName: month = try name(among: CivilTime.monthNames, minimum: 3) + 1
    case .monthShort: month = try name(among: CivilTime.monthNames, minimum: 3) + 1
    case .romanMonth: month = try roman()
    case .weekOfYear: weekOfYear = try number(2)
    case .weekOfMonth, .dayOfWeek: _ = try number(1)
    case .dayName, .dayShort: _ = try name(among: CivilTime.dayNames, minimum: 3)
    case .dayOfYear: dayOfYear = try number(3)
    case .dayOfMonth: day = try number(2)
    case .julian: julian = try number(9)
    case .century: year = (try number(2) - 1) * 100 + 1
    default: try takeTime(field)
    }
  }

  private mutating func roman() throws(SQLError) -> Int {
    skipSpace()
    let word = String(rest.prefix(while: \.isLetter)).uppercased()
    guard let index = CivilTime.romanMonths.firstIndex(of: word) else { throw failure() }
    rest = rest.dropFirst(word.count)
    return index + 1
  }

  private mutating func takeTime(_ field: DateTemplate.Field) throws(SQLError) {
    // What a short text does not say is midnight.
    guard !rest.isEmpty else { return }
    switch field {
    case .hour24, .hour12, .hour: hour = try number(2)
    case .minute: minute = try number(2)
    case .second: second = try number(2)
    case .secondsOfDay: secondsOfDay = try number(5)
    case .millisecond: microsecond = try fraction(3) * 1_000
    case .microsecond: microsecond = try fraction(6)
    case .morning, .afternoon, .morningDotted, .afternoonDotted:
      skipSpace()
      let word = String(rest.prefix { $0.isLetter || $0 == "." }).lowercased()
      guard let first = word.first, first == "a" || first == "p" else { throw failure() }
      isAfternoon = first == "p"
      rest = rest.dropFirst(word.hasPrefix("\(first).") ? 4 : 2)
    case .beforeChrist, .annoDomini, .beforeChristDotted, .annoDominiDotted:
      skipSpace()
      isBeforeChrist = rest.first.map { $0.lowercased() == "b" } ?? false
      rest = rest.drop { $0.isLetter || $0 == "." }
    case .zone, .offset: rest = rest.drop { $0.isLetter || "+-:/_".contains($0) || $0.isNumber }
    default: break
    }
  }

  private mutating func fraction(_ digits: Int) throws(SQLError) -> Int {
    let before = rest.count
    var value = try number(digits)
    let taken = min(digits, before - rest.count)
    for _ in taken..<max(taken, digits) { value *= 10 }
    rest = rest.drop { $0.isNumber }
    return value
  }

  func time(isStrict: Bool) throws(SQLError) -> CivilTime {
    var time = CivilTime(year: year ?? 1, month: month ?? 1, day: day ?? 1)
    if isBeforeChrist { time.year = 1 - time.year }
    if let julian {
      time = CivilTime(days: julian - 2_440_588)
    } else if let isoYear {
      let fourth = CivilTime(year: isoYear, month: 1, day: 4)
      let monday = fourth.days - (fourth.weekday + 6) % 7
      time = CivilTime(days: monday + ((isoWeek ?? 1) - 1) * 7 + (isoDay ?? 1) - 1)
    } else if let dayOfYear {
      time = CivilTime(days: CivilTime(year: time.year, month: 1, day: 1).days + dayOfYear - 1)
    } else if let weekOfYear, month == nil, day == nil {
      time = CivilTime(
        days: CivilTime(year: time.year, month: 1, day: 1).days + (weekOfYear - 1) * 7)
    } else if let quarter, month == nil {
      time.month = (quarter - 1) * 3 + 1
    }
    guard (1...12).contains(time.month), time.day >= 1, time.day <= 31 else { throw outOfRange() }
    if isStrict, !time.isValid { throw outOfRange() }
    time = CivilTime(days: time.days)
    try addTime(to: &time, isStrict: isStrict)
    return time
  }

  private func addTime(to time: inout CivilTime, isStrict: Bool) throws(SQLError) {
    var hours = hour ?? 0
    if let isAfternoon {
      guard (1...12).contains(hours) else { throw outOfRange() }
      hours = hours % 12 + (isAfternoon ? 12 : 0)
    }
    guard hours <= (isStrict ? 23 : 24), minute < 60, second <= 60 else { throw outOfRange() }
    time.hour = hours
    time.minute = minute
    time.second = second
    time.microsecond = microsecond
    if let secondsOfDay {
      time.hour = secondsOfDay / 3_600
      time.minute = secondsOfDay / 60 % 60
      time.second = secondsOfDay % 60
    }
  }

  private func outOfRange() -> SQLError {
    SQLError("22008", "date/time field value out of range: \"\(source)\"")
  }
}
