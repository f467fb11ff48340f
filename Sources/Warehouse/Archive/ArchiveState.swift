internal import Core
internal import DuckDB
internal import Synchronization

/// How far the run that is under way is.
struct ArchiveProgress: Sendable {
  var policy: String
  var kind: ArchiveBatch.Kind
  var startedAt: Timestamp
  var runID: Int64?
  /// Nil before the first month.
  var batchID: Int64?
  var month: ArchiveMonth?
  var monthNumber = 0
  /// Nil until it is known.
  var monthCount: Int?
  var step: ArchiveStep?
  /// Of the months that are done.
  var rowCount = 0

  /// `2024-03 (3 of 24)`
  var place: String {
    let name = month.map { "\($0)" } ?? ""
    return monthCount.map { "\(name) (\(monthNumber) of \($0))" } ?? name
  }
}

/// Which run is under way.
final class ArchiveState: Sendable {
  typealias OnStep = @Sendable (ArchiveStep) async throws -> Void

  private struct State {
    var policy: String?
    var progress: ArchiveProgress?
    var cancel: (@Sendable () -> Void)?
    var hasRecovered = false
    var onStep: OnStep = { _ in }
  }

  private let state = Mutex(State())

  /// - Throws: `SQLError` 55006 while another run is under way.
  func begin(_ policy: String) throws(SQLError) {
    let other = state.withLock { state -> String? in
      guard let other = state.policy else {
        state.policy = policy
        return nil
      }
      return other
    }
    guard let other else { return }
    throw SQLError(
      "55006", "the archive is busy with policy \"\(other)\"",
      hint: "SELECT * FROM sys_weir_archive_runs shows how far it is")
  }

  func beginIfIdle() -> Bool {
    do throws(SQLError) {
      try begin("")
      return true
    } catch {
      return false
    }
  }

  func end() {
    state.withLock { state in
      (state.policy, state.progress, state.cancel) = (nil, nil, nil)
    }
  }

  // MARK: The run

  /// - Parameter cancel: ends the run, soon.
  func start(_ progress: ArchiveProgress, cancel: @escaping @Sendable () -> Void) {
    state.withLock { state in
      (state.progress, state.cancel) = (progress, cancel)
    }
  }

  func note(_ change: @Sendable (inout ArchiveProgress) -> Void) {
    state.withLock { state in
      if var progress = state.progress {
        change(&progress)
        state.progress = progress
      }
    }
  }

  var progress: ArchiveProgress? { state.withLock { $0.progress } }

  /// - Returns: false if no run of the policy is under way.
  func cancel(_ policy: String) -> Bool {
    let cancel = state.withLock { $0.progress?.policy == policy ? $0.cancel : nil }
    cancel?()
    return cancel != nil
  }

  var onStep: OnStep {
    get { state.withLock { $0.onStep } }
    set { state.withLock { $0.onStep = newValue } }
  }

  /// - Returns: true the first time.
  func takeStart() -> Bool {
    state.withLock { state in
      defer { state.hasRecovered = true }
      return !state.hasRecovered
    }
  }

  // MARK: As a table

  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("policy_name", .varchar), ("kind", .varchar), ("run_id", .bigint), ("batch_id", .bigint),
    ("month", .varchar), ("month_number", .integer), ("month_count", .integer),
    ("step", .varchar), ("row_count", .bigint), ("start_time", .timestamp),
  ]

  /// `weir_archive_progress()`: a row while a run is under way, else none.
  var function: TableFunction {
    TableFunction(name: "weir_archive_progress", parameters: []) { [self] _ in
      RowTable(Self.columns, rows: progress.map { [Self.row($0)] } ?? [])
    }
  }

  private static func row(_ progress: ArchiveProgress) -> [RowTable.Cell] {
    func number(_ value: Int64?) -> RowTable.Cell {
      value.map { .bigint(UInt64(clamping: $0)) } ?? .null
    }
    return [
      .text(progress.policy), .text(progress.kind.rawValue), number(progress.runID),
      number(progress.batchID), .text(progress.month), .integer(progress.monthNumber),
      progress.monthCount.map { .integer($0) } ?? .null, .text(progress.step?.rawValue),
      .bigint(UInt64(clamping: progress.rowCount)), .time(progress.startedAt),
    ]
  }
}
