import Core

/// What a key of the tiers screen asks for.
enum TierCommand: Equatable, Sendable {
  case run, restore, compact, edit, cancel, stop, calendar
}

/// What the tiers screen asks the engine for: as SQL, so that it works over a remote engine too.
enum TierAction: Equatable, Sendable {
  /// With the number of months that are old enough; nil where that is not known.
  case run(policy: String, months: Int?)
  case restore(policy: String, month: String)
  case compact(policy: String)
  case alter(policy: String, months: Int, schedule: String, isEnabled: Bool)
  /// Of a run that somebody else began, or its schedule.
  case stop(policy: String)

  var sql: String {
    switch self {
    case .run(let policy, _): "CALL weir.archive(\(StreamAction.literal(policy)))"
    case .restore(let policy, let month):
      "CALL weir.restore_archive(\(StreamAction.literal(policy)), \(StreamAction.literal(month)))"
    case .compact(let policy): "CALL weir.compact_archive(\(StreamAction.literal(policy)))"
    case .alter(let policy, let months, let schedule, let isEnabled):
      "CALL weir.alter_archive_policy(\(StreamAction.literal(policy)), \(months), "
        + "\(StreamAction.literal(schedule)), '\(isEnabled ? "on" : "off")')"
    case .stop(let policy): "CALL weir.cancel_archive(\(StreamAction.literal(policy)))"
    }
  }

  var title: String {
    switch self {
    case .run(let policy, _): "Archive \(policy) now?"
    case .restore(let policy, let month): "Bring \(month) of \(policy) back?"
    case .compact(let policy): "Compact the archive of \(policy)?"
    case .alter(let policy, _, _, _): "Policy \(policy)"
    case .stop(let policy): "Stop the run of \(policy)?"
    }
  }

  /// While it runs.
  var doing: String {
    switch self {
    case .run(let policy, _): "archiving \(policy)"
    case .restore(let policy, let month): "bringing \(month) of \(policy) back"
    case .compact(let policy): "compacting the archive of \(policy)"
    case .alter(let policy, _, _, _): "changing policy \(policy)"
    case .stop(let policy): "stopping the run of \(policy)"
    }
  }

  /// What happens, in sentences.
  var words: [String] {
    switch self {
    case .run(_, let months):
      let many = months.map { $0 == 1 ? "1 month is" : "\($0) months are" } ?? "Months that are"
      return [
        months == 0
          ? "No month is old enough: nothing will move."
          : "\(many) old enough\(months == nil ? " move" : " and will move"), one by one.",
        "Each is written, read back and compared, and then leaves the table and enters the "
          + "archive in one step: readers see every row once. Esc stops it between two steps.",
      ]
    case .restore:
      return [
        "Its rows leave the archive and enter the table in one step.",
        "They stay for 30 days, whatever the policy says; then the next run moves them again.",
      ]
    case .compact:
      return [
        "Folders with several files get one file each. Readers see no difference but speed; the "
          + "old files go when nobody reads them any more."
      ]
    case .stop:
      return ["The month it is at stays where it was; months that have moved stay moved."]
    case .alter(_, let months, let schedule, let isEnabled):
      let kept = months == 1 ? "1 whole month stays" : "\(months) whole months stay"
      return [
        "\(kept), beside the one that has begun; older rows move to the archive.",
        !isEnabled
          ? "It is off: it runs by hand only."
          : schedule.isEmpty ? "It runs by hand only." : "It runs by itself: \(schedule).",
      ]
    }
  }
}

/// An action that was sent to the engine, and what came of it.
struct TierRun: Sendable {
  var action: TierAction
  var run: QueryRun

