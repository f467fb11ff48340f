internal import Core
internal import Synchronization

/// A run of a shard's records in one file.
///
/// Readers see the records below the durable end only. One writer, the committer, extends it.
final class Segment: Sendable {
  struct IndexEntry: Sendable {
    var ordinal: UInt64
    var offset: Int
    var arrivedAt: Int64
  }

  /// Records that were durable once and cannot be read.
  struct Damage: Sendable, Equatable {
    var ordinals: Range<UInt64>
    var offsets: Range<Int>
    var reason: String
  }

  /// How far readers may go.
  struct Extent: Sendable {
    var end: Int
    /// The ordinal behind the last record.
    var endOrdinal: UInt64
    var firstArrivedAt: Int64 = 0
    var lastArrivedAt: Int64 = 0
    /// An entry each `indexInterval` bytes, and one behind each damage; the first is the first
    /// record.
    var index: [IndexEntry] = []
    var payloadBytes: UInt64 = 0
    /// In order.
    var damages: [Damage] = []
  }

  static let indexInterval = 64 << 10

  let path: String
  let shard: UInt32
  let firstOrdinal: UInt64
  let file: any LogFile
  /// Bytes that a mapping of the file has room for.
  private let capacity: Int
  private let extent: Mutex<Extent>
  private let mapped = Mutex<Mapping?>(nil)

  var current: Extent { extent.withLock { $0 } }
  /// Arrival of the newest record in microseconds since 1970; 0 if there is none.
  var lastArrivedAt: Int64 { extent.withLock(\.lastArrivedAt) }

  init(
    path: String, shard: UInt32, firstOrdinal: UInt64, file: any LogFile, capacity: Int,
    extent: Extent
  ) {
    self.path = path
    self.shard = shard
    self.firstOrdinal = firstOrdinal
    self.file = file
    self.capacity = capacity
    self.extent = Mutex(extent)
  }

  static func fileName(firstOrdinal: UInt64) -> String {
    let digits = String(firstOrdinal)
    return String(repeating: "0", count: 20 - digits.count) + digits + ".segment"
  }

  /// Makes a new file, durable with its folder's entry.
  static func create(
    in directory: String, shard: UInt32, firstOrdinal: UInt64, capacity: Int,
    fileSystem: any FileSystem
  ) throws(StreamLogError) -> Segment {
    let path = directory + "/" + fileName(firstOrdinal: firstOrdinal)
    // What a failed attempt left must not be taken for a file of ours.
    try fileSystem.removeFile(path)
    let file = try fileSystem.open(path, create: true)
    try file.write(RecordFormat.fileHeader(shard: shard, firstOrdinal: firstOrdinal), at: 0)
    try file.sync()
    try fileSystem.syncDirectory(directory)
    return Segment(
      path: path, shard: shard, firstOrdinal: firstOrdinal, file: file, capacity: capacity,
      extent: Extent(end: RecordFormat.fileHeaderSize, endOrdinal: firstOrdinal))
  }

  // MARK: Reading

  /// The file in memory, to be read in place.
  func mapping() throws(StreamLogError) -> Mapping {
    let result = mapped.withLock { mapped in
      Result { () throws(StreamLogError) in
        if let mapping = mapped { return mapping }
        let mapping = try file.map(length: max(capacity, try file.size()))
        mapped = mapping
        return mapping
      }
    }
    return try result.get()
  }

  /// Records that can be read one after the other, from an ordinal on.
  struct Stretch: Sendable {
    /// At or before the first record that is wanted.
    var entry: IndexEntry
    var end: Int
    var endOrdinal: UInt64
  }

  enum Place: Sendable {
    case stretch(Stretch)
    case damaged(Damage)
    /// The ordinal lies behind this segment.
    case behind
  }

  /// What is at an ordinal that is not before the segment's start.
  func place(of ordinal: UInt64, in extent: Extent) -> Place {
    if let damage = extent.damages.first(where: { $0.ordinals.contains(ordinal) }) {
      return .damaged(damage)
    }
    guard ordinal < extent.endOrdinal, let entry = extent.entry(atOrBefore: ordinal) else {
      return .behind
    }
    guard let next = extent.damages.first(where: { $0.ordinals.lowerBound > ordinal }) else {
      return .stretch(Stretch(entry: entry, end: extent.end, endOrdinal: extent.endOrdinal))
    }
    return .stretch(
      Stretch(entry: entry, end: next.offsets.lowerBound, endOrdinal: next.ordinals.lowerBound))
  }

