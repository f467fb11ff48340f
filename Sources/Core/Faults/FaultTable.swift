internal import Synchronization

/// The faults that are set: what each request and record is to suffer.
///
/// An operation asks once, where it is dispatched: `fault(operation:stream:shard:)`. PutRecord and
/// PutRecords ask once more, when their records are routed:
/// `recordFaults(operation:stream:count:shard:)`. No rule answers to both, so none strikes twice.
///
/// Every rule draws from a generator of its own: the same seed and the same requests in the same
/// order give the same faults, whatever other rules there are. While no rule is set, asking costs
/// one relaxed load.
package final class FaultTable: Sendable {
  /// What becomes of a request: first it waits, then it is refused (if it is).
  package struct Fault: Sendable, Equatable {
    package var latency: Duration?
    package var refusal: FaultRule.Refusal?

    package init(latency: Duration? = nil, refusal: FaultRule.Refusal? = nil) {
      self.latency = latency
      self.refusal = refusal
    }
  }

  /// What becomes of the records of a put.
  package struct RecordFaults: Sendable, Equatable {
    package var latency: Duration?
    /// By the record's place in the request; those that are not here are to be stored.
    package var refusals: [Int: FaultRule.Refusal] = [:]

    package init(latency: Duration? = nil, refusals: [Int: FaultRule.Refusal] = [:]) {
      self.latency = latency
      self.refusals = refusals
    }
  }

  /// A rule with its number and what it did so far.
  package struct Entry: Sendable, Equatable, Codable {
    package var id: Int
    package var rule: FaultRule
    package var setAt: Timestamp
    /// Requests that fit the rule.
    package var matched: Int
    /// Requests that it struck.
    package var struck: Int
    /// Records that it failed.
    package var recordsFailed: Int

    package init(
      id: Int, rule: FaultRule, setAt: Timestamp, matched: Int = 0, struck: Int = 0,
      recordsFailed: Int = 0
    ) {
      self.id = id
      self.rule = rule
      self.setAt = setAt
      self.matched = matched
      self.struck = struck
      self.recordsFailed = recordsFailed
    }
  }

  /// So many rules may be set at a time.
  package static let rulesMax = 100

  fileprivate struct Slot {
    var entry: Entry
    var random: SeededRandom
  }

  private struct State {
    var slots: [Slot] = []
    var nextID = 1
  }

  private let seed: UInt64
  private let clock: any WallClock
  private let count = Atomic<Int>(0)
  private let state = Mutex(State())

  package init(seed: UInt64 = 0, clock: any WallClock = SystemClock()) {
    self.seed = seed
    self.clock = clock
  }

  package var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

  /// The rules that are set, the oldest first.
  package var entries: [Entry] { state.withLock { $0.slots.map(\.entry) } }

  /// - Returns: the rule's number, by which it can be cleared.
  /// - Throws: `FaultError` if the rule makes no sense or there are too many.
  @discardableResult
  package func set(_ rule: FaultRule) throws(FaultError) -> Int {
    try rule.validate()
    let (now, seed) = (clock.now(), seed)
    let id = state.withLock { state -> Int? in
      guard state.slots.count < Self.rulesMax else { return nil }
      let id = state.nextID
      state.nextID += 1
      let random = SeededRandom(seed: rule.seed ?? (seed &+ UInt64(id) &* 0x9E37_79B9))
      state.slots.append(Slot(entry: Entry(id: id, rule: rule, setAt: now), random: random))
      count.store(state.slots.count, ordering: .relaxed)
      return id
    }
    guard let id else {
      throw FaultError("\(Self.rulesMax) faults are set: clear some first")
    }
    return id
  }

  /// - Returns: whether there was such a rule.
  @discardableResult
  package func clear(_ id: Int) -> Bool {
    remove { $0.id == id } > 0
  }

  /// - Returns: how many rules there were.
  @discardableResult
  package func clearAll() -> Int {
    remove { _ in true }
  }

  private func remove(where isMeant: (Entry) -> Bool) -> Int {
    state.withLock { state in
      let before = state.slots.count
      state.slots.removeAll { isMeant($0.entry) }
      count.store(state.slots.count, ordering: .relaxed)
      return before - state.slots.count
    }
  }
}

// MARK: - Asking

