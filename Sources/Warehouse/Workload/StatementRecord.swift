internal import Core
internal import Synchronization

/// What is known of one statement.
struct StatementFacts: Sendable {
  /// As in SYS_QUERY_HISTORY.
  enum Status: String, Sendable {
    case planning, queued, running, returning, failed, canceled, success
  }

  let id: Int
  let session: Int
  let transaction: Int
  let user: String
  /// `query_group`.
  let label: String
  let type: StatementType
  /// At most 4,000 characters.
  let text: String
  let priority: QueryPriority
  /// Whether it needs no slot.
  let isShort: Bool
  let startedAt: Timestamp
  fileprivate let began = ContinuousClock.now

  fileprivate(set) var status = Status.planning
  fileprivate(set) var planning = Duration.zero
  fileprivate(set) var queued = Duration.zero
  fileprivate(set) var locked = Duration.zero
  fileprivate(set) var total: Duration?
  /// Rows and bytes that the client got.
  fileprivate(set) var rows = 0
  fileprivate(set) var bytes = 0
  /// Rows that the statement returned or changed.
  fileprivate(set) var affected = 0
  fileprivate(set) var error: String?

  var isEnded: Bool { total != nil }
  /// So far, or in all.
  var elapsed: Duration { total ?? (ContinuousClock.now - began) }
  var endedAt: Timestamp? {
    total.map { Timestamp(microseconds: startedAt.microseconds + $0.inMicroseconds) }
  }

  init(
    id: Int, session: Int, transaction: Int, user: String, label: String, type: StatementType,
    text: String, priority: QueryPriority, isShort: Bool, startedAt: Timestamp
  ) {
    self.id = id
    self.session = session
    self.transaction = transaction
    self.user = user
    self.label = label
    self.type = type
    self.text = text
    self.priority = priority
    self.isShort = isShort
    self.startedAt = startedAt
  }
}

extension Duration {
  var inMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}

/// A statement that is watched: its session writes, the system views read.
final class StatementRecord: Sendable {
  enum Phase: Sendable { case planning, queue, lock }

  private let state: Mutex<StatementFacts>

  init(_ facts: StatementFacts) {
    state = Mutex(facts)
  }

  var facts: StatementFacts { state.withLock { $0 } }

  func set(_ status: StatementFacts.Status) {
    state.withLock { $0.status = status }
  }

  func add(_ time: Duration, to phase: Phase) {
    state.withLock { facts in
      switch phase {
      case .planning: facts.planning += time
      case .queue: facts.queued += time
      case .lock: facts.locked += time
      }
    }
  }

  func setAffected(_ rows: Int) {
    state.withLock { $0.affected = rows }
  }

  func addReturned(rows: Int, bytes: Int) {
    state.withLock { facts in
      facts.rows += rows
      facts.bytes += bytes
    }
  }

  /// - Returns: what is kept of it.
  func end(_ status: StatementFacts.Status, error: String? = nil) -> StatementFacts {
    state.withLock { facts in
      facts.status = status
      facts.error = error
      facts.total = ContinuousClock.now - facts.began
      return facts
    }
  }
}
