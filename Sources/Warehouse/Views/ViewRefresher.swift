internal import Core
internal import StreamLog
internal import Synchronization

/// Keeps one view fresh: refreshes on request, and by itself when records arrive.
final class ViewRefresher: Sendable {
  /// Between two automatic batches: lets records gather, so that a commit carries many.
  private static let pause = Duration.milliseconds(100)
  private static let retryPauses: [Duration] = [
    .milliseconds(250), .seconds(1), .seconds(3), .seconds(10),
  ]

  let view: MaterializedView
  private let work: any ViewWork
  /// Whether users can delete rows that a refresh changes.
  private let changesRows: Bool
  private let queue: BlockingQueue
  private let locks: RelationLocks
  private let pace: RefreshPace
  private let lags: LagHistory
  private let clock: any WallClock
  private let reporter: any Reporter
  private let isStopped = Mutex(false)
  private let last = Mutex<RefreshReport?>(nil)
  /// The shards whose loss of records was reported.
  private let reportedLosses = Mutex<[ShardLoss]>([])

  /// What a refresh that someone asked for has done.
  struct Result: Sendable {
    /// That became visible.
    var rows = 0
    /// Records that no row was made of, with the damaged ones.
    var skipped = 0
    var damaged = 0
    var isRecomputed = false
    /// As the history has it.
    var status = ""
  }

  init(
    view: MaterializedView, work: any ViewWork, changesRows: Bool, locks: RelationLocks,
    pace: RefreshPace, lags: LagHistory, clock: any WallClock, reporter: any Reporter
  ) {
    self.view = view
    self.work = work
    self.changesRows = changesRows
    self.locks = locks
    self.pace = pace
    self.lags = lags
    self.clock = clock
    self.reporter = reporter
    queue = BlockingQueue(label: "weir.view.\(view.name)")
  }

  /// The newest refresh that read something or failed.
  var lastReport: RefreshReport? { last.withLock { $0 } }

  func stop() {
    isStopped.withLock { $0 = true }
    work.interrupt()
  }

  /// Reads everything that the stream held when the call began.
  ///
  /// - Throws: `XX001`, after the others were read, if a shard has lost records.
  func refresh(session: Int) async throws -> Result {
    var sum = Result()
    while true {
      let outcome = try await manualBatch(session: session)
      sum.rows += outcome.report.rows
      sum.skipped += outcome.report.skippedRecords
      sum.damaged += outcome.missed.damagedCount
      sum.isRecomputed = outcome.isRecomputed
      sum.status = outcome.report.status
      if outcome.reachedTip {
        if let error = outcome.losses.sqlError { throw error }
        return sum
      }
      try Task.checkCancellation()
    }
  }

  /// A batch whose failure is in the history too.
  private func manualBatch(session: Int) async throws -> RefreshOutcome {
    do {
      return try await batch(isAutomatic: false, session: session)
    } catch let error as SQLError where error.sqlState != "57014" {
      await writeFailure(error.message, isAutomatic: false, session: session)
      throw error
    }
  }

  private func writeFailure(_ reason: String, isAutomatic: Bool, session: Int) async {
    let status = Self.failureStatus(reason)
    _ = try? await turn { [work, clock] in
      try work.ledger.writeFailure(
        status, isAutomatic: isAutomatic, session: session, at: clock.now())
    }
  }

  private static func failureStatus(_ reason: String) -> String {
    reason.hasPrefix("Refresh failed") ? reason : "Refresh failed. \(reason)"
  }

  /// Refreshes whenever records arrive, until cancelled. Failures are reported, and tried again.
  func runAutomatically() async {
    var failures = 0
    while !Task.isCancelled {
      do {
        // The subscription comes before the first look, so that nothing arrives in between.
        let changes = try work.changes()
        try await catchUp()
        failures = 0
        for await _ in changes {
          try await catchUp()
          failures = 0
          try await Task.sleep(for: Self.pause)
        }
        // The changes also end where nobody is to follow them any more.
        try Task.checkCancellation()
        throw StreamLogError.streamNotFound(view.stream ?? view.name)
      } catch is CancellationError {
        return
      } catch {
        let sqlError = (error as? StreamLogError)?.sqlError ?? (error as? SQLError)
        // What another transaction was in the way of is tried again, and nobody need know.
        if sqlError?.sqlState == "40001", failures == 0 {
          failures = 1
          try? await Task.sleep(for: .milliseconds(50))
          continue
        }
        if failures == 0 {
          let reason = sqlError?.message ?? "\(error)"
          reportFailure(reason)
          await writeFailure(reason, isAutomatic: true, session: 0)
        }
        let pause = Self.retryPauses[min(failures, Self.retryPauses.count - 1)]
        failures += 1
        try? await Task.sleep(for: pause)
      }
    }
  }

