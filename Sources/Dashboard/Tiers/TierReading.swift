import Telemetry

/// Where rows lie.
enum Tier: String, CaseIterable, Sendable {
  case live, warehouse, archive

  /// What stands for it where there is no colour.
  var letter: String { String(rawValue.prefix(1)) }

  var key: ThemeKey {
    switch self {
    case .live: .good
    case .warehouse: .accent
    case .archive: .sqlNumber
    }
  }
}

/// A row of `SYS_WEIR_TIERS`; nil is unknown.
struct TierRow: Equatable, Sendable, Identifiable {
  var tier: Tier
  var policy: String?
  var relation: String
  var rows: Int?
  var bytes: Int?
  var months: Int?
  var oldest: String?
  var newest: String?
  /// Bytes that a month brings.
  var growth: Int?
  /// US dollars a month, here and in the tier above.
  var cost: Double?
  var costAbove: Double?

  var id: String { "\(tier.rawValue) \(relation)" }

  /// Without the schema that everything is in.
  var shortName: String {
    relation.hasPrefix("public.") ? String(relation.dropFirst(7)) : relation
  }

  static let sql = """
    SELECT tier, policy, relation, row_count, byte_count, months, oldest, newest, \
    growth_bytes_month, monthly_cost_usd, cost_in_tier_above_usd FROM weir.sys_weir_tiers \
    ORDER BY CASE WHEN policy IS NULL THEN 1 ELSE 0 END, policy, \
    CASE tier WHEN 'live' THEN 0 WHEN 'warehouse' THEN 1 ELSE 2 END, relation
    """

  init?(_ result: ResultSet, row: Int) {
    func text(_ column: Int) -> String? { result.text(row: row, column: column) }
    func number(_ column: Int) -> Int? { text(column).flatMap { Int($0) } }
    guard let tier = text(0).flatMap(Tier.init(rawValue:)), let relation = text(2) else {
      return nil
    }
    (self.tier, self.relation, policy) = (tier, relation, text(1))
    (rows, bytes, months) = (number(3), number(4), number(5))
    (oldest, newest, growth) = (text(6), text(7), number(8))
    (cost, costAbove) = (text(9).flatMap { Double($0) }, text(10).flatMap { Double($0) })
  }
}

/// A month by its place in time, so that one can count with it.
struct MonthNumber: Hashable, Comparable, Sendable {
  /// Months since January of year 0.
  var number: Int

  var year: Int { number / 12 }
  /// From 1.
  var month: Int { number % 12 + 1 }

  var text: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }

  init(number: Int) {
    self.number = number
  }

  /// Reads `2024-03`, and a date of that month.
  init?(_ text: String?) {
    let parts = (text ?? "").split(separator: "-")
    guard parts.count >= 2, let year = Int(parts[0]), let month = Int(parts[1]),
      (1...12).contains(month), (0...9999).contains(year)
    else { return nil }
    number = year * 12 + month - 1
  }

  static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What a tier has of a month.
struct TierMonth: Equatable, Sendable {
  var rows: Int?
  var bytes: Int?
  var files: Int?
}

/// The months of a policy's table across the tiers.
struct TierCalendar: Equatable, Sendable {
  private(set) var months: [MonthNumber: [Tier: TierMonth]] = [:]

  static func sql(_ policy: String) -> String {
    "SELECT month, tier, row_count, byte_count, file_count FROM weir.sys_weir_tier_months "
      + "WHERE policy = \(StreamAction.literal(policy)) ORDER BY month"
  }

  init(_ result: ResultSet?) {
    for row in 0..<(result?.rowsKept ?? 0) {
      func text(_ column: Int) -> String? { result?.text(row: row, column: column) }
      func number(_ column: Int) -> Int? { text(column).flatMap { Int($0) } }
      guard let month = MonthNumber(text(0)), let tier = text(1).flatMap(Tier.init(rawValue:))
      else { continue }
      months[month, default: [:]][tier] = TierMonth(
        rows: number(2), bytes: number(3), files: number(4))
    }
  }

  /// A table with one wrong date must not have thousands of lines.
  static let yearsMax = 200

  /// From the oldest on.
  var years: [Int] {
    guard let first = months.keys.min(), let last = months.keys.max() else { return [] }
    return Array(max(first.year, last.year - Self.yearsMax + 1)...last.year)
  }

  var newest: MonthNumber? { months.keys.max() }

  /// The most rows that a month has.
  var rowsMax: Int {
    months.values.map { $0.values.compactMap(\.rows).reduce(0, +) }.max() ?? 0
  }
}

