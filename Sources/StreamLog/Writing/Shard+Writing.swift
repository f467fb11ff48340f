internal import Core
internal import Synchronization

// All of this runs on the committer's queue, for one shard on one thread at a time.
extension Shard {
  /// The segment for a write of this size; rolls if the last one is full.
  ///
  /// After a failure the shard is first brought back to where it was durable.
  ///
  /// - Returns: the segment, and whether it is new.
  func writable(for bytes: Int) throws(StreamLogError) -> (segment: Segment, isNew: Bool) {
    if state.withLock({ $0.condition.reason != nil || $0.condition.isPending }) { try recover() }
    guard let last = all.last else { return (try roll(), true) }
    let extent = last.current
    let isFull = extent.end + bytes > environment.segmentBytesMax
    guard isFull, extent.endOrdinal > last.firstOrdinal else { return (last, false) }
    return (try roll(), true)
  }

  /// Goes on in a fresh file.
  func roll() throws(StreamLogError) -> Segment {
    let next = endOrdinal
    if all.isEmpty {
      try environment.fileSystem.makeDirectory(directory)
      try environment.fileSystem.syncDirectory(directory.parentFolder)
    }
    let segment = try Segment.create(
      in: directory, shard: id.index, firstOrdinal: next, capacity: environment.capacity,
      fileSystem: environment.fileSystem)
    state.withLock { state in
      // An empty file that took no record is replaced: the new one has its name.
      if state.segments.last?.path == segment.path { state.segments.removeLast() }
      state.segments.append(segment)
    }
    return segment
  }

  func recover() throws(StreamLogError) {
    let condition = state.withLock { $0.condition }
    if condition.mustOpen { try reopen() }
    guard let last = all.last else { return }
    if condition.mustCut || condition.mustRoll { try last.cutToDurable() }
    state.withLock { $0.condition.mustCut = false }
    if condition.mustRoll {
      try last.verify()
      // A closed shard has no next record to make a file for.
      if closing == nil { _ = try roll() }
      state.withLock { $0.condition.mustRoll = false }
    }
  }

  /// Reads the folder that could not be read when the log was opened.
  private func reopen() throws(StreamLogError) {
    var description = ShardDescription(
      index: id.index, range: hashRange, createdAt: createdAt)
    description.closing = closing
    let found = try ShardRecovery(
      description: description, directory: directory, environment: environment
    ).open()
    state.withLock { state in
      state.segments = found.segments
      state.nextOrdinal = found.nextOrdinal
      state.condition.mustOpen = false
      state.condition.mustCut = state.condition.mustCut || found.condition.mustCut
      state.condition.mustRoll = state.condition.mustRoll || found.condition.mustRoll
    }
  }

  /// Takes note of a failed write; nothing that was not acknowledged stays.
  ///
  /// - Parameters:
  ///   - lostWrites: a sync failed, after which the page cache tells nothing.
  ///   - bytes: how much was to be written.
  func failed(_ error: StreamLogError, lostWrites: Bool, bytes: Int) {
    if let last = all.last { cut(last, lostWrites: lostWrites) }
    let isNews = state.withLock { state in
      defer { (state.condition.reason, state.condition.refusedBytes) = (error, bytes) }
      return state.condition.reason == nil
    }
    if isNews { reportCondition(error) }
  }

  /// The newest append worked.
  func succeeded() {
    let isNews = state.withLock { state in
      defer { state.condition.reason = nil }
      return state.condition.reason != nil && state.condition.stall == nil
    }
    if isNews { reportCondition(nil) }
  }

  /// A write is under way for too long. What it writes may become durable yet.
  func stalled() {
    let stall = StreamLogError.stalled(path: all.last?.path ?? directory)
    let isNews = state.withLock { state in
      defer { state.condition.stall = stall }
      return state.condition.stall == nil && state.condition.reason == nil
    }
    if isNews { reportCondition(stall) }
  }

  /// The write that had stalled has ended, well or not.
  func noLongerStalled() {
    let (isNews, reason) = state.withLock { state in
      defer { state.condition.stall = nil }
      return (state.condition.stall != nil, state.condition.reason)
    }
    if isNews { reportCondition(reason) }
  }

  private func reportCondition(_ reason: StreamLogError?) {
    environment.reporter.report(
      .degraded(
        stream: environment.stream, shard: id.description, reason: reason.map { "\($0)" }))
  }
}

extension ShardCondition {
  var isPending: Bool { mustCut || mustRoll || mustOpen }
}

extension String {
  /// A path without its last part.
  var parentFolder: String { String(self[..<(lastIndex(of: "/") ?? startIndex)]) }
}
