internal import Core
internal import Synchronization

extension StreamLog {
  /// The ordinal at which a reader that starts so begins.
  ///
  /// - Throws: `.invalidArgument` for a sequence number of another shard; `.io`.
  package func ordinal(
    of start: StartingPoint, stream: String, shard id: ShardID
  ) throws(StreamLogError) -> UInt64 {
    let state = try self.stream(stream)
    let shard = try state.shard(id)
    let first = shard.firstOrdinal(since: horizon(of: state))
    switch start {
    case .trimHorizon: return first
    case .latest: return shard.endOrdinal
    case .at(let sequence):
      return max(first, try check(sequence, shard).ordinal ?? 0)
    case .after(let sequence):
      return max(first, try check(sequence, shard).ordinal.map { $0 + 1 } ?? 0)
    case .atTimestamp(let time):
      return max(first, try firstOrdinal(arrivedAtOrAfter: time, in: shard))
    }
  }

  private func horizon(of state: StreamState) -> Timestamp {
    state.content.description.horizon(at: configuration.clock.now())
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

  private func firstOrdinal(
    arrivedAtOrAfter time: Timestamp, in shard: Shard
  ) throws(StreamLogError) -> UInt64 {
    for segment in shard.all where segment.current.lastArrivedAt >= time.microseconds {
      return try shard.ordinal(arrivedAtOrAfter: time, in: segment)
    }
    return shard.endOrdinal
  }

  /// Where a reader can go on that got `.corrupt` at an ordinal: behind the damage.
  ///
  /// - Returns: `ordinal` itself if nothing is damaged there.
  package func readableOrdinal(
    stream: String, shard id: ShardID, from ordinal: UInt64
  ) throws(StreamLogError) -> UInt64 {
    var ordinal = ordinal
    for segment in try self.stream(stream).shard(id).segments(from: ordinal) {
      while case .damaged(let damage) = segment.place(of: ordinal, in: segment.current) {
        ordinal = damage.ordinals.upperBound
      }
    }
    return ordinal
  }

  /// Reads on from an ordinal; one record comes even if it alone is larger than `bytesMax`.
  ///
  /// An ordinal that retention has removed reads on at the oldest record. Blocking: reads files.
  ///
  /// - Parameters:
  ///   - bytesMax: of the records' data.
  ///   - isMetered: whether the read counts for the shard's limits, if these are on.
  /// - Throws: `.throttled`; `.corrupt` where the record at `ordinal` is damaged (see
  ///   `readableOrdinal`); `.io`.
  package func read(
    stream: String, shard id: ShardID, from ordinal: UInt64, recordsMax: Int, bytesMax: Int,
    isMetered: Bool = true
  ) throws(StreamLogError) -> ReadResult {
    let state = try self.stream(stream)
    let shard = try state.shard(id)
    let isLimited = isMetered && enforcesShardLimits
    if isLimited, !shard.limiter.admitsRead(at: configuration.clock.now()) {
      throw .throttled(stream: stream, shard: id.description)
    }
    if let failure = shard.openFailure { throw failure }
    var reading = ShardReading(
      shard: shard, next: shard.readable(from: ordinal, since: horizon(of: state)),
      recordsMax: recordsMax, bytesMax: bytesMax)
    try reading.run()
    if isLimited { shard.limiter.noteRead(bytes: reading.bytes) }
    return result(of: reading, state)
  }

  private func result(of reading: ShardReading, _ state: StreamState) -> ReadResult {
    let shard = reading.shard
    // Closing comes after the last record: once it is seen, the end stands still.
    let closing = shard.closing
    let isAtTip = reading.next >= shard.endOrdinal
    let behind = reading.records.last.map { shard.lastArrivedAt - $0.arrivedAt.microseconds } ?? 0
    let reachedEnd = isAtTip && closing.map { reading.next >= $0.endOrdinal } ?? false
    return ReadResult(
      records: reading.records, next: reading.next,
      millisecondsBehindLatest: isAtTip ? 0 : Int(max(behind, 1_000) / 1_000),
      reachedEnd: reachedEnd,
      children: reachedEnd
        ? state.content.shards.filter { $0.parents.contains(shard.id) }.map(\.summary) : [])
  }
}

extension Shard {
  /// Why nothing of the shard can be read: its folder could not be opened.
  var openFailure: StreamLogError? {
    state.withLock { $0.condition.mustOpen ? $0.condition.reason : nil }
  }
}

/// One read of a shard, which goes from segment to segment.
private struct ShardReading {
  let shard: Shard
  var next: UInt64
  let recordsMax: Int
  let bytesMax: Int
  var records: [StoredRecord] = []
  var bytes = 0
  private var isFull = false

