internal import Synchronization

/// A view over a relation, as those see it who change the relation.
struct Dependent: Sendable, Equatable {
  var viewID: Int64
  var base: ViewBase

  /// A session's, which has no rows to be computed anew.
  var isSubscription: Bool { viewID < 0 }
}

/// Which views are over which relations, as the last commit left it, and whom to wake when one
/// changes.
final class Dependents: Sendable {
  private struct State {
    var byRelation: [RelationName: [Dependent]] = [:]
    /// Sessions that are told of changes, as if they were views.
    var subscriptions: [RelationName: [Dependent]] = [:]
    var listeners: [Int64: [Int: AsyncStream<Void>.Continuation]] = [:]
    /// Who waits for a relation's next commit.
    var watchers: [RelationName: [Int: AsyncStream<Void>.Continuation]] = [:]
    var next = 0
    /// When the oldest change came that a view has not been told of since it was last fresh.
    var waitingSince: [Int64: ContinuousClock.Instant] = [:]
  }

  private let state = Mutex(State())

  func follow(_ views: [MaterializedView]) {
    var map: [RelationName: [Dependent]] = [:]
    for view in views {
      for base in view.bases {
        map[base.relation, default: []].append(Dependent(viewID: view.id, base: base))
      }
    }
    state.withLock { [map] state in state.byRelation = map }
  }

  func of(_ relation: RelationName) -> [Dependent] {
    state.withLock { ($0.byRelation[relation] ?? []) + ($0.subscriptions[relation] ?? []) }
  }

  func add(_ subscription: Dependent) {
    state.withLock {
      $0.subscriptions[subscription.base.relation, default: []].append(subscription)
    }
  }

  /// Ends what sessions have subscribed to in a relation that goes or becomes another.
  func endSubscriptions(of relation: RelationName) {
    state.withLock { $0.subscriptions[relation] = nil }
  }

  func remove(_ subscription: Dependent) {
    state.withLock { state in
      let relation = subscription.base.relation
      state.subscriptions[relation]?.removeAll { $0.viewID == subscription.viewID }
      if state.subscriptions[relation]?.isEmpty == true { state.subscriptions[relation] = nil }
    }
  }

  /// An element for each time that a base of the view changed; times in quick succession count
  /// as one.
  func changes(for view: Int64) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.next += 1
      state.listeners[view, default: [:]][state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { $0.listeners[view]?[id] = nil }
    }
    return stream
  }

  /// An element for each time that the relation changed; times in quick succession count as one.
  func commits(of relation: RelationName) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.next += 1
      state.watchers[relation, default: [:]][state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { state in
        state.watchers[relation]?[id] = nil
        if state.watchers[relation]?.isEmpty == true { state.watchers[relation] = nil }
      }
    }
    return stream
  }

  /// Wakes the views over the relations, after the change was committed.
  func wake(over relations: some Sequence<RelationName>) {
    let now = ContinuousClock.now
    let woken = state.withLock { state in
      var woken: [AsyncStream<Void>.Continuation] = []
      for relation in relations {
        woken += (state.watchers[relation] ?? [:]).values
        for dependent in state.byRelation[relation] ?? [] {
          if state.waitingSince[dependent.viewID] == nil {
            state.waitingSince[dependent.viewID] = now
          }
          woken += (state.listeners[dependent.viewID] ?? [:]).values
        }
      }
      return woken
    }
    for continuation in woken { continuation.yield() }
  }

  /// How long the oldest change has waited for the view; forgets it.
  func takeWaitingTime(of view: Int64) -> Double? {
    let since = state.withLock { $0.waitingSince.removeValue(forKey: view) }
    return since.map {
      let time = ContinuousClock.now - $0
      return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    }
  }
}
