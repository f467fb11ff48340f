package import Core

/// Some of a stream's records, to be read in place by several threads.
package struct StreamScan: Sendable {
  package let stream: String
  /// About 1 MiB each; the slices of one shard come in order.
  package let slices: [ScanSlice]
  /// For every shard of the stream, where the next scan goes on.
  package let ends: [ShardID: UInt64]
  /// Records behind the start that cannot be had any more; `ends` is past them.
  package let missed: [MissedRecords]
  package let recordCount: Int
  /// Bytes of files that the slices span.
  package let byteCount: Int
  /// Whether nothing that can be had now was left out when the scan was made.
  package let reachedTip: Bool
}

/// A run of records that a reader did not get, and cannot get any more.
package struct MissedRecords: Sendable, Equatable {
  package enum Cause: Sendable, Equatable {
    /// Retention has removed them.
    case expired
    case damaged(path: String, offset: Int, reason: String)
  }

  package var shard: ShardID
  package var ordinals: Range<UInt64>
  package var cause: Cause

  package init(shard: ShardID, ordinals: Range<UInt64>, cause: Cause) {
    self.shard = shard
    self.ordinals = ordinals
    self.cause = cause
  }

  package var count: Int { ordinals.count }
}

/// A run of records in one segment.
package struct ScanSlice: Sendable {
  package let shard: ShardID
  package let firstOrdinal: UInt64
  package let recordCount: Int
  package let byteCount: Int
  fileprivate let owner: Shard
  fileprivate let segment: Segment
  fileprivate let offset: Int
  fileprivate let end: Int

  /// Brings the slice into memory. Blocking: reads the disk.
  ///
  /// - Throws: `.io` or `.corrupt` where the file cannot be read.
  package func makeCursor() throws(StreamLogError) -> RecordCursor {
    let mapping = try segment.mapping()
    try segment.checkLength(end)
    return RecordCursor(
      offset: offset, end: end, ordinal: firstOrdinal, segment: segment, shard: owner,
      memory: try SliceMemory(mapping, offset..<end, path: segment.path))
  }
}

/// Walks the records of a slice without copying them.
package struct RecordCursor {
  private var offset: Int
  private let end: Int
  private var ordinal: UInt64
  private let segment: Segment
  private let shard: Shard
  private let memory: SliceMemory
  /// Of the mapping, which `memory` keeps.
  private let base: UnsafeRawPointer

  fileprivate init(
    offset: Int, end: Int, ordinal: UInt64, segment: Segment, shard: Shard, memory: SliceMemory
  ) {
    self.offset = offset
    self.end = end
    self.ordinal = ordinal
    self.segment = segment
    self.shard = shard
    self.memory = memory
    base = memory.mapping.base
  }

  /// - Throws: `.corrupt` for a record that has not its checksum any more; the next scan goes
  ///   round it.
  package mutating func next() throws(StreamLogError) -> RecordView? {
    guard offset < end else { return nil }
    guard let header = RecordFormat.validHeader(at: base, offset, limit: end),
      header.ordinal == ordinal
    else { throw shard.noteDamage(in: segment, at: offset, ordinal: ordinal) }
    defer {
      offset += header.size
      ordinal += 1
    }
    return RecordView(start: base + offset, header: header, shard: shard)
  }
}

/// One record where it lies. Its pointers are good as long as the slice that it came from.
package struct RecordView {
  private let start: UnsafeRawPointer
  private let header: RecordFormat.Header
  // The slice keeps it. Threads read slices of one shard side by side: to count each record's
  // reference to it would have them wait for each other.
  private unowned(unsafe) let shard: Shard

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
  /// Collects what lies behind the given positions, parents before their children: a shard's
  /// records come only when its parents, as far as these are listed, are behind the positions.
  ///
  /// Blocking: may read files.
  ///
  /// - Parameters:
  ///   - start: an ordinal for each shard, as `ends` of the scan before says; a shard that is
  ///     missing starts at its oldest record. Empty at the very beginning.
  ///   - bytesMax: about how much the scan may span; shared between the shards, and at least
  ///     one record for each that has any.
  ///   - holdsBackChildren: false for a look at everything at once.
  ///   - withheld: shards to leave where they are; their children do not wait for them.
  /// - Throws: `.streamNotFound`; `.io`.
  package func scan(
    stream: String, from start: [ShardID: UInt64], bytesMax: Int, holdsBackChildren: Bool = true,
    withholding withheld: Set<ShardID> = []
  ) throws(StreamLogError) -> StreamScan {
    let state = try self.stream(stream)
    let content = state.content
    let share = max(1, bytesMax / max(1, content.open.count))
    var ends: [ShardID: UInt64] = [:]
    var parts: [ShardPart] = []
    var missed = missedExpired(content.description.expired, from: start, ends: &ends)
    // Parents have lower numbers than their children.
    var unread: Set<ShardID> = []
    for shard in content.shards {
      if withheld.contains(shard.id) {
        ends[shard.id] = start[shard.id] ?? 0
        continue
      }
      let isReady = shard.parents.allSatisfy { !unread.contains($0) }
      if !isReady || !shard.isRead(to: start[shard.id]) { unread.insert(shard.id) }
      var part = ShardPart(shard: shard, from: start[shard.id], isFirst: start.isEmpty)
      if isReady || !holdsBackChildren {
        try part.collect(bytesMax: share)
      } else {
        part.withhold(at: start[shard.id] ?? 0)
      }
      ends[shard.id] = part.end
      missed += part.missed
      parts.append(part)
    }
    let slices = parts.flatMap(\.slices)
    // Held back behind a shard that cannot be read now, records are out of reach: to look again
    // at once would find the same.
    let hasMore = !slices.isEmpty || !missed.isEmpty
    return StreamScan(
      stream: stream, slices: slices, ends: ends, missed: missed,
      recordCount: slices.reduce(0) { $0 + $1.recordCount },
      byteCount: slices.reduce(0) { $0 + $1.byteCount },
      reachedTip: !hasMore || parts.allSatisfy(\.reachedTip))
  }

  /// What was in shards that came and went without this reader.
  private func missedExpired(
    _ expired: [ExpiredShard], from start: [ShardID: UInt64], ends: inout [ShardID: UInt64]
  ) -> [MissedRecords] {
    expired.compactMap { shard in
      let id = ShardID(index: shard.index)
      ends[id] = shard.endOrdinal
      let position = start[id] ?? (start.isEmpty ? shard.endOrdinal : 0)
      guard position < shard.endOrdinal else { return nil }
      return MissedRecords(shard: id, ordinals: position..<shard.endOrdinal, cause: .expired)
    }
  }
}

