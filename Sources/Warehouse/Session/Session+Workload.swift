internal import Core
internal import RedshiftSQL

// What the warehouse knows of the session's statements, and when they may run.
extension WarehouseSession {
  func newFacts(of parsed: ParsedStatement, isNoted: Bool) -> StatementFacts {
    let id = warehouse.nextQueryID()
    let settings = (try? withSettings { $0 }) ?? Settings()
    let label = (try? settings.value(of: "query_group")) ?? ""
    let priority = (try? settings.value(of: "query_priority")) ?? ""
    return StatementFacts(
      id: id, session: self.id, transaction: transactionID(orNew: id), user: user, label: label,
      type: StatementType(parsed.statement), text: Self.shown(parsed),
      priority: QueryPriority.of(priority: priority, group: label),
      isShort: !isNoted || !parsed.statement.needsSlot, startedAt: warehouse.clock.now())
  }

  /// The statement's text without the passwords in it.
  private static func shown(_ parsed: ParsedStatement) -> String {
    guard case .access = parsed.statement else { return String(parsed.text.prefix(4_000)) }
    let masked = parsed.text.replacing(
      #/(password\s+)'(?:[^']|'')*'/#.ignoresCase()
    ) { match in "\(match.1)'***'" }
    return String(masked.prefix(4_000))
  }

  /// Has the list of sessions say what the client calls itself.
  func noteApplication() {
    guard let name = try? withSettings({ try $0.value(of: "application_name") }) else { return }
    warehouse.workload.sessions.setApplication(name, of: id)
  }

  /// Tells the dashboard of a statement that begins or has ended.
  func note(_ facts: StatementFacts, _ isNoted: Bool) {
    guard isNoted else { return }
    let status: QueryReport.Status =
      switch facts.status {
      case .success: .success
      case .failed: .failed
      case .canceled: .canceled
      default: .running
      }
    warehouse.reporter.report(
      .query(
        QueryReport(
          id: facts.id, session: facts.session, user: facts.user, text: facts.text,
          status: status, startedAt: facts.startedAt, endedAt: facts.endedAt, rows: facts.affected,
          error: facts.error)))
  }

  /// Passes output on, and counts what is returned.
  static func counting(_ receive: @escaping Receive, in record: StatementRecord) -> Receive {
    { output in
      switch output {
      case .columns: record.set(.returning)
      case .rows(let batch):
        record.addReturned(rows: batch.rowCount, bytes: batch.byteCount)
      default: break
      }
      try await receive(output)
    }
  }

  /// Runs `body` when there is a slot for the statement, if it needs one.
  func admitted(_ facts: StatementFacts, _ body: () async throws -> Void) async throws {
    guard !facts.isShort, !isBackground else { return try await body() }
    let admission = warehouse.workload.admission
    // Those who wait for what the transaction holds may have all the slots.
    let isEntitled = holdsRelations
    if !admission.enterAtOnce(isEntitled: isEntitled) {
      setRecord(.queued)
      let start = ContinuousClock.now
      defer { addTime(ContinuousClock.now - start, to: .queue) }
      try await waiting { try await admission.enter(facts.priority) }
    }
    defer { admission.leave() }
    try checkCancellation()
    try await body()
  }

  /// Waits for relations that others use.
  func waitingForLock(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let start = ContinuousClock.now
    defer { addTime(ContinuousClock.now - start, to: .lock) }
    try await waiting(body)
  }

  // MARK: Other sessions' statements

  func cancel(
    _ processID: Int, message: String?, at position: Int, _ receive: Receive
  ) async throws {
    guard warehouse.workload.sessions.cancel(processID, message: message) else {
      throw SQLError(
        "42704", "session \(processID) does not exist",
        hint: "STV_SESSIONS lists the sessions that do", position: position)
    }
    try await receive(.complete(tag: "CANCEL"))
  }
}