  init(shard: Shard, next: UInt64, recordsMax: Int, bytesMax: Int) {
    self.shard = shard
    self.next = next
    self.recordsMax = recordsMax
    self.bytesMax = bytesMax
  }

  mutating func run() throws(StreamLogError) {
    for segment in shard.segments(from: next) {
      let extent = segment.current
      while !isFull {
        switch segment.place(of: next, in: extent) {
        case .behind: break
        case .damaged(let damage):
          if records.isEmpty { throw segment.error(damage) }
          return
        case .stretch(let stretch):
          guard try read(stretch, of: segment) else { return }
          continue
        }
        break
      }
      if isFull { return }
    }
  }

  /// - Returns: false if the reading ends here.
  private mutating func read(
    _ stretch: Segment.Stretch, of segment: Segment
  ) throws(StreamLogError) -> Bool {
    try segment.checkLength(stretch.end)
    var window = ReadingWindow(segment: segment, end: stretch.end)
    var offset = stretch.entry.offset
    var ordinal = stretch.entry.ordinal
    while offset < stretch.end {
      let header = try window.header(at: offset, isChecked: ordinal >= next)
      guard let header, header.ordinal == ordinal, let memory = window.memory else {
        let damage = shard.noteDamage(in: segment, at: offset, ordinal: ordinal)
        if records.isEmpty { throw damage }
        return false
      }
      if ordinal >= next {
        isFull =
          records.count >= recordsMax
          || (!records.isEmpty && bytes + header.dataSize > bytesMax)
        if isFull { return false }
        let sequence = shard.sequence(ofOrdinal: ordinal, arrivedAt: header.arrivedAt)
        records.append(
          StoredRecord(sequence: sequence, header: header, at: offset, in: memory))
        bytes += header.dataSize
        next = ordinal + 1
      }
      ordinal += 1
      offset += header.size
    }
    return true
  }
}

/// What of a segment a reading has in memory: it goes on piece by piece.
private struct ReadingWindow {
  private static let windowBytes = 1 << 20

  let segment: Segment
  /// Where to stop.
  let end: Int
  private(set) var memory: SliceMemory?
  private var loaded = 0

  init(segment: Segment, end: Int) {
    self.segment = segment
    self.end = end
  }

  /// The header at `offset`; nil if there is none, or the record has not its checksum.
  mutating func header(
    at offset: Int, isChecked: Bool
  ) throws(StreamLogError) -> RecordFormat.Header? {
    guard let base = try load(offset, RecordFormat.headerSize) else { return nil }
    let header = RecordFormat.header(at: base, offset)
    guard header.isPlausible, try load(offset, header.size) != nil else { return nil }
    return isChecked ? RecordFormat.validHeader(at: base, offset, limit: end) : header
  }

  private mutating func load(_ offset: Int, _ count: Int) throws(StreamLogError)
    -> UnsafeRawPointer?
  {
    guard offset + count <= end else { return nil }
    if offset + count > loaded || memory == nil {
      let range = offset..<min(end, offset + max(count, Self.windowBytes))
      memory = try SliceMemory(try segment.mapping(), range, path: segment.path)
      loaded = range.upperBound
    }
    return memory?.mapping.base
  }
}

extension Shard {
  /// Notes and reports a record that was durable and has not its checksum any more.
  func noteDamage(in segment: Segment, at offset: Int, ordinal: UInt64) -> StreamLogError {
    let error = StreamLogError.corrupt(
      path: segment.path, offset: offset,
      reason: "record \(ordinal) does not have its checksum any more")
    segment.noteDamage(at: offset, ordinal: ordinal, reason: "record \(ordinal) is damaged")
    environment.reporter.report(
      .message(
        level: .error, source: "stream log",
        text: "\(segment.path) is damaged at byte \(offset): record \(ordinal) of "
          + "\(environment.stream), \(id) does not have its checksum any more"))
    return error
  }
}
