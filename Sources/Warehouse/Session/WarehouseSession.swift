package import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore
internal import RedshiftSQL
internal import StreamLog
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
  /// Whether its statements may read what the warehouse keeps for itself.
  let seesInternals: Bool
  let queue: BlockingQueue
  private let state = Mutex(State())

  private struct State {
    var transaction = TransactionStatus.idle
    var settings = Settings()
    var named = NamedStatements()
    /// What DuckDB was told.
    var zone = "UTC"
    var storedColumns = StoredColumnCache()
    /// Whether several statements run in a transaction of their own.
    /// Views or schemas were changed in the open transaction.
    var catalogChanged = false
    /// What the open transaction changes in relations that views are over.
    var notes: [RelationName: ChangeNotes] = [:]
    var changed: Set<RelationName> = []
    var isAtomic = false
    /// The open transaction was begun READ ONLY.
    var isReadOnly = false
    var holdsRelations = false
    /// Changes that were committed when the open transaction took its picture of the database.
    var commitsAtStart: Int?
    var subscriptions: [Identifier: Subscription] = [:]
    var path = SearchPathCache()
    var functions = UserFunctionCache()
    var isRunning = false
    var stop: Stop?
    var isClosed = false
    /// The statement that runs, and the last one that was a query.
    var record: StatementRecord?
    var statement = 0
    var lastQuery = -1
    /// What pg_last_unload_count, pg_last_copy_count and pg_last_copy_id say.
    var lastUnloadCount = 0
    var lastUnloadID = -1
    var externalMark = 0
    var isBackground = false
    var lastCopyCount = 0
    var lastCopyID = -1
    /// Its number, once it has one.
    var transactionID: Int?
    var externalNames = ExternalNames()
    /// Those of the statement that runs.
    var scans: [Scan] = []
    var federatedNames = FederatedNames()
    /// External schemas that the open transaction drops.
    var droppedSchemas: Set<String> = []
    /// Stops what runs on another connection than the session's.
    var onCancel: (@Sendable () -> Void)?
  }

  init(
    warehouse: Warehouse, connection: Connection, id: Int, user: String, seesInternals: Bool
  ) {
    self.seesInternals = seesInternals
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

  /// The session's zone, if DuckDB does not know of it yet.
  func takeChangedZone() throws -> String? {
    try state.withLock { state in
      let zone = try state.settings.value(of: "timezone")
      guard zone != state.zone else { return nil }
      state.zone = zone
      return zone
    }
  }

  /// - Returns: false within another such piece of work, whose transaction then holds this too.
  func beginAtomic() -> Bool {
    state.withLock { state in
      defer { state.isAtomic = true }
      return !state.isAtomic
    }
  }

  func endAtomic() {
    state.withLock { $0.isAtomic = false }
  }

  func withNamed<Value>(_ body: (inout NamedStatements) throws -> Value) rethrows -> Value {
    try state.withLock { try body(&$0.named) }
  }

  /// On the session's queue.
  func storedColumns(of table: ObjectName) throws -> [StoredColumn] {
    try state.withLock { state in
      try state.storedColumns.columns(of: table, generation: warehouse.definitions) {
        try TableAttributes.columns(of: table, on: connection)
      }
    }
  }

  // MARK: Running

  package func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    state.withLock { state in
      if state.stop != .termination { state.stop = nil }
    }
    let statements: [ParsedStatement]
    do throws(SQLError) {
      statements = try Parser.parse(text)
    } catch {
      fail()
      throw error
    }
    if statements.isEmpty { try await receive(.empty) }
    var isImplicit = false
    do {
      for (index, statement) in statements.enumerated() {
        let next = index + 1 < statements.count ? statements[index + 1].statement : nil
        isImplicit = try await settle(statement, before: next, isImplicit: isImplicit)
        try await run(statement, receive: receive)
      }
      if isImplicit, let last = statements.last { try await commitImplicit(before: last) }
    } catch {
      if isImplicit { try? await rollback() } else { fail() }
      throw error
    }
  }

  /// Statements that come together are one transaction, as PostgreSQL's protocol has it, up to one
  /// that cannot be part of any or speaks of transactions itself.
  ///
  /// - Returns: whether a transaction is open that nobody asked for.
  private func settle(
    _ parsed: ParsedStatement, before next: Statement?, isImplicit: Bool
  ) async throws -> Bool {
    let statement = parsed.statement
    if isImplicit, status == .inTransaction {
      if statement.isTransactional { return true }
      try await commitImplicit(before: parsed)
      return false
    }
    guard status == .idle, statement.isTransactional, next?.isTransactional == true else {
      return false
    }
    try await beginTransaction()
    return true
  }

  private func commitImplicit(before parsed: ParsedStatement) async throws {
    guard status == .inTransaction else { return }
    do {
      try await commitTransaction()
    } catch {
      throw translate(error, in: parsed)
    }
  }

  func beginTransaction() async throws {
    _ = try await queue.run { [connection] in try connection.execute("BEGIN TRANSACTION") }
    status = .inTransaction
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
    // The same for start and end, whatever the statement sets in between.
    let isNoted = state.withLock { try? $0.settings.value(of: "application_name") } != Self.watcher
    let facts = newFacts(of: parsed, isNoted: isNoted)
    let record = StatementRecord(facts)
    let timer = startTimer()
    state.withLock { state in
      state.record = record
      state.statement = facts.id
    }
    if isNoted { warehouse.workload.statements.begin(record, id: facts.id) }
    note(facts, isNoted)
    var (status, failure): (StatementFacts.Status, (any Error)?) = (.success, nil)
    do {
      try await admitted(facts) { [self] in
        record.set(.running)
        noteFirstStatement(parsed.statement)
        record.setAffected(
          try await performAgain(
            parsed, receive: tellingScans(Self.counting(receive, in: record))))
      }
    } catch {
      let known = namingObjects(translate(error, in: parsed))
      _ = try? await finishScans(isAborted: true)
      failure = known
      status = (known as? SQLError)?.sqlState == "57014" ? .canceled : .failed
    }
    timer?.cancel()
    let ended = record.end(status, error: failure.map { ($0 as? SQLError)?.message ?? "\($0)" })
    state.withLock { state in
      state.isRunning = false
      state.record = nil
      if facts.type.isQuery { state.lastQuery = facts.id }
    }
    if isNoted { warehouse.workload.statements.end(ended) }
    note(ended, isNoted)
    if let failure { throw failure }
  }

  /// A statement that found the table of a view that was just replaced looks for the new one.
  private func performAgain(
    _ parsed: ParsedStatement, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws -> Int {
    let hasSent = Mutex(false)
    for _ in 0..<4 {
      do {
        return try await perform(parsed) { output in
          hasSent.withLock { $0 = true }
          try await receive(output)
        }
      } catch  where Self.isOfReplacedView(error) && status == .idle && !hasSent.withLock({ $0 }) {
        continue
      }
    }
    return try await perform(parsed, receive: receive)
  }

  private static func isOfReplacedView(_ error: any Error) -> Bool {
    let message =
      switch error {
      case let error as LocatedError: error.error.message
      case let error as DuckDBError: error.message
      // What has a place was named by the statement itself.
      case let error as SQLError where error.position == nil: error.message
      default: ""
      }
    return message.contains(#/\bmv_(?:rows|changes|groups)_s?\d+/#)
  }

  /// A dashboard that calls itself so asks the same question every second: its statements are not
  /// among those that it shows.
  package static let watcher = "weir dashboard"

  private func begin(_ statement: Statement) throws(SQLError) {
    let problem = state.withLock { state -> SQLError? in
      if state.isClosed { return SQLError("57P01", "the session is closed") }
      if let stop = state.stop { return stop.error }
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
    if !seesInternals, Self.isOfReplacedView(error) {
      return SQLError(
        "40001",
        "could not serialize access: a materialized view that the statement uses was replaced or "
          + "dropped meanwhile", hint: "try again")
    }
    let stopped = state.withLock { $0.stop } ?? .request
    if let located = error as? LocatedError {
      if let named = failure(located.error, inFilesOf: scans) { return named }
      var failure = located.error.sqlError
      if failure.sqlState == "57014" { return stopped.error }
      if failure.sqlState == "42883", let missing = missingFunction(failure, in: parsed) {
        return missing
      }
      failure = ErrorWords.translate(failure)
      if let caret = located.error.caret {
        failure.position = ErrorPlace.find(
          caret, in: located.statement, original: parsed.text
        ).map { $0 + parsed.scalarOffset + 1 }
      }
      return failure
    }
    if let error = error as? DuckDBError {
      return error.kind == .interrupt ? stopped.error : ErrorWords.translate(error.sqlError)
    }
    if error is CancellationError { return stopped.error }
    // A refresher's own words for it.
    if (error as? SQLError)?.sqlState == "57014", let stop = state.withLock({ $0.stop }) {
      return stop.error
    }
    if let known = error as? SQLError { return withFullDisk(known) }
    // Of other errors, those of whoever takes the rows are not the session's to name.
    return error is ObjectStoreError || error is StreamLogError ? sqlError(from: error) : error
  }

  // MARK: Stopping

  package func cancel() { stop(.request) }

  /// Stops the statement because another session asks for it.
  ///
  /// - Parameter message: what this session's client is told; nil: what Redshift says.
  func cancel(onBehalfOf message: String?) {
    let statement = state.withLock { $0.statement }
    stop(.message(message ?? "Query (\(statement)) cancelled on user's request"))
  }

  /// Lets nothing run in the session any more, and rolls back what is open.
  func terminate() {
    stop(.termination)
    state.withLock { $0.stop = .termination }
    Task { await self.close() }
  }

  /// Seconds from now, as the session or the warehouse sets them.
  private func startTimer() -> Task<Void, Never>? {
    let own = state.withLock { $0.settings.statementTimeout }.map(Duration.seconds)
    guard let time = [own, warehouse.workload.limits.statementTimeout].compactMap({ $0 }).min()
    else { return nil }
    return Task { [weak self] in
      do {
        try await Task.sleep(for: time)
        self?.stop(.timeout)
      } catch {}
    }
  }

  private func stop(_ stop: Stop) {
    let (isRunning, handler) = state.withLock { state in
      guard state.isRunning, state.stop == nil else {
        return (false, nil as (@Sendable () -> Void)?)
      }
      state.stop = stop
      return (true, state.onCancel)
    }
    guard isRunning else { return }
    handler?()
    warehouse.federation.cancel(owner: id)
    connection.interrupt()
    // An interrupt that comes just before the statement starts is forgotten by DuckDB.
    Task { [weak self] in
      for _ in 0..<500 {
        try? await Task.sleep(for: .milliseconds(20))
        guard let self, self.state.withLock({ $0.isRunning && $0.stop != nil }) else { return }
        self.warehouse.federation.cancel(owner: self.id)
        self.connection.interrupt()
      }
    }
  }

  func checkCancellation() throws(SQLError) {
    if let stop = state.withLock({ $0.stop }) { throw stop.error }
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

  /// Runs what waits for others in a task of its own, which a cancel cancels.
  func waiting<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let work = Task { try await body() }
    let isStopped = state.withLock { state in
      state.onCancel = { work.cancel() }
      return state.stop != nil
    }
    defer { state.withLock { $0.onCancel = nil } }
    if isStopped { work.cancel() }
    // What was got in spite of that is the caller's, who gives it back.
    return try await work.value
  }

  package func close() async {
    let wasOpen = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard wasOpen else { return }
    stop(.termination)
    let isOpen = status != .idle
    _ = try? await queue.run { [connection] in
      if isOpen { connection.rollBack() }
    }
    status = .idle
    endTransaction(isCommitted: false)
    for subscription in takeSubscriptions(nil) { try? await end(subscription) }
    warehouse.workload.sessions.remove(id, at: warehouse.clock.now())
  }

  // MARK: What is known of it

  /// - Parameter id: the number that a transaction gets with its first statement.
  func transactionID(orNew id: Int) -> Int {
    state.withLock { state in
      let known = state.transactionID ?? id
      if state.transaction != .idle { state.transactionID = known }
      return known
    }
  }

  /// The statement that runs.
  var currentStatement: Int { state.withLock { $0.statement } }

  var knownFederatedNames: FederatedNames {
    get { state.withLock { $0.federatedNames } }
    set { state.withLock { $0.federatedNames = newValue } }
  }

  /// Has an external schema's server left when the drop is committed.
  func noteDropped(schema: String) {
    warehouse.noteDefinition()
    if status == .idle { return warehouse.federation.detach(schema: schema) }
    state.withLock { _ = $0.droppedSchemas.insert(schema) }
  }

  /// The newest query that has ended; -1 before there was one.
  var lastQuery: Int { state.withLock { $0.lastQuery } }

  /// The statement that runs.
  func currentStatement(of statement: Statement) -> StatementFacts {
    state.withLock { $0.record }?.facts
      ?? newFacts(
        of: ParsedStatement(statement: statement, text: "", scalarOffset: 0), isNoted: false)
  }

  /// Rows and number of the newest UNLOAD; -1 before there was one.
  var lastUnload: (rows: Int, id: Int) {
    get { state.withLock { ($0.lastUnloadCount, $0.lastUnloadID) } }
    set { state.withLock { ($0.lastUnloadCount, $0.lastUnloadID) = newValue } }
  }

  // MARK: Names

  var knownPath: SearchPathCache {
    get { state.withLock { $0.path } }
    set { state.withLock { $0.path = newValue } }
  }

  var knownFunctions: UserFunctionCache {
    get { state.withLock { $0.functions } }
    set { state.withLock { $0.functions = newValue } }
  }

  /// When the statement began that runs within a transaction; nil outside of one.
  var statementTime: Timestamp? {
    state.withLock { $0.transaction == .idle ? nil : $0.record?.facts.startedAt }
  }

  /// Rows and number of the newest COPY; -1 before there was one.
  var lastCopy: (rows: Int, id: Int) {
    get { state.withLock { ($0.lastCopyCount, $0.lastCopyID) } }
    set { state.withLock { ($0.lastCopyCount, $0.lastCopyID) = newValue } }
  }

  /// Whether the open transaction has relations that others may wait for.
  var holdsRelations: Bool { state.withLock { $0.holdsRelations } }

  var isReadOnly: Bool {
    get { state.withLock { $0.isReadOnly } }
    set { state.withLock { $0.isReadOnly = newValue } }
  }

  func noteHeldRelation() {
    state.withLock { $0.holdsRelations = $0.transaction != .idle }
  }

  var commitsAtStart: Int? { state.withLock { $0.commitsAtStart } }

  /// DuckDB's transactions see the database as their first statement finds it.
  func noteFirstStatement(_ statement: Statement) {
    let commits = warehouse.locks.commits
    state.withLock { state in
      guard state.transaction == .inTransaction, statement != .commit, statement != .rollback,
        state.commitsAtStart == nil
      else { return }
      state.commitsAtStart = commits
    }
  }

  func setRecord(_ status: StatementFacts.Status) {
    state.withLock { $0.record }?.set(status)
  }

  func addTime(_ time: Duration, to phase: StatementRecord.Phase) {
    state.withLock { $0.record }?.add(time, to: phase)
  }

  // MARK: External tables

  var currentStatementID: Int { state.withLock { $0.statement } }

  var knownExternalNames: ExternalNames {
    get { state.withLock { $0.externalNames } }
    set { state.withLock { $0.externalNames = newValue } }
  }

  /// Its statements need no slots, and nothing gives way to them.
  var isBackground: Bool {
    get { state.withLock { $0.isBackground } }
    set { state.withLock { $0.isBackground = newValue } }
  }

  /// Which statements' files a reader sees: of those that ended before its snapshot began.
  var externalMark: Int {
    get { state.withLock { $0.externalMark } }
    set { state.withLock { $0.externalMark = newValue } }
  }

  func addScans(_ scans: [Scan]) {
    state.withLock { $0.scans += scans }
  }

  private var scans: [Scan] { state.withLock { $0.scans } }

  /// The error with objects' addresses in place of the files that they are.
  private func namingObjects(_ error: any Error) -> any Error {
    guard var failure = error as? SQLError else { return error }
    for file in scans.flatMap(\.files) {
      failure.message = failure.message.replacingOccurrences(of: file.path, with: file.address)
    }
    return failure
  }

  func takeScans() -> [Scan] {
    state.withLock { state in
      defer { state.scans = [] }
      return state.scans
    }
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
    let (changed, dropped) = state.withLock { state in
      defer {
        state.notes = [:]
        state.changed = []
        state.transactionID = nil
        state.isReadOnly = false
        state.holdsRelations = false
        state.droppedSchemas = []
        state.commitsAtStart = nil
      }
      return (state.changed, state.droppedSchemas)
    }
    warehouse.federation.release(owner: id)
    if isCommitted { for schema in dropped { warehouse.federation.detach(schema: schema) } }
    if isCommitted { warehouse.locks.noteCommit(owner: lockOwner) }
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
