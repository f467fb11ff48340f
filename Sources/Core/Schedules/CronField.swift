/// One of the fields of a cron expression that are lists of numbers: minutes, hours, months, years,
/// and the days as far as these are plain.
struct CronField: Sendable, Equatable {
  /// Which numbers a field may have, and their names.
  struct Kind: Sendable {
    let title: String
    let range: ClosedRange<Int>
    let names: [String]

    static let minute = Kind(title: "minutes", range: 0...59, names: [])
    static let hour = Kind(title: "hours", range: 0...23, names: [])
    static let dayOfMonth = Kind(title: "day-of-month", range: 1...31, names: [])
    static let month = Kind(
      title: "month", range: 1...12,
      names: [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
      ])
    static let dayOfWeek = Kind(
      title: "day-of-week", range: 1...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
    static let year = Kind(title: "year", range: 1970...2199, names: [])

    func error(_ text: Substring) -> ScheduleError {
      ScheduleError(
        "\"\(text)\" is no \(title) field; it has \(range.lowerBound) to \(range.upperBound)"
          + (names.isEmpty ? "" : " or \(names[0]) to \(names[names.count - 1])"))
    }

    /// - Returns: the number, or that of the name; nil if it is neither or out of range.
    func number(_ text: Substring) -> Int? {
      if let place = names.firstIndex(of: text.uppercased()) { return range.lowerBound + place }
      guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = Int(text), range.contains(number)
      else { return nil }
      return number
    }
  }

  /// Ascending.
  let values: [Int]

  /// Reads `*`, `1,2`, `MON-FRI`, `0/15`, `*/15` and `10-40/10`, and lists of these.
  init(_ text: Substring, _ kind: Kind) throws(ScheduleError) {
    var found: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      found.formUnion(try Self.values(of: part, kind))
    }
    values = found.sorted()
  }

  private static func values(
    of part: Substring, _ kind: Kind
  ) throws(ScheduleError) -> StrideThrough<Int> {
    let halves = part.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = halves.first, halves.count <= 2 else { throw kind.error(part) }
    var step: Int?
    if halves.count == 2 {
      guard let count = Int(halves[1]), count > 0, count <= kind.range.upperBound else {
        throw kind.error(part)
      }
      step = count
    }
    if first == "*" { return stride(through: kind.range, by: step ?? 1) }
    let ends = first.split(separator: "-", omittingEmptySubsequences: false)
    guard let low = ends.first.flatMap({ kind.number($0) }), ends.count <= 2 else {
      throw kind.error(part)
    }
    guard ends.count == 2 else {
      return stride(through: low...(step == nil ? low : kind.range.upperBound), by: step ?? 1)
    }
    guard let high = kind.number(ends[1]), low <= high else { throw kind.error(part) }
    return stride(through: low...high, by: step ?? 1)
  }

  private static func stride(through range: ClosedRange<Int>, by step: Int) -> StrideThrough<Int> {
    Swift.stride(from: range.lowerBound, through: range.upperBound, by: step)
  }

  func contains(_ value: Int) -> Bool { values.contains(value) }
}
