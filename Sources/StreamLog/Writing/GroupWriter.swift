internal import Core
internal import Synchronization

/// Writes a group of requests: chooses the shards, writes and syncs these at the same time, and
/// answers.
struct GroupWriter: Sendable {
  private typealias Place = WritingGroup.Place
  private typealias Lane = WritingGroup.Lane
  private typealias Written = WritingGroup.Written

  let clock: any WallClock
  let fileSystem: any FileSystem
  let reporter: any Reporter
  /// Whether the shards' limits hold.
  let enforcesLimits: @Sendable () -> Bool
  /// Told of each new segment file.
  let onRoll: @Sendable (StreamState) -> Void
  private let buffers = WriteBuffers()
  private let crew = WritingCrew()

  init(
    clock: any WallClock, fileSystem: any FileSystem, reporter: any Reporter,
    enforcesLimits: @escaping @Sendable () -> Bool,
    onRoll: @escaping @Sendable (StreamState) -> Void
  ) {
    self.clock = clock
    self.fileSystem = fileSystem
    self.reporter = reporter
    self.enforcesLimits = enforcesLimits
    self.onRoll = onRoll
  }

  func write(_ group: WritingGroup) {
    let now = clock.now()
    let plan = plan(group.requests, at: now)
    group.begin(plan)
    crew.perform(plan.lanes.count) { index in
      write(plan.lanes[index], index, of: group, at: now)
    }
    group.answer()
    var notified: Set<ObjectIdentifier> = []
    for lane in plan.lanes where notified.insert(ObjectIdentifier(lane.stream)).inserted {
      lane.stream.notify()
    }
  }

  // MARK: Choosing the shards

  private func plan(_ requests: [Committer.Request], at now: Timestamp) -> WritingGroup.Plan {
    let limits = enforcesLimits()
    var plan = WritingGroup.Plan()
    var router = Router()
    for (index, request) in requests.enumerated() {
      do throws(StreamLogError) {
        try settle(request.stream)
        let content = request.stream.content
        let first = router.lanes(of: request.stream, content)
        for (place, hashKey) in request.hashKeys.enumerated() {
          guard let open = content.route(hashKey) else { throw .streamBusy(request.stream.name) }
          let size = request.records[place].size
          if limits, !content.open[open].limiter.admitsRecord(bytes: size, at: now) {
            plan.throttled.append((index, place, content.open[open].id))
          } else {
            router.lanes[first + open].places.append(
              Place(request: index, record: place, size: RecordFormat.headerSize + size))
          }
        }
      } catch {
        plan.refused[index] = error
        router.forget(request: index)
      }
    }
    plan.lanes = router.lanes.filter { !$0.places.isEmpty }
    return plan
  }

  /// Lanes for every open shard of the streams of a group, a stream's side by side.
  private struct Router {
    var lanes: [Lane] = []
    private var first: [ObjectIdentifier: Int] = [:]

    mutating func lanes(of stream: StreamState, _ content: StreamState.Content) -> Int {
      let key = ObjectIdentifier(stream)
      if let known = first[key] { return known }
      let start = lanes.count
      first[key] = start
      lanes += content.open.map { Lane(stream: stream, shard: $0) }
      return start
    }

    mutating func forget(request: Int) {
      for index in lanes.indices { lanes[index].places.removeAll { $0.request == request } }
    }
  }

  /// - Throws: what keeps the stream from taking any record.
  private func settle(_ stream: StreamState) throws(StreamLogError) {
    switch stream.status {
    case .active, .updating: break
    case .creating, .deleting: throw .streamNotFound(stream.name)
    }
    guard stream.mustSave else { return }
    // The file may say already that shards are closed which here are still open.
    try stream.content.description.save(to: stream.directory, fileSystem: fileSystem)
    stream.mustSave = false
  }

  // MARK: Writing a shard

  /// Bytes of one write: keeps a group within what a segment's mapping has room for.
  private static let writeBytesMax = 8 << 20
  /// A write is done in so many pieces at most, of which each is worth the disk's while.
  private static let piecesMax = 4
  private static let pieceBytesMin = 128 << 10

  private func write(_ lane: Lane, _ index: Int, of group: WritingGroup, at now: Timestamp) {
    let written = write(lane, of: group.requests, at: now)
    group.finish(lane: index, written)
    guard !written.sequences.isEmpty else { return }
    reporter.report(
      .appended(
        stream: lane.stream.name, shard: lane.shard.id.description,
        records: written.sequences.count, bytes: written.bytes))
  }

