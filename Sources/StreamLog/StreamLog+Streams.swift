internal import Core
internal import Synchronization

// Making, changing and deleting streams. Each change is durable when its call returns.
extension StreamLog {
  /// Returns when the stream is durable; it takes records at once, or after the configured delay.
  ///
  /// - Parameter recordBytesMax: nil for the log's own limit.
  package func createStream(
    _ name: String, shardCount: Int, mode: StreamSummary.Mode = .provisioned,
    recordBytesMax: Int? = nil, settings: StreamSettings = StreamSettings()
  ) async throws(StreamLogError) {
    guard Self.isValid(name: name) else {
      throw .invalidArgument("'\(name)' is not a stream name: 1 to 128 of a-z, A-Z, 0-9, _ . -")
    }
    guard (1...Self.shardCountMax).contains(shardCount) else {
      throw .invalidArgument("a stream has 1 to \(Self.shardCountMax) shards, not \(shardCount)")
    }
    if let recordBytesMax { try Self.check(recordBytesMax: recordBytesMax) }
    let now = configuration.clock.now()
    let shards = PartitionHash.evenRanges(shardCount).enumerated().map {
      ShardDescription(index: UInt32($0.offset), range: $0.element, createdAt: now)
    }
    var description = StreamDescription(
      name: name, id: Self.makeID(), mode: mode, createdAt: now, shards: shards)
    description.recordBytesMax = recordBytesMax ?? configuration.recordBytesMax
    description.settings = settings
    let new = description
    let state = try await onQueue { () throws(StreamLogError) in
      let state = try self.make(new)
      self.pass(.creating, of: state)
      self.streams.withLock { $0.open[name] = state }
      return state
    }
    finishLater(.creating, of: state)
  }

  /// The folder gets its name when all is in it: a crash leaves either the stream or nothing.
  private func make(_ description: StreamDescription) throws(StreamLogError) -> StreamState {
    let name = description.name
    guard streams.withLock({ $0.open[name] == nil && $0.broken[name] == nil }) else {
      throw .streamExists(name)
    }
    let fileSystem = configuration.fileSystem
    let temporary = directory + "/" + description.id + ".creating"
    let path = directory + "/" + name + ".stream"
    try fileSystem.makeDirectory(temporary)
    try description.save(to: temporary, fileSystem: fileSystem)
    try fileSystem.rename(temporary, to: path)
    try fileSystem.syncDirectory(directory)
    let environment = configuration.environment(ofStream: name)
    let shards = description.shards.map {
      Shard(new: $0, directory: path + "/" + $0.id.description, environment: environment)
    }
    return StreamState(
      content: StreamState.Content(description: description, shards: shards), directory: path)
  }

  /// Returns when no crash brings the stream back. Records that are being appended are answered
  /// first. The stream is listed as DELETING for the configured delay. One that could not be
  /// opened is deleted at once.
  package func deleteStream(_ name: String) async throws(StreamLogError) {
    if brokenStreams[name] != nil { return try await deleteBroken(name) }
    let trash = try await onQueue { () throws(StreamLogError) in
      let state = try self.stream(name)
      let fileSystem = self.configuration.fileSystem
      let trash = self.directory + "/" + state.id + ".deleted"
      if state.status == .deleting {
        // Where a stall kept the one who deleted it from going on, the next one does.
        guard state.isLeftDeleting else { throw .streamBusy(name) }
      } else {
        state.isLeftDeleting = true
        // Between two groups, so that nothing is acknowledged into a folder that is gone.
        try self.committer.exclusively(at: state.directory) { () throws(StreamLogError) in
          try fileSystem.rename(state.directory, to: trash)
          state.status = .deleting
        }
      }
      try fileSystem.syncDirectory(self.directory)
      state.isLeftDeleting = false
      return (state, trash)
    }
    let (state, path) = trash
    let delay = configuration.stateDelay
    guard delay > .zero else { return try await remove(state, at: path) }
    Task {
      try? await Task.sleep(for: delay)
      try? await self.remove(state, at: path)
    }
  }

  private func deleteBroken(_ name: String) async throws(StreamLogError) {
    try await onQueue { () throws(StreamLogError) in
      guard self.brokenStreams[name] != nil else { throw .streamNotFound(name) }
      let fileSystem = self.configuration.fileSystem
      let folder = name + ".stream"
      let trash = self.directory + "/" + Self.makeID() + ".deleted"
      // Where the folder got its new name before and only the rest failed, it is gone; the next
      // start removes it.
      let isThere = try fileSystem.list(self.directory).contains(folder)
      if isThere { try fileSystem.rename(self.directory + "/" + folder, to: trash) }
      try fileSystem.syncDirectory(self.directory)
      self.streams.withLock { _ = $0.broken.removeValue(forKey: name) }
      self.configuration.reporter.report(
        .message(
          level: .warning, source: "stream log",
          text: "stream \(name), which could not be opened, was deleted"))
      if isThere { try fileSystem.removeTree(trash) }
    }
  }

