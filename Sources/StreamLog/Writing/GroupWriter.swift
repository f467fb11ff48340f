internal import Core
internal import Dispatch
internal import Synchronization

/// Writes a group of requests: chooses the shards, writes and syncs these at the same time, and
/// answers.
struct GroupWriter: Sendable {
  typealias Request = Committer.Request

  let clock: any WallClock
  let fileSystem: any FileSystem
  let reporter: any Reporter
  /// Whether the shards' limits hold.
  let enforcesLimits: @Sendable () -> Bool
  /// Told of each new segment file.
  let onRoll: @Sendable (StreamState) -> Void
  private let buffers = WriteBuffers()

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

  /// A record of a group.
  private struct Place: Sendable {
    var request: Int
    var record: Int
    /// Bytes in the file.
    var size: Int
  }

  /// The records of one shard in a group; those of a request stand side by side.
  private struct Lane: Sendable {
    var stream: StreamState
    var shard: Shard
    var places: [Place] = []
  }

  /// What became of a lane: the sequence numbers of those that are durable, in order, and what
  /// kept the rest from it.
  private struct Written: Sendable {
    var sequences: [SequenceNumber] = []
    var bytes = 0
    var error: StreamLogError?
  }

  func write(_ group: [Request]) {
    let now = clock.now()
    var outcomes = group.map { request in
      [AppendOutcome](
        repeating: .failed(ShardID(index: 0), .closed), count: request.records.count)
    }
    var refused: [Int: StreamLogError] = [:]
    let lanes = lanes(of: group, at: now, outcomes: &outcomes, refused: &refused)
    let written =
      lanes.count == 1 ? [write(lanes[0], of: group, at: now)] : inParallel(lanes, group, now)
    for (lane, written) in zip(lanes, written) { note(lane, written, in: &outcomes) }
    for (index, request) in group.enumerated() {
      if let error = refused[index] {
        request.answer.resume(returning: .failure(error))
      } else {
        request.answer.resume(returning: .success(outcomes[index]))
      }
    }
    var notified: Set<ObjectIdentifier> = []
    for lane in lanes where notified.insert(ObjectIdentifier(lane.stream)).inserted {
      lane.stream.notify()
    }
  }

  private func inParallel(_ lanes: [Lane], _ group: [Request], _ now: Timestamp) -> [Written] {
    let all = Mutex([Written](repeating: Written(), count: lanes.count))
    DispatchQueue.concurrentPerform(iterations: lanes.count) { index in
      let written = write(lanes[index], of: group, at: now)
      all.withLock { $0[index] = written }
    }
    return all.withLock { $0 }
  }

  // MARK: Choosing the shards

  private func lanes(
    of group: [Request], at now: Timestamp, outcomes: inout [[AppendOutcome]],
    refused: inout [Int: StreamLogError]
  ) -> [Lane] {
    let limits = enforcesLimits()
    var router = Router()
    for (index, request) in group.enumerated() {
      do throws(StreamLogError) {
        try settle(request.stream)
        let content = request.stream.content
        let first = router.lanes(of: request.stream, content)
        for (place, hashKey) in request.hashKeys.enumerated() {
          guard let open = content.route(hashKey) else { throw .streamBusy(request.stream.name) }
          let size = request.records[place].size
          if limits, !content.open[open].limiter.admitsRecord(bytes: size, at: now) {
            outcomes[index][place] = .throttled(content.open[open].id)
          } else {
            router.lanes[first + open].places.append(
              Place(request: index, record: place, size: RecordFormat.headerSize + size))
          }
        }
      } catch {
        refused[index] = error
        router.forget(request: index)
      }
    }
    return router.lanes.filter { !$0.places.isEmpty }
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

  private func write(_ lane: Lane, of group: [Request], at now: Timestamp) -> Written {
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
    _ rest: inout ArraySlice<Place>, _ lane: Lane, of group: [Request],
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
    let (extent, load) = layOut(
      part, of: group, in: segment, of: lane.shard, arrivedAt: arrivedAt, buffer)
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<size])
    try put(bytes, into: segment, of: lane.shard, upTo: extent)
    let firstOrdinal = extent.endOrdinal - UInt64(part.count)
    for offset in 0..<UInt64(part.count) {
      written.sequences.append(
        lane.shard.sequence(ofOrdinal: firstOrdinal + offset, arrivedAt: arrivedAt))
    }
    written.bytes += Int(extent.payloadBytes)
    lane.shard.load.add(load)
    rest = rest.dropFirst(part.count)
  }

  private func writable(_ lane: Lane, for size: Int) throws(StreamLogError) -> Segment {
    do throws(StreamLogError) {
      let (segment, isNew) = try lane.shard.writable(for: size)
      if isNew { onRoll(lane.stream) }
      return segment
    } catch {
      lane.shard.failed(error, lostWrites: false)
      throw error
    }
  }

  /// Lays records out in the buffer as they are to stand at the segment's end.
  ///
  /// - Returns: what they add to the segment's extent, and to the shard's load.
  private func layOut(
    _ part: ArraySlice<Place>, of group: [Request], in segment: Segment, of shard: Shard,
    arrivedAt: Int64, _ buffer: WriteBuffer
  ) -> (Segment.Extent, ShardLoad.Parts) {
    let current = segment.current
    var extent = Segment.Extent(end: current.end, endOrdinal: current.endOrdinal)
    var load = ShardLoad.Parts()
    guard let base = buffer.bytes.baseAddress else { return (extent, load) }
    let indexedAt = current.index.last?.offset
    var rest = part
    while let first = rest.first {
      // Arrays that are taken once for all the records of a request.
      let (records, hashKeys) = (group[first.request].records, group[first.request].hashKeys)
      let run = rest.prefix { $0.request == first.request }
      for place in run {
        let start = extent.end - current.end
        let hashKey = hashKeys[place.record]
        let header = RecordFormat.write(
          records[place.record], hashKey: hashKey, ordinal: extent.endOrdinal,
          arrivedAt: arrivedAt, durable: current.end, to: base + start)
        extent.add(header, indexedAt: indexedAt)
        load.bytes[shard.load.part(of: hashKey)] &+= UInt64(place.size - RecordFormat.headerSize)
      }
      rest = rest.dropFirst(run.count)
    }
    return (extent, load)
  }

  private func put(
    _ bytes: UnsafeRawBufferPointer, into segment: Segment, of shard: Shard,
    upTo extent: Segment.Extent
  ) throws(StreamLogError) {
    do throws(StreamLogError) {
      try segment.file.write(bytes, at: extent.end - bytes.count)
    } catch {
      shard.failed(error, lostWrites: false)
      throw error
    }
    do throws(StreamLogError) {
      try segment.file.sync()
    } catch {
      shard.failed(error, lostWrites: true)
      throw error
    }
    segment.publish(extent)
  }

  // MARK: Answering

  private func note(_ lane: Lane, _ written: Written, in outcomes: inout [[AppendOutcome]]) {
    let id = lane.shard.id
    for (place, sequence) in zip(lane.places, written.sequences) {
      outcomes[place.request][place.record] = .appended(
        AppendedRecord(shard: id, sequence: sequence))
    }
    if let error = written.error {
      for place in lane.places.dropFirst(written.sequences.count) {
        outcomes[place.request][place.record] = .failed(id, error)
      }
    }
    guard !written.sequences.isEmpty else { return }
    reporter.report(
      .appended(
        stream: lane.stream.name, shard: lane.shard.id.description,
        records: written.sequences.count, bytes: written.bytes))
  }
}
