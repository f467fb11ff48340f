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

  /// The records of one shard in a group.
  private struct Lane: Sendable {
    var stream: StreamState
    var shard: Shard
    /// Which request and record each came from.
    var places: [(request: Int, record: Int)] = []
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
    var outcomes = group.map { [AppendOutcome?](repeating: nil, count: $0.records.count) }
    var refused: [Int: StreamLogError] = [:]
    let lanes = lanes(of: group, at: now, outcomes: &outcomes, refused: &refused)
    let written =
      lanes.count == 1 ? [write(lanes[0], of: group, at: now)] : inParallel(lanes, group, now)
    for (lane, written) in zip(lanes, written) { note(lane, written, in: &outcomes) }
    for (index, request) in group.enumerated() {
      if let error = refused[index] {
        request.answer.resume(returning: .failure(error))
      } else {
        request.answer.resume(returning: .success(outcomes[index].compactMap { $0 }))
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
    of group: [Request], at now: Timestamp, outcomes: inout [[AppendOutcome?]],
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
          let shard = content.open[open]
          if limits, !shard.limiter.admitsRecord(bytes: request.records[place].size, at: now) {
            outcomes[index][place] = .throttled(shard.id)
          } else {
            router.lanes[first + open].places.append((index, place))
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
    _ rest: inout ArraySlice<(request: Int, record: Int)>, _ lane: Lane, of group: [Request],
    arrivedAt: Int64, written: inout Written
  ) throws(StreamLogError) {
    var size = 0
    let part = rest.prefix { place in
      let next = RecordFormat.size(of: group[place.request].records[place.record])
      guard size == 0 || size + next <= Self.writeBytesMax else { return false }
      size += next
      return true
    }
    let segment = try writable(lane, for: size)
    let buffer = buffers.take(capacity: size)
    defer { buffers.give(buffer) }
    let extent = layOut(part, of: group, in: segment, arrivedAt: arrivedAt, buffer)
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<size])
    try put(bytes, into: segment, of: lane.shard, upTo: extent)
    let firstOrdinal = extent.endOrdinal - UInt64(part.count)
    for offset in 0..<UInt64(part.count) {
      written.sequences.append(
        lane.shard.sequence(ofOrdinal: firstOrdinal + offset, arrivedAt: arrivedAt))
    }
    written.bytes += Int(extent.payloadBytes)
    lane.shard.load.add(load(of: part, of: group, lane.shard))
    rest = rest.dropFirst(part.count)
  }

  private func load(
    of part: ArraySlice<(request: Int, record: Int)>, of group: [Request], _ shard: Shard
  ) -> ShardLoad.Parts {
    var parts = ShardLoad.Parts()
    for place in part {
      let request = group[place.request]
      let index = shard.load.part(of: request.hashKeys[place.record])
      parts.bytes[index] &+= UInt64(request.records[place.record].size)
    }
    return parts
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
  /// - Returns: what they add to the segment's extent.
  private func layOut(
    _ part: ArraySlice<(request: Int, record: Int)>, of group: [Request], in segment: Segment,
    arrivedAt: Int64, _ buffer: WriteBuffer
  ) -> Segment.Extent {
    let current = segment.current
    guard let base = buffer.bytes.baseAddress else { return current }
    var extent = Segment.Extent(end: current.end, endOrdinal: current.endOrdinal)
    let indexedAt = current.index.last?.offset
    for place in part {
      let request = group[place.request]
      let start = extent.end - current.end
      _ = RecordFormat.write(
        request.records[place.record], hashKey: request.hashKeys[place.record],
        ordinal: extent.endOrdinal, arrivedAt: arrivedAt, durable: current.end, to: base + start)
      extent.add(RecordFormat.header(at: base, start), indexedAt: indexedAt)
    }
    return extent
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

  private func note(_ lane: Lane, _ written: Written, in outcomes: inout [[AppendOutcome?]]) {
    for (place, sequence) in zip(lane.places, written.sequences) {
      outcomes[place.request][place.record] = .appended(
        AppendedRecord(shard: lane.shard.id, sequence: sequence))
    }
    if let error = written.error {
      for place in lane.places.dropFirst(written.sequences.count) {
        outcomes[place.request][place.record] = .failed(lane.shard.id, error)
      }
    }
    guard !written.sequences.isEmpty else { return }
    reporter.report(
      .appended(
        stream: lane.stream.name, shard: lane.shard.id.description,
        records: written.sequences.count, bytes: written.bytes))
  }
}
