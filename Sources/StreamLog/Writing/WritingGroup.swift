internal import Core
internal import Synchronization

/// Requests that are written together, and what became of their records so far: a disk that hangs
/// holds the thread that writes, but not the answer.
final class WritingGroup: Sendable {
  typealias Request = Committer.Request

  /// A record of a group.
  struct Place: Sendable {
    var request: Int
    var record: Int
    /// Bytes in the file.
    var size: Int
  }

  /// The records of one shard in a group; those of a request stand side by side.
  struct Lane: Sendable {
    var stream: StreamState
    var shard: Shard
    var places: [Place] = []
  }

  /// What became of a lane: the sequence numbers of those that are durable, in order, and what
  /// kept the rest from it.
  struct Written: Sendable {
    var sequences: [SequenceNumber] = []
    var bytes = 0
    var error: StreamLogError?
  }

  /// Where the records go, and what is refused before anything is written.
  struct Plan: Sendable {
    var lanes: [Lane] = []
    /// Requests that as a whole go nowhere.
    var refused: [Int: StreamLogError] = [:]
    /// Records above their shard's limits.
    var throttled: [(request: Int, record: Int, shard: ShardID)] = []
  }

  private struct State {
    var plan: Plan?
    /// One for each lane; nil while it is on its way.
    var written: [Written?] = []
    var isAnswered = false
    /// When the newest lane was done, or the group begun.
    var progressAt = ContinuousClock.now
  }

  let requests: [Request]
  private let state = Mutex(State())

  init(_ requests: [Request]) {
    self.requests = requests
  }

  func begin(_ plan: Plan) {
    state.withLock { state in
      state.plan = plan
      state.written = Array(repeating: nil, count: plan.lanes.count)
    }
  }

  /// A disk that is slow, with many shards to write, still gets on; one that hangs does not.
  var progressAt: ContinuousClock.Instant { state.withLock(\.progressAt) }

  /// Takes note of a lane that is done.
  func finish(lane: Int, _ written: Written) {
    let (shard, wasAbandoned) = state.withLock { state in
      state.written[lane] = written
      state.progressAt = ContinuousClock.now
      return (state.plan?.lanes[lane].shard, state.isAnswered)
    }
    if wasAbandoned { shard?.noLongerStalled() }
  }

  /// Answers when every lane is done, unless it was answered before.
  func answer() {
    let taken = state.withLock { state -> State? in
      guard !state.isAnswered else { return nil }
      state.isAnswered = true
      return state
    }
    if let taken { answer(taken) }
  }

  /// Answers now: what is still on its way may become durable yet, or not.
  func abandon() {
    let taken = state.withLock { state -> State? in
      guard !state.isAnswered else { return nil }
      state.isAnswered = true
      // Under the lock: a lane that is done now must find that its shard was taken for stalled.
      for (lane, written) in zip(state.plan?.lanes ?? [], state.written) where written == nil {
        lane.shard.stalled()
      }
      return state
    }
    if let taken { answer(taken) }
  }

  private func answer(_ state: State) {
    guard let plan = state.plan else {
      for request in requests {
        request.answer.resume(returning: .failure(.stalled(path: request.stream.directory)))
      }
      return
    }
    var outcomes = requests.map { request in
      [AppendOutcome](
        repeating: .failed(ShardID(index: 0), .closed), count: request.records.count)
    }
    for (request, record, shard) in plan.throttled {
      outcomes[request][record] = .throttled(shard)
    }
    for (lane, written) in zip(plan.lanes, state.written) {
      let stall = Written(error: .stalled(path: lane.shard.directory))
      Self.note(lane, written ?? stall, in: &outcomes)
    }
    for (index, request) in requests.enumerated() {
      request.answer.resume(
        returning: plan.refused[index].map { .failure($0) } ?? .success(outcomes[index]))
    }
  }

  private static func note(
    _ lane: Lane, _ written: Written, in outcomes: inout [[AppendOutcome]]
  ) {
    let id = lane.shard.id
    for (place, sequence) in zip(lane.places, written.sequences) {
      outcomes[place.request][place.record] = .appended(
        AppendedRecord(shard: id, sequence: sequence))
    }
    guard let error = written.error else { return }
    for place in lane.places.dropFirst(written.sequences.count) {
      outcomes[place.request][place.record] = .failed(id, error)
    }
  }
}
