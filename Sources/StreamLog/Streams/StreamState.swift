internal import Core
internal import Synchronization

/// A stream that is open: what is known of it, its shards, and who waits for its records.
final class StreamState: Sendable {
  /// What a stream is at one moment; replaced as a whole.
  final class Content: Sendable {
    let description: StreamDescription
    /// Every shard that is listed, by number.
    let shards: [Shard]
    /// Those that take records, by hash range.
    let open: [Shard]
    /// Where each range of `open` starts.
    private let starts: [UInt128]

    init(description: StreamDescription, shards: [Shard]) {
      self.description = description
      self.shards = shards.sorted { $0.id < $1.id }
      let closed = Set(description.shards.lazy.filter { $0.closing != nil }.map(\.id))
      open = shards.filter { !closed.contains($0.id) }
        .sorted { $0.hashRange.lowerBound < $1.hashRange.lowerBound }
      starts = open.map(\.hashRange.lowerBound)
    }

    func shard(_ id: ShardID) -> Shard? {
      var low = 0
      var high = shards.count
      while low < high {
        let middle = (low + high) / 2
        if shards[middle].id < id { low = middle + 1 } else { high = middle }
      }
      return low < shards.count && shards[low].id == id ? shards[low] : nil
    }

    /// The index in `open` of the shard that takes the hash key.
    func route(_ hashKey: UInt128) -> Int? {
      var low = 0
      var high = starts.count
      while low < high {
        let middle = (low + high) / 2
        if starts[middle] <= hashKey { low = middle + 1 } else { high = middle }
      }
      guard low > 0, open[low - 1].hashRange.contains(hashKey) else { return nil }
      return low - 1
    }
  }

  let name: String
  let id: String
  let directory: String
  private let state: Mutex<State>
  private let watchers = Mutex(Watchers())

  private struct State {
    var content: Content
    var status: StreamSummary.Status
    /// A change of `stream.json` failed half way: the file is to be written again before a
    /// shard takes records.
    var mustSave = false
    /// Its folder has got another name, or will have: who deletes the stream did not get further.
    var isLeftDeleting = false
  }

  private struct Watchers {
    var next = 0
    var all: [Int: AsyncStream<Void>.Continuation] = [:]
    var isFinished = false
  }

  init(content: Content, directory: String, status: StreamSummary.Status = .active) {
    name = content.description.name
    id = content.description.id
    self.directory = directory
    state = Mutex(State(content: content, status: status))
  }

  var content: Content { state.withLock { $0.content } }

  func replace(_ content: Content) { state.withLock { $0.content = content } }

  var status: StreamSummary.Status {
    get { state.withLock { $0.status } }
    set { state.withLock { $0.status = newValue } }
  }

  var mustSave: Bool {
    get { state.withLock { $0.mustSave } }
    set { state.withLock { $0.mustSave = newValue } }
  }

  var isLeftDeleting: Bool {
    get { state.withLock { $0.isLeftDeleting } }
    set { state.withLock { $0.isLeftDeleting = newValue } }
  }

  func shard(_ id: ShardID) throws(StreamLogError) -> Shard {
    guard let shard = content.shard(id) else {
      throw .shardNotFound(stream: name, shard: id.description)
    }
    return shard
  }

  // MARK: Following

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
