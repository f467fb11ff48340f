internal import Core
internal import Synchronization

/// Who may change a relation while views over it are made or dropped.
///
/// Whoever changes rows shares the relation, until the change is committed; whoever makes a view
/// over it has it alone, so that every change is either in what the view starts with or noted for
/// it, and never both.
final class RelationLocks: Sendable {
  /// A session's (positive) or a refresher's (negative).
  typealias Owner = Int64

  /// How long anybody waits for a relation.
  static let patience = Duration.seconds(30)

  private struct Lock {
    var sharers: [Owner: Int] = [:]
    var holder: Owner?
  }

  private struct Waiter {
    var id: Int
    var owner: Owner
    var names: [RelationName]
    var isAlone: Bool
    var continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var locks: [RelationName: Lock] = [:]
    var waiters: [Waiter] = []
    var next = 0
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
    try await take([name], owner: owner, isAlone: false)
  }

  /// - Throws: `SQLError` 55P03 if others kept one of the relations too long.
  func holdAlone(_ names: [RelationName], owner: Owner) async throws {
    try await take(names.sorted(), owner: owner, isAlone: true)
  }

  /// Gives everything back that the owner has.
  func release(owner: Owner) {
    let ready = state.withLock { state in
      for name in state.locks.keys {
        state.locks[name]?.sharers[owner] = nil
        if state.locks[name]?.holder == owner { state.locks[name]?.holder = nil }
        if let lock = state.locks[name], lock.sharers.isEmpty, lock.holder == nil {
          state.locks[name] = nil
        }
      }
      return Self.admit(&state)
    }
    for waiter in ready { waiter.continuation.resume(returning: true) }
  }

  private func take(_ names: [RelationName], owner: Owner, isAlone: Bool) async throws {
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
          id: id, owner: owner, names: names, isAlone: isAlone, continuation: continuation)
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
        let isMine = lock.holder == nil || lock.holder == waiter.owner
        let isAlone = lock.sharers.keys.allSatisfy { $0 == waiter.owner }
        // One that shares already goes before those who wait to have it alone.
        let waits = blocked.contains(name) && lock.sharers[waiter.owner] == nil
        return isMine && (isAlone || !waiter.isAlone) && !waits
      }
      guard isFree else {
        if waiter.isAlone { blocked.formUnion(waiter.names) }
        return false
      }
      for name in waiter.names {
        if waiter.isAlone {
          state.locks[name, default: Lock()].holder = waiter.owner
        } else {
          state.locks[name, default: Lock()].sharers[waiter.owner] = 1
        }
      }
      ready.append(waiter)
      return true
    }
    return ready
  }
}
