/// Which days of a month a cron expression means: its day-of-month or its day-of-week, of which
/// one always says `?`.
enum CronDays: Sendable, Equatable {
  /// `1,15`, `*`
  case days(CronField)
  /// `L`
  case lastDay
  /// `3W`: the weekday nearest to the third, within the month.
  case weekdayNearest(Int)
  /// `LW`
  case lastWeekday
  /// `MON-FRI`
  case weekdays(CronField)
  /// `6L`: the month's last Friday.
  case lastOf(weekday: Int)
  /// `3#2`: the month's second Tuesday.
  case ordinal(weekday: Int, number: Int)

  init(dayOfMonth: Substring, dayOfWeek: Substring) throws(ScheduleError) {
    switch (dayOfMonth == "?", dayOfWeek == "?") {
    case (false, true): self = try Self.ofMonth(dayOfMonth)
    case (true, false): self = try Self.ofWeek(dayOfWeek)
    default: throw ScheduleError("one of day-of-month and day-of-week, and only one, is ?")
    }
  }

  private static func ofMonth(_ text: Substring) throws(ScheduleError) -> CronDays {
    switch text.uppercased() {
    case "L": return .lastDay
    case "LW": return .lastWeekday
    default: break
    }
    guard let last = text.last, "wW".contains(last) else {
      return .days(try CronField(text, .dayOfMonth))
    }
    guard let day = CronField.Kind.dayOfMonth.number(text.dropLast()) else {
      throw CronField.Kind.dayOfMonth.error(text)
    }
    return .weekdayNearest(day)
  }

  private static func ofWeek(_ text: Substring) throws(ScheduleError) -> CronDays {
    let kind = CronField.Kind.dayOfWeek
    // Alone, the week's last day.
    if text.uppercased() == "L" { return .weekdays(try CronField("7", kind)) }
    if let last = text.last, "lL".contains(last) {
      guard let day = kind.number(text.dropLast()) else { throw kind.error(text) }
      return .lastOf(weekday: day)
    }
    let parts = text.split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return .weekdays(try CronField(text, kind)) }
    guard parts.count == 2, let day = kind.number(parts[0]), let number = Int(parts[1]),
      (1...5).contains(number)
    else { throw kind.error(text) }
    return .ordinal(weekday: day, number: number)
  }

  func contains(_ date: CivilDate) -> Bool {
    switch self {
    case .days(let field): field.contains(date.day)
    case .lastDay: date.day == date.daysInMonth
    case .weekdayNearest(let day): date.day == Self.weekday(nearest: day, in: date)
    case .lastWeekday: date.day == Self.weekday(nearest: 31, in: date)
    case .weekdays(let field): field.contains(date.weekday)
    case .lastOf(let weekday): date.weekday == weekday && date.day + 7 > date.daysInMonth
    case .ordinal(let weekday, let number):
      date.weekday == weekday && (date.day - 1) / 7 + 1 == number
    }
  }

  /// - Returns: nil for a day that the month does not have; the last one for `LW`.
  private static func weekday(nearest day: Int, in date: CivilDate) -> Int? {
    let count = date.daysInMonth
    var target = date
    target.day = min(day, count)
    switch target.weekday {
    case 7: return target.day > 1 ? target.day - 1 : 3
    case 1: return target.day < count ? target.day + 1 : target.day - 2
    default: return target.day
    }
  }
}
