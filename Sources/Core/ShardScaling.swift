/// How many open shards one UpdateShardCount may make of those that a stream has.
package enum ShardScaling {
  /// A stream's open shards, at most.
  package static let shardsMax = 10_000

  /// At least half of the open shards, rounded up, and at most double: Kinesis' bounds for one
  /// call.
  package static func reachable(from current: Int) -> ClosedRange<Int> {
    let fewest = min(shardsMax, max(1, current - current / 2))
    return fewest...max(fewest, min(shardsMax, current * 2))
  }
}
