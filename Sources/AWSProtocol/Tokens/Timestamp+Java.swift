import Core

extension Timestamp {
  /// The instant as Java's `Date` prints it: `Thu Jan 22 01:22:02 UTC 2015`.
  var javaText: String {
    let second = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    let dayNumber = second >= 0 ? second / 86400 : (second - 86399) / 86400
    let inDay = second - dayNumber * 86400
    let (year, month, day) = Self.civilDate(daysSinceEpoch: dayNumber)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let weekday = weekdays[Int((dayNumber % 7 + 7) % 7)]
    let time = [inDay / 3600, inDay / 60 % 60, inDay % 60].map(Self.twoDigits)
      .joined(separator: ":")
    return "\(weekday) \(months[month - 1]) \(Self.twoDigits(Int64(day))) \(time) UTC \(year)"
  }

  private static func twoDigits(_ value: Int64) -> String {
    value < 10 ? "0\(value)" : "\(value)"
  }

  /// The date in the Gregorian calendar, counted in eras of 400 years that start on 1 March, so
  /// that the leap day is the last of its year.
  private static func civilDate(daysSinceEpoch days: Int64) -> (year: Int64, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    let month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
