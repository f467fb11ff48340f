internal import Core
internal import Dispatch
internal import Synchronization

/// Writes what waits, for all shards together, and answers when the disk has it.
///
/// While one group is on its way to the disk the next one gathers, so the more producers there
/// are, the more records share one sync.
final class Committer: Sendable {
  struct Request: Sendable {
    struct Item: Sendable {
      var record: NewRecord
      var hashKey: UInt128
      /// Index in the stream's shards.
      var shard: Int
    }
    var stream: StreamState
    var items: [Item]
    var answer: CheckedContinuation<Result<[AppendedRecord], StreamLogError>, Never>
  }

  private struct State {
    var waiting: [Request] = []
    var isRunning = false
    var isClosed = false
    var onIdle: [CheckedContinuation<Void, Never>] = []
  }

  /// Bytes of one write: keeps a group within what a segment's mapping has room for.
  private static let writeBytesMax = 8 << 20

  private let queue = DispatchQueue(label: "weir.commit", qos: .userInitiated)
  private let state = Mutex(State())
  private let clock: any WallClock
  private let reporter: any Reporter

  init(clock: any WallClock, reporter: any Reporter) {
    self.clock = clock
    self.reporter = reporter
  }

  func submit(_ request: Request) {
    enum Next { case start, wait, refuse }
    let next = state.withLock { state -> Next in
      if state.isClosed { return .refuse }
      state.waiting.append(request)
      if state.isRunning { return .wait }
      state.isRunning = true
      return .start
    }
    switch next {
    case .start: queue.async { self.drain() }
    case .wait: break
    case .refuse: request.answer.resume(returning: .failure(.closed))
    }
  }

  /// Returns when everything that was submitted is answered; refuses what comes after.
  func close() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        state.isClosed = true
        if state.isRunning { state.onIdle.append(continuation) }
        return !state.isRunning
      }
      if isIdle { continuation.resume() }
    }
  }

  private func drain() {
    while true {
      let group = state.withLock { state -> [Request]? in
        guard !state.waiting.isEmpty else {
          state.isRunning = false
          return nil
        }
        defer { state.waiting = [] }
        return state.waiting
      }
      guard let group else { break }
      commit(group)
    }
    let idle = state.withLock { state in
      defer { state.onIdle = [] }
      return state.isRunning ? [] : state.onIdle
    }
    for continuation in idle { continuation.resume() }
  }

  // MARK: One group

  /// The records of one shard in a group.
  private struct Lane: Sendable {
    var stream: StreamState
    var shard: Shard
    /// Which request and item each record came from.
    var items: [(request: Int, item: Int)] = []
  }

  private typealias Outcome = Result<[SequenceNumber], StreamLogError>

  private func commit(_ group: [Request]) {
    let lanes = lanes(of: group)
    let outcomes = Mutex([Outcome?](repeating: nil, count: lanes.count))
    let now = clock.now().microseconds
    DispatchQueue.concurrentPerform(iterations: lanes.count) { index in
      let outcome = write(lanes[index], of: group, now: now)
      outcomes.withLock { $0[index] = outcome }
    }
    answer(group, lanes, outcomes.withLock { $0 })
  }

  private func lanes(of group: [Request]) -> [Lane] {
    var lanes: [Lane] = []
    var indices: [ObjectIdentifier: Int] = [:]
    for (requestIndex, request) in group.enumerated() {
      for (itemIndex, item) in request.items.enumerated() {
        let shard = request.stream.shards[item.shard]
        let key = ObjectIdentifier(shard)
        let lane = indices[key] ?? lanes.count
        if lane == lanes.count {
          indices[key] = lane
          lanes.append(Lane(stream: request.stream, shard: shard))
        }
        lanes[lane].items.append((requestIndex, itemIndex))
      }
    }
    return lanes
  }

  private func write(_ lane: Lane, of group: [Request], now: Int64) -> Outcome {
    var sequences: [SequenceNumber] = []
    sequences.reserveCapacity(lane.items.count)
    // A clock that is set back must not make arrival times run backwards.
    let arrivedAt = max(now, lane.shard.lastArrivedAt)
    var rest = lane.items[...]
    while !rest.isEmpty {
      do throws(StreamLogError) {
        try writeSome(
          &rest, to: lane.shard, of: group, arrivedAt: arrivedAt, sequences: &sequences)
      } catch {
        return .failure(error)
      }
    }
    return .success(sequences)
  }

  private func writeSome(
    _ rest: inout ArraySlice<(request: Int, item: Int)>, to shard: Shard, of group: [Request],
    arrivedAt: Int64, sequences: inout [SequenceNumber]
  ) throws(StreamLogError) {
    var size = 0
    let part = rest.prefix { place in
      let next = RecordFormat.size(of: group[place.request].items[place.item].record)
      guard size == 0 || size + next <= Self.writeBytesMax else { return false }
      size += next
      return true
    }
    let segment = try shard.writable(for: size)
    let extent = segment.current
    var buffer: [UInt8] = []
    buffer.reserveCapacity(size)
    for (offset, place) in part.enumerated() {
      let item = group[place.request].items[place.item]
      let ordinal = extent.endOrdinal + UInt64(offset)
      RecordFormat.append(
        item.record, hashKey: item.hashKey, ordinal: ordinal, arrivedAt: arrivedAt,
        durable: extent.end, to: &buffer)
      sequences.append(shard.sequence(ofOrdinal: ordinal, arrivedAt: arrivedAt))
    }
    do throws(StreamLogError) {
      try buffer.withUnsafeBytes { bytes -> Result<Void, StreamLogError> in
        do throws(StreamLogError) {
          return .success(try segment.write(bytes))
        } catch {
          return .failure(error)
        }
      }.get()
      try segment.sync()
    } catch {
      shard.takeBack(segment, after: error)
      throw error
    }
    segment.publish(buffer.count)
    rest = rest.dropFirst(part.count)
  }

  private func answer(_ group: [Request], _ lanes: [Lane], _ outcomes: [Outcome?]) {
    var results = group.map { request in
      Result<[AppendedRecord?], StreamLogError>.success(
        Array(repeating: nil, count: request.items.count))
    }
    for (lane, outcome) in zip(lanes, outcomes) {
      note(lane, outcome, of: group, in: &results)
    }
    for (request, result) in zip(group, results) {
      request.answer.resume(returning: result.map { $0.compactMap { $0 } })
    }
    var notified: Set<ObjectIdentifier> = []
    for lane in lanes where notified.insert(ObjectIdentifier(lane.stream)).inserted {
      lane.stream.notify()
    }
  }

  private func note(
    _ lane: Lane, _ outcome: Outcome?, of group: [Request],
    in results: inout [Result<[AppendedRecord?], StreamLogError>]
  ) {
    switch outcome {
    case .success(let sequences):
      var bytes = 0
      for (place, sequence) in zip(lane.items, sequences) {
        bytes += group[place.request].items[place.item].record.data.count
        guard case .success(var records) = results[place.request] else { continue }
        // Let go of the array in `results` first, or each step copies it.
        results[place.request] = .success([])
        records[place.item] = AppendedRecord(shard: lane.shard.id, sequence: sequence)
        results[place.request] = .success(records)
      }
      reporter.report(
        .appended(
          stream: lane.stream.name, shard: lane.shard.id.description, records: sequences.count,
          bytes: bytes))
    case .failure(let error):
      for place in lane.items { results[place.request] = .failure(error) }
    case nil:
      for place in lane.items { results[place.request] = .failure(.closed) }
    }
  }
}
