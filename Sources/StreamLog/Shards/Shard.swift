internal import Core
internal import Synchronization

/// One shard: its segments in order, the last of which takes new records while it is open.
///
/// A shard that never held a record has no file; the first append makes it.
final class Shard: Sendable {
  struct State: Sendable {
    var segments: [Segment]
    /// The ordinal of the next record if there is no segment.
    var nextOrdinal: UInt64
    var closing: ShardDescription.Closing?
    var condition = ShardCondition()
  }

  let id: ShardID
  let hashRange: ClosedRange<UInt128>
  let createdAt: Timestamp
  let parents: [ShardID]
  let directory: String
  let environment: ShardEnvironment
  let limiter = ShardLimiter()
  private let epoch: UInt64
  let state: Mutex<State>
  let load: ShardLoad

  /// Blocking: recovers what is in the shard's folder, if there is one.
  ///
  /// What cannot be read is noted, and makes the shard unreadable there; it does not throw.
  ///
  /// - Throws: `.unknownVersion`.
  init(
    description: ShardDescription, directory: String, environment: ShardEnvironment
  ) throws(StreamLogError) {
    id = description.id
    hashRange = description.hashRange
    load = ShardLoad(description.hashRange)
    createdAt = description.createdAt
    epoch = description.epoch
    parents = [description.parent, description.adjacentParent].compactMap { $0 }
      .map(ShardID.init(index:))
    self.directory = directory
    self.environment = environment
    let recovery = ShardRecovery(
      description: description, directory: directory, environment: environment)
    state = Mutex(try recovery.run())
  }

  /// A shard that was just made, and has nothing on the disk.
  init(new description: ShardDescription, directory: String, environment: ShardEnvironment) {
    id = description.id
    hashRange = description.hashRange
    load = ShardLoad(description.hashRange)
    createdAt = description.createdAt
    epoch = description.epoch
    parents = [description.parent, description.adjacentParent].compactMap { $0 }
      .map(ShardID.init(index:))
    self.directory = directory
    self.environment = environment
    state = Mutex(State(segments: [], nextOrdinal: 0, closing: description.closing))
  }

  // MARK: Reading

  var all: [Segment] { state.withLock { $0.segments } }

  var endOrdinal: UInt64 { state.withLock(\.endOrdinal) }

  var firstOrdinal: UInt64 { state.withLock(\.firstOrdinal) }

  var byteCount: UInt64 { all.reduce(0) { $0 + $1.current.payloadBytes } }

  /// Bytes of the files.
  var fileByteCount: Int { all.reduce(0) { $0 + $1.current.end } }

  var lastArrivedAt: Int64 {
    all.reversed().lazy.map(\.lastArrivedAt).first { $0 != 0 } ?? 0
  }

  var closing: ShardDescription.Closing? { state.withLock(\.closing) }

  /// Nothing comes after this; all that was appended is below the end ordinal.
  func close(_ closing: ShardDescription.Closing) {
    state.withLock { $0.closing = closing }
  }

  /// The segments from the one that holds the ordinal on.
  func segments(from ordinal: UInt64) -> ArraySlice<Segment> {
    let all = all
    let index = all.lastIndex { $0.firstOrdinal <= ordinal } ?? 0
    return all[index...]
  }

  /// The oldest record that has not expired at `horizon`.
  func firstOrdinal(since horizon: Timestamp) -> UInt64 {
    for segment in all {
      let extent = segment.current
      guard extent.endOrdinal > segment.firstOrdinal else { continue }
      if extent.firstArrivedAt >= horizon.microseconds { return segment.firstOrdinal }
      if extent.lastArrivedAt >= horizon.microseconds {
        return (try? ordinal(arrivedAtOrAfter: horizon, in: segment)) ?? segment.firstOrdinal
      }
    }
    return endOrdinal
  }

  /// Where a reader at `ordinal` goes on: there, unless the record has expired at `horizon`.
  func readable(from ordinal: UInt64, since horizon: Timestamp) -> UInt64 {
    if let segment = segments(from: ordinal).first {
      let entry = segment.current.entry(atOrBefore: ordinal)
      // Most readers are far from the horizon: no need to look for it.
      if let entry, entry.ordinal <= ordinal, entry.arrivedAt >= horizon.microseconds {
        return ordinal
      }
    }
    return max(ordinal, firstOrdinal(since: horizon))
  }

