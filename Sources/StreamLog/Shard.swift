internal import Core
internal import Synchronization

/// One shard: its segments in order, the last of which takes new records.
final class Shard: Sendable {
  let id: ShardID
  let hashRange: ClosedRange<UInt128>
  let createdAt: Timestamp
  private let directory: String
  private let capacity: Int
  private let fileSystem: any FileSystem
  private let segments: Mutex<[Segment]>
  /// Why the shard takes no more records until it is opened again.
  private let broken = Mutex<StreamLogError?>(nil)

  /// Room in a mapping beyond the size at which a segment is rolled.
  private static let slack = 32 << 20

  /// Blocking: makes the shard's folder if it is missing, else recovers what is in it.
  init(
    description: ShardDescription, directory: String, segmentBytesMax: Int,
    fileSystem: any FileSystem, reporter: any Reporter
  ) throws(StreamLogError) {
    id = ShardID(index: description.index)
    hashRange = description.hashStart...description.hashEnd
    createdAt = description.createdAt
    self.directory = directory
    self.fileSystem = fileSystem
    capacity = segmentBytesMax
    segments = Mutex(
      try Self.open(
        directory, shard: description.index, capacity: segmentBytesMax + Self.slack,
        fileSystem: fileSystem, reporter: reporter))
  }

  private static func open(
    _ directory: String, shard: UInt32, capacity: Int, fileSystem: any FileSystem,
    reporter: any Reporter
  ) throws(StreamLogError) -> [Segment] {
    try fileSystem.makeDirectory(directory)
    let names = try fileSystem.list(directory).filter { $0.hasSuffix(".segment") }.sorted()
    var segments: [Segment] = []
    for (position, name) in names.enumerated() {
      guard let first = UInt64(name.dropLast(8)) else {
        throw .corrupt(path: directory + "/" + name, offset: 0, reason: "the name has no ordinal")
      }
      if let previous = segments.last, previous.current.endOrdinal != first {
        throw .corrupt(
          path: directory + "/" + name, offset: 0,
          reason: "records \(previous.current.endOrdinal) to \(first) are missing before it")
      }
      let (segment, cut) = try Segment.open(
        directory + "/" + name, shard: shard, firstOrdinal: first, capacity: capacity,
        isLast: position == names.count - 1, fileSystem: fileSystem)
      if cut > 0 {
        reporter.report(
          .message(
            level: .warning, source: "stream log",
            text: "cut \(cut) bytes of a torn write off \(segment.path)"))
      }
      segments.append(segment)
    }
    if segments.isEmpty {
      segments.append(
        try Segment.create(
          in: directory, shard: shard, firstOrdinal: 0, capacity: capacity,
          fileSystem: fileSystem))
    }
    return segments
  }

  // MARK: Reading

  var all: [Segment] { segments.withLock { $0 } }

  var endOrdinal: UInt64 { segments.withLock { $0.last?.current.endOrdinal ?? 0 } }

  var firstOrdinal: UInt64 { segments.withLock { $0.first?.firstOrdinal ?? 0 } }

  var byteCount: UInt64 { all.reduce(0) { $0 + $1.current.payloadBytes } }

  var lastArrivedAt: Int64 {
    all.reversed().first { $0.current.lastArrivedAt != 0 }?.current.lastArrivedAt ?? 0
  }

  /// The segments from the one that holds the ordinal on.
  func segments(from ordinal: UInt64) -> ArraySlice<Segment> {
    let all = all
    let index = all.lastIndex { $0.firstOrdinal <= ordinal } ?? 0
    return all[index...]
  }

  func sequence(ofOrdinal ordinal: UInt64, arrivedAt: Int64) -> SequenceNumber {
    SequenceNumber(
      shardCreatedAtSeconds: UInt64(clamping: createdAt.microseconds / 1_000_000),
      ordinal: ordinal, arrivedAtSeconds: UInt64(clamping: arrivedAt / 1_000_000),
      shardIndex: id.index)
  }

  var startingSequence: SequenceNumber {
    SequenceNumber(
      startOfShard: id.index,
      createdAtSeconds: UInt64(clamping: createdAt.microseconds / 1_000_000))
  }

  // MARK: Writing (the committer only)

  /// The segment for a write of this size; rolls if the last one is full.
  func writable(for bytes: Int) throws(StreamLogError) -> Segment {
    if let reason = broken.withLock({ $0 }) { throw reason }
    guard let last = all.last else { throw .closed }
    let extent = last.current
    guard extent.end + bytes > capacity, extent.endOrdinal > last.firstOrdinal else { return last }
    let next = try Segment.create(
      in: directory, shard: id.index, firstOrdinal: extent.endOrdinal,
      capacity: capacity + Self.slack, fileSystem: fileSystem)
    segments.withLock { $0.append(next) }
    return next
  }

  /// After a failed write: takes back what is not durable, or refuses all further records.
  func takeBack(_ segment: Segment, after error: StreamLogError) {
    do throws(StreamLogError) {
      try segment.cutToDurable()
    } catch _ {
      broken.withLock { $0 = error }
    }
  }
}
