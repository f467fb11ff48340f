internal import Core
internal import Dispatch
internal import Synchronization

/// The durable state of the buses: one SQLite database, one queue that uses it.
///
/// Writers that come while one commit is on its way to the disk share the next: each in a
/// savepoint of its own, all in one transaction, so that many producers cost one `fsync`.
final class EventStore: Sendable {
  private struct Job: Sendable {
    /// Makes the changes. Returns what answers the caller, after the commit and its error.
    var run: @Sendable (StoreState) -> Answer
    /// Answers a caller whose changes were not even begun.
    var refuse: Answer
  }

  private typealias Answer = @Sendable (SQLiteError?) -> Void

  private let queue = DispatchQueue(label: "weir.events")
  private let pending = Mutex<[Job]>([])
  private let state: StoreState

  /// - Parameter path: of the database, which is made if it is missing.
  init(path: String, now: Timestamp) throws {
    state = try StoreState(SQLite(path: path), now: now)
  }

  /// Runs a change in a transaction. Returns after it is on the disk.
  ///
  /// - Throws: what `body` throws (its changes are undone), or `EventBusError.storage` where the
  ///   disk does not take it.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (StoreState) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let refuse: Answer = { error in
        let reason = error?.description ?? "the transaction was not begun"
        continuation.resume(throwing: EventBusError.storage(reason))
      }
      let job = Job(
        run: { state in
          let result = Self.attempt(body, state)
          return { error in
            if let error { refuse(error) } else { continuation.resume(with: result) }
          }
        }, refuse: refuse)
      let isFirst = pending.withLock { pending in
        pending.append(job)
        return pending.count == 1
      }
      if isFirst { queue.async { self.commitPending() } }
    }
  }

  /// Runs a question, after the changes that were asked for before it.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (StoreState) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        continuation.resume(with: Result { try Self.mapped { try body(self.state) } })
      }
    }
  }

  func close() async {
    await withCheckedContinuation { continuation in
      queue.async {
        self.state.database.close()
        continuation.resume()
      }
    }
  }

  // MARK: Committing

  private static func attempt<Value: Sendable>(
    _ body: (StoreState) throws -> Value, _ state: StoreState
  ) -> Result<Value, any Error> {
    Result {
      try mapped {
        try state.database.execute("SAVEPOINT job")
        state.hasNoted = false
        do {
          let value = try body(state)
          try state.database.execute("RELEASE job")
          return value
        } catch {
          if state.hasNoted { state.forget() }
          try state.database.execute("ROLLBACK TO job; RELEASE job")
          throw error
        }
      }
    }
  }

  private static func mapped<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as SQLiteError {
      throw EventBusError.storage(error.description)
    }
  }

  private func commitPending() {
    let jobs = pending.withLock { pending in
      defer { pending = [] }
      return pending
    }
    var answers: [Answer] = []
    var failure: SQLiteError?
    do throws(SQLiteError) {
      try state.database.execute("BEGIN IMMEDIATE")
      answers = jobs.map { $0.run(state) }
      try state.database.execute("COMMIT")
    } catch {
      failure = error
      state.forget()
      try? state.database.execute("ROLLBACK")
      if answers.isEmpty { answers = jobs.map(\.refuse) }
    }
    for answer in answers { answer(failure) }
  }
}

/// What the store's queue alone touches: the connection, and what is kept in memory of it.
// Only ever used on the store's queue.
final class StoreState: @unchecked Sendable {
  let database: SQLite
  /// By bus: the patterns of its enabled rules. Read again after a transaction that failed.
  private var ruleSets: [String: RuleSet<String>] = [:]
  private var archiveSets: [String: RuleSet<String>] = [:]

  /// Whether the running job changed what is kept in memory.
  var hasNoted = false
  /// Targets that got something to wait for since the deliverer asked last.
  var newLanes: Set<Lane> = []

  init(_ database: SQLite, now: Timestamp) throws {
    self.database = database
    try Schema.prepare(database)
    try database.run(
      """
      INSERT OR IGNORE INTO bus (name, attributes, created_at, modified_at)
      VALUES ('default', '{}', ?1, ?1)
      """, [.integer(now.microseconds)])
  }

  func forget() {
    ruleSets = [:]
    archiveSets = [:]
  }

  /// Tells of a rule whose pattern or state changed; nil where it matches nothing any more.
  func note(rule: String, of bus: String, _ pattern: EventPattern?) {
    hasNoted = true
    ruleSets[bus]?.set(rule, pattern)
  }

  func forgetArchives(of bus: String) {
    hasNoted = true
    archiveSets[bus] = nil
  }

  /// The names of a bus's rules that match the event.
  func rules(of bus: String, matching event: [UInt8]) throws -> [String] {
    if ruleSets[bus] == nil {
      ruleSets[bus] = try load(
        "SELECT name, pattern FROM rule WHERE bus = ? AND is_enabled AND pattern IS NOT NULL", bus)
    }
    return ruleSets[bus]?.match(event) ?? []
  }

  /// The names of a bus's archives that keep the event.
  func archives(of bus: String, matching event: [UInt8]) throws -> [String] {
    if archiveSets[bus] == nil {
      archiveSets[bus] = try load(
        """
        SELECT name, coalesce(pattern, '{"source":[{"exists":true}]}') FROM archive WHERE bus = ?
        """, bus)
    }
    return archiveSets[bus]?.match(event) ?? []
  }

  private func load(_ sql: String, _ bus: String) throws -> RuleSet<String> {
    var patterns: [String: EventPattern] = [:]
    for row in try database.query(sql, [.text(bus)]) {
      patterns[row.string(0)] = try EventPattern(row.string(1))
    }
    return RuleSet(patterns)
  }
}
