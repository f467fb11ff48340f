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

  /// One of the relations that somebody needs, and how.
  struct Claim: Sendable {
    var name: RelationName
    var mode: Mode
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
    var claims: [Claim]
    var continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var locks: [RelationName: Lock] = [:]
    var waiters: [Waiter] = []
    /// Those who were told that they wait for themselves.
    var deadlocked: Set<Int> = []
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
    try await take([Claim(name: name, mode: .share)], owner: owner)
  }

  /// - Throws: `SQLError` 55P03 if others kept the relation too long.
  func change(_ name: RelationName, owner: Owner) async throws {
    try await take([Claim(name: name, mode: .change)], owner: owner)
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
    try await take(names.sorted().map { Claim(name: $0, mode: .alone) }, owner: owner)
  }

  /// Whether anybody waits for the relation.
  func isWaitedFor(_ name: RelationName) -> Bool {
    state.withLock { $0.waiters.contains { $0.claims.contains { $0.name == name } } }
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

  /// Takes all of the claims or none: who waits for one of them holds nobody up with the others.
  ///
  /// - Throws: `SQLError` 55P03 if others kept one of the relations too long, 40P01 if they wait
  ///   for what the owner has.
  func take(_ claims: [Claim], owner: Owner) async throws {
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
          id: id, owner: owner, claims: claims, continuation: continuation)
        let (ready, isDeadlock) = state.withLock { state in
          state.waiters.append(waiter)
          let ready = Self.admit(&state)
          return (ready, Self.waitsForItself(owner, in: state))
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
        if isDeadlock { giveUp(id, isDeadlock: true) }
        if Task.isCancelled { giveUp(id) }
      }
    } onCancel: {
      giveUp(id)
    }
    guard !isGranted else { return }
    try Task.checkCancellation()
    if state.withLock({ $0.deadlocked.remove(id) }) != nil {
      throw SQLError("40P01", "deadlock detected", hint: "ROLLBACK and try again")
    }
    throw SQLError(
      "55P03",
      "could not lock \(claims.map(\.name.description).joined(separator: ", ")): "
        + "another transaction that changes it stays open", hint: "COMMIT or ROLLBACK that one")
  }

  private func giveUp(_ id: Int, isDeadlock: Bool = false) {
    let waiter = state.withLock { state -> Waiter? in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      if isDeadlock { state.deadlocked.insert(id) }
      return state.waiters.remove(at: index)
    }
    waiter?.continuation.resume(returning: false)
  }

  /// Lets those in who can be, in the order in which they came.
  private static func admit(_ state: inout State) -> [Waiter] {
    var ready: [Waiter] = []
    var blocked: Set<RelationName> = []
    state.waiters.removeAll { waiter in
      // One that has something already goes before those who wait to have a relation alone: they
      // may wait for what it has.
      let isKnown = state.locks.values.contains { $0.isHeld(by: waiter.owner) }
      let isFree = waiter.claims.allSatisfy { claim in
        let lock = state.locks[claim.name] ?? Lock()
        return lock.admits(waiter.owner, claim.mode)
          && (isKnown || !blocked.contains(claim.name))
      }
      guard isFree else {
        blocked.formUnion(waiter.claims.filter { $0.mode == .alone }.map(\.name))
        return false
      }
      for claim in waiter.claims {
        switch claim.mode {
        case .share: state.locks[claim.name, default: Lock()].sharers.insert(waiter.owner)
        case .change: state.locks[claim.name, default: Lock()].changer = waiter.owner
        case .alone: state.locks[claim.name, default: Lock()].holder = waiter.owner
        }
      }
      ready.append(waiter)
      return true
    }
    return ready
  }

  /// Whether those for whom the owner waits wait, in the end, for the owner.
  private static func waitsForItself(_ owner: Owner, in state: State) -> Bool {
    var seen: Set<Owner> = []
    var open = [owner]
    while let next = open.popLast() {
      for waiter in state.waiters where waiter.owner == next {
        for claim in waiter.claims {
          let others = state.locks[claim.name]?.others(than: next, against: claim.mode) ?? []
          if others.contains(owner) { return true }
          open += others.filter { seen.insert($0).inserted }
        }
      }
    }
    return false
  }
}

extension RelationLocks.Lock {
  fileprivate func isHeld(by owner: RelationLocks.Owner) -> Bool {
    sharers.contains(owner) || changer == owner || holder == owner
  }

  /// Who keeps the owner from having it so.
  fileprivate func others(
    than owner: RelationLocks.Owner, against mode: RelationLocks.Mode
  ) -> [RelationLocks.Owner] {
    var others = [holder].compactMap { $0 }
    if mode != .share { others += [changer].compactMap { $0 } }
    if mode == .alone { others += sharers }
    return others.filter { $0 != owner }
  }

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
