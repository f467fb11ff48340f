internal import Core
internal import DuckDB
internal import ObjectStore

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

  /// What hears how a run gets on, as it does.
  typealias Listener = @Sendable (String) async throws -> Void

  /// Moves every month that is old enough, oldest first.
  func archive(
    _ policy: ArchivePolicy, _ listener: @escaping Listener = { _ in }
  ) async throws -> [ArchiveOutcome] {
    try await run(policy, .archive, listener) { [self] session in
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
    _ month: ArchiveMonth, of policy: ArchivePolicy, heldFor seconds: Double,
    _ listener: @escaping Listener = { _ in }
  ) async throws -> [ArchiveOutcome] {
    let until = Timestamp(seconds: clock.now().seconds + seconds)
    // First, so that the next run does not take it away at once.
    try await onCatalog { try $0.hold(month, of: policy, until: until) }
    return try await run(policy, .restore, listener) { _ in [month] }
  }

  /// Makes one file of the many that late rows and small batches left in a folder.
  func compact(
    _ policy: ArchivePolicy, _ listener: @escaping Listener = { _ in }
  ) async throws -> [ArchiveOutcome] {
    try await run(policy, .compact, listener) { session in
      try await session.queue.run { [session] in
        try ArchiveManifest.monthsOfManyFiles(of: policy, on: session.connection)
      }
    }
  }

  /// The run is a task of its own, so that others than its caller can end it too.
  private func run(
    _ policy: ArchivePolicy, _ kind: ArchiveBatch.Kind, _ listener: @escaping Listener,
    months: @escaping @Sendable (WarehouseSession) async throws -> [ArchiveMonth]
  ) async throws -> [ArchiveOutcome] {
    try archiveState.begin(policy.name)
    defer {
      archiveState.end()
      tierFacts.forget()
    }
    let work = Task { try await runMonths(of: policy, kind, listener, months) }
    archiveState.start(
      ArchiveProgress(policy: policy.name, kind: kind, startedAt: clock.now())
    ) { work.cancel() }
    do {
      return try await withTaskCancellationHandler {
        try await work.value
      } onCancel: {
        work.cancel()
      }
    } catch is CancellationError where !Task.isCancelled {
      throw SQLError("57014", "the run of archive policy \"\(policy.name)\" was cancelled")
    }
  }

  private func runMonths(
    of policy: ArchivePolicy, _ kind: ArchiveBatch.Kind, _ listener: @escaping Listener,
    _ months: @Sendable (WarehouseSession) async throws -> [ArchiveMonth]
  ) async throws -> [ArchiveOutcome] {
    try await clearUnsettled()
    let session = try makeSession(user: "weir")
    session.isBackground = true
    do {
      try await session.execute("SET application_name TO 'weir archive'") { _ in }
      let runID = try await onCatalog { try $0.nextID() }
      let all = try await months(session)
      archiveState.note { ($0.runID, $0.monthCount) = (runID, all.count) }
      var outcomes: [ArchiveOutcome] = []
      for (index, month) in all.enumerated() {
        try Task.checkCancellation()
        let batch = ArchiveBatch(
          id: try await onCatalog { try $0.nextID() }, runID: runID, policy: policy, month: month,
          kind: kind)
        archiveState.note { progress in
          (progress.batchID, progress.month, progress.step) = (batch.id, month, nil)
          progress.monthNumber = index + 1
        }
        let outcome = ArchiveOutcome(
          batch: batch, result: try await run(batch, session, listener))
        outcomes.append(outcome)
        archiveState.note { $0.rowCount += outcome.result.rowCount }
        try await listener("\(place): \(outcome.result.summary)")
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

  private var place: String { archiveState.progress?.place ?? "" }

  /// A month that takes long says which of its steps are done.
  private static let patience = 2.0

  private func run(
    _ batch: ArchiveBatch, _ session: WarehouseSession, _ listener: @escaping Listener
  ) async throws -> ArchiveResult {
    let (startedAt, onStep) = (clock.now(), archiveState.onStep)
    let run = ArchiveRun(warehouse: self, session: session, batch: batch) { [self] step in
      archiveState.note { $0.step = step }
      try await onStep(step)
      if step != .committed, clock.now().seconds(since: startedAt) > Self.patience {
        try await listener("\(place): \(step)")
      }
    }
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
      try await clearPendingFiles()
      try await clearGarbage()
      let now = clock.now()
      for policy in try await onCatalog({ try $0.due(at: now) }) {
        try await onCatalog { try $0.setLastRun(now, of: policy) }
        do {
          _ = try await archive(policy)
        } catch {
          warn("policy \"\(policy.name)\": ", error)
        }
      }
    } catch {
      warn("", error)
    }
  }

  private func warn(_ start: String, _ error: any Error) {
    let text = (error as? SQLError)?.message ?? "\(error)"
    reporter.report(.message(level: .warning, source: "archive", text: start + text))
  }
}
