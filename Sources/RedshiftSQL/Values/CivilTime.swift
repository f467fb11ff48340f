/// A moment's calendar fields, proleptic Gregorian.
package struct CivilTime: Equatable, Sendable {
  package var year: Int
  package var month: Int
  package var day: Int
  package var hour = 0
  package var minute = 0
  package var second = 0
  package var microsecond = 0

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// - Parameter microseconds: since 1970-01-01 00:00:00.
  package init(microseconds: Int64) {
    let days = Int((Double(microseconds) / 86_400_000_000).rounded(.down))
    var rest = Int(microseconds) - days * 86_400_000_000
    var wholeDays = days
    if rest < 0 {
      rest += 86_400_000_000
      wholeDays -= 1
    } else if rest >= 86_400_000_000 {
      rest -= 86_400_000_000
      wholeDays += 1
    }
    self.init(days: wholeDays)
    hour = rest / 3_600_000_000
    minute = rest / 60_000_000 % 60
    second = rest / 1_000_000 % 60
    microsecond = rest % 1_000_000
  }

  /// - Parameter days: since 1970-01-01.
  package init(days: Int) {
    // Days from 0000-03-01, so that leap days end years.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Since 1970-01-01. Days and months past their ends run on into what follows.
  package var days: Int {
    let months = year * 12 + month - 1
    let month = (months % 12 + 12) % 12 + 1
    let year = (months - (month - 1)) / 12
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let shiftedMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * shiftedMonth + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
      - 719_468 + day - 1
  }

  package var microseconds: Int64 {
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    return Int64(seconds) * 1_000_000 + Int64(microsecond)
  }

  /// Sunday is 0.
  package var weekday: Int { ((days + 4) % 7 + 7) % 7 }

  /// From 1.
  package var dayOfYear: Int { days - CivilTime(year: year, month: 1, day: 1).days + 1 }

  /// The week of ISO 8601 and the year that it belongs to.
  package var isoWeek: (year: Int, week: Int) {
    let isoDay = weekday == 0 ? 7 : weekday
    let thursday = CivilTime(days: days - isoDay + 4)
    return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
  }

  package static func dayCount(year: Int, month: Int) -> Int {
    CivilTime(year: year, month: month + 1, day: 1).days
      - CivilTime(year: year, month: month, day: 1).days
  }

  /// Whether every field is within its range.
  package var isValid: Bool {
    (1...12).contains(month) && day >= 1 && day <= Self.dayCount(year: year, month: month)
      && (0...24).contains(hour) && (0...59).contains(minute) && (0...60).contains(second)
  }

  static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  static let dayNames = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  static let romanMonths = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
  ]
}
