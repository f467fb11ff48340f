internal import Core
internal import Synchronization

/// A run of a shard's records in one file, mapped into memory.
///
/// Readers see the records below the durable end only. One writer, the committer, extends it.
final class Segment: Sendable {
  struct IndexEntry: Sendable {
    var ordinal: UInt64
    var offset: Int
    var arrivedAt: Int64
  }

  /// How far readers may go.
  struct Extent: Sendable {
    var end: Int
    /// The ordinal behind the last record.
    var endOrdinal: UInt64
    var lastArrivedAt: Int64
    /// An entry each `indexInterval` bytes; the first is the first record.
    var index: [IndexEntry]
    var payloadBytes: UInt64
  }

  static let indexInterval = 64 << 10

  let path: String
  let shard: UInt32
  let firstOrdinal: UInt64
  let file: any LogFile
  let mapping: Mapping
  private let extent: Mutex<Extent>

  var current: Extent { extent.withLock { $0 } }

  private init(
    path: String, shard: UInt32, firstOrdinal: UInt64, file: any LogFile, mapping: Mapping,
    extent: Extent
  ) {
    self.path = path
    self.shard = shard
    self.firstOrdinal = firstOrdinal
    self.file = file
    self.mapping = mapping
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
    let file = try fileSystem.open(path, create: true)
    try file.truncate(to: 0)
    let header = RecordFormat.fileHeader(shard: shard, firstOrdinal: firstOrdinal)
    try write(header, to: file, at: 0)
    try file.sync()
    try fileSystem.syncDirectory(directory)
    return Segment(
      path: path, shard: shard, firstOrdinal: firstOrdinal, file: file,
      mapping: try file.map(length: capacity),
      extent: Extent(
        end: RecordFormat.fileHeaderSize, endOrdinal: firstOrdinal, lastArrivedAt: 0, index: [],
        payloadBytes: 0))
  }

  /// Opens a file and checks every record in it.
  ///
  /// - Parameter isLast: whether the shard ends here, so that a torn tail is to be cut.
  /// - Returns: the segment, and the bytes that were cut off its end.
  static func open(
    _ path: String, shard: UInt32, firstOrdinal: UInt64, capacity: Int, isLast: Bool,
    fileSystem: any FileSystem
  ) throws(StreamLogError) -> (segment: Segment, cut: Int) {
    let file = try fileSystem.open(path, create: false)
    let size = try file.size()
    if isLast, size < RecordFormat.fileHeaderSize {
      // The crash came between making the file and its header: it never held a record.
      try write(
        RecordFormat.fileHeader(shard: shard, firstOrdinal: firstOrdinal), to: file, at: 0)
      try file.truncate(to: RecordFormat.fileHeaderSize)
      try file.sync()
    }
    let length = max(size, RecordFormat.fileHeaderSize)
    let mapping = try file.map(length: max(capacity, length))
    try RecordFormat.checkFileHeader(
      mapping.base, path: path, shard: shard, firstOrdinal: firstOrdinal)
    let extent = try recover(mapping.base, path: path, firstOrdinal: firstOrdinal, size: length)
    if extent.end < length {
      try checkTail(mapping.base, path: path, end: extent.end, size: length, isLast: isLast)
      try file.truncate(to: extent.end)
      try file.sync()
    }
    let segment = Segment(
      path: path, shard: shard, firstOrdinal: firstOrdinal, file: file, mapping: mapping,
      extent: extent)
    return (segment, length - extent.end)
  }

  private static func write(
    _ bytes: [UInt8], to file: any LogFile, at offset: Int
  ) throws(StreamLogError) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, StreamLogError> in
      do throws(StreamLogError) {
        return .success(try file.write(buffer, at: offset))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Reads on to the last whole record.
  private static func recover(
    _ base: UnsafeRawPointer, path: String, firstOrdinal: UInt64, size: Int
  ) throws(StreamLogError) -> Extent {
    var extent = Extent(
      end: RecordFormat.fileHeaderSize, endOrdinal: firstOrdinal, lastArrivedAt: 0, index: [],
      payloadBytes: 0)
    while let header = RecordFormat.validHeader(at: base, extent.end, limit: size) {
      guard header.ordinal == extent.endOrdinal else {
        throw .corrupt(
          path: path, offset: extent.end,
          reason: "record \(header.ordinal) stands where \(extent.endOrdinal) belongs")
      }
      extent.add(header)
    }
    return extent
  }

  /// Tells a torn tail, which never was acknowledged, from damage.
  private static func checkTail(
    _ base: UnsafeRawPointer, path: String, end: Int, size: Int, isLast: Bool
  ) throws(StreamLogError) {
    guard isLast else {
      throw .corrupt(path: path, offset: end, reason: "a record in a sealed segment is damaged")
    }
    var offset = end + 1
    while offset + RecordFormat.headerSize <= size {
      if let later = RecordFormat.validHeader(at: base, offset, limit: size) {
        guard later.durable <= end else {
          throw .corrupt(
            path: path, offset: end,
            reason: "the record here is damaged; records that were written later are whole")
        }
        offset += later.size
      } else {
        offset += 1
      }
    }
  }

  // MARK: Writing (the committer only)

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamLogError) {
    try file.write(bytes, at: current.end)
  }

  func sync() throws(StreamLogError) { try file.sync() }

  /// Shows the records that were written and synced to readers.
  func publish(_ bytes: Int) {
    extent.withLock { extent in
      let end = extent.end + bytes
      while extent.end < end {
        extent.add(RecordFormat.header(at: mapping.base, extent.end))
      }
    }
  }

  /// Takes back what was written and not published.
  func cutToDurable() throws(StreamLogError) {
    try file.truncate(to: current.end)
    try file.sync()
  }
}

extension Segment.Extent {
  /// Takes the record at the end in.
  fileprivate mutating func add(_ header: RecordFormat.Header) {
    if index.last.map({ end - $0.offset >= Segment.indexInterval }) ?? true {
      index.append(
        Segment.IndexEntry(ordinal: header.ordinal, offset: end, arrivedAt: header.arrivedAt))
    }
    end += header.size
    endOrdinal = header.ordinal + 1
    lastArrivedAt = header.arrivedAt
    payloadBytes += UInt64(header.dataSize)
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
