internal import Core

/// What became of deliveries since the start, by rule and target.
struct DeliveryProgress: Sendable {
  struct Count: Sendable {
    var delivered = 0
    var failed = 0
    var buried = 0
    var lastDeliveredAt: Timestamp?
    /// Milliseconds from accepting the last event to its delivery.
    var lastLatency: Double?
  }

  private(set) var counts: [Lane: Count] = [:]

  mutating func delivered(_ lane: Lane, at now: Timestamp, acceptedAt: Timestamp) {
    counts[lane, default: Count()].delivered += 1
    counts[lane]?.lastDeliveredAt = now
    counts[lane]?.lastLatency = now.seconds(since: acceptedAt) * 1_000
  }

  mutating func failed(_ lane: Lane) { counts[lane, default: Count()].failed += 1 }
  mutating func buried(_ lane: Lane) { counts[lane, default: Count()].buried += 1 }
}
