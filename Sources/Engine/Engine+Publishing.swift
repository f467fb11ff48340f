internal import Core
internal import Foundation
internal import Synchronization
package import Telemetry
internal import Warehouse

// A snapshot a second while somebody looks, one in a few seconds otherwise.
extension Engine {
  /// Seconds that a snapshot is new enough for someone who asks for it.
  private static let freshSeconds = 1.2
  /// Somebody looks if a snapshot was asked for within so many seconds.
  private static let lookingSeconds = 5.0
  /// Between two snapshots while nobody looks.
  private static let idlePauseSeconds = 5.0
  /// A warehouse that takes longer than this does not answer.
  private static let warehousePatience = Duration.seconds(2)

  struct Publication {
    var revisions = SnapshotRevisions(first: 0)
    var watchers: [Int: AsyncStream<Snapshot>.Continuation] = [:]
    var nextWatcher = 0
    var takenAt: ContinuousClock.Instant?
    var askedAt: ContinuousClock.Instant?
    /// What the warehouse was asked for, and has not answered yet.
    var question: Task<WarehouseFacts, any Error>?
    var isWarehouseSilent = false
  }

  struct WarehouseFacts: Sendable {
    var positions: [ViewPosition]
    var views: [ViewFacts]
  }

  /// Every so often, until it is cancelled.
  func takeSnapshots() async throws {
    while true {
      let now = ContinuousClock.now
      let isDue = publication.withLock { publication in
        guard publication.watchers.isEmpty, let taken = publication.takenAt else { return true }
        let isLookedAt =
          publication.askedAt.map { now - $0 < .seconds(Self.lookingSeconds) } ?? false
        return isLookedAt || now - taken >= .seconds(Self.idlePauseSeconds)
      }
      if isDue { try await publishSnapshot() }
      try await Task.sleep(for: .seconds(1))
    }
  }

  /// The newest snapshot; a new one if that is old.
  func freshSnapshot() async -> Snapshot? {
    let now = ContinuousClock.now
    let fresh = publication.withLock { publication -> Snapshot? in
      publication.askedAt = now
      guard let taken = publication.takenAt, now - taken < .seconds(Self.freshSeconds) else {
        return nil
      }
      return publication.revisions.newest
    }
    if let fresh { return fresh }
    try? await publishSnapshot()
    return latest
  }

  /// What has changed since the snapshot of this number, as JSON.
  func changedSnapshot(since revision: Int) async -> String? {
    _ = await freshSnapshot()
    let changes = publication.withLock { $0.revisions.changes(since: revision) }
    return changes.flatMap { try? JSONEncoder().encode($0) }.map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// `freshSnapshot()` as JSON. Blocking, not on Swift's cooperative pool.
  func awaitSnapshotText() -> String? {
    let done = DispatchSemaphore(value: 0)
    Task {
      _ = await freshSnapshot()
      done.signal()
    }
    _ = done.wait(timeout: .now() + 3)
    guard let snapshot = latest, let json = try? JSONEncoder().encode(snapshot) else { return nil }
    return String(decoding: json, as: UTF8.self)
  }

  /// The newest snapshot, and each one after it, once a second.
  package func snapshots() -> AsyncStream<Snapshot> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let hasEnded = hasEnded
      let id = publication.withLock { publication -> Int in
        if let newest = publication.revisions.newest { continuation.yield(newest) }
        if hasEnded { continuation.finish() }
        publication.nextWatcher += 1
        publication.watchers[publication.nextWatcher] = continuation
        return publication.nextWatcher
      }
      continuation.onTermination = { [weak self] _ in
        self?.publication.withLock { _ = $0.watchers.removeValue(forKey: id) }
      }
    }
  }

  package var latest: Snapshot? { publication.withLock { $0.revisions.newest } }

  func endWatching() {
    let watchers = publication.withLock { publication in
      defer { publication.watchers = [:] }
      return Array(publication.watchers.values)
    }
    for watcher in watchers { watcher.finish() }
  }

  /// A warehouse that fails (its disk is full, say) is news, and no reason to end the streams.
  private func publishSnapshot() async throws {
    do {
      let facts = try await warehouseFacts()
      publication.withLock { $0.isWarehouseSilent = false }
      publish(snapshot(with: facts))
    } catch let error where !(error is CancellationError) {
      let isNews = publication.withLock { publication in
        defer { publication.isWarehouseSilent = true }
        return !publication.isWarehouseSilent
      }
      if isNews {
        let reason = (error as? SQLError)?.message ?? "\(error)"
        telemetry.report(
          .message(level: .error, source: "warehouse", text: "it does not answer: \(reason)"))
      }
      publish(streamsOnly())
    }
  }

  private func publish(_ snapshot: Snapshot) {
    let watchers = publication.withLock { publication in
      publication.revisions.add(snapshot)
      publication.takenAt = ContinuousClock.now
      return Array(publication.watchers.values)
    }
    for watcher in watchers { watcher.yield(snapshot) }
  }

  /// - Throws: `SQLError`; also where the warehouse takes too long: then its answer is waited for
  ///   the next time.
  private func warehouseFacts() async throws -> WarehouseFacts {
    let question = publication.withLock { publication in
      let question =
        publication.question
        ?? Task { [warehouse] in
          WarehouseFacts(
            positions: try await warehouse.viewPositions(), views: try await warehouse.viewFacts())
        }
      publication.question = question
      return question
    }
    guard let result = await Patience.result(of: question, within: Self.warehousePatience) else {
      throw SQLError("58030", "it is waiting for its disk")
    }
    publication.withLock { if $0.question == question { $0.question = nil } }
    return try result.get()
  }
}

/// Who waits for a task, and not longer than a while.
private final class Patience<Value: Sendable>: Sendable {
  typealias Answer = Result<Value, any Error>

  private let waiter: Mutex<CheckedContinuation<Answer?, Never>?>

  private init(_ waiter: CheckedContinuation<Answer?, Never>) {
    self.waiter = Mutex(waiter)
  }

  /// The first call counts.
  private func settle(_ answer: Answer?) {
    let waiter = waiter.withLock { waiter in
      defer { waiter = nil }
      return waiter
    }
    waiter?.resume(returning: answer)
  }

  /// Nil if the task takes longer; it goes on.
  static func result(of task: Task<Value, any Error>, within time: Duration) async -> Answer? {
    await withCheckedContinuation { continuation in
      let patience = Patience(continuation)
      let timer = Task {
        try? await Task.sleep(for: time)
        patience.settle(nil)
      }
      Task {
        let answer = await task.result
        patience.settle(answer)
        timer.cancel()
      }
    }
  }
}
