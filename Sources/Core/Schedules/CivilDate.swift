/// A day of the Gregorian calendar, in UTC.
package struct CivilDate: Hashable, Comparable, Sendable {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  /// 1 to 31.
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The day that an instant is in.
  package init(containing time: Timestamp) {
    let microseconds = Int(time.microseconds)
    let perDay = 86_400_000_000
    let rest = microseconds % perDay
    self.init(daysSinceEpoch: microseconds / perDay - (rest < 0 ? 1 : 0))
  }

  // Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the day
  // that leap years add is their last.
  package init(daysSinceEpoch days: Int) {
    let shifted = days + 719_468
    let era = (shifted - (shifted < 0 ? 146_096 : 0)) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  package var daysSinceEpoch: Int {
    let shifted = year - (month <= 2 ? 1 : 0)
    let era = (shifted - (shifted < 0 ? 399 : 0)) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// 1 is Sunday, 7 Saturday.
  package var weekday: Int {
    // The epoch was a Thursday.
    let number = (daysSinceEpoch + 4) % 7
    return (number < 0 ? number + 7 : number) + 1
  }

  /// How many days the month has.
  package var daysInMonth: Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// The instant that is so many minutes after the day's begin.
  package func instant(hour: Int, minute: Int) -> Timestamp {
    Timestamp(
      microseconds: (Int64(daysSinceEpoch) * 86_400 + Int64(hour * 60 + minute) * 60) * 1_000_000)
  }

  package static func < (left: CivilDate, right: CivilDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}