extension FaultTable {
  /// What a request suffers, or nil. Latencies of several rules add up; the first rule that
  /// refuses decides how.
  ///
  /// - Parameters:
  ///   - operation: its name as in the service's model.
  ///   - stream, shard: what the request is about, as far as it names it.
  package func fault(operation: String, stream: String?, shard: String? = nil) -> Fault? {
    guard !isEmpty else { return nil }
    return state.withLock { state in
      var fault = Fault()
      for place in state.slots.indices {
        let rule = state.slots[place].entry.rule
        guard !rule.isPerRecord(operation),
          rule.matches(operation: operation, stream: stream, shard: shard),
          state.slots[place].strikes()
        else { continue }
        switch rule.effect {
        case .latency(let seconds):
          fault.wait(state.slots[place].draw(from: seconds))
        case .error(let refusal):
          fault.refusal = fault.refusal ?? refusal
        case .throttle:
          fault.refusal = fault.refusal ?? .throttled(operation, stream: stream, shard: shard)
        case .partial:
          break
        }
      }
      return fault == Fault() ? nil : fault
    }
  }

  /// What the records of a PutRecord (`count` is 1) or PutRecords suffer, or nil.
  ///
  /// - Parameter shard: the shard that the record at a place is routed to. Called only while a
  ///   rule is set.
  package func recordFaults(
    operation: String, stream: String, count: Int, shard: (Int) -> String
  ) -> RecordFaults? {
    guard !isEmpty, count > 0 else { return nil }
    let shards = (0..<count).map(shard)
    return state.withLock { state in
      var faults = RecordFaults()
      for place in state.slots.indices where state.slots[place].entry.rule.isPerRecord(operation) {
        state.slots[place].strike(&faults, operation: operation, stream: stream, shards: shards)
      }
      return faults == RecordFaults() ? nil : faults
    }
  }
}

extension FaultTable.Fault {
  fileprivate mutating func wait(_ duration: Duration) {
    latency = (latency ?? .zero) + duration
  }
}

extension FaultRule.Refusal {
  /// The words and the type that the service has for an operation above its limits.
  static func throttled(_ operation: String, stream: String?, shard: String?) -> Self {
    switch operation {
    case "PutRecord", "PutRecords", "GetRecords", "GetShardIterator":
      let place = [shard.map { "shard \($0)" }, stream.map { "stream \($0)" }]
        .compactMap { $0 }.joined(separator: " in ")
      return Self(
        type: "ProvisionedThroughputExceededException",
        message: "Rate exceeded" + (place.isEmpty ? "" : " for \(place)") + ".")
    default:
      return Self(type: "LimitExceededException", message: "Rate exceeded for \(operation).")
    }
  }
}

extension FaultTable.Slot {
  /// Whether this request is struck; it is counted, and one draw is taken, if it fits.
  fileprivate mutating func strikes() -> Bool {
    if let limit = entry.rule.limit, entry.struck >= limit { return false }
    entry.matched &+= 1
    guard Double.random(in: 0..<1, using: &random) < entry.rule.probability else { return false }
    entry.struck &+= 1
    return true
  }

  fileprivate mutating func draw(from seconds: ClosedRange<Double>) -> Duration {
    .seconds(Double.random(in: seconds, using: &random))
  }

  fileprivate mutating func strike(
    _ faults: inout FaultTable.RecordFaults, operation: String, stream: String, shards: [String]
  ) {
    let rule = entry.rule
    let places = shards.indices.filter {
      rule.matches(operation: operation, stream: stream, shard: shards[$0])
    }
    guard !places.isEmpty, strikes() else { return }
    if case .latency(let seconds) = rule.effect {
      faults.latency = (faults.latency ?? .zero) + draw(from: seconds)
      return
    }
    for place in places {
      let refusal: FaultRule.Refusal
      switch rule.effect {
      case .latency: continue
      case .error(let error): refusal = error
      case .throttle:
        refusal = .throttled(operation, stream: stream, shard: shards[place])
      case .partial(let share, let error):
        guard Double.random(in: 0..<1, using: &random) < share else { continue }
        refusal = error
      }
      guard faults.refusals[place] == nil else { continue }
      faults.refusals[place] = refusal
      entry.recordsFailed &+= 1
    }
  }
}
