internal import Core
internal import Dispatch
internal import Synchronization

/// Durable, sharded streams of records, in the manner of Kinesis.
///
/// What `append` has answered is on the disk. Readers see what is durable, nothing else. All
/// members may be called from any thread; those that are not `async` read memory and files, and
/// wait for nobody.
package final class StreamLog: Sendable {
  package static let shardCountMax = ShardScaling.shardsMax
  package static let retentionHours = 24...8_760
  /// What a stream's limit for one record can be.
  package static let recordBytes = (1 << 20)...(10 << 20)

  let directory: String
  let configuration: Configuration
  let committer: Committer
  /// Changes of streams, one at a time.
  let changes = DispatchQueue(label: "weir.streams")
  let streams: Mutex<Streams>
  let account: Mutex<AccountSettings>
  let scaling = Mutex(ScalingState())
  /// Where the next round of probing starts, among the shards that are degraded.
  let probes = Mutex(0)
  private let switches: Switches

  struct Streams: Sendable {
    var open: [String: StreamState] = [:]
    /// Streams whose description cannot be read, and why.
    var broken: [String: StreamLogError] = [:]
  }

  /// What is switched while the log runs.
  private final class Switches: Sendable {
    let enforcesShardLimits: Atomic<Bool>

    init(enforcesShardLimits: Bool) {
      self.enforcesShardLimits = Atomic(enforcesShardLimits)
    }
  }

  /// Blocking: opens every stream in the directory, and cuts torn tails off.
  ///
  /// What is damaged is reported, and unreadable; it keeps nothing else from opening.
  ///
  /// - Throws: `.io` if the directory itself cannot be read; `.unknownVersion`.
  package static func open(
    directory: String, configuration: Configuration = Configuration()
  ) throws(StreamLogError) -> StreamLog {
    try configuration.fileSystem.makeDirectory(directory)
    let opening = LogOpening(directory: directory, configuration: configuration)
    return StreamLog(
      directory: directory, configuration: configuration, streams: try opening.streams(),
      account: try opening.account())
  }

  private init(
    directory: String, configuration: Configuration, streams: Streams, account: AccountSettings
  ) {
    self.directory = directory
    self.configuration = configuration
    self.streams = Mutex(streams)
    self.account = Mutex(account)
    let switches = Switches(enforcesShardLimits: configuration.enforcesShardLimits)
    self.switches = switches
    let trimmer = Trimmer(queue: changes, bytesMax: configuration.retentionBytesMax)
    committer = Committer(
      writer: GroupWriter(
        clock: configuration.clock, fileSystem: configuration.fileSystem,
        reporter: configuration.reporter,
        enforcesLimits: { switches.enforcesShardLimits.load(ordering: .relaxed) },
        onRoll: { trimmer.trimLater($0) }),
      // A request may come just after a step has begun, and wait for two.
      stepLimit: configuration.diskTimeout / 2)
  }

  /// Whether each shard takes 1 MiB and 1,000 records a second, and gives 2 MiB and 5 reads.
  package var enforcesShardLimits: Bool {
    get { switches.enforcesShardLimits.load(ordering: .relaxed) }
    set { switches.enforcesShardLimits.store(newValue, ordering: .relaxed) }
  }

  /// Answers what was appended, then refuses more and ends all `changes`.
  package func close() async {
    await committer.close()
    for stream in streams.withLock({ Array($0.open.values) }) { stream.finish() }
  }

  /// Runs a change of a stream behind those that came before it.
  ///
  /// - Throws: what `body` throws; `.stalled` if the disk does not answer in time: then `body` is
  ///   under way and may have its effect later, or is never run.
  func onQueue<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StreamLogError) -> Value
  ) async throws(StreamLogError) -> Value {
    let stall = StreamLogError.stalled(path: directory)
    let result: Result<Value, StreamLogError> = await withCheckedContinuation { continuation in
      let change = TimedChange(continuation)
      changes.async { [committer] in
        guard change.isAwaited else { return }
        // A change that was abandoned may still be writing what this one would.
        guard !committer.isStalled else { return change.settle(.failure(stall)) }
        change.settle(Result { () throws(StreamLogError) in try body() })
      }
      change.settle(.failure(stall), in: configuration.diskTimeout)
    }
    return try result.get()
  }

  // MARK: What there is

  func stream(_ name: String) throws(StreamLogError) -> StreamState {
    let (state, failure) = streams.withLock { ($0.open[name], $0.broken[name]) }
    if let state { return state }
    throw failure ?? .streamNotFound(name)
  }

  /// In alphabetical order.
  package func streamNames() -> [String] {
    streams.withLock { $0.open.keys.sorted() }
  }

  /// Streams whose description cannot be read, with the reason: nothing can be done with these
  /// but to repair the file, or to delete the stream.
  package var brokenStreams: [String: StreamLogError] { streams.withLock { $0.broken } }

  package func summary(of name: String) throws(StreamLogError) -> StreamSummary {
    let state = try stream(name)
    let (content, status) = (state.content, state.status)
    let description = content.description
    return StreamSummary(
      name: name,
      arn: arn(of: name),
      id: description.id, status: status, mode: description.mode,
      createdAt: description.createdAt, retentionHours: description.retentionHours,
      recordBytesMax: description.recordBytesMax, settings: description.settings,
      shards: status == .creating ? [] : content.shards.map(\.summary))
  }

  /// The newest changes of a stream's shards, oldest first.
  package func reshardings(of name: String) throws(StreamLogError) -> [Resharding] {
    try stream(name).content.description.history
  }

  // MARK: Following

  /// Yields after records became durable or shards changed; one element may stand for many. Ends
  /// when the stream is deleted or the log closed.
  package func changes(of stream: String) throws(StreamLogError) -> AsyncStream<Void> {
    try self.stream(stream).changes()
  }

  /// For each shard the ordinal that its next record gets.
  package func ends(of stream: String) throws(StreamLogError) -> [ShardID: UInt64] {
    let shards = try self.stream(stream).content.shards
    return Dictionary(uniqueKeysWithValues: shards.map { ($0.id, $0.endOrdinal) })
  }
}
