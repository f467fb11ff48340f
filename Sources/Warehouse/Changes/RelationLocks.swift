internal import Core
internal import Synchronization

/// Who may change a relation while views over it are made or dropped.
///
/// Whoever adds rows shares the relation, until that is committed. Whoever changes or deletes rows
/// is the only one who does so: DuckDB lets an update and a deletion of the same row pass each
/// other by, and what each noted for the views would not add up. Whoever makes a view over the
/// relation has it alone, so that every change is either in what the view starts with or noted
/// for it, and never both.
final class RelationLocks: Sendable {
  /// A session's (positive) or a refresher's (negative).
  typealias Owner = Int64

  /// How long anybody waits for a relation.
  static let patience = Duration.seconds(30)

  enum Mode: Sendable {
    case share, change, alone
  }

  fileprivate struct Lock {
    var sharers: Set<Owner> = []
    var changer: Owner?
    var holder: Owner?

    var isFree: Bool { sharers.isEmpty && changer == nil && holder == nil }
  }

  private struct Waiter {
    var id: Int
    var owner: Owner
    var names: [RelationName]
    var mode: Mode
    var continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var locks: [RelationName: Lock] = [:]
    var waiters: [Waiter] = []
    var next = 0
    /// Commits of changes, and the newest of each relation.
    var commits = 0
    var changedAt: [RelationName: Int] = [:]
  }

  private let state = Mutex(State())

  /// An owner that nobody else is.
  func newOwner() -> Owner {
    state.withLock { state in
      state.next += 1
      return -Owner(state.next)
    }
  }

  /// - Throws: `SQLError` 55P03 if others kept the relation too long.
  func share(_ name: RelationName, owner: Owner) async throws {
    try await take([name], owner: owner, .share)
  }

  /// - Throws: `SQLError` 55P03 if others kept the relation too long.
  func change(_ name: RelationName, owner: Owner) async throws {
    try await take([name], owner: owner, .change)
  }

  /// Changes that were committed so far.
  var commits: Int { state.withLock { $0.commits } }

  /// Whether rows of the relation were changed and committed after so many commits.
  func hasChanged(_ name: RelationName, since commits: Int) -> Bool {
    state.withLock { $0.changedAt[name] ?? 0 > commits }
  }

  /// Notes that what the owner changed is committed.
  func noteCommit(owner: Owner) {
    state.withLock { state in
      state.commits += 1
      for (name, lock) in state.locks where lock.changer == owner {
        state.changedAt[name] = state.commits
      }
    }
  }

  /// - Throws: `SQLError` 55P03 if others kept one of the relations too long.
  func holdAlone(_ names: [RelationName], owner: Owner) async throws {
    try await take(names.sorted(), owner: owner, .alone)
  }

  /// Gives everything back that the owner has.
  func release(owner: Owner) {
    let ready = state.withLock { state in
      for name in state.locks.keys {
        state.locks[name]?.sharers.remove(owner)
        if state.locks[name]?.changer == owner { state.locks[name]?.changer = nil }
        if state.locks[name]?.holder == owner { state.locks[name]?.holder = nil }
        if state.locks[name]?.isFree == true { state.locks[name] = nil }
      }
      return Self.admit(&state)
    }
    for waiter in ready { waiter.continuation.resume(returning: true) }
  }

  private func take(_ names: [RelationName], owner: Owner, _ mode: Mode) async throws {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    let timer = Task { [weak self] in
      try await Task.sleep(for: Self.patience)
      self?.giveUp(id)
    }
    defer { timer.cancel() }
    let isGranted = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = Waiter(
          id: id, owner: owner, names: names, mode: mode, continuation: continuation)
        let ready = state.withLock { state in
          state.waiters.append(waiter)
          return Self.admit(&state)
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
        if Task.isCancelled { giveUp(id) }
      }
    } onCancel: {
      giveUp(id)
    }
    guard !isGranted else { return }
    try Task.checkCancellation()
    throw SQLError(
      "55P03",
      "could not lock \(names.map(\.description).joined(separator: ", ")): "
        + "another transaction that changes it stays open", hint: "COMMIT or ROLLBACK that one")
  }

  private func giveUp(_ id: Int) {
    let waiter = state.withLock { state -> Waiter? in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      return state.waiters.remove(at: index)
    }
    waiter?.continuation.resume(returning: false)
  }

  /// Lets those in who can be, in the order in which they came.
  private static func admit(_ state: inout State) -> [Waiter] {
    var ready: [Waiter] = []
    var blocked: Set<RelationName> = []
    state.waiters.removeAll { waiter in
      let isFree = waiter.names.allSatisfy { name in
        let lock = state.locks[name] ?? Lock()
        // One that has a part of it already goes before those who wait to have it alone.
        let isKnown = lock.sharers.contains(waiter.owner) || lock.changer == waiter.owner
        return lock.admits(waiter.owner, waiter.mode) && (isKnown || !blocked.contains(name))
      }
      guard isFree else {
        if waiter.mode == .alone { blocked.formUnion(waiter.names) }
        return false
      }
      for name in waiter.names {
        switch waiter.mode {
        case .share: state.locks[name, default: Lock()].sharers.insert(waiter.owner)
        case .change: state.locks[name, default: Lock()].changer = waiter.owner
        case .alone: state.locks[name, default: Lock()].holder = waiter.owner
        }
      }
      ready.append(waiter)
      return true
    }
    return ready
  }
}

extension RelationLocks.Lock {
  fileprivate func admits(_ owner: RelationLocks.Owner, _ mode: RelationLocks.Mode) -> Bool {
    guard holder == nil || holder == owner else { return false }
    let othersChange = changer != nil && changer != owner
    return switch mode {
    case .share: true
    case .change: !othersChange
    case .alone: !othersChange && sharers.allSatisfy { $0 == owner }
    }
  }
}
