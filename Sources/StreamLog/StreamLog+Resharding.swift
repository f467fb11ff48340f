internal import Core

// Changing a stream's shards while it is written and read. One rewrite of `stream.json` closes
// the parents and opens their children, between two groups of the committer.
extension StreamLog {
  /// - Parameter newStartingHashKey: where the second child starts: inside the shard's range.
  /// - Throws: `.streamBusy` unless the stream is ACTIVE; `.invalidArgument`, `.shardNotFound`.
  package func splitShard(
    stream: String, shard: ShardID, newStartingHashKey key: UInt128
  ) async throws(StreamLogError) {
    try await reshard(stream, reason: "SplitShard") {
      (description, ends, cause) throws(StreamLogError) in
      try description.split(shard, at: key, ends: ends, cause: cause)
    }
  }

  /// - Throws: `.streamBusy` unless the stream is ACTIVE; `.invalidArgument`, `.shardNotFound`.
  package func mergeShards(
    stream: String, shard: ShardID, adjacent: ShardID
  ) async throws(StreamLogError) {
    try await reshard(stream, reason: "MergeShards") {
      (description, ends, cause) throws(StreamLogError) in
      try description.merge(shard, adjacent, ends: ends, cause: cause)
    }
  }

  /// Splits and merges until `target` shards of equal ranges are open.
  ///
  /// - Returns: the number of open shards before, and after.
  package func updateShardCount(
    stream: String, target: Int
  ) async throws(StreamLogError) -> (current: Int, target: Int) {
    guard (1...Self.shardCountMax).contains(target) else {
      throw .invalidArgument("a stream has 1 to \(Self.shardCountMax) shards, not \(target)")
    }
    let before = try self.stream(stream).content.open.count
    try await reshard(stream, reason: "UpdateShardCount") {
      (description, ends, cause) throws(StreamLogError) in
      try description.scale(to: target, ends: ends, cause: cause)
    }
    return (before, target)
  }

  typealias ReshardingChange =
    @Sendable (
      inout StreamDescription, (ShardID) -> UInt64, ReshardingCause
    ) throws(StreamLogError) -> Void

  func reshard(
    _ name: String, reason: String, isAutomatic: Bool = false,
    _ change: @escaping ReshardingChange
  ) async throws(StreamLogError) {
    let state = try await onQueue { () throws(StreamLogError) in
      let state = try self.stream(name)
      guard state.status == .active else { throw .streamBusy(name) }
      try self.committer.exclusively(at: state.directory) { () throws(StreamLogError) in
        let events = try self.reshardNow(
          state, reason: reason, isAutomatic: isAutomatic, change)
        // Here rather than by who waits: after a stall nobody does.
        state.notify()
        for event in events { self.report(event, of: state) }
      }
      self.pass(.updating, of: state)
      return state
    }
    finishLater(.updating, of: state)
  }

  /// Between two groups of the committer: the ends of the shards stand still.
  ///
  /// - Returns: what was changed, in its order.
  private func reshardNow(
    _ state: StreamState, reason: String, isAutomatic: Bool, _ change: ReshardingChange
  ) throws(StreamLogError) -> [Resharding] {
    let content = state.content
    let before = content.description
    var description = before
    let ends = { (id: ShardID) in content.shard(id)?.endOrdinal ?? 0 }
    let cause = ReshardingCause(
      at: configuration.clock.now(), reason: reason, isAutomatic: isAutomatic)
    try change(&description, ends, cause)
    guard description != before else { return [] }
    guard description.openByRange.count <= Self.shardCountMax else {
      throw .limitExceeded("a stream has at most \(Self.shardCountMax) open shards")
    }
    do throws(StreamLogError) {
      try description.save(to: state.directory, fileSystem: configuration.fileSystem)
    } catch {
      // The new file may be in place, or come to be: no record may follow on the strength of
      // the old one before that is settled.
      state.mustSave = true
      throw error
    }
    adopt(description, in: state, shards: content.shards)
    state.mustSave = false
    return description.history.filter { event in
      event.children.contains { $0.index >= before.nextShard }
    }
  }

  /// Readers find the children before they find a parent's end.
  private func adopt(_ description: StreamDescription, in state: StreamState, shards: [Shard]) {
    let known = Set(shards.map(\.id))
    let environment = configuration.environment(ofStream: state.name)
    let new = description.shards.filter { !known.contains($0.id) }.map {
      Shard(
        new: $0, directory: state.directory + "/" + $0.id.description, environment: environment)
    }
    let content = StreamState.Content(description: description, shards: shards + new)
    state.replace(content)
    for shard in description.shards where known.contains(shard.id) {
      if let closing = shard.closing { content.shard(shard.id)?.close(closing) }
    }
  }

  private func report(_ event: Resharding, of state: StreamState) {
    configuration.reporter.report(
      .scaled(
        ScalingReport(
          stream: state.name, at: event.at, action: event.action.rawValue,
          parents: event.parents.map(\.description), children: event.children.map(\.description),
          openShards: state.content.open.count, reason: event.reason,
          isAutomatic: event.isAutomatic)))
  }
}
