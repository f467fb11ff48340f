internal import Core

/// Reads a segment file from the disk, window by window, and checks each record.
///
/// It reads rather than maps: a disk that fails gives an error, not a signal.
struct SegmentScanner {
  private static let largeWindowBytes = 1 << 20
  /// Fits a core's cache.
  static let smallWindowBytes = 256 << 10

  private let file: any LogFile
  private let size: Int
  private let windowBytes: Int
  private var window: [UInt8] = []
  private var start = 0

  /// - Parameter size: where to stop; not more than the file has.
  init(file: any LogFile, size: Int, windowBytes: Int = Self.largeWindowBytes) {
    self.file = file
    self.size = size
    self.windowBytes = windowBytes
  }

  /// Makes `count` bytes at `offset` part of the window, if the file has them.
  private mutating func load(_ offset: Int, _ count: Int) throws(StreamLogError) -> Bool {
    guard offset + count <= size else { return false }
    if offset >= start, offset + count <= start + window.count { return true }
    let wanted = min(size - offset, max(count, windowBytes))
    if window.count != wanted { window = [UInt8](repeating: 0, count: wanted) }
    start = offset
    let found = try window.withUnsafeMutableBytes { [file] buffer in
      Result { () throws(StreamLogError) in try file.read(into: buffer, at: offset) }
    }.get()
    if found < wanted { window.removeLast(wanted - found) }
    return found >= count
  }

  mutating func bytes(_ range: Range<Int>) throws(StreamLogError) -> [UInt8] {
    guard try load(range.lowerBound, range.count) else { return [] }
    return Array(window[(range.lowerBound - start)..<(range.upperBound - start)])
  }

  /// The header of a whole, undamaged record at `offset`; nil if there is none.
  mutating func header(at offset: Int) throws(StreamLogError) -> RecordFormat.Header? {
    guard try load(offset, RecordFormat.headerSize) else { return nil }
    let place = offset - start
    let found = window.withUnsafeBytes { bytes in
      bytes.baseAddress.map { RecordFormat.header(at: $0, place) }
    }
    guard let found, found.isPlausible, try load(offset, found.size) else { return nil }
    let again = offset - start
    return window.withUnsafeBytes { bytes in
      bytes.baseAddress.flatMap {
        RecordFormat.validHeader(at: $0, again, limit: bytes.count)
      }
    }
  }

  /// The first whole record behind `offset` whose ordinal is one of those.
  mutating func wholeRecord(
    after offset: Int, ordinals: Range<UInt64>,
    where isWanted: (RecordFormat.Header) -> Bool = { _ in true }
  ) throws(StreamLogError) -> (offset: Int, header: RecordFormat.Header)? {
    var offset = offset + 1
    while offset + RecordFormat.headerSize <= size {
      guard let header = try header(at: offset) else {
        offset += 1
        continue
      }
      if ordinals.contains(header.ordinal), isWanted(header) { return (offset, header) }
      offset += header.size
    }
    return nil
  }
}

/// What recovery finds in a segment file.
struct SegmentRecovery {
  var extent: Segment.Extent
  /// Bytes behind the extent: a write that was never acknowledged.
  var tail: Int

  /// Reads every record.
  ///
  /// - Parameter endOrdinal: where the segment ends, if that is known from elsewhere: it is sealed.
  static func run(
    _ file: any LogFile, size: Int, firstOrdinal: UInt64, endOrdinal limit: UInt64?
  ) throws(StreamLogError) -> SegmentRecovery {
    var scanner = SegmentScanner(file: file, size: size)
    var extent = Segment.Extent(end: RecordFormat.fileHeaderSize, endOrdinal: firstOrdinal)
    while extent.endOrdinal < limit ?? .max {
      if let header = try scanner.header(at: extent.end), header.ordinal == extent.endOrdinal {
        extent.add(header)
        continue
      }
      // In a segment that is not sealed, what lies behind its durable end is a torn tail, which
      // was never acknowledged; later records tell how far it was durable.
      let (end, later) = (extent.end, extent.endOrdinal..<(limit ?? .max))
      if limit == nil {
        let proof = try scanner.wholeRecord(after: end - 1, ordinals: later) { $0.durable > end }
        guard proof != nil else { break }
      }
      let next = try scanner.wholeRecord(after: end - 1, ordinals: later)
      guard let (offset, header) = next else { break }
      extent.skip(to: offset, header, reason: "a record that was durable is damaged")
    }
    if let limit, extent.endOrdinal < limit {
      extent.damages.append(
        Segment.Damage(
          ordinals: extent.endOrdinal..<limit, offsets: extent.end..<max(size, extent.end),
          reason: extent.end < size
            ? "the last records of a sealed segment are damaged"
            : "the records \(extent.endOrdinal) to \(limit - 1) that follow here are missing"))
      extent.endOrdinal = limit
      return SegmentRecovery(extent: extent, tail: 0)
    }
    return SegmentRecovery(extent: extent, tail: max(0, size - extent.end))
  }
}

extension Segment.Extent {
  /// Goes on at a whole record behind damage.
  fileprivate mutating func skip(to offset: Int, _ header: RecordFormat.Header, reason: String) {
    damages.append(
      Segment.Damage(
        ordinals: endOrdinal..<header.ordinal, offsets: end..<offset, reason: reason))
    end = offset
    endOrdinal = header.ordinal
    addIndexEntry(header)
  }
}

extension RecordFormat.Header {
  /// Whether the lengths agree with each other.
  var isPlausible: Bool {
    size >= RecordFormat.headerSize && size == RecordFormat.headerSize + keySize + dataSize
  }
}
