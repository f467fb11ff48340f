internal import Core
internal import Synchronization

// A shard whose disk failed takes records again as soon as the disk does. To show that it does
// before the next producer comes, the log tries.
extension Shard {
  /// The most that a try writes.
  private static let probeBytesMax = 1 << 20

  /// Whether the newest append failed, or the folder could not be read at the start.
  var mustProbe: Bool {
    state.withLock { $0.condition.reason != nil || $0.condition.mustOpen }
  }

  /// Brings the shard back to where it was durable, and writes and syncs as much as was refused,
  /// which is then cut off again. On the committer's queue.
  ///
  /// - Throws: `.io` while the disk fails; the shard stays degraded.
  func probe() throws(StreamLogError) {
    guard mustProbe else { return }
    try recover()
    if closing == nil { try tryWriting() }
    succeeded()
  }

  private func tryWriting() throws(StreamLogError) {
    guard let last = all.last else {
      // What makes the file is what failed.
      _ = try roll()
      return
    }
    let count = max(1, min(state.withLock(\.condition.refusedBytes), Self.probeBytesMax))
    do throws(StreamLogError) {
      // Zeros are no record: after a crash they are a torn tail.
      try last.file.write([UInt8](repeating: 0, count: count), at: last.current.end)
    } catch {
      cut(last, lostWrites: false)
      throw error
    }
    do throws(StreamLogError) {
      try last.file.sync()
    } catch {
      cut(last, lostWrites: true)
      throw error
    }
    try last.cutToDurable()
  }

  /// Takes back what was written behind the durable end, now or before the next append.
  func cut(_ segment: Segment, lostWrites: Bool) {
    let wasCut = (try? segment.cutToDurable()) != nil
    state.withLock { state in
      state.condition.mustCut = state.condition.mustCut || !wasCut
      state.condition.mustRoll = state.condition.mustRoll || lostWrites
    }
  }
}

extension StreamLog {
  /// So many failed tries end a round: where the disk of many shards fails, a few show it.
  private static let probeFailuresMax = 8

  /// Tries whether shards whose disk failed can be read, and take records, again. To be called
  /// about once a second; does nothing while all is well.
  package func probeDegradedShards() async {
    let shards = streams.withLock { Array($0.open.values) }.flatMap { state in
      state.status == .deleting ? [] : state.content.shards.filter(\.mustProbe)
    }
    guard !shards.isEmpty else { return }
    let start = probes.withLock { probes in
      probes &+= Self.probeFailuresMax
      return probes % shards.count
    }
    try? await onQueue { () throws(StreamLogError) in
      var failures = 0
      for shard in shards[start...] + shards[..<start] where failures < Self.probeFailuresMax {
        do throws(StreamLogError) {
          try self.committer.exclusively(at: shard.directory) { () throws(StreamLogError) in
            try shard.probe()
          }
        } catch {
          failures += 1
        }
      }
    }
  }
}
