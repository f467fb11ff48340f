import Core
import Testing

@Suite struct ScheduleTests {
  private static func time(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int)
    -> Timestamp
  {
    CivilDate(year: year, month: month, day: day).instant(hour: hour, minute: minute)
  }

  /// Wednesday, 2026-11-25, 03:40.
  private static let now = time(2026, 11, 25, 3, 40)

  struct Case: Sendable {
    var text: String
    var next: [Timestamp]
  }

  /// Those of EventBridge's User Guide first, then one for each wildcard.
  static let cases = [
    Case(
      text: "cron(0 10 * * ? *)", next: [time(2026, 11, 25, 10, 0), time(2026, 11, 26, 10, 0)]),
    Case(text: "cron(15 12 * * ? *)", next: [time(2026, 11, 25, 12, 15)]),
    Case(
      text: "cron(0 18 ? * MON-FRI *)",
      next: [
        time(2026, 11, 25, 18, 0), time(2026, 11, 26, 18, 0), time(2026, 11, 27, 18, 0),
        time(2026, 11, 30, 18, 0),
      ]),
    Case(text: "cron(0 8 1 * ? *)", next: [time(2026, 12, 1, 8, 0), time(2027, 1, 1, 8, 0)]),
    Case(
      text: "cron(0/15 * * * ? *)",
      next: [time(2026, 11, 25, 3, 45), time(2026, 11, 25, 4, 0), time(2026, 11, 25, 4, 15)]),
    Case(
      text: "cron(0/10 * ? * MON-FRI *)",
      next: [time(2026, 11, 25, 3, 50), time(2026, 11, 25, 4, 0)]),
    Case(
      text: "cron(0/5 8-17 ? * mon-fri *)",
      next: [time(2026, 11, 25, 8, 0), time(2026, 11, 25, 8, 5)]),
    Case(
      text: "cron(40 3 L * ? *)",
      next: [time(2026, 11, 30, 3, 40), time(2026, 12, 31, 3, 40), time(2027, 1, 31, 3, 40)]),
    // The third of January 2027 is a Sunday, the second and third of October 2027 are a weekend.
    Case(text: "cron(0 0 3W 1 ? 2027)", next: [time(2027, 1, 4, 0, 0)]),
    Case(text: "cron(0 0 2W 10 ? 2027)", next: [time(2027, 10, 1, 0, 0)]),
    // Within the month: Saturday the first becomes Monday the third; Sunday the 31st, the 29th.
    Case(text: "cron(0 0 1W 5 ? 2027)", next: [time(2027, 5, 3, 0, 0)]),
    Case(text: "cron(0 0 31W 1 ? 2027)", next: [time(2027, 1, 29, 0, 0)]),
    Case(text: "cron(0 0 LW 2 ? 2027)", next: [time(2027, 2, 26, 0, 0)]),
    Case(
      text: "cron(15 10 ? * 6L 2027-2028)",
      next: [time(2027, 1, 29, 10, 15), time(2027, 2, 26, 10, 15)]),
    Case(
      text: "cron(0 9 ? * 3#2 *)", next: [time(2026, 12, 8, 9, 0), time(2027, 1, 12, 9, 0)]),
    Case(text: "cron(0 9 ? * 2#5 *)", next: [time(2026, 11, 30, 9, 0), time(2027, 3, 29, 9, 0)]),
    Case(text: "cron(0 9 ? * L *)", next: [time(2026, 11, 28, 9, 0)]),
    Case(text: "cron(0 0 29 2 ? *)", next: [time(2028, 2, 29, 0, 0), time(2032, 2, 29, 0, 0)]),
    Case(
      text: "cron(10-30/10,59 3 * JAN,DEC ? *)",
      next: [time(2026, 12, 1, 3, 10), time(2026, 12, 1, 3, 20), time(2026, 12, 1, 3, 30)]),
    Case(text: "cron(0 0 1 1 ? 2030/50)", next: [time(2030, 1, 1, 0, 0), time(2080, 1, 1, 0, 0)]),
  ]

  @Test(arguments: cases)
  func `a cron schedule comes at its times`(_ expected: Case) throws {
    let schedule = try Schedule(expected.text)
    var last = Self.now
    for time in expected.next {
      #expect(schedule.next(after: last) == time, "\(expected.text)")
      last = time
    }
  }

  @Test(arguments: ["cron(0 0 30 2 ? *)", "cron(0 0 1 1 ? 2026)"])
  func `a schedule whose times are over has none`(_ text: String) throws {
    #expect(try Schedule(text).next(after: Self.now) == nil)
  }

  @Test(arguments: [
    "", "daily", "cron", "cron()", "cron(0 10 * * ?)", "cron(0 10 * * ? * *)", "cron(0 10 * * * *)",
    "cron(0 10 ? * ? *)", "cron(0 10 1 * MON *)", "cron(60 10 * * ? *)", "cron(0 24 * * ? *)",
    "cron(0 10 0 * ? *)", "cron(0 10 32 * ? *)", "cron(0 10 * 13 ? *)", "cron(0 10 ? * 8 *)",
    "cron(0 10 ? * 3#6 *)", "cron(0 10 ? * 3#1,6#3 *)", "cron(0 10 * * ? 1969)",
    "cron(0 10 * * ? 2200)", "cron(0/0 10 * * ? *)", "cron(1- 10 * * ? *)", "cron(,1 10 * * ? *)",
    "cron(0 20-2 * * ? *)", "cron(+1 10 * * ? *)", "cron(0 10 W * ? *)", "rate()", "rate(5)",
    "rate(0 days)", "rate(1 days)", "rate(5 day)", "rate(-1 days)", "rate(1.5 days)",
    "rate(5 weeks)", "rate(99999999999999999999 days)", "rate(5 days",
  ])
  func `what is no schedule is refused with a reason`(_ text: String) {
    #expect { try Schedule(text) } throws: { error in
      (error as? ScheduleError)?.description.isEmpty == false
    }
  }

  @Test func `a rate counts from the last time`() throws {
    let schedule = try Schedule("rate(6 hours)")
    #expect(schedule.next(after: Self.now) == Self.time(2026, 11, 25, 9, 40))
    #expect(schedule.description == "rate(6 hours)")
    #expect(try Schedule("rate(1 day)") == .rate(RateSchedule(fields: "1 day")))
    #expect(try Schedule("cron(0  10 * * ? *)").description == "cron(0 10 * * ? *)")
  }

  @Test func `days and dates are each other's, before the epoch too`() {
    for days in stride(from: -800_000, through: 800_000, by: 331) {
      #expect(CivilDate(daysSinceEpoch: days).daysSinceEpoch == days)
    }
    #expect(CivilDate(daysSinceEpoch: 0) == CivilDate(year: 1970, month: 1, day: 1))
    #expect(CivilDate(year: 2026, month: 11, day: 25).weekday == 4)
    #expect(CivilDate(year: 1969, month: 12, day: 28).weekday == 1)
    #expect(
      CivilDate(containing: Timestamp(microseconds: -1))
        == CivilDate(year: 1969, month: 12, day: 31))
    #expect(CivilDate(year: 1900, month: 2, day: 1).daysInMonth == 28)
    #expect(CivilDate(year: 2000, month: 2, day: 1).daysInMonth == 29)
  }
}
