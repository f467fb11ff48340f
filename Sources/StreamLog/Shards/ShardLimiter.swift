internal import Core
internal import Synchronization

/// What fills up with time and empties with use.
///
/// A use larger than what the bucket holds passes when it is full, and is paid off afterwards:
/// so large records use the burst, and the average stays.
struct TokenBucket: Sendable {
  private let capacity: Double
  private let perSecond: Double
  private var tokens: Double
  private var filledAt: Timestamp?

  init(capacity: Double, perSecond: Double) {
    self.capacity = capacity
    self.perSecond = perSecond
    tokens = capacity
  }

  mutating func fill(at now: Timestamp) {
    if let filledAt, now > filledAt {
      tokens = min(capacity, tokens + now.seconds(since: filledAt) * perSecond)
    }
    filledAt = max(filledAt ?? now, now)
  }

  func has(_ amount: Double) -> Bool { tokens >= min(amount, capacity) }

  mutating func use(_ amount: Double) { tokens -= amount }
}

/// The limits of one shard: 1 MiB and 1,000 records per second in, 2 MiB and 5 reads per second
/// out.
final class ShardLimiter: Sendable {
  private struct Buckets {
    var bytesIn = TokenBucket(capacity: 1_048_576, perSecond: 1_048_576)
    var recordsIn = TokenBucket(capacity: 1_000, perSecond: 1_000)
    var bytesOut = TokenBucket(capacity: 2_097_152, perSecond: 2_097_152)
    var readsOut = TokenBucket(capacity: 5, perSecond: 5)
  }

  private let buckets = Mutex(Buckets())

  /// Whether a record may be written now; then it counts.
  func admitsRecord(bytes: Int, at now: Timestamp) -> Bool {
    buckets.withLock { buckets in
      buckets.bytesIn.fill(at: now)
      buckets.recordsIn.fill(at: now)
      guard buckets.recordsIn.has(1), buckets.bytesIn.has(Double(bytes)) else { return false }
      buckets.recordsIn.use(1)
      buckets.bytesIn.use(Double(bytes))
      return true
    }
  }

  /// Whether a read may be made now; then it counts.
  func admitsRead(at now: Timestamp) -> Bool {
    buckets.withLock { buckets in
      buckets.bytesOut.fill(at: now)
      buckets.readsOut.fill(at: now)
      guard buckets.readsOut.has(1), buckets.bytesOut.has(1) else { return false }
      buckets.readsOut.use(1)
      return true
    }
  }

  /// What a read turned out to give: how much is known only afterwards.
  func noteRead(bytes: Int) {
    buckets.withLock { $0.bytesOut.use(Double(bytes)) }
  }
}
