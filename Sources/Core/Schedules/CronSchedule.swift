/// Points in time as EventBridge's cron expressions give them: six fields, to the minute, in UTC.
///
/// Source: Amazon EventBridge User Guide, "Cron expressions reference". Names are read in any case;
/// ranges do not wrap.
package struct CronSchedule: Sendable, Equatable, CustomStringConvertible {
  /// `cron(0 12 * * ? *)`
  package let description: String

  private let minutes: CronField
  private let hours: CronField
  private let days: CronDays
  private let months: CronField
  private let years: CronField

  /// - Parameter fields: what is between the parentheses: `0 12 * * ? *`.
  package init(fields text: some StringProtocol) throws(ScheduleError) {
    let fields = text.split(whereSeparator: \.isWhitespace).map { Substring($0) }
    guard fields.count == 6 else {
      throw ScheduleError(
        "cron has six fields, minutes hours day-of-month month day-of-week year, not "
          + "\(fields.count)")
    }
    minutes = try CronField(fields[0], .minute)
    hours = try CronField(fields[1], .hour)
    days = try CronDays(dayOfMonth: fields[2], dayOfWeek: fields[4])
    months = try CronField(fields[3], .month)
    years = try CronField(fields[5], .year)
    description = "cron(\(fields.joined(separator: " ")))"
  }

  /// The first of its points after an instant; nil if there is none any more.
  package func next(after time: Timestamp) -> Timestamp? {
    let first = CivilDate(containing: time)
    for year in years.values where year >= first.year {
      for month in months.values where year > first.year || month >= first.month {
        var date = CivilDate(year: year, month: month, day: 1)
        let isFirst = year == first.year && month == first.month
        for day in (isFirst ? first.day : 1)...date.daysInMonth {
          date.day = day
          guard days.contains(date) else { continue }
          if let found = point(of: date, after: time) { return found }
        }
      }
    }
    return nil
  }

  private func point(of date: CivilDate, after time: Timestamp) -> Timestamp? {
    for hour in hours.values {
      for minute in minutes.values {
        let point = date.instant(hour: hour, minute: minute)
        if point > time { return point }
      }
    }
    return nil
  }
}
