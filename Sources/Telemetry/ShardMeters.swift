internal import Core
internal import Synchronization

struct ShardKey: Hashable, Sendable {
  var stream: String
  var shard: String
}

/// What was reported of one shard.
struct ShardMeter: Sendable {
  var records: Series
  var bytes: Series
  /// Records of puts, and reads, above a limit.
  var throttled: Series
  var throttledTotal = 0
  /// Since the engine's start.
  var recordsRead = 0
  var bytesRead = 0

  init(from second: Int64) {
    records = Series(from: second)
    bytes = Series(from: second)
    throttled = Series(from: second)
  }
}

/// The meters of all shards, spread over several locks so that shards seldom wait for each
/// other. A report takes one lock and, once its shard is known, allocates nothing.
final class ShardMeters: Sendable {
  private final class Stripe: Sendable {
    let meters = Mutex<[ShardKey: ShardMeter]>([:])
  }

  /// Shard ids differ in their last character, so that 16 neighbours get 16 locks.
  private let stripes = (0..<16).map { _ in Stripe() }

  /// Changes a shard's meter in place; makes it, to watch from `second` on, where there is none.
  func update(_ key: ShardKey, from second: Int64, _ change: (inout ShardMeter) -> Void) {
    stripe(of: key).meters.withLock { meters in
      change(&meters[key, default: ShardMeter(from: second)])
    }
  }

  func find(_ key: ShardKey) -> ShardMeter? {
    stripe(of: key).meters.withLock { $0[key] }
  }

  /// A shard's meter; made where there is none, so that silence counts as 0 from `second` on.
  func meter(of key: ShardKey, from second: Int64) -> ShardMeter {
    stripe(of: key).meters.withLock { meters in
      if let meter = meters[key] { return meter }
      let meter = ShardMeter(from: second)
      meters[key] = meter
      return meter
    }
  }

  /// Forgets shards that are gone and that nothing was reported of for as long as a ring tells.
  func forget(allBut known: Set<ShardKey>, at second: Int64) {
    for stripe in stripes {
      stripe.meters.withLock { meters in
        meters = meters.filter { known.contains($0.key) || !$0.value.records.isIdle(at: second) }
      }
    }
  }

  private func stripe(of key: ShardKey) -> Stripe {
    stripes[Int(key.shard.utf8.last ?? 0) % stripes.count]
  }
}
