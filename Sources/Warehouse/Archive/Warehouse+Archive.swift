internal import Core
internal import DuckDB
internal import ObjectStore
internal import Synchronization

/// Which run is under way.
final class ArchiveState: Sendable {
  typealias OnStep = @Sendable (ArchiveStep) async throws -> Void

  private struct State {
    var policy: String?
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

  func end() { state.withLock { $0.policy = nil } }

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
}

/// How the batches of a run ended.
struct ArchiveOutcome: Sendable {
  var batch: ArchiveBatch
  var result: ArchiveResult
}

extension Warehouse {
  /// Has `body` called after every step of every batch; for tests, which stop them there.
  package func onArchiveStep(_ body: @escaping @Sendable (ArchiveStep) async throws -> Void) {
    archiveState.onStep = body
  }

  func onCatalog<Value: Sendable>(
    _ body: @escaping @Sendable (ArchiveCatalog) throws -> Value
  ) async throws -> Value {
    try await queue.run { [housekeeping] in
      do {
        return try body(ArchiveCatalog(connection: housekeeping))
      } catch let error as DuckDBError {
        throw error.sqlError
      }
    }
  }

  // MARK: Runs

  /// Moves every month that is old enough, oldest first.
  func archive(_ policy: ArchivePolicy) async throws -> [ArchiveOutcome] {
    try await run(policy, .archive) { [self] session in
      let now = clock.now()
      let held = try await onCatalog { try $0.heldMonths(of: policy, at: now) }
      let months = try await session.queue.run { [session] in
        try ArchiveSource(policy, on: session.connection)
          .months(before: policy.cutoff(at: now), on: session.connection)
      }
      return months.filter { !held.contains($0) }
    }
  }

  /// Brings a month back into the table.
  func restore(
    _ month: ArchiveMonth, of policy: ArchivePolicy, heldFor seconds: Double
  ) async throws -> [ArchiveOutcome] {
    let until = Timestamp(seconds: clock.now().seconds + seconds)
    // First, so that the next run does not take it away at once.
    try await onCatalog { try $0.hold(month, of: policy, until: until) }
    return try await run(policy, .restore) { _ in [month] }
  }

  /// Makes one file of the many that late rows and small batches left in a folder.
  func compact(_ policy: ArchivePolicy) async throws -> [ArchiveOutcome] {
    try await run(policy, .compact) { session in
      try await session.queue.run { [session] in
        try ArchiveManifest.monthsOfManyFiles(of: policy, on: session.connection)
      }
    }
  }

  private func run(
    _ policy: ArchivePolicy, _ kind: ArchiveBatch.Kind,
    months: (WarehouseSession) async throws -> [ArchiveMonth]
  ) async throws -> [ArchiveOutcome] {
    try archiveState.begin(policy.name)
    defer {
      archiveState.end()
      tierFacts.forget()
    }
    try await clearUnsettled()
    let session = try makeSession(user: "weir")
    do {
      try await session.execute("SET application_name TO 'weir archive'") { _ in }
      let runID = try await onCatalog { try $0.nextID() }
      var outcomes: [ArchiveOutcome] = []
      for month in try await months(session) {
        try Task.checkCancellation()
        let batch = ArchiveBatch(
          id: try await onCatalog { try $0.nextID() }, runID: runID, policy: policy, month: month,
          kind: kind)
        outcomes.append(ArchiveOutcome(batch: batch, result: try await run(batch, session)))
      }
      if kind == .archive {
        let now = clock.now()
        try await onCatalog { try $0.setLastRun(now, of: policy) }
      }
      await session.close()
      return outcomes
    } catch {
      await session.close()
      throw error
    }
  }

  private func run(
    _ batch: ArchiveBatch, _ session: WarehouseSession
  ) async throws -> ArchiveResult {
    let run = ArchiveRun(
      warehouse: self, session: session, batch: batch, reached: archiveState.onStep)
    return try await withTaskCancellationHandler {
      try await run.run()
    } onCancel: {
      session.cancel()
      session.connection.interrupt()
    }
  }

  // MARK: What was cut short

  /// How long files that were replaced stay for those who know their names.
  private static let garbageSeconds = 600.0

  /// Undoes batches that a crash cut short: their objects are in no manifest.
  private func clearUnsettled() async throws {
    for batch in try await onCatalog({ try $0.unsettled() }) {
      try await clear(
        batch.id, batch.destination,
        ArchiveResult(state: .undone, message: "the engine stopped while it ran"))
    }
  }

  /// Removes what a batch published and settles it, unless it was committed after all.
  func clear(
    _ id: Int64, _ destination: ObjectAddress, _ result: ArchiveResult
  ) async throws {
    guard try await onCatalog({ try $0.unsettled() }).contains(where: { $0.id == id }) else {
      return
    }
    let name = ArchiveBatch.objectName(id)
    for object in try await objects.list(destination.appending("/")) {
      let last = object.address.key.split(separator: "/").last ?? ""
      if last.hasPrefix(name) { try await objects.delete(object.address) }
    }
    let now = clock.now()
    try await onCatalog { try $0.settle(id, result, at: now) }
  }

  /// Deletes objects that no table names any more and that no statement can still be reading.
  private func clearGarbage() async throws {
    let isStart = archiveState.takeStart()
    let now = clock.now()
    var limit = now
    if !isStart {
      // A statement looks its files up after it has started; a transaction may be older.
      let running = workload.statements.all.filter { !$0.isEnded }.map(\.startedAt).min()
      let patient = Timestamp(seconds: now.seconds - Self.garbageSeconds)
      limit = min(running ?? now, patient)
    }
    for address in try await onCatalog({ [limit] in try $0.garbage(until: limit) }) {
      try await objects.delete(address)
      try await onCatalog { try $0.forgetGarbage(address) }
    }
  }

  /// Runs what is due. Called every now and then; what fails is told of, and tried again.
  package func keepArchive() async {
    do {
      if archiveState.beginIfIdle() {
        defer { archiveState.end() }
        try await clearUnsettled()
      }
      try await clearGarbage()
      let now = clock.now()
      for policy in try await onCatalog({ try $0.due(at: now) }) {
        try await onCatalog { try $0.setLastRun(now, of: policy) }
        _ = try await archive(policy)
      }
    } catch {
      let text = (error as? SQLError)?.message ?? "\(error)"
      reporter.report(.message(level: .warning, source: "archive", text: text))
    }
  }
}