  private func catchUp() async throws {
    while try await !batch(isAutomatic: true, session: 0).reachedTip {
      try Task.checkCancellation()
    }
  }

  /// Has the view for itself while `body` runs on the refresher's queue.
  func turn<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    // Nobody makes a view over this one meanwhile.
    try await pausing { [self] in try await queue.run(body) }
  }

  /// Runs `body` while the refresher does nothing.
  func pausing<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let owner = locks.newOwner()
    defer { locks.release(owner: owner) }
    let turn = RelationName(schema: "weir", name: "refresh of \(view.id)")
    try await locks.holdAlone([turn], owner: owner)
    guard changesRows else {
      try await locks.share(view.relation, owner: owner)
      return try await body()
    }
    try await locks.change(view.relation, owner: owner)
    // Also after a failure, of which nobody knows here how far it came.
    defer { locks.noteCommit(owner: owner) }
    return try await body()
  }

  /// Makes rows of the records that none could be made of before.
  ///
  /// - Throws: `SQLError` 42809 for a view that reads no stream.
  func replayDeadLetters(session: Int) async throws -> (settled: Int, left: Int) {
    guard let work = work as? StreamRefresh else {
      throw SQLError("42809", "\"\(view.name)\" reads no stream, and so skips no records")
    }
    return try await turn { try work.replayDeadLetters(session: session) }
  }

  /// Looks for shards that have lost records since the view has read them. What cannot be looked
  /// at now, the next refresh sees.
  func noteLosses() async {
    guard let work = work as? StreamRefresh else { return }
    try? await turn { try work.noteLosses() }
  }

  /// The work, for a refresh of several views in one transaction.
  var relationWork: RelationRefresh? { work as? RelationRefresh }

  private func batch(isAutomatic: Bool, session: Int) async throws -> RefreshOutcome {
    let outcome: RefreshOutcome
    if isAutomatic {
      outcome = try await pace.run {
        let outcome = try await runBatch(isAutomatic: true, session: session)
        return (outcome, outcome.report.bytes, !outcome.reachedTip)
      }
    } else {
      outcome = try await runBatch(isAutomatic: false, session: session)
    }
    let hasNewLoss = reportedLosses.withLock { known in
      defer { known = outcome.losses }
      return !outcome.losses.allSatisfy(known.contains)
    }
    let hasRead = outcome.report.bytes > 0 || outcome.report.skippedRecords > 0
    let isNews = view.stream == nil ? !outcome.isUpToDate : hasRead
    if isNews || hasNewLoss {
      last.withLock { $0 = outcome.report }
      lags.note(outcome.report, of: view.id)
      reporter.report(.refreshed(outcome.report))
    }
    reportMissed(outcome.missed)
    if hasNewLoss {
      reporter.report(
        .message(
          level: .error, source: "view \(view.name)",
          text: "refresh failed in part: \(outcome.losses.text)"))
    }
    return outcome
  }

  /// One batch, which ends with nothing changed when the task is cancelled.
  private func runBatch(isAutomatic: Bool, session: Int) async throws -> RefreshOutcome {
    let stopper = BatchStopper(interrupt: { [work] in work.interrupt() })
    return try await withTaskCancellationHandler {
      try await turn { [self] in
        if isStopped.withLock({ $0 }) { throw CancellationError() }
        return try stopper.run { try work.runBatch(isAutomatic: isAutomatic, session: session) }
      }
    } onCancel: {
      stopper.stop()
    }
  }

  private func reportMissed(_ missed: [MissedRecords]) {
    for records in missed {
      let why =
        switch records.cause {
        case .expired: "expired before they were read"
        case .damaged(let path, let offset, let reason):
          "cannot be read: \(path) is damaged at byte \(offset): \(reason)"
        }
      reporter.report(
        .message(
          level: .error, source: "view \(view.name)",
          text: "\(records.count) records of \(view.sourceText), \(records.shard) \(why)"))
    }
  }

  private func reportFailure(_ reason: String) {
    let now = clock.now()
    let report = RefreshReport(
      schema: view.schema, view: view.name, isAutomatic: true, startedAt: now, endedAt: now,
      rows: 0, skippedRecords: 0, bytes: 0, latencyMax: nil, latencyMin: nil,
      status: Self.failureStatus(reason), failed: true)
    last.withLock { $0 = report }
    lags.note(report, of: view.id)
    reporter.report(.refreshed(report))
    reporter.report(
      .message(level: .error, source: "view \(view.name)", text: "refresh failed: \(reason)"))
  }
}
