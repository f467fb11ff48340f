internal import Core
internal import ObjectStore

/// How the rows of a table move to the archive when they are old.
struct ArchivePolicy: Sendable, Equatable {
  var id: Int64
  var name: String
  /// A table, or a materialized view over a stream.
  var table: RelationName
  var timeColumn: String
  /// Whole months that stay, beside the one that has begun.
  var monthsKept: Int
  /// The objects' keys begin so; without a slash at the end.
  var destination: ObjectAddress
  var granularity: Granularity
  /// The external table that has what was moved.
  var archive: RelationName
  var schedule: Schedule?
  var isEnabled: Bool

  /// What a folder of the archive holds.
  enum Granularity: String, Sendable, CaseIterable {
    case month, day

    /// The archive's partition columns, with how DuckDB gets them from the time.
    var columns: [(name: String, function: String)] {
      let month = [("year", "year"), ("month", "month")]
      return self == .month ? month : month + [("day", "day")]
    }
  }

  static let monthsKeptMax = 1_200

  /// The first day of the oldest month that stays.
  func cutoff(at now: Timestamp) -> ArchiveMonth {
    ArchiveMonth(containing: now).adding(-monthsKept)
  }
}

/// A calendar month, in UTC.
struct ArchiveMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Months since January of year 0.
  private var number: Int

  init(year: Int, month: Int) {
    number = year * 12 + month - 1
  }

  init(containing time: Timestamp) {
    let date = CivilDate(containing: time)
    self.init(year: date.year, month: date.month)
  }

  /// Reads `2024-03`, and a date of that month.
  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
      let year = Int(parts[0]), let month = Int(parts[1]), (1...12).contains(month), year > 0
    else { return nil }
    self.init(year: year, month: month)
  }

  var year: Int { number / 12 }
  var month: Int { number % 12 + 1 }

  func adding(_ months: Int) -> ArchiveMonth {
    var other = self
    other.number += months
    return other
  }

  /// `2024-03-01`
  var firstDay: String { "\(description)-01" }

  var description: String {
    let year = String(self.year)
    return String(repeating: "0", count: max(0, 4 - year.count)) + year
      + (month < 10 ? "-0" : "-") + "\(month)"
  }

  static func < (left: ArchiveMonth, right: ArchiveMonth) -> Bool { left.number < right.number }
}
