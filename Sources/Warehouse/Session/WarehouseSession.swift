package import Core
internal import DuckDB
internal import RedshiftSQL
internal import Synchronization

/// A user's conversation with the warehouse of this process.
///
/// Statements run on a queue of the session's own; a result's rows are computed as they are
/// taken.
package final class WarehouseSession: SQLSession {
  let warehouse: Warehouse
  let connection: Connection
  let id: Int
  let user: String
  let queue: BlockingQueue
  private let state = Mutex(State())

  private struct State {
    var transaction = TransactionStatus.idle
    var settings = Settings()
    /// Views or schemas were changed in the open transaction.
    var catalogChanged = false
    /// What the open transaction changes in relations that views are over.
    var notes: [RelationName: ChangeNotes] = [:]
    var changed: Set<RelationName> = []
    var subscriptions: [Identifier: Subscription] = [:]
    var isRunning = false
    var isCancelled = false
    var hasTimedOut = false
    var isClosed = false
    /// Stops what runs on another connection than the session's.
    var onCancel: (@Sendable () -> Void)?
  }

  init(warehouse: Warehouse, connection: Connection, id: Int, user: String) {
    self.warehouse = warehouse
    self.connection = connection
    self.id = id
    self.user = user
    queue = BlockingQueue(label: "weir.session.\(id)")
  }

  var catalog: Catalog { Catalog(connection: connection) }

  package var transactionStatus: TransactionStatus {
    get async { status }
  }

  var status: TransactionStatus {
    get { state.withLock { $0.transaction } }
    set { state.withLock { $0.transaction = newValue } }
  }

  func withSettings<Value>(_ body: (inout Settings) throws -> Value) throws -> Value {
    try state.withLock { try body(&$0.settings) }
  }

  // MARK: Running

  package func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    state.withLock { state in
      state.isCancelled = false
      state.hasTimedOut = false
    }
    let statements: [ParsedStatement]
    do throws(SQLError) {
      statements = try Parser.parse(text)
    } catch {
      fail()
      throw error
    }
    if statements.isEmpty { try await receive(.empty) }
    for statement in statements {
      do {
        try await run(statement, receive: receive)
      } catch {
        fail()
        throw error
      }
    }
  }

  /// An error within a transaction ends it: only ROLLBACK goes on.
  private func fail() {
    state.withLock { state in
      if state.transaction == .inTransaction { state.transaction = .failed }
    }
  }

  private func run(
    _ parsed: ParsedStatement, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    try begin(parsed.statement)
    let timer = startTimer()
    defer {
      timer?.cancel()
      state.withLock { $0.isRunning = false }
    }
    var report = QueryReport(
      id: warehouse.nextQueryID(), session: id, user: user,
      text: String(parsed.text.prefix(4_000)), status: .running,
      startedAt: warehouse.clock.now())
    // The same for start and end, whatever the statement sets in between.
    let isNoted = state.withLock { try? $0.settings.value(of: "application_name") } != Self.watcher
    func note(_ report: QueryReport) {
      if isNoted { warehouse.reporter.report(.query(report)) }
    }
    note(report)
    do {
      report.rows = try await perform(parsed, receive: receive)
      report.status = .success
    } catch {
      let failure = translate(error, in: parsed)
      report.status = (failure as? SQLError)?.sqlState == "57014" ? .canceled : .failed
      report.error = (failure as? SQLError)?.message ?? "\(failure)"
      report.endedAt = warehouse.clock.now()
      note(report)
      throw failure
    }
    report.endedAt = warehouse.clock.now()
    note(report)
  }

  /// A dashboard that calls itself so asks the same question every second: its statements are not
  /// among those that it shows.
  package static let watcher = "weir dashboard"

  private func begin(_ statement: Statement) throws(SQLError) {
    let problem = state.withLock { state -> SQLError? in
      if state.isClosed { return SQLError("57P01", "the session is closed") }
      if state.isCancelled { return Self.cancelled(timedOut: state.hasTimedOut) }
      if state.transaction == .failed, statement != .rollback, statement != .commit {
        return SQLError(
          "25P02",
          "current transaction is aborted, commands ignored until end of transaction block",
          hint: "ROLLBACK ends it")
      }
      state.isRunning = true
      return nil
    }
    if let problem { throw problem }
  }

  private func startTimer() -> Task<Void, Never>? {
    guard let seconds = state.withLock({ $0.settings.statementTimeout }) else { return nil }
    return Task { [weak self] in
      do {
        try await Task.sleep(for: .seconds(seconds))
        self?.stop(timedOut: true)
      } catch {}
    }
  }

  private static func cancelled(timedOut: Bool) -> SQLError {
    SQLError(
      "57014",
      "canceling statement due to \(timedOut ? "statement timeout" : "user request")")
  }

  /// What a person sees of an error: as SQL, with its place in the text as written.
  private func translate(_ error: any Error, in parsed: ParsedStatement) -> any Error {
    let known = withoutPlace(error, in: parsed)
    guard var failure = known as? SQLError, failure.position == nil,
      ErrorPlace.isWanted(for: failure)
    else { return known }
    failure.position =
      ErrorPlace.find(namedIn: failure.message, original: parsed.text)
      + parsed.scalarOffset + 1
    return failure
  }

  private func withoutPlace(_ error: any Error, in parsed: ParsedStatement) -> any Error {
    let isCancelled = state.withLock { ($0.isCancelled, $0.hasTimedOut) }
    if let located = error as? LocatedError {
      var failure = located.error.sqlError
      if failure.sqlState == "57014" { return Self.cancelled(timedOut: isCancelled.1) }
      if let caret = located.error.caret {
        failure.position = ErrorPlace.find(
          caret, in: located.statement, original: parsed.text
        ).map { $0 + parsed.scalarOffset + 1 }
      }
      return failure
    }
    if let error = error as? DuckDBError {
      return error.kind == .interrupt
        ? Self.cancelled(timedOut: isCancelled.1) : error.sqlError
    }
    if error is CancellationError { return Self.cancelled(timedOut: isCancelled.1) }
    return error
  }

  // MARK: Stopping

  package func cancel() { stop(timedOut: false) }

  private func stop(timedOut: Bool) {
    let (isRunning, handler) = state.withLock { state in
      guard state.isRunning, !state.isCancelled else {
        return (false, nil as (@Sendable () -> Void)?)
      }
      state.isCancelled = true
      state.hasTimedOut = timedOut
      return (true, state.onCancel)
    }
    guard isRunning else { return }
    handler?()
    connection.interrupt()
    // An interrupt that comes just before the statement starts is forgotten by DuckDB.
    Task { [weak self] in
      for _ in 0..<500 {
        try? await Task.sleep(for: .milliseconds(20))
        guard let self, self.state.withLock({ $0.isRunning && $0.isCancelled }) else { return }
        self.connection.interrupt()
      }
    }
  }

  func checkCancellation() throws(SQLError) {
    let (isCancelled, timedOut) = state.withLock { ($0.isCancelled, $0.hasTimedOut) }
    if isCancelled { throw Self.cancelled(timedOut: timedOut) }
  }

  /// Has `handler` called if the statement is cancelled while `body` runs.
  func cancelling<Value>(
    with handler: @escaping @Sendable () -> Void, _ body: () async throws -> Value
  ) async throws -> Value {
    state.withLock { $0.onCancel = handler }
    defer { state.withLock { $0.onCancel = nil } }
    try checkCancellation()
    return try await body()
  }

  package func close() async {
    let wasOpen = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard wasOpen else { return }
    connection.interrupt()
    let isOpen = status != .idle
    _ = try? await queue.run { [connection] in
      if isOpen { try connection.execute("ROLLBACK") }
    }
    status = .idle
    endTransaction(isCommitted: false)
    for subscription in takeSubscriptions(nil) { try? await end(subscription) }
  }

  // MARK: Subscriptions

  func subscription(_ cursor: Identifier) -> Subscription? {
    state.withLock { $0.subscriptions[cursor] }
  }

  func keep(_ subscription: Subscription, as cursor: Identifier) {
    state.withLock { $0.subscriptions[cursor] = subscription }
  }

  /// - Parameter cursor: nil for all of them.
  func takeSubscriptions(_ cursor: Identifier?) -> [Subscription] {
    state.withLock { state in
      guard let cursor else {
        defer { state.subscriptions = [:] }
        return Array(state.subscriptions.values)
      }
      return [state.subscriptions.removeValue(forKey: cursor)].compactMap { $0 }
    }
  }

  // MARK: Relations that views are over

  var lockOwner: RelationLocks.Owner { Int64(id) }

  func keep(_ notes: ChangeNotes) {
    state.withLock { state in
      state.notes[notes.relation] = notes
      state.changed.insert(notes.relation)
    }
  }

  func noteChanged(_ relation: RelationName) {
    state.withLock { _ = $0.changed.insert(relation) }
  }

  func takeNotes() -> [ChangeNotes] {
    state.withLock { state in
      defer { state.notes = [:] }
      return Array(state.notes.values)
    }
  }

  /// Gives back what only the transaction needed, and wakes the views over what it changed.
  func endTransaction(isCommitted: Bool) {
    let changed = state.withLock { state in
      defer {
        state.notes = [:]
        state.changed = []
      }
      return state.changed
    }
    warehouse.locks.release(owner: lockOwner)
    if isCommitted { warehouse.dependents.wake(over: changed) }
  }

  func releaseIfIdle() {
    if status == .idle { warehouse.locks.release(owner: lockOwner) }
  }

  // MARK: The catalog

  /// Notes that views or schemas changed; refreshers follow when the change is committed.
  func noteCatalogChange() async throws {
    if status == .idle {
      try await warehouse.catalogChanged()
    } else {
      state.withLock { $0.catalogChanged = true }
    }
  }

  func takeCatalogChange() -> Bool {
    state.withLock { state in
      defer { state.catalogChanged = false }
      return state.catalogChanged
    }
  }
}

/// A DuckDB error with the statement that it speaks of.
struct LocatedError: Error {
  var error: DuckDBError
  var statement: String
}
