package import Core

/// Some of a stream's records, to be read in place by several threads.
package struct StreamScan: Sendable {
  package let stream: String
  /// About 1 MiB each; the slices of one shard come in order.
  package let slices: [ScanSlice]
  /// For every shard of the stream, where the next scan goes on.
  package let ends: [ShardID: UInt64]
  package let recordCount: Int
  /// Bytes of files that the slices span.
  package let byteCount: Int
  /// Whether nothing durable was left out when the scan was made.
  package let reachedTip: Bool
}

/// A run of records in one segment, which it keeps mapped.
package struct ScanSlice: Sendable {
  package let shard: ShardID
  package let firstOrdinal: UInt64
  package let recordCount: Int
  package let byteCount: Int
  fileprivate let owner: Shard
  fileprivate let segment: Segment
  fileprivate let offset: Int
  fileprivate let end: Int

  package func makeCursor() -> RecordCursor {
    RecordCursor(
      cursor: SegmentCursor(segment: segment, offset: offset, end: end), shard: owner)
  }
}

/// Walks the records of a slice without copying them.
package struct RecordCursor {
  private var cursor: SegmentCursor
  private let shard: Shard

  fileprivate init(cursor: SegmentCursor, shard: Shard) {
    self.cursor = cursor
    self.shard = shard
  }

  package mutating func next() -> RecordView? {
    guard let (offset, header) = cursor.next() else { return nil }
    return RecordView(
      start: cursor.segment.mapping.base + offset, header: header, shard: shard)
  }
}

/// One record where it lies. Its pointers are good as long as the slice that it came from.
package struct RecordView {
  private let start: UnsafeRawPointer
  private let header: RecordFormat.Header
  private let shard: Shard

  fileprivate init(start: UnsafeRawPointer, header: RecordFormat.Header, shard: Shard) {
    self.start = start
    self.header = header
    self.shard = shard
  }

  package var ordinal: UInt64 { header.ordinal }
  package var arrivedAt: Timestamp { Timestamp(microseconds: header.arrivedAt) }
  package var hashKey: UInt128 { header.hashKey }
  package var sequence: SequenceNumber {
    shard.sequence(ofOrdinal: header.ordinal, arrivedAt: header.arrivedAt)
  }

  package var partitionKey: UnsafeBufferPointer<UInt8> {
    bytes(at: RecordFormat.headerSize, count: header.keySize)
  }

  package var data: UnsafeBufferPointer<UInt8> {
    bytes(at: RecordFormat.headerSize + header.keySize, count: header.dataSize)
  }

  private func bytes(at offset: Int, count: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: (start + offset).assumingMemoryBound(to: UInt8.self), count: count)
  }
}

extension StreamLog {
  private static let sliceBytes = 1 << 20

  /// Collects what lies behind the given positions.
  ///
  /// - Parameters:
  ///   - start: an ordinal for each shard; a shard that is missing starts at its oldest record.
  ///   - bytesMax: about how much the scan may span; shared between the shards, and at least
  ///     one record for each that has any.
  package func scan(
    stream: String, from start: [ShardID: UInt64], bytesMax: Int
  ) throws(StreamLogError) -> StreamScan {
    let state = try self.stream(stream)
    let share = max(1, bytesMax / max(1, state.shards.count))
    var parts: [ShardPart] = []
    for shard in state.shards {
      let from = max(start[shard.id] ?? 0, shard.firstOrdinal)
      parts.append(part(of: shard, from: from, bytesMax: share))
    }
    let slices = parts.flatMap(\.slices)
    return StreamScan(
      stream: stream, slices: slices,
      ends: Dictionary(uniqueKeysWithValues: parts.map { ($0.shard, $0.end) }),
      recordCount: slices.reduce(0) { $0 + $1.recordCount },
      byteCount: slices.reduce(0) { $0 + $1.byteCount },
      reachedTip: parts.allSatisfy(\.reachedTip))
  }

  private struct ShardPart {
    var shard: ShardID
    var slices: [ScanSlice] = []
    var end: UInt64
    var bytes = 0
    var reachedTip = true
  }

  private func part(of shard: Shard, from start: UInt64, bytesMax: Int) -> ShardPart {
    var part = ShardPart(shard: shard.id, end: start)
    for segment in shard.segments(from: start) {
      let extent = segment.current
      guard part.end < extent.endOrdinal else { continue }
      guard part.bytes < bytesMax else {
        part.reachedTip = false
        break
      }
      addSlices(of: segment, extent, shard: shard, bytesMax: bytesMax, to: &part)
    }
    return part
  }

  /// Cuts a segment at its index entries.
  private func addSlices(
    of segment: Segment, _ extent: Segment.Extent, shard: Shard, bytesMax: Int,
    to part: inout ShardPart
  ) {
    var (offset, ordinal) = place(of: part.end, in: segment, extent)
    let cuts =
      extent.index.filter { $0.offset > offset }.map { ($0.offset, $0.ordinal) }
      + [(extent.end, extent.endOrdinal)]
    for (position, (cutOffset, cutOrdinal)) in cuts.enumerated() {
      let isLast = position == cuts.count - 1
      let isFull = part.bytes + cutOffset - offset >= bytesMax
      guard cutOffset - offset >= Self.sliceBytes || isLast || isFull else { continue }
      part.slices.append(
        ScanSlice(
          shard: shard.id, firstOrdinal: ordinal, recordCount: Int(cutOrdinal - ordinal),
          byteCount: cutOffset - offset, owner: shard, segment: segment, offset: offset,
          end: cutOffset))
      part.bytes += cutOffset - offset
      part.end = cutOrdinal
      (offset, ordinal) = (cutOffset, cutOrdinal)
      if isFull {
        if !isLast { part.reachedTip = false }
        return
      }
    }
  }

  /// Where a record lies.
  private func place(
    of ordinal: UInt64, in segment: Segment, _ extent: Segment.Extent
  ) -> (offset: Int, ordinal: UInt64) {
    guard let entry = extent.entry(atOrBefore: ordinal) else {
      return (RecordFormat.fileHeaderSize, segment.firstOrdinal)
    }
    var cursor = SegmentCursor(segment: segment, offset: entry.offset, end: extent.end)
    while let (offset, header) = cursor.next() {
      if header.ordinal >= ordinal { return (offset, header.ordinal) }
    }
    return (extent.end, extent.endOrdinal)
  }
}