  private func remove(_ state: StreamState, at path: String) async throws(StreamLogError) {
    try await onQueue { () throws(StreamLogError) in
      self.streams.withLock { _ = $0.open.removeValue(forKey: state.name) }
      state.finish()
      try self.configuration.fileSystem.removeTree(path)
    }
  }

  /// How long streams and consumers are in states that pass.
  package var stateDelay: Duration { configuration.stateDelay }

  // MARK: Settings

  /// Changes what has no effect on how the log works; nothing changes if `change` throws.
  package func update(
    stream name: String,
    _ change: @escaping @Sendable (inout StreamSettings) throws(StreamLogError) -> Void
  ) async throws(StreamLogError) {
    try await amend(name) { (description) throws(StreamLogError) in
      try change(&description.settings)
    }
  }

  /// Like `update(stream:)`, for operations after which Kinesis has the stream UPDATING: fails
  /// with `.streamBusy` unless it is ACTIVE.
  package func update(
    activeStream name: String,
    _ change: @escaping @Sendable (inout StreamSettings) throws(StreamLogError) -> Void
  ) async throws(StreamLogError) {
    try await transition(name) { (description) throws(StreamLogError) in
      try change(&description.settings)
    }
  }

  /// - Throws: `.invalidArgument` outside of 24 to 8,760 hours.
  package func setRetention(
    stream name: String, hours: Int
  ) async throws(StreamLogError) {
    guard Self.retentionHours.contains(hours) else {
      throw .invalidArgument(
        "a stream keeps its records for \(Self.retentionHours.lowerBound) to "
          + "\(Self.retentionHours.upperBound) hours, not \(hours)")
    }
    try await transition(name) { description in description.retentionHours = hours }
  }

  package func setMode(
    stream name: String, _ mode: StreamSummary.Mode
  ) async throws(StreamLogError) {
    try await transition(name) { description in description.mode = mode }
  }

  /// - Throws: `.invalidArgument` outside of 1 to 10 MiB.
  package func setRecordBytesMax(
    stream name: String, _ bytes: Int
  ) async throws(StreamLogError) {
    try Self.check(recordBytesMax: bytes)
    try await transition(name) { description in description.recordBytesMax = bytes }
  }

  package var accountSettings: AccountSettings { account.withLock { $0 } }

  package func updateAccount(
    _ change: @escaping @Sendable (inout AccountSettings) throws(StreamLogError) -> Void
  ) async throws(StreamLogError) {
    try await onQueue { () throws(StreamLogError) in
      var settings = self.accountSettings
      try change(&settings)
      let changed = settings
      try self.configuration.fileSystem.replace(
        AccountFile(settings: changed), at: self.directory + "/" + AccountFile.name)
      self.account.withLock { $0 = changed }
    }
  }

  // MARK: Changing a description

  private func amend(
    _ name: String,
    _ change: @escaping @Sendable (inout StreamDescription) throws(StreamLogError) -> Void
  ) async throws(StreamLogError) {
    try await onQueue { () throws(StreamLogError) in
      let state = try self.stream(name)
      guard state.status != .deleting else { throw .streamBusy(name) }
      try self.save(state, change)
    }
  }

  private func transition(
    _ name: String,
    _ change: @escaping @Sendable (inout StreamDescription) throws(StreamLogError) -> Void
  ) async throws(StreamLogError) {
    let state = try await onQueue { () throws(StreamLogError) in
      let state = try self.stream(name)
      guard state.status == .active else { throw .streamBusy(name) }
      try self.save(state, change)
      self.pass(.updating, of: state)
      return state
    }
    finishLater(.updating, of: state)
  }

  /// Writes a description that leaves the shards as they are. On the queue of changes.
  func save(
    _ state: StreamState,
    _ change: (inout StreamDescription) throws(StreamLogError) -> Void
  ) throws(StreamLogError) {
    var description = state.content.description
    try change(&description)
    let changed = description
    try settled(state) { () throws(StreamLogError) in
      try changed.save(to: state.directory, fileSystem: self.configuration.fileSystem)
    }
    state.replace(StreamState.Content(description: changed, shards: state.content.shards))
  }

  /// Enters a state that lasts as long as is configured.
  func pass(_ status: StreamSummary.Status, of state: StreamState) {
    if configuration.stateDelay > .zero { state.status = status }
  }

  func finishLater(_ status: StreamSummary.Status, of state: StreamState) {
    let delay = configuration.stateDelay
    guard delay > .zero else { return }
    Task {
      try? await Task.sleep(for: delay)
      if state.status == status { state.status = .active }
    }
  }

  static func check(recordBytesMax bytes: Int) throws(StreamLogError) {
    guard recordBytes.contains(bytes) else {
      throw .invalidArgument(
        "the limit for a record is \(recordBytes.lowerBound) to \(recordBytes.upperBound) bytes, "
          + "not \(bytes)")
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
}
