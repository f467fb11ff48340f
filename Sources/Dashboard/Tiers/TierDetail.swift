import Core
import Telemetry

/// What is known of the tiers: asked for as SQL while the screen shows it, again and again, as
/// nothing tells that there is something new.
struct TierDetail: Sendable {
  enum Part: CaseIterable, Sendable {
    case tiers, policy, months, runs, files

    /// Between two questions about the same.
    var pauseSeconds: Double {
      switch self {
      case .tiers, .months: 3
      case .runs: 1
      case .policy, .files: 5
      }
    }

    /// Nil for what there is not of the chosen row.
    func sql(_ row: TierRow?, archive: String?) -> String? {
      switch self {
      case .tiers: TierRow.sql
      case .policy: row?.policy.map(PolicyRow.sql)
      case .months: row?.policy.map(TierCalendar.sql)
      case .runs: row?.policy.map(ArchiveBatchRow.sql)
      case .files: archive.map(ArchiveFileRow.sql)
      }
    }
  }

  private static let retrySeconds = 5.0

  private(set) var rows: [TierRow] = []
  private(set) var calendar = TierCalendar(nil)
  private(set) var batches: [ArchiveBatchRow] = []
  private(set) var policy: PolicyRow?
  private(set) var files: [ArchiveFileRow] = []
  private var known: Set<Part> = []
  private var failures: [Part: SQLError] = [:]
  private var asked: [Part: Timestamp] = [:]

  func isKnown(_ part: Part) -> Bool { known.contains(part) }

  func failure(_ part: Part) -> SQLError? { failures[part] }

  /// Asks for everything anew.
  mutating func expire() { asked = [:] }

  /// Another row is chosen: what is known of the last one is of no use.
  mutating func forgetSubject() {
    (calendar, batches, policy, files) = (TierCalendar(nil), [], nil, [])
    known.formIntersection([.tiers])
    failures = failures.filter { $0.key == .tiers }
    asked = asked.filter { $0.key == .tiers }
  }

  func isDue(_ part: Part, at now: Timestamp, isFrozen: Bool) -> Bool {
    guard let last = asked[part] else { return true }
    let pause = failures[part] == nil ? part.pauseSeconds : Self.retrySeconds
    return !isFrozen && abs(now.seconds(since: last)) >= pause
  }

  mutating func noteAsked(_ part: Part, at now: Timestamp) { asked[part] = now }

  mutating func take(_ part: Part, _ run: QueryRun) {
    switch run.state {
    case .failed(let error): failures[part] = error
    case .running, .cancelling: break
    case .finished:
      guard let result = run.result else { return }
      failures[part] = nil
      known.insert(part)
      switch part {
      case .tiers: rows = (0..<result.rowsKept).compactMap { TierRow(result, row: $0) }
      case .policy: policy = PolicyRow(result)
      case .months: calendar = TierCalendar(result)
      case .runs: batches = (0..<result.rowsKept).map { ArchiveBatchRow(result, row: $0) }
      case .files: files = ArchiveFileRow.rows(result)
      }
    }
  }
}

/// The one question about tiers that is on its way.
struct TierInspection: Sendable {
  var part: TierDetail.Part
  /// The row that it is about.
  var subject: String?
  var run: QueryRun
}

/// How far a run of the archive is.
struct ArchiveProgress: Equatable, Sendable {
  var batch: ArchiveBatchRow
  /// Which month of how many; nil where that is not known.
  var place: Int
  var count: Int?
  /// Rows of the months that are done, and of the one that is under way.
  var rowsDone: Int
  var rowsNow: Int?
}

extension TierDetail {
  /// - Parameter today: the month that has begun.
  func progress(today: MonthNumber?) -> ArchiveProgress? {
    guard let batch = batches.first, batch.isRunning else { return nil }
    let done = batches.filter { $0.run == batch.run && $0.state == "done" }
    var count: Int? = batch.kind == "restore" ? 1 : nil
    if batch.kind == "archive", let policy, let today, isKnown(.months) {
      let limit = today.number - policy.months
      let left = calendar.months.filter { $0.key.number < limit && $0.value[.warehouse] != nil }
      count = done.count + max(1, left.count)
    }
    let source: Tier = batch.kind == "archive" ? .warehouse : .archive
    return ArchiveProgress(
      batch: batch, place: done.count + 1, count: count,
      rowsDone: done.compactMap(\.rows).reduce(0) { $0 &+ $1 },
      rowsNow: batch.month.flatMap { calendar.months[$0]?[source]?.rows })
  }
}
