internal import Core
internal import Dispatch
internal import Synchronization

// Retention works on whole segment files: a file goes when its newest record has expired, a
// closed shard when its retention has passed since it closed.
extension StreamLog {
  /// Removes what has expired by the clock. To be called now and then.
  ///
  /// - Throws: `.io` if a description could not be written; what was removed stays removed.
  package func expire() async throws(StreamLogError) {
    await probeDegradedShards()
    let now = configuration.clock.now()
    let states = streams.withLock { Array($0.open.values) }
    for state in states where state.status != .deleting && state.content.hasExpired(at: now) {
      try await onQueue { () throws(StreamLogError) in
        guard state.status != .deleting else { return }
        try self.expire(state)
      }
    }
  }

  private func expire(_ state: StreamState) throws(StreamLogError) {
    let now = configuration.clock.now()
    let content = state.content
    let horizon = content.description.horizon(at: now)
    for shard in content.shards {
      if shard.isOutdated(at: horizon) {
        // The last file of an open shard is the committer's.
        try? committer.exclusively(at: shard.directory) { () throws(StreamLogError) in
          if shard.isOutdated(at: horizon) { _ = try shard.roll() }
        }
      }
      shard.removeSegments(before: horizon)
    }
    try removeClosedShards(of: state, before: horizon)
  }

  private func removeClosedShards(
    of state: StreamState, before horizon: Timestamp
  ) throws(StreamLogError) {
    let content = state.content
    let ended = Set(
      content.description.shards.filter { $0.closing.map { $0.at < horizon } ?? false }.map(\.id))
    guard !ended.isEmpty else { return }
    let description = content.description.removing(ended)
    try settled(state) { () throws(StreamLogError) in
      try description.save(to: state.directory, fileSystem: self.configuration.fileSystem)
    }
    let gone = content.shards.filter { ended.contains($0.id) }
    state.replace(
      StreamState.Content(
        description: description, shards: content.shards.filter { !ended.contains($0.id) }))
    for shard in gone {
      // What stays behind is removed at the next start.
      try? configuration.fileSystem.removeTree(shard.directory)
    }
  }

  /// Runs a change of a description where nothing else writes it. On the queue of changes.
  func settled(
    _ state: StreamState, _ body: @escaping @Sendable () throws(StreamLogError) -> Void
  ) throws(StreamLogError) {
    // After a failed change the committer writes the description, too.
    if state.mustSave {
      try committer.exclusively(at: state.directory, body)
    } else {
      try body()
    }
    state.mustSave = false
  }
}

extension StreamDescription {
  /// Records that arrived before this have expired.
  func horizon(at now: Timestamp) -> Timestamp {
    now.advanced(bySeconds: -Double(retentionHours) * 3_600)
  }

  fileprivate func removing(_ ids: Set<ShardID>) -> StreamDescription {
    var copy = self
    copy.remove(ids)
    return copy
  }

  private mutating func remove(_ ids: Set<ShardID>) {
    expired += shards.filter { ids.contains($0.id) }.compactMap { shard in
      guard let end = shard.closing?.endOrdinal, end > 0 else { return nil }
      return ExpiredShard(index: shard.index, endOrdinal: end)
    }
    expired.removeFirst(max(0, expired.count - Self.historyMax))
    shards.removeAll { ids.contains($0.id) }
  }
}

extension StreamState.Content {
  /// Whether expiry has anything to do: most often it has not, however many shards there are.
  fileprivate func hasExpired(at now: Timestamp) -> Bool {
    let horizon = description.horizon(at: now)
    return description.shards.contains { $0.closing.map { $0.at < horizon } ?? false }
      || shards.contains { $0.holdsFile(before: horizon) }
  }
}

extension Shard {
  /// Whether the newest record of the oldest file has expired.
  fileprivate func holdsFile(before horizon: Timestamp) -> Bool {
    guard let first = state.withLock({ $0.segments.first }) else { return false }
    let newest = first.lastArrivedAt
    return newest != 0 && newest < horizon.microseconds
  }

  /// Whether all that an open shard holds has expired.
  func isOutdated(at horizon: Timestamp) -> Bool {
    guard closing == nil, let last = all.last?.current else { return false }
    return last.firstArrivedAt != 0 && last.lastArrivedAt < horizon.microseconds
  }

  /// Removes the files whose newest record has expired, but for the one that takes records.
  func removeSegments(before horizon: Timestamp) {
    removeSegments { segment in
      let extent = segment.current
      return extent.lastArrivedAt < horizon.microseconds
    }
  }

  /// Removes the oldest file, if the shard can do without it.
  func removeOldestSegment() {
    var isFirst = true
    removeSegments { _ in
      defer { isFirst = false }
      return isFirst
    }
  }

  /// The oldest file that the shard can do without.
  var oldestRemovable: Segment? {
    let (segments, isClosed) = state.withLock { ($0.segments, $0.closing != nil) }
    return isClosed || segments.count > 1 ? segments.first : nil
  }

  /// Readers that have a file open go on reading it.
  private func removeSegments(while isExpired: (Segment) -> Bool) {
    let removed = state.withLock { state in
      let candidates = state.closing == nil ? state.segments.dropLast() : state.segments[...]
      let removed = Array(candidates.prefix(while: isExpired))
      if removed.count == state.segments.count, let last = removed.last {
        state.nextOrdinal = last.current.endOrdinal
      }
      state.segments.removeFirst(removed.count)
      return removed
    }
    guard !removed.isEmpty else { return }
    do throws(StreamLogError) {
      // Oldest first: a crash in between leaves no gap.
      for segment in removed { try environment.fileSystem.removeFile(segment.path) }
      try environment.fileSystem.syncDirectory(directory)
    } catch {
      environment.warn("expired records of \(environment.stream) are still on the disk: \(error)")
    }
  }
}

/// Keeps a stream's files below a number of bytes, whatever its retention.
struct Trimmer: Sendable {
  let queue: DispatchQueue
  let bytesMax: Int?

  func trimLater(_ state: StreamState) {
    guard let bytesMax else { return }
    queue.async { trim(state, to: bytesMax) }
  }

  private func trim(_ state: StreamState, to bytesMax: Int) {
    let shards = state.content.shards
    while shards.reduce(0, { $0 + $1.fileByteCount }) > bytesMax {
      let oldest = shards.compactMap { shard in
        shard.oldestRemovable.map { (shard, $0.current.lastArrivedAt) }
      }.min { $0.1 < $1.1 }
      guard let oldest else { return }
      oldest.0.removeOldestSegment()
    }
  }
}
