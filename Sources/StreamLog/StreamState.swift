internal import Core
internal import Synchronization

/// A stream that is open: its shards, and who waits for its records.
final class StreamState: Sendable {
  let description: StreamDescription
  let directory: String
  let shards: [Shard]
  private let watchers = Mutex(Watchers())

  private struct Watchers {
    var next = 0
    var all: [Int: AsyncStream<Void>.Continuation] = [:]
    var isFinished = false
  }

  init(description: StreamDescription, directory: String, shards: [Shard]) {
    self.description = description
    self.directory = directory
    self.shards = shards.sorted { $0.id < $1.id }
  }

  var name: String { description.name }

  func shard(_ id: ShardID) throws(StreamLogError) -> Shard {
    guard let shard = shards.first(where: { $0.id == id }) else {
      throw .shardNotFound(stream: name, shard: id.description)
    }
    return shard
  }

  /// The index in `shards` of the one that takes the hash key.
  func shardIndex(for hashKey: UInt128) -> Int? {
    shards.firstIndex { $0.hashRange.contains(hashKey) }
  }

  func changes() -> AsyncStream<Void> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let id = watchers.withLock { watchers -> Int? in
        guard !watchers.isFinished else { return nil }
        watchers.next += 1
        watchers.all[watchers.next] = continuation
        return watchers.next
      }
      guard let id else {
        continuation.finish()
        return
      }
      continuation.onTermination = { [weak self] _ in
        self?.watchers.withLock { _ = $0.all.removeValue(forKey: id) }
      }
    }
  }

  func notify() {
    for continuation in watchers.withLock({ Array($0.all.values) }) { continuation.yield() }
  }

  func finish() {
    let ending = watchers.withLock { watchers in
      watchers.isFinished = true
      defer { watchers.all = [:] }
      return Array(watchers.all.values)
    }
    for continuation in ending { continuation.finish() }
  }
}
