package import Core
internal import Foundation
internal import Synchronization

/// Durable, sharded streams of records, in the manner of Kinesis.
///
/// What `append` has answered is on the disk. Readers see what is durable, nothing else. All
/// members may be called from any thread; the synchronous ones read memory, and do not block.
package final class StreamLog: Sendable {
  package struct Configuration: Sendable {
    /// A segment file is rolled before it grows past this.
    package var segmentBytesMax: Int
    /// Data and partition key of one record.
    package var recordBytesMax: Int
    package var accountID: String
    package var region: String
    package var clock: any WallClock
    package var fileSystem: any FileSystem
    package var reporter: any Reporter

    package init(
      segmentBytesMax: Int = 64 << 20, recordBytesMax: Int = 1 << 20,
      accountID: String = "000000000000", region: String = "us-east-1",
      clock: any WallClock = SystemClock(), fileSystem: any FileSystem = LocalFileSystem(),
      reporter: any Reporter = SilentReporter()
    ) {
      self.segmentBytesMax = segmentBytesMax
      self.recordBytesMax = recordBytesMax
      self.accountID = accountID
      self.region = region
      self.clock = clock
      self.fileSystem = fileSystem
      self.reporter = reporter
    }
  }

  package static let shardCountMax = 10_000

  private let directory: String
  private let configuration: Configuration
  private let committer: Committer
  /// Creating and deleting streams, one at a time.
  private let changes = BlockingQueue(label: "weir.streams")
  private let streams: Mutex<[String: StreamState]>

  /// Blocking: opens every stream in the directory, and cuts torn tails off.
  package static func open(
    directory: String, configuration: Configuration = Configuration()
  ) throws(StreamLogError) -> StreamLog {
    let fileSystem = configuration.fileSystem
    try fileSystem.makeDirectory(directory)
    var streams: [String: StreamState] = [:]
    for name in try fileSystem.list(directory).sorted() {
      let path = directory + "/" + name
      if name.hasSuffix(".creating") || name.hasSuffix(".deleted") {
        try removeTree(path, fileSystem: fileSystem)
      } else if name.hasSuffix(".stream") {
        let state = try openStream(path, configuration: configuration)
        streams[state.name] = state
      }
    }
    return StreamLog(directory: directory, configuration: configuration, streams: streams)
  }

  private init(directory: String, configuration: Configuration, streams: [String: StreamState]) {
    self.directory = directory
    self.configuration = configuration
    self.streams = Mutex(streams)
    committer = Committer(clock: configuration.clock, reporter: configuration.reporter)
  }

  private static func openStream(
    _ path: String, configuration: Configuration
  ) throws(StreamLogError) -> StreamState {
    let description = try StreamDescription.load(
      from: path, fileSystem: configuration.fileSystem)
    var shards: [Shard] = []
    for shard in description.shards {
      shards.append(
        try Shard(
          description: shard, directory: path + "/" + ShardID(index: shard.index).description,
          segmentBytesMax: configuration.segmentBytesMax, fileSystem: configuration.fileSystem,
          reporter: configuration.reporter))
    }
    return StreamState(description: description, directory: path, shards: shards)
  }

  private static func removeTree(
    _ path: String, fileSystem: any FileSystem
  ) throws(StreamLogError) {
    for name in try fileSystem.list(path) {
      let entry = path + "/" + name
      if name.hasPrefix("shardId-") {
        try removeTree(entry, fileSystem: fileSystem)
      } else {
        try fileSystem.removeFile(entry)
      }
    }
    try fileSystem.removeDirectory(path)
  }

  /// Answers what was appended, then refuses more and ends all `changes`.
  package func close() async {
    await committer.close()
    for stream in streams.withLock({ Array($0.values) }) { stream.finish() }
  }

  // MARK: Streams

  /// Returns when the stream is durable and takes records.
  package func createStream(
    _ name: String, shardCount: Int, mode: StreamSummary.Mode = .provisioned
  ) async throws(StreamLogError) {
    guard Self.isValid(name: name) else {
      throw .invalidArgument("'\(name)' is not a stream name: 1 to 128 of a-z, A-Z, 0-9, _ . -")
    }
    guard (1...Self.shardCountMax).contains(shardCount) else {
      throw .invalidArgument("a stream has 1 to \(Self.shardCountMax) shards, not \(shardCount)")
    }
    let state = try await onQueue { () throws(StreamLogError) in
      try self.makeStream(name, shardCount: shardCount, mode: mode)
    }
    streams.withLock { $0[name] = state }
  }

  private func makeStream(
    _ name: String, shardCount: Int, mode: StreamSummary.Mode
  ) throws(StreamLogError) -> StreamState {
    guard streams.withLock({ $0[name] }) == nil else { throw .streamExists(name) }
    let now = configuration.clock.now()
    let shards = PartitionHash.evenRanges(shardCount).enumerated().map {
      ShardDescription(index: UInt32($0.offset), range: $0.element, createdAt: now)
    }
    let description = StreamDescription(
      name: name, id: Self.makeID(), mode: mode, createdAt: now, retentionHours: 24,
      shards: shards)
    // The folder gets its name when all is in it: a crash leaves either the stream or nothing.
    let fileSystem = configuration.fileSystem
    let temporary = directory + "/" + description.id + ".creating"
    let path = directory + "/" + name + ".stream"
    try fileSystem.makeDirectory(temporary)
    for shard in shards {
      let folder = temporary + "/" + ShardID(index: shard.index).description
      try fileSystem.makeDirectory(folder)
      _ = try Segment.create(
        in: folder, shard: shard.index, firstOrdinal: 0, capacity: RecordFormat.fileHeaderSize,
        fileSystem: fileSystem)
    }
    try description.save(to: temporary, fileSystem: fileSystem)
    try fileSystem.rename(temporary, to: path)
    try fileSystem.syncDirectory(directory)
    return try Self.openStream(path, configuration: configuration)
  }

  /// Returns when the stream is gone. Records that are being appended are answered first.
  package func deleteStream(_ name: String) async throws(StreamLogError) {
    try await onQueue { () throws(StreamLogError) in
      let state = try self.stream(name)
      let fileSystem = self.configuration.fileSystem
      let trash = self.directory + "/" + state.description.id + ".deleted"
      try fileSystem.rename(state.directory, to: trash)
      try fileSystem.syncDirectory(self.directory)
      self.streams.withLock { _ = $0.removeValue(forKey: name) }
      state.finish()
      try Self.removeTree(trash, fileSystem: fileSystem)
    }
  }

  private func onQueue<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StreamLogError) -> Value
  ) async throws(StreamLogError) -> Value {
    do {
      return try await changes.run(body)
    } catch let error as StreamLogError {
      throw error
    } catch {
      throw .closed
    }
  }

  private static func isValid(name: String) -> Bool {
    (1...128).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x2E || byte == 0x2D
      }
  }

  /// In the shape of a Kinesis stream id: twenty characters, a dash, three.
  private static func makeID() -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    func characters(_ count: Int) -> String {
      String((0..<count).compactMap { _ in alphabet.randomElement() })
    }
    return characters(20) + "-" + characters(3)
  }

  func stream(_ name: String) throws(StreamLogError) -> StreamState {
    guard let state = streams.withLock({ $0[name] }) else { throw .streamNotFound(name) }
    return state
  }

  /// In alphabetical order.
  package func streamNames() -> [String] {
    streams.withLock { $0.keys.sorted() }
  }

  package func summary(of name: String) throws(StreamLogError) -> StreamSummary {
    let state = try stream(name)
    let description = state.description
    return StreamSummary(
      name: name,
      arn: "arn:aws:kinesis:\(configuration.region):\(configuration.accountID):stream/\(name)",
      id: description.id, status: .active, mode: description.mode,
      createdAt: description.createdAt, retentionHours: description.retentionHours,
      shards: state.shards.map { shard in
        ShardSummary(
          id: shard.id, hashRange: shard.hashRange, startingSequence: shard.startingSequence,
          recordCount: shard.endOrdinal, byteCount: shard.byteCount)
      })
  }

  // MARK: Writing

  /// Appends records, in order within each shard.
  ///
  /// - Returns: after all of them are durable, one per record, in the same order.
  /// - Throws: `.invalidArgument` before anything is written; `.io` if a shard's disk refused.
  ///   After `.io` the records of other shards may be in the stream: whoever appends again
  ///   doubles these.
  package func append(
    _ records: [NewRecord], to stream: String
  ) async throws(StreamLogError) -> [AppendedRecord] {
    let state = try self.stream(stream)
    var items: [Committer.Request.Item] = []
    items.reserveCapacity(records.count)
    for record in records {
      try check(record)
      let hashKey = record.explicitHashKey ?? PartitionHash.hash(record.partitionKey)
      guard let shard = state.shardIndex(for: hashKey) else { throw .streamBusy(stream) }
      items.append(Committer.Request.Item(record: record, hashKey: hashKey, shard: shard))
    }
    guard !items.isEmpty else { return [] }
    return try await withCheckedContinuation { continuation in
      committer.submit(Committer.Request(stream: state, items: items, answer: continuation))
    }.get()
  }

  private func check(_ record: NewRecord) throws(StreamLogError) {
    guard (1...256).contains(record.partitionKey.unicodeScalars.count) else {
      throw .invalidArgument("a partition key has 1 to 256 characters")
    }
    let size = record.data.count + record.partitionKey.utf8.count
    guard size <= configuration.recordBytesMax else {
      throw .invalidArgument(
        "a record (data and partition key) has at most \(configuration.recordBytesMax) bytes, "
          + "not \(size)")
    }
  }

  // MARK: Following

  /// Yields after records became durable; one element may stand for many. Ends when the stream
  /// is deleted or the log closed.
  package func changes(of stream: String) throws(StreamLogError) -> AsyncStream<Void> {
    try self.stream(stream).changes()
  }

  /// For each shard the ordinal that its next record gets.
  package func ends(of stream: String) throws(StreamLogError) -> [ShardID: UInt64] {
    let shards = try self.stream(stream).shards
    return Dictionary(uniqueKeysWithValues: shards.map { ($0.id, $0.endOrdinal) })
  }
}
