internal import Core

extension StreamLog {
  /// The ordinal at which a reader that starts so begins.
  ///
  /// - Throws: `.invalidArgument` for a sequence number of another shard.
  package func ordinal(
    of start: StartingPoint, stream: String, shard id: ShardID
  ) throws(StreamLogError) -> UInt64 {
    let shard = try self.stream(stream).shard(id)
    switch start {
    case .trimHorizon: return shard.firstOrdinal
    case .latest: return shard.endOrdinal
    case .at(let sequence):
      return try check(sequence, shard).ordinal ?? shard.firstOrdinal
    case .after(let sequence):
      return try check(sequence, shard).ordinal.map { $0 + 1 } ?? shard.firstOrdinal
    case .atTimestamp(let time): return firstOrdinal(arrivedAtOrAfter: time, in: shard)
    }
  }

  private func check(
    _ sequence: SequenceNumber, _ shard: Shard
  ) throws(StreamLogError) -> SequenceNumber {
    let start = shard.startingSequence
    guard sequence.shardIndex == start.shardIndex,
      sequence.shardCreatedAtSeconds == start.shardCreatedAtSeconds,
      (sequence.ordinal ?? 0) <= shard.endOrdinal
    else {
      throw .invalidArgument("the sequence number \(sequence) is not one of \(shard.id)")
    }
    return sequence
  }

  private func firstOrdinal(arrivedAtOrAfter time: Timestamp, in shard: Shard) -> UInt64 {
    for segment in shard.all {
      let extent = segment.current
      guard extent.lastArrivedAt >= time.microseconds, extent.endOrdinal > segment.firstOrdinal
      else { continue }
      let entry = extent.entry(before: time.microseconds)
      var cursor = SegmentCursor(
        segment: segment, offset: entry?.offset ?? RecordFormat.fileHeaderSize, end: extent.end)
      while let header = cursor.next()?.header {
        if header.arrivedAt >= time.microseconds { return header.ordinal }
      }
    }
    return shard.endOrdinal
  }

  /// Reads on from an ordinal; one record comes even if it alone is larger than `bytesMax`.
  ///
  /// An ordinal that retention has removed reads on at the oldest record.
  package func read(
    stream: String, shard id: ShardID, from ordinal: UInt64, recordsMax: Int, bytesMax: Int
  ) throws(StreamLogError) -> ReadResult {
    let shard = try self.stream(stream).shard(id)
    var records: [StoredRecord] = []
    var bytes = 0
    var next = max(ordinal, shard.firstOrdinal)
    reading: for segment in shard.segments(from: next) {
      let extent = segment.current
      guard next < extent.endOrdinal, let entry = extent.entry(atOrBefore: next) else { continue }
      var cursor = SegmentCursor(segment: segment, offset: entry.offset, end: extent.end)
      while let (offset, header) = cursor.next() {
        guard header.ordinal >= next else { continue }
        guard records.count < recordsMax,
          records.isEmpty || bytes + header.dataSize <= bytesMax
        else { break reading }
        records.append(stored(header, at: offset, in: segment, of: shard))
        bytes += header.dataSize
        next = header.ordinal + 1
      }
    }
    let latest = shard.lastArrivedAt
    let behind = records.last.map { latest - $0.arrivedAt.microseconds } ?? 0
    let isAtTip = next >= shard.endOrdinal
    return ReadResult(
      records: records, next: next,
      millisecondsBehindLatest: isAtTip ? 0 : Int(max(behind, 1_000) / 1_000), reachedEnd: false)
  }

  private func stored(
    _ header: RecordFormat.Header, at offset: Int, in segment: Segment, of shard: Shard
  ) -> StoredRecord {
    let key = segment.mapping.base + offset + RecordFormat.headerSize
    return StoredRecord(
      sequence: shard.sequence(ofOrdinal: header.ordinal, arrivedAt: header.arrivedAt),
      arrivedAt: Timestamp(microseconds: header.arrivedAt),
      partitionKey: String(
        decoding: UnsafeRawBufferPointer(start: key, count: header.keySize), as: UTF8.self),
      data: [UInt8](
        UnsafeRawBufferPointer(start: key + header.keySize, count: header.dataSize)))
  }
}

/// Walks the records of a segment by their lengths, up to an end that was durable when it was
/// asked for.
struct SegmentCursor {
  let segment: Segment
  var offset: Int
  let end: Int

  mutating func next() -> (offset: Int, header: RecordFormat.Header)? {
    guard offset + RecordFormat.headerSize <= end else { return nil }
    let header = RecordFormat.header(at: segment.mapping.base, offset)
    guard header.size >= RecordFormat.headerSize, offset + header.size <= end else { return nil }
    defer { offset += header.size }
    return (offset, header)
  }
}
