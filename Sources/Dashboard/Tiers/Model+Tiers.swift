import Core
import Telemetry

// What is chosen on the tiers screen, and what is done to it.
extension Model {
  /// The first row until another is chosen.
  var chosenTier: TierRow? {
    tierDetail.rows.first { $0.id == chosenTierID } ?? tierDetail.rows.first
  }

  var chosenTierRow: Int { tierDetail.rows.firstIndex { $0.id == chosenTier?.id } ?? 0 }

  /// The external table whose files are shown: that of the chosen row, or of its policy.
  var chosenArchive: String? {
    guard let row = chosenTier else { return nil }
    if row.tier == .archive { return row.relation }
    guard let policy = row.policy else { return nil }
    return tierDetail.rows.first { $0.policy == policy && $0.tier == .archive }?.relation
  }

  /// The newest month until another is chosen.
  var shownMonth: MonthNumber? {
    let calendar = tierDetail.calendar
    guard let chosen = chosenMonth, let first = calendar.years.first,
      let last = calendar.years.last, (first...last).contains(chosen.year)
    else { return calendar.newest }
    return chosen
  }

  mutating func chooseTier(_ move: Move, by lines: Int) {
    let count = tierDetail.rows.count
    guard count > 0 else { return }
    var row = chosenTierRow
    for _ in 0..<max(1, lines) {
      row = Self.moved(row, move, page: page(.tierList), last: count - 1)
    }
    chooseTier(row: row)
  }

  private mutating func chooseTier(row: Int) {
    let rows = tierDetail.rows
    guard rows.indices.contains(row), rows[row].id != chosenTier?.id else { return }
    let isSamePolicy = rows[row].policy != nil && rows[row].policy == chosenTier?.policy
    chosenTierID = rows[row].id
    guard !isSamePolicy else { return }
    chosenMonth = nil
    tierDetail.forgetSubject()
    for panel in [PanelID.archiveRuns, .tierFiles, .tierPolicy] { offsets[panel] = 0 }
  }

  /// - Parameter line: of the panel, its border being the first.
  mutating func chooseTier(at line: Int) {
    if line >= 2 { chooseTier(row: line - 2 + firstTierRow) }
  }

  var firstTierRow: Int {
    max(0, min(chosenTierRow - page(.tierList) / 2, rowCount(.tierList) - page(.tierList)))
  }

  mutating func chooseMonth(_ move: Move, by lines: Int) {
    let years = tierDetail.calendar.years
    guard let month = shownMonth, let first = years.first, let last = years.last else { return }
    let step: Int =
      switch move {
      case .left: -1
      case .right: 1
      case .up: -12
      case .down: 12
      case .pageUp: -12 * page(.tierCalendar)
      case .pageDown: 12 * page(.tierCalendar)
      case .start: -12 * TierCalendar.yearsMax
      case .end: 12 * TierCalendar.yearsMax
      }
    let number = max(first * 12, min(last * 12 + 11, month.number + step * max(1, lines)))
    chosenMonth = MonthNumber(number: number)
  }

  // MARK: Asking

  /// One question at a time; what is not shown is not asked for.
  mutating func inspectTiers() -> [Effect] {
    guard screen == .tiers, Layout.fits(size), tierInspection == nil, disconnected == nil,
      let now = pending?.takenAt ?? snapshot?.takenAt
    else { return [] }
    for part in TierDetail.Part.allCases
    where tierDetail.isDue(part, at: now, isFrozen: isFrozen) {
      guard let sql = part.sql(chosenTier, archive: chosenArchive) else { continue }
      tierDetail.noteAsked(part, at: now)
      let run = QueryRun(id: nextQuery, text: sql, startedAt: self.now)
      nextQuery += 1
      tierInspection = TierInspection(part: part, subject: tierSubject, run: run)
      return [.runQuery(id: run.id, text: sql, lane: .inspection)]
    }
    return []
  }

  /// What the parts beside the list are about.
  private var tierSubject: String? { chosenTier.map { $0.policy ?? $0.relation } }

  mutating func settleTierInspection() {
    guard let inspection = tierInspection, !inspection.run.isRunning else { return }
    tierInspection = nil
    guard inspection.part == .tiers || inspection.subject == tierSubject else { return }
    let before = tierSubject
    tierDetail.take(inspection.part, inspection.run)
    if tierSubject != before { tierDetail.forgetSubject() }
    clampOffsets()
  }

  // MARK: Doing

  mutating func perform(_ command: TierCommand) -> [Effect] {
    tierHint = nil
    if command == .cancel { return cancelTierRun() }
    if command == .calendar {
      setFocus(.tierCalendar)
      if layout(size).rect(of: .tierCalendar) == nil { isZoomed = true }
      return []
    }
    if command == .stop, tierRun?.run.isRunning == true { return cancelTierRun() }
    if let running = tierRun, running.run.isRunning {
      tierHint = "not now: \(running.action.doing); Esc stops it"
      return []
    }
    guard let row = chosenTier, let policy = row.policy else {
      tierHint =
        "no policy here: CALL weir.create_archive_policy(…) makes one; F2 goes to the editor"
      return []
    }
    switch command {
    case .run: overlay = .confirm(.tier(.run(policy: policy, months: monthsToMove)))
    case .compact: overlay = .confirm(.tier(.compact(policy: policy)))
    case .restore: askToRestore(policy)
    case .stop:
      guard tierDetail.batches.first?.isRunning == true else {
        tierHint = "no run of \(policy) is under way"
        return []
      }
      overlay = .confirm(.tier(.stop(policy: policy)))
    case .edit:
      guard let known = tierDetail.policy else {
        tierHint = "the policy is not read yet"
        return []
      }
      overlay = .policy(PolicyForm(known))
    case .cancel, .calendar: break
    }
    return []
  }

  private var monthsToMove: Int? {
    guard let policy = tierDetail.policy, let today = currentMonth, tierDetail.isKnown(.months)
    else { return nil }
    return tierDetail.calendar.months.count(where: {
      $0.key.number < today.number - policy.months && $0.value[.warehouse] != nil
    })
  }

  var currentMonth: MonthNumber? {
    (now ?? snapshot?.takenAt).flatMap { MonthNumber(TimeText.day(of: $0)) }
  }

  private mutating func askToRestore(_ policy: String) {
    guard let month = shownMonth, tierDetail.calendar.months[month]?[.archive] != nil else {
      let name = shownMonth.map(\.text) ?? "no month"
      tierHint = "\(name) is not in the archive: choose a month in the calendar"
      return
    }
    overlay = .confirm(.tier(.restore(policy: policy, month: month.text)))
  }

  mutating func start(_ action: TierAction) -> [Effect] {
    let run = QueryRun(id: nextQuery, text: action.sql, startedAt: now)
    nextQuery += 1
    tierRun = TierRun(action: action, run: run)
    return [.runQuery(id: run.id, text: run.text, lane: .actions)]
  }

  private mutating func cancelTierRun() -> [Effect] {
    guard let id = tierRun?.run.id, tierRun?.run.state == .running else { return [] }
    tierRun?.run.state = .cancelling
    return [.cancelQuery(id: id)]
  }

  var tierQuery: QueryRun? {
    get { tierRun?.run }
    set {
      guard let newValue else { return }
      tierRun?.run = newValue
      if !newValue.isRunning { tierDetail.expire() }
    }
  }

  var tierInspectionQuery: QueryRun? {
    get { tierInspection?.run }
    set { if let newValue { tierInspection?.run = newValue } }
  }
}