extension Shard {
  /// Whether a reader at this position has had everything that the shard holds.
  fileprivate func isRead(to position: UInt64?) -> Bool {
    max(position ?? 0, firstOrdinal) >= endOrdinal && openFailure == nil
  }
}

/// What a scan takes of one shard.
private struct ShardPart {
  private static let sliceBytes = 1 << 20

  let shard: Shard
  var slices: [ScanSlice] = []
  var end: UInt64
  var reachedTip = true
  var missed: [MissedRecords] = []
  private var bytes = 0

  init(shard: Shard, from start: UInt64?, isFirst: Bool) {
    self.shard = shard
    let first = shard.firstOrdinal
    let wanted = start ?? (isFirst ? first : 0)
    end = max(wanted, first)
    if wanted < first {
      missed.append(MissedRecords(shard: shard.id, ordinals: wanted..<first, cause: .expired))
    }
  }

  /// Leaves the shard for a later scan.
  mutating func withhold(at start: UInt64) {
    missed = []
    end = start
    reachedTip = shard.endOrdinal <= max(start, shard.firstOrdinal)
  }

  mutating func collect(bytesMax: Int) throws(StreamLogError) {
    for segment in shard.segments(from: end) {
      let extent = segment.current
      stretches: while true {
        switch segment.place(of: end, in: extent) {
        case .behind: break stretches
        case .damaged(let damage):
          missed.append(
            MissedRecords(
              shard: shard.id, ordinals: end..<damage.ordinals.upperBound,
              cause: .damaged(
                path: segment.path, offset: damage.offsets.lowerBound, reason: damage.reason)))
          end = damage.ordinals.upperBound
        case .stretch(let stretch):
          guard bytes < bytesMax else {
            reachedTip = false
            return
          }
          guard try addSlices(of: segment, stretch, extent, bytesMax: bytesMax) else { return }
        }
      }
    }
  }

  /// Cuts a stretch at its index entries.
  ///
  /// - Returns: false if the part is full, or the file cannot be walked.
  private mutating func addSlices(
    of segment: Segment, _ stretch: Segment.Stretch, _ extent: Segment.Extent, bytesMax: Int
  ) throws(StreamLogError) -> Bool {
    guard var offset = try place(of: end, in: segment, stretch) else { return false }
    let cuts =
      extent.index.filter { $0.offset > offset && $0.offset < stretch.end }
      .map { ($0.offset, $0.ordinal) } + [(stretch.end, stretch.endOrdinal)]
    for (position, (cutOffset, cutOrdinal)) in cuts.enumerated() {
      let isLast = position == cuts.count - 1
      let isFull = bytes + cutOffset - offset >= bytesMax
      guard cutOffset - offset >= Self.sliceBytes || isLast || isFull else { continue }
      slices.append(
        ScanSlice(
          shard: shard.id, firstOrdinal: end, recordCount: Int(cutOrdinal - end),
          byteCount: cutOffset - offset, owner: shard, segment: segment, offset: offset,
          end: cutOffset))
      bytes += cutOffset - offset
      (offset, end) = (cutOffset, cutOrdinal)
      if isFull, !isLast {
        reachedTip = false
        return false
      }
    }
    return true
  }

  /// Where a record of a stretch lies; nil, after taking note, if what is before it is damaged.
  private func place(
    of ordinal: UInt64, in segment: Segment, _ stretch: Segment.Stretch
  ) throws(StreamLogError) -> Int? {
    guard ordinal > stretch.entry.ordinal else { return stretch.entry.offset }
    var scanner = SegmentScanner(
      file: segment.file, size: stretch.end, windowBytes: SegmentScanner.smallWindowBytes)
    var offset = stretch.entry.offset
    var current = stretch.entry.ordinal
    while offset < stretch.end {
      guard let header = try scanner.header(at: offset) else {
        throw shard.noteDamage(in: segment, at: offset, ordinal: current)
      }
      if header.ordinal >= ordinal { return offset }
      offset += header.size
      current = header.ordinal + 1
    }
    return nil
  }
}