  func error(_ damage: Damage) -> StreamLogError {
    .corrupt(path: path, offset: damage.offsets.lowerBound, reason: damage.reason)
  }

  /// Takes note of a record that does not have its checksum any more; readers go on behind it
  /// at the next whole record.
  func noteDamage(at offset: Int, ordinal: UInt64, reason: String) {
    let known = current
    guard !known.damages.contains(where: { $0.ordinals.contains(ordinal) }) else { return }
    let bound = known.index.first { $0.offset > offset }
    let size = min(bound?.offset ?? known.end, (try? file.size()) ?? 0)
    var scanner = SegmentScanner(file: file, size: size)
    let next = try? scanner.wholeRecord(after: offset, ordinals: ordinal + 1..<known.endOrdinal)
    let entry =
      next.map {
        IndexEntry(ordinal: $0.header.ordinal, offset: $0.offset, arrivedAt: $0.header.arrivedAt)
      } ?? bound
    let damage = Damage(
      ordinals: ordinal..<(entry?.ordinal ?? known.endOrdinal),
      offsets: offset..<(entry?.offset ?? known.end), reason: reason)
    extent.withLock { extent in
      extent.damages.append(damage)
      extent.damages.sort { $0.ordinals.lowerBound < $1.ordinals.lowerBound }
      guard let entry, !extent.index.contains(where: { $0.offset == entry.offset }) else { return }
      extent.index.append(entry)
      extent.index.sort { $0.offset < $1.offset }
    }
  }

  // MARK: Writing (the committer only)

  /// Shows records that were written at the end, and synced, to readers.
  func publish(_ written: Extent) {
    extent.withLock { extent in
      extent.end = written.end
      extent.endOrdinal = written.endOrdinal
      if extent.firstArrivedAt == 0 { extent.firstArrivedAt = written.firstArrivedAt }
      extent.lastArrivedAt = written.lastArrivedAt
      extent.index.append(contentsOf: written.index)
      extent.payloadBytes += written.payloadBytes
    }
  }

  /// Takes back what was written and not published.
  func cutToDurable() throws(StreamLogError) {
    try file.truncate(to: current.end)
  }

  /// Reads everything that is durable back, after a disk has lost writes.
  ///
  /// - Throws: `.io`; a record without its checksum is noted as damage.
  func verify() throws(StreamLogError) {
    let known = current
    var scanner = SegmentScanner(file: file, size: known.end)
    var ordinal = known.index.first?.ordinal ?? known.endOrdinal
    while ordinal < known.endOrdinal {
      switch place(of: ordinal, in: current) {
      case .behind: return
      case .damaged(let damage): ordinal = damage.ordinals.upperBound
      case .stretch(let stretch):
        var offset = stretch.entry.offset
        while offset < stretch.end {
          guard let header = try scanner.header(at: offset) else {
            noteDamage(at: offset, ordinal: ordinal, reason: "the disk lost the record here")
            break
          }
          ordinal = header.ordinal + 1
          offset += header.size
        }
      }
    }
  }
}

extension Segment.Extent {
  /// Takes the record at the end in.
  ///
  /// - Parameter indexedAt: the offset of the last index entry that is elsewhere.
  mutating func add(_ header: RecordFormat.Header, indexedAt: Int? = nil) {
    let last = index.last?.offset ?? indexedAt
    if last.map({ end - $0 >= Segment.indexInterval }) ?? true { addIndexEntry(header) }
    end += header.size
    endOrdinal = header.ordinal + 1
    if firstArrivedAt == 0 { firstArrivedAt = header.arrivedAt }
    lastArrivedAt = header.arrivedAt
    payloadBytes += UInt64(header.dataSize)
  }

  mutating func addIndexEntry(_ header: RecordFormat.Header) {
    index.append(
      Segment.IndexEntry(ordinal: header.ordinal, offset: end, arrivedAt: header.arrivedAt))
  }

  /// The last index entry at or before the ordinal.
  func entry(atOrBefore ordinal: UInt64) -> Segment.IndexEntry? {
    let next = partition { $0.ordinal > ordinal }
    return next == 0 ? index.first : index[next - 1]
  }

  /// The last index entry whose record arrived before `time`.
  func entry(before time: Int64) -> Segment.IndexEntry? {
    let next = partition { $0.arrivedAt >= time }
    return next == 0 ? index.first : index[next - 1]
  }

  /// How many entries come before the first that satisfies the (monotonic) condition.
  private func partition(_ condition: (Segment.IndexEntry) -> Bool) -> Int {
    var low = 0
    var high = index.count
    while low < high {
      let middle = (low + high) / 2
      if condition(index[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
