internal import Core
internal import StreamLog
internal import Synchronization

/// Some records of a stream that one statement reads, and what came of it.
///
/// `stream_scan('@<id>')` finds its batch in the registry by the id.
final class ScanBatch: Sendable {
  struct Skipped: Sendable {
    var shard: ShardID
    var ordinal: UInt64
    var sequence: SequenceNumber
    var arrivedAt: Timestamp
    var reason: String
  }

  struct ShardTally: Sendable {
    var rows = 0
    var bytes = 0
    var oldest: Timestamp?
    var newest: Timestamp?
    var last: SequenceNumber?
  }

  let scan: StreamScan
  /// What the column `refresh_time` says.
  let startedAt: Timestamp
  /// How many threads may read it; nil: as many as there are parts.
  let threadsMax: Int?
  /// Whether a record whose data is no text is given as an empty text, which is no JSON either,
  /// rather than skipped: the statement takes no record that is no JSON.
  let passesOnlyJSON: Bool
  private let fields: FieldPaths?
  private let state = Mutex<State>(State())

  private struct State {
    var skipped: [Skipped] = []
    var tallies: [ShardID: ShardTally] = [:]
    var isPlain = false
  }

  /// - Parameter fields: what is found in the records' JSON while they are read.
  init(
    scan: StreamScan, startedAt: Timestamp, fields: FieldPaths? = nil, threadsMax: Int? = nil,
    passesOnlyJSON: Bool = false
  ) {
    self.passesOnlyJSON = passesOnlyJSON
    self.scan = scan
    self.threadsMax = threadsMax
    self.startedAt = startedAt
    self.fields = fields
  }

  /// What a statement finds in the records; nil if it looks itself.
  var wantedFields: FieldPaths? { state.withLock { $0.isPlain ? nil : fields } }

  /// A record is not what the search for fields can read: statements must look themselves.
  func giveUpFields() {
    state.withLock { $0.isPlain = true }
  }

  /// Records that could not become rows because they are not what the column type demands.
  var skipped: [Skipped] { state.withLock { $0.skipped } }
  var tallies: [ShardID: ShardTally] { state.withLock { $0.tallies } }

  /// Forgets what a statement that was rolled back had noted.
  func reset() {
    state.withLock { $0 = State(isPlain: $0.isPlain) }
  }

  func add(_ tally: ShardTally, of shard: ShardID, skipped: [Skipped]) {
    state.withLock { state in
      var sum = state.tallies[shard] ?? ShardTally()
      sum.rows += tally.rows
      sum.bytes += tally.bytes
      sum.oldest = [sum.oldest, tally.oldest].compactMap { $0 }.min()
      sum.newest = [sum.newest, tally.newest].compactMap { $0 }.max()
      sum.last = [sum.last, tally.last].compactMap { $0 }.max()
      state.tallies[shard] = sum
      state.skipped.append(contentsOf: skipped)
    }
  }
}

/// The batches that statements may read right now, by number.
final class ScanRegistry: Sendable {
  private struct State {
    var next = 1
    var batches: [Int: ScanBatch] = [:]
  }
  private let state = Mutex<State>(State())

  /// Makes the batch readable as `stream_scan('<name>')` while `body` runs.
  func withBatch<Value>(_ batch: ScanBatch, _ body: (String) throws -> Value) rethrows -> Value {
    let id = state.withLock { state in
      defer { state.next += 1 }
      state.batches[state.next] = batch
      return state.next
    }
    defer { _ = state.withLock { $0.batches.removeValue(forKey: id) } }
    return try body("@\(id)")
  }

  func batch(named name: String) -> ScanBatch? {
    guard name.hasPrefix("@"), let id = Int(name.dropFirst()) else { return nil }
    return state.withLock { $0.batches[id] }
  }
}