  var outcome: String {
    // How a run got on is no outcome.
    if let notice = run.notices.last(where: { $0.severity != "INFO" }) { return notice.message }
    if case .alter(let policy, _, _, _) = action { return "policy \(policy) was changed" }
    guard let result = run.result, result.rowsKept > 0 else { return "there was nothing to do" }
    var (rows, failed) = (0, 0)
    for row in 0..<result.rowsKept {
      if result.text(row: row, column: 2) != "done" { failed += 1 }
      rows &+= result.text(row: row, column: 3).flatMap { Int($0) } ?? 0
    }
    let months = result.rowsKept == 1 ? "1 month" : "\(result.rowsKept) months"
    let verb: String =
      switch action {
      case .run: "moved to the archive"
      case .restore: "brought back"
      default: "compacted"
      }
    return "\(months), \(Units.count(rows)) rows \(verb)"
      + (failed == 0 ? "" : "; \(failed) not done, see the runs")
  }
}

/// A policy's fields while they are changed.
struct PolicyForm: Equatable, Sendable {
  enum Field: Int, CaseIterable, Sendable {
    case months, schedule, state

    var title: String {
      switch self {
      case .months: "Months kept"
      case .schedule: "Runs"
      case .state: "State"
      }
    }
  }

  static let schedules = [
    "", "rate(1 hour)", "rate(6 hours)", "rate(1 day)", "rate(7 days)", "cron(0 3 * * ? *)",
    "cron(0 3 1 * ? *)",
  ]
  static let monthsMax = 1_200

  let policy: PolicyRow
  var field = Field.months
  private var months: String
  private var schedule: String
  private var isEnabled: Bool
  /// The number is the policy's own: the first digit takes its place.
  private var isOwn = true

  init(_ policy: PolicyRow) {
    self.policy = policy
    (months, schedule, isEnabled) = ("\(policy.months)", policy.schedule, policy.isEnabled)
  }

  /// Nil where the fields make no policy, or the one that is.
  var action: TierAction? {
    guard problem == nil, let months = Int(months) else { return nil }
    return .alter(
      policy: policy.name, months: months, schedule: schedule, isEnabled: isEnabled)
  }

  var problem: String? {
    guard let months = Int(months), months <= Self.monthsMax else {
      return "Months kept go from 0 to \(Units.count(Self.monthsMax))."
    }
    if !schedule.isEmpty {
      do throws(ScheduleError) {
        _ = try Schedule(schedule)
      } catch {
        return "\(error)."
      }
    }
    let isSame =
      months == policy.months && schedule == policy.schedule && isEnabled == policy.isEnabled
    return isSame ? "Nothing is changed yet." : nil
  }

  func text(of field: Field) -> String {
    switch field {
    case .months: months.isEmpty ? "none" : months
    case .schedule: schedule.isEmpty ? "by hand only" : schedule
    case .state: isEnabled ? "on" : "off"
    }
  }

  mutating func change(_ move: FormMove) {
    let count = Field.allCases.count
    switch move {
    case .fieldUp: field = Field(rawValue: (field.rawValue + count - 1) % count) ?? .months
    case .fieldDown: field = Field(rawValue: (field.rawValue + 1) % count) ?? .months
    case .valueBefore: step(-1)
    case .valueAfter: step(1)
    case .erase:
      isOwn = false
      if field == .months { months = String(months.dropLast()) }
      if field == .schedule { schedule = String(schedule.dropLast()) }
    }
  }

  private mutating func step(_ step: Int) {
    switch field {
    case .months:
      months = "\(max(0, min(Self.monthsMax, (Int(months) ?? policy.months) + step)))"
    case .schedule:
      let count = Self.schedules.count
      let place = Self.schedules.firstIndex(of: schedule) ?? (step > 0 ? -1 : 0)
      schedule = Self.schedules[(place + step + count) % count]
    case .state: isEnabled.toggle()
    }
  }

  mutating func type(_ typed: String) {
    switch field {
    case .months:
      let digits = typed.filter { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty else { return }
      months = String(((isOwn ? "" : months) + digits).prefix(4))
      isOwn = false
    case .schedule: schedule = String((schedule + typed.filter { !$0.isNewline }).prefix(80))
    case .state: break
    }
  }
}