  /// The first record of a segment that arrived at `time` or later; its end if there is none.
  func ordinal(
    arrivedAtOrAfter time: Timestamp, in segment: Segment
  ) throws(StreamLogError) -> UInt64 {
    let extent = segment.current
    guard let entry = extent.entry(before: time.microseconds) else { return extent.endOrdinal }
    let bound = extent.damages.first { $0.offsets.lowerBound >= entry.offset }
    var scanner = SegmentScanner(
      file: segment.file, size: bound?.offsets.lowerBound ?? extent.end,
      windowBytes: SegmentScanner.smallWindowBytes)
    var offset = entry.offset
    while let header = try scanner.header(at: offset) {
      if header.arrivedAt >= time.microseconds { return header.ordinal }
      offset += header.size
    }
    return bound?.ordinals.upperBound ?? extent.endOrdinal
  }

  func sequence(ofOrdinal ordinal: UInt64, arrivedAt: Int64) -> SequenceNumber {
    SequenceNumber(
      shardCreatedAtSeconds: epoch, ordinal: ordinal,
      arrivedAtSeconds: UInt64(clamping: arrivedAt / 1_000_000), shardIndex: id.index)
  }

  var startingSequence: SequenceNumber {
    SequenceNumber(startOfShard: id.index, createdAtSeconds: epoch)
  }

  var summary: ShardSummary {
    let (first, end, closing, condition) = state.withLock {
      ($0.firstOrdinal, $0.endOrdinal, $0.closing, $0.condition)
    }
    let extents = all.map(\.current)
    func time(_ microseconds: Int64?) -> Timestamp? {
      microseconds.flatMap { $0 == 0 ? nil : Timestamp(microseconds: $0) }
    }
    var summary = ShardSummary(
      id: id, hashRange: hashRange, parent: parents.first,
      adjacentParent: parents.dropFirst().first, createdAt: createdAt, closedAt: closing?.at,
      startingSequence: startingSequence,
      endingSequence: closing.map {
        sequence(ofOrdinal: $0.endOrdinal, arrivedAt: $0.at.microseconds)
      },
      recordCount: end, firstOrdinal: first,
      byteCount: extents.reduce(0) { $0 + $1.payloadBytes },
      oldestArrivedAt: time(extents.lazy.map(\.firstArrivedAt).first { $0 != 0 }),
      newestArrivedAt: time(extents.reversed().lazy.map(\.lastArrivedAt).first { $0 != 0 }),
      degraded: (condition.stall ?? condition.reason).map { "\($0)" } ?? damageText)
    summary.isReadable = !condition.mustOpen
    return summary
  }

  private var damageText: String? {
    for segment in all {
      if let damage = segment.current.damages.first { return "\(segment.error(damage))" }
    }
    return nil
  }
}

extension Shard.State {
  var endOrdinal: UInt64 { segments.last?.current.endOrdinal ?? nextOrdinal }
  var firstOrdinal: UInt64 { segments.first?.firstOrdinal ?? nextOrdinal }
}

/// What a shard needs of the log that it is in.
struct ShardEnvironment: Sendable {
  var segmentBytesMax: Int
  var fileSystem: any FileSystem
  var reporter: any Reporter
  var stream: String

  /// Room in a mapping beyond the size at which a segment is rolled.
  private static let slack = 32 << 20

  var capacity: Int { segmentBytesMax + Self.slack }

  func warn(_ text: String) {
    reporter.report(.message(level: .warning, source: "stream log", text: text))
  }
}

/// Whether a shard takes records, and what has to be done before it does again.
struct ShardCondition: Sendable {
  /// Why the newest append failed; nil once one has worked again.
  var reason: StreamLogError?
  /// A write is under way for too long.
  var stall: StreamLogError?
  /// The file may have bytes behind its durable end.
  var mustCut = false
  /// The page cache may have lost writes: what is durable is to be read back, and the next
  /// record goes to a file of its own.
  var mustRoll = false
  /// The folder could not be read when the log was opened.
  var mustOpen = false
  /// Bytes of the newest append that failed.
  var refusedBytes = 0
}