/// A row of `SYS_WEIR_ARCHIVE_RUNS`.
struct ArchiveBatchRow: Equatable, Sendable {
  var run: Int?
  var kind: String
  var month: MonthNumber?
  var state: String
  var step: String?
  var rows: Int?
  var files: Int?
  var bytes: Int?
  var message: String?
  var started: String?
  var seconds: Double?

  var isRunning: Bool { state == "running" }

  static let rowsMax = 200
  /// As the engine has them, in their order.
  static let steps = ["intended", "staged", "verified", "published", "deleted", "committed"]

  static func sql(_ policy: String) -> String {
    "SELECT run_id, kind, month, state, step, row_count, file_count, byte_count, message, "
      + "start_time, duration FROM weir.sys_weir_archive_runs "
      + "WHERE policy_name = \(StreamAction.literal(policy)) "
      + "ORDER BY batch_id DESC LIMIT \(rowsMax)"
  }

  init(_ result: ResultSet, row: Int) {
    func text(_ column: Int) -> String? { result.text(row: row, column: column) }
    func number(_ column: Int) -> Int? { text(column).flatMap { Int($0) } }
    (run, kind, month) = (number(0), text(1) ?? Units.unknown, MonthNumber(text(2)))
    (state, step) = (text(3) ?? Units.unknown, text(4))
    (rows, files, bytes, message) = (number(5), number(6), number(7), text(8))
    started = text(9)
    seconds = text(10).flatMap { Double($0) }.map { $0 / 1_000_000 }
  }

  /// How many steps are done, of all.
  var stepsDone: Int {
    Self.steps.firstIndex(of: step ?? "").map { $0 + 1 } ?? 0
  }
}

/// A row of `SYS_WEIR_ARCHIVE_POLICIES`.
struct PolicyRow: Equatable, Sendable {
  var name: String
  var table: String
  var column: String
  var months: Int
  var destination: String
  var partitions: String
  var archive: String
  /// Empty: by hand only.
  var schedule: String
  var isEnabled: Bool
  var lastRun: String?

  static func sql(_ policy: String) -> String {
    "SELECT name, table_name, time_column, months_kept, destination, partitions, archive_table, "
      + "schedule, is_enabled, last_run FROM weir.sys_weir_archive_policies "
      + "WHERE name = \(StreamAction.literal(policy))"
  }

  init?(_ result: ResultSet?) {
    guard let result, result.rowsKept > 0 else { return nil }
    func text(_ column: Int) -> String { result.text(row: 0, column: column) ?? "" }
    guard let months = Int(text(3)) else { return nil }
    (name, table, column, self.months) = (text(0), text(1), text(2), months)
    (destination, partitions, archive, schedule) = (text(4), text(5), text(6), text(7))
    isEnabled = text(8).hasPrefix("t")
    lastRun = result.text(row: 0, column: 9)
  }
}

/// A row of `SYS_WEIR_ARCHIVE_FILES`.
struct ArchiveFileRow: Equatable, Sendable {
  var partition: String?
  var location: String
  var rows: Int?
  var bytes: Int?

  static let rowsMax = 2_000

  static func sql(_ relation: String) -> String {
    let parts = relation.split(separator: ".", maxSplits: 1).map(String.init)
    return "SELECT partition_name, location, row_count, byte_count "
      + "FROM weir.sys_weir_archive_files "
      + "WHERE schema_name = \(StreamAction.literal(parts.first)) "
      + "AND table_name = \(StreamAction.literal(parts.last)) LIMIT \(rowsMax)"
  }

  /// The newest partition first.
  static func rows(_ result: ResultSet?) -> [ArchiveFileRow] {
    guard let result else { return [] }
    let rows = (0..<result.rowsKept).map { row in
      func text(_ column: Int) -> String? { result.text(row: row, column: column) }
      return ArchiveFileRow(
        partition: text(0), location: text(1) ?? "", rows: text(2).flatMap { Int($0) },
        bytes: text(3).flatMap { Int($0) })
    }
    return rows.map { ($0, numbers($0.partition ?? "")) }.sorted { left, right in
      left.1 == right.1
        ? left.0.location < right.0.location : right.1.lexicographicallyPrecedes(left.1)
    }.map(\.0)
  }

  private static func numbers(_ text: String) -> [Int] {
    text.split { !($0.isASCII && $0.isNumber) }.compactMap { Int($0) }
  }

  var name: String { location.split(separator: "/").last.map(String.init) ?? location }
}