  private func write(_ lane: Lane, of group: [Committer.Request], at now: Timestamp) -> Written {
    var written = Written()
    written.sequences.reserveCapacity(lane.places.count)
    // A clock that is set back must not make arrival times run backwards.
    let arrivedAt = max(now.microseconds, lane.shard.lastArrivedAt)
    var rest = lane.places[...]
    while !rest.isEmpty {
      do throws(StreamLogError) {
        try writeSome(&rest, lane, of: group, arrivedAt: arrivedAt, written: &written)
      } catch {
        written.error = error
        return written
      }
    }
    lane.shard.succeeded()
    return written
  }
  private func writeSome(
    _ rest: inout ArraySlice<Place>, _ lane: Lane, of group: [Committer.Request],
    arrivedAt: Int64, written: inout Written
  ) throws(StreamLogError) {
    var size = 0
    let part = rest.prefix { place in
      guard size == 0 || size + place.size <= Self.writeBytesMax else { return false }
      size += place.size
      return true
    }
    let segment = try writable(lane, for: size)
    let buffer = buffers.take(capacity: size)
    defer { buffers.give(buffer) }
    var writing = Writing(segment, lane.shard, arrivedAt: arrivedAt, buffer)
    do throws(StreamLogError) {
      let pieceBytes = size / max(1, min(Self.piecesMax, size / Self.pieceBytesMin))
      var left = part
      while !left.isEmpty {
        let taken = writing.layOut(&left, of: group, bytesMin: pieceBytes)
        // While the disk works on this piece the next one is laid out.
        try writing.write(taken, isLast: left.isEmpty)
      }
    } catch {
      lane.shard.failed(error, lostWrites: false, bytes: size)
      throw error
    }
    do throws(StreamLogError) {
      try segment.file.sync()
    } catch {
      lane.shard.failed(error, lostWrites: true, bytes: size)
      throw error
    }
    segment.publish(writing.extent)
    note(writing, of: part.count, in: lane.shard, arrivedAt: arrivedAt, &written)
    rest = rest.dropFirst(part.count)
  }

  private func writable(_ lane: Lane, for size: Int) throws(StreamLogError) -> Segment {
    do throws(StreamLogError) {
      let (segment, isNew) = try lane.shard.writable(for: size)
      if isNew { onRoll(lane.stream) }
      return segment
    } catch {
      lane.shard.failed(error, lostWrites: false, bytes: size)
      throw error
    }
  }

  private func note(
    _ writing: Writing, of count: Int, in shard: Shard, arrivedAt: Int64, _ written: inout Written
  ) {
    let firstOrdinal = writing.extent.endOrdinal - UInt64(count)
    for offset in 0..<UInt64(count) {
      written.sequences.append(
        shard.sequence(ofOrdinal: firstOrdinal + offset, arrivedAt: arrivedAt))
    }
    written.bytes += Int(writing.extent.payloadBytes)
    shard.load.add(writing.load)
  }
}

/// Some records on their way to a segment's end, piece by piece.
private struct Writing {
  let segment: Segment
  let shard: Shard
  let arrivedAt: Int64
  let buffer: WriteBuffer
  /// What the records add to the segment's extent, and to the shard's load.
  var extent: Segment.Extent
  var load = ShardLoad.Parts()
  /// Where the segment was durable before.
  private let durable: Int
  private let indexedAt: Int?

  init(_ segment: Segment, _ shard: Shard, arrivedAt: Int64, _ buffer: WriteBuffer) {
    let current = segment.current
    self.segment = segment
    self.shard = shard
    self.arrivedAt = arrivedAt
    self.buffer = buffer
    extent = Segment.Extent(end: current.end, endOrdinal: current.endOrdinal)
    durable = current.end
    indexedAt = current.index.last?.offset
  }

  /// Lays records out in the buffer as they are to stand in the file, until these are so many
  /// bytes.
  ///
  /// - Returns: where in the file.
  mutating func layOut(
    _ places: inout ArraySlice<WritingGroup.Place>, of group: [Committer.Request], bytesMin: Int
  ) -> Range<Int> {
    let start = extent.end
    guard let base = buffer.bytes.baseAddress else { return start..<start }
    var isFull = false
    while !isFull, let first = places.first {
      // Arrays that are taken once for all the records of a request.
      let (records, hashKeys) = (group[first.request].records, group[first.request].hashKeys)
      var count = 0
      for place in places {
        guard place.request == first.request else { break }
        isFull = extent.end - start >= bytesMin
        if isFull { break }
        let hashKey = hashKeys[place.record]
        let header = RecordFormat.write(
          records[place.record], hashKey: hashKey, ordinal: extent.endOrdinal,
          arrivedAt: arrivedAt, durable: durable, to: base + (extent.end - durable))
        extent.add(header, indexedAt: indexedAt)
        load.bytes[shard.load.part(of: hashKey)] &+= UInt64(place.size - RecordFormat.headerSize)
        count += 1
      }
      places = places.dropFirst(count)
    }
    return start..<extent.end
  }

  func write(_ range: Range<Int>, isLast: Bool) throws(StreamLogError) {
    let bytes = UnsafeRawBufferPointer(
      rebasing: buffer.bytes[(range.lowerBound - durable)..<(range.upperBound - durable)])
    try segment.file.write(bytes, at: range.lowerBound)
    if !isLast { segment.file.beginSync(range) }
  }
}
