import Core
import Telemetry

extension ViewStatus {
  /// A view over tables and views has changes before it, not records.
  var readsStream: Bool { bases.isEmpty || bases.contains { $0.kind == .stream } }

  /// How the p99 of the last minute stands to that of the minute before; nil where one is unknown.
  var lagTrend: LagTrend.Direction? {
    guard let now = latencyP99, let before = latencyP99Before else { return nil }
    // Within a tenth, or a few milliseconds, is the same.
    let threshold = max(0.005, before * 0.1)
    return now > before + threshold ? .rising : now < before - threshold ? .falling : .steady
  }

  /// `stream my_stream`, `orders, cities`
  var sourceWords: String {
    guard !bases.isEmpty else { return stream }
    return bases.map { base in
      let name = base.schema == "public" ? base.name : "\(base.schema).\(base.name)"
      return base.kind == .stream ? "stream \(base.name)" : name
    }.joined(separator: ", ")
  }
}

extension ViewStatus.Upkeep {
  /// One or two words.
  var word: String {
    switch self {
    case .incremental: "incremental"
    case .recomputed: "recompute"
    case .broken: "broken"
    }
  }

  var key: ThemeKey {
    switch self {
    case .incremental: .text
    case .recomputed: .warning
    case .broken: .bad
    }
  }

  /// What that means, and why it is so.
  var sentence: String {
    switch self {
    case .incremental: "kept by what changes"
    case .recomputed(let reason): "computed anew at every refresh: \(reason)"
    case .broken(let reason): "\(reason): drop the view and create it again"
    }
  }
}

/// Times that the engine gives as text, `2026-11-24 22:00:01.123456`.
enum TimeText {
  /// The time of day; with month and day where that is another one than `now`'s.
  static func short(_ text: String?, now: Timestamp) -> String {
    guard let text else { return Units.unknown }
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let day = parts.first else { return text }
    let time = parts[1].prefix(8)
    return String(day) == Self.day(of: now) ? String(time) : "\(day.dropFirst(5)) \(time.prefix(5))"
  }

  /// `2026-11-24` in the calendar of 400 years to 146,097 days.
  static func day(of time: Timestamp) -> String {
    var days = Int(time.microseconds / 86_400_000_000) + 719_468
    let era = days / 146_097
    days -= era * 146_097
    let yearOfEra = (days - days / 1460 + days / 36_524 - days / 146_096) / 365
    let dayOfYear = days - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(year)-\(two(month))-\(two(day))"
  }
}
