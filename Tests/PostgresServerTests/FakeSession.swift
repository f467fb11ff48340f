import Core
import Synchronization

/// A session whose statements are a few words that say what it should do, separated by `;`:
/// `rows`, `count N`, `fail`, `notice`, `wait`, `begin`, `set`, nothing at all.
final class FakeSession: SQLSession {
  private struct State {
    var isCanceled = false
    var waiter: CheckedContinuation<Void, Never>?
    var status = TransactionStatus.idle
  }

  private let journal: FakeJournal
  private let state = Mutex(State())

  init(journal: FakeJournal) {
    self.journal = journal
  }

  func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    state.withLock { $0.isCanceled = false }
    let statements = text.split(separator: ";")
      .map { $0.trimming() }.filter { !$0.isEmpty }
    if statements.isEmpty { try await receive(.empty) }
    for statement in statements { try await run(statement, in: text, receive) }
  }

  private func run(
    _ statement: String, in text: String, _ receive: (SQLOutput) async throws -> Void
  ) async throws {
    let words = statement.split(separator: " ")
    switch words.first {
    case "rows": try await sendRows(receive)
    case "count": try await sendNumbers(Int(words.last ?? "") ?? 0, receive)
    case "fail":
      throw SQLError(
        "42703", "column \"nope\" does not exist", detail: "none at all", hint: "look again",
        position: text.unicodeScalars.count)
    case "notice":
      try await receive(.notice(SQLNotice(severity: "WARNING", sqlState: "01000", message: "mind")))
      try await receive(.complete(tag: "NOTICE"))
    case "wait": try await wait()
    case "begin":
      state.withLock { $0.status = .inTransaction }
      try await receive(.complete(tag: "BEGIN"))
    case "set":
      try await receive(.parameter(name: "application_name", value: "renamed"))
      try await receive(.complete(tag: "SET"))
    default:
      throw SQLError("42601", "syntax error")
    }
  }

  private func sendRows(_ receive: (SQLOutput) async throws -> Void) async throws {
    try await receive(
      .columns([SQLColumn(name: "n", type: .integer), SQLColumn(name: "text", type: .varchar)]))
    var batch = RowBatch(columnCount: 2)
    for (number, text) in [("1", "ä"), ("2", ""), ("3", nil)] as [(String, String?)] {
      batch.append(number)
      if let text { batch.append(text) } else { batch.appendNull() }
    }
    try await receive(.rows(batch))
    try await receive(.complete(tag: "SELECT 3"))
  }

  /// Rows of about 100 bytes, 500 at a time.
  private func sendNumbers(
    _ count: Int, _ receive: (SQLOutput) async throws -> Void
  ) async throws {
    try await receive(.columns([SQLColumn(name: "pad", type: .varchar)]))
    let pad = String(repeating: "x", count: 93)
    var batch = RowBatch(columnCount: 1)
    for _ in 0..<500 { batch.append(pad) }
    for _ in 0..<count / batch.rowCount {
      if state.withLock({ $0.isCanceled }) { throw Self.canceled }
      journal.produced(batch.rowCount)
      try await receive(.rows(batch))
    }
    try await receive(.complete(tag: "SELECT \(count)"))
  }

  private func wait() async throws {
    journal.beganToWait()
    await withCheckedContinuation { continuation in
      let isCanceled = state.withLock {
        if !$0.isCanceled { $0.waiter = continuation }
        return $0.isCanceled
      }
      if isCanceled { continuation.resume() }
    }
    throw Self.canceled
  }

  private static let canceled = SQLError("57014", "canceling statement due to user request")

  func cancel() {
    let waiter = state.withLock { state in
      state.isCanceled = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  var transactionStatus: TransactionStatus {
    get async { state.withLock { $0.status } }
  }

  func close() async {
    cancel()
    journal.closed()
  }
}

/// What happened in the fake sessions of a server, for tests to wait for.
final class FakeJournal: Sendable {
  private let rowCount = Mutex(0)
  private let waits = AsyncStream.makeStream(of: Void.self)
  private let closes = AsyncStream.makeStream(of: Void.self)

  func produced(_ count: Int) { rowCount.withLock { $0 += count } }
  func beganToWait() { waits.continuation.yield() }
  func closed() { closes.continuation.yield() }

  var producedRowCount: Int { rowCount.withLock { $0 } }

  /// Returns when a statement has begun to wait.
  func nextWait() async {
    for await _ in waits.stream { return }
  }

  /// Returns when a session has been closed.
  func nextClose() async {
    for await _ in closes.stream { return }
  }
}

extension Substring {
  fileprivate func trimming() -> String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
