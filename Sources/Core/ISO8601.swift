/// Times as AWS's older protocols write them: `2026-11-24T18:46:48Z`.
package enum ISO8601 {
  /// Days from 1970-01-01, by Howard Hinnant's "chrono-compatible low-level date algorithms".
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  package static func text(_ time: Timestamp) -> String {
    let milliseconds = Int(time.microseconds).flooredDivision(by: 1_000).quotient
    let (days, rest) = milliseconds.flooredDivision(by: 86_400_000)
    let date = date(days: days)
    let (second, fraction) = rest.quotientAndRemainder(dividingBy: 1_000)
    var text = "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
    text += "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    return text + (fraction == 0 ? "" : ".\(pad(fraction, 3))") + "Z"
  }

  private static func pad(_ value: Int, _ count: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }

  /// Reads a date, a date with a time (`T` or a blank between), a fraction, and `Z` or an offset;
  /// or seconds since the epoch.
  package static func time(_ text: String) -> Timestamp? {
    if let seconds = Double(text), seconds.isFinite { return Timestamp(seconds: seconds) }
    var scanner = Scanner(rest: Substring(text))
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2),
      scanner.take("-"), let day = scanner.number(2), (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    var seconds = Double(days(year: year, month: month, day: day)) * 86_400
    if scanner.take("T") || scanner.take(" ") {
      guard let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2) else {
        return nil
      }
      seconds += Double(hour * 3600 + minute * 60)
      if scanner.take(":") {
        guard let second = scanner.decimal() else { return nil }
        seconds += second
      }
      guard let offset = scanner.offset() else { return nil }
      seconds -= Double(offset)
    }
    return scanner.rest.isEmpty ? Timestamp(seconds: seconds) : nil
  }

  private struct Scanner {
    var rest: Substring

    mutating func take(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest.removeFirst()
      return true
    }

    mutating func number(_ count: Int) -> Int? {
      let digits = rest.prefix(count)
      guard digits.utf8.count == count, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
        return nil
      }
      rest = rest.dropFirst(count)
      return Int(digits)
    }

    mutating func decimal() -> Double? {
      let digits = rest.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
      rest = rest.dropFirst(digits.count)
      return Double(digits)
    }

    /// In seconds; none is UTC.
    mutating func offset() -> Int? {
      if rest.isEmpty || take("Z") { return 0 }
      let sign = rest.first == "-" ? -1 : 1
      guard take("+") || take("-"), let hours = number(2) else { return nil }
      _ = take(":")
      return sign * (hours * 3600 + (number(2) ?? 0) * 60)
    }
  }
}

extension Int {
  fileprivate func flooredDivision(by divisor: Int) -> (quotient: Int, rest: Int) {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
  }
}
