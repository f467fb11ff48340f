internal import Core
internal import Synchronization

/// The sessions that are open, by the process id that their clients know, and the newest of those
/// that were.
final class SessionDirectory: Sendable {
  static let closedMax = 1_000

  struct Facts: Sendable {
    var id: Int
    var user: String
    var application: String
    var startedAt: Timestamp
    var endedAt: Timestamp?
  }

  private struct Entry {
    var facts: Facts
    weak var session: WarehouseSession?
  }

  private struct State {
    var open: [Int: Entry] = [:]
    var closed: [Facts] = []
    /// Sessions of this process have ids that no client's session has.
    var nextOwn = 1 << 30
    var onTerminate: (@Sendable (Int) -> Void)?
  }

  private let state = Mutex(State())

  func nextOwnID() -> Int {
    state.withLock { state in
      state.nextOwn += 1
      return state.nextOwn
    }
  }

  func add(_ session: WarehouseSession, at time: Timestamp) {
    let facts = Facts(id: session.id, user: session.user, application: "", startedAt: time)
    state.withLock { $0.open[session.id] = Entry(facts: facts, session: session) }
  }

  func setApplication(_ name: String, of id: Int) {
    state.withLock { $0.open[id]?.facts.application = name }
  }

  func remove(_ id: Int, at time: Timestamp) {
    state.withLock { state in
      guard var facts = state.open.removeValue(forKey: id)?.facts else { return }
      facts.endedAt = time
      state.closed.append(facts)
      if state.closed.count > Self.closedMax { state.closed.removeFirst() }
    }
  }

  /// Those that are open and those that were, by their starts.
  var all: [Facts] {
    state.withLock { $0.closed + $0.open.values.map(\.facts) }
      .sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
  }

  private func session(_ id: Int) -> WarehouseSession? {
    state.withLock { $0.open[id]?.session }
  }

  /// Has the statements to come of a session, or of all sessions of a user, wait by a priority.
  ///
  /// - Returns: whether there is such a session.
  func setPriority(_ priority: QueryPriority?, ofSession id: Int) -> Bool {
    guard let session = session(id) else { return false }
    try? session.withSettings {
      _ = try $0.set("query_priority", to: priority?.rawValue ?? "default")
    }
    return true
  }

  func setPriority(_ priority: QueryPriority?, ofUser name: String) {
    let ids = state.withLock { state in
      state.open.values.filter { $0.facts.user == name }.map(\.facts.id)
    }
    for id in ids { _ = setPriority(priority, ofSession: id) }
  }

  /// Stops what the session runs.
  ///
  /// - Parameter message: what its client is told; nil: what Redshift says.
  /// - Returns: whether there is such a session.
  func cancel(_ id: Int, message: String?) -> Bool {
    guard let session = session(id) else { return false }
    session.cancel(onBehalfOf: message)
    return true
  }

  /// Has `body` called for a session that is to end, with its id: whoever has its client's
  /// connection closes that.
  func onTerminate(_ body: @escaping @Sendable (Int) -> Void) {
    state.withLock { $0.onTerminate = body }
  }

  /// Ends the session; what its transaction did is rolled back.
  ///
  /// - Returns: whether there is such a session.
  func terminate(_ id: Int) -> Bool {
    guard let session = session(id) else { return false }
    state.withLock { $0.onTerminate }?(id)
    session.terminate()
    return true
  }
}
