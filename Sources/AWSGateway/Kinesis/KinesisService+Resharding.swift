import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// UpdateShardCount calls for one stream in 24 hours, at most.
  private static let shardCountChangesMax = 10

  func splitShard(_ request: SplitShardRequest) async throws(AWSError) {
    try checkShardIDs([request.shard], in: request.stream)
    let summary = try provisioned(request.stream)
    let shard = try openShard(request.shard, of: summary)
    try checkShardLimit(adding: 1)
    let range = shard.hashRange
    let key = UInt128(request.newStartingHashKey)
    guard let key, range.contains(key), key > range.lowerBound &+ 1, key < range.upperBound else {
      throw AWSError(
        .invalidArgument,
        "NewStartingHashKey \(request.newStartingHashKey) used in SplitShard() on shard "
          + "\(shard.id) in stream \(summary.name) under account \(account) is not both greater "
          + "than one plus the shard's StartingHashKey \(range.lowerBound) and less than the "
          + "shard's EndingHashKey \(range.upperBound).")
    }
    try await carryOut { () async throws(StreamLogError) in
      try await log.splitShard(stream: summary.name, shard: shard.id, newStartingHashKey: key)
    }
  }

  func mergeShards(_ request: MergeShardsRequest) async throws(AWSError) {
    try checkShardIDs([request.shard, request.adjacentShard], in: request.stream)
    let summary = try provisioned(request.stream)
    let first = try openShard(request.shard, of: summary)
    let second = try openShard(request.adjacentShard, of: summary)
    // Adjacent is the one behind, not the one before.
    let next = first.hashRange.upperBound.addingReportingOverflow(1)
    guard !next.overflow, next.partialValue == second.hashRange.lowerBound else {
      throw AWSError(
        .invalidArgument,
        "Shards \(first.id) and \(second.id) in stream \(summary.name) under account \(account) "
          + "are not an adjacent pair of shards eligible for merging")
    }
    try await carryOut { () async throws(StreamLogError) in
      try await log.mergeShards(stream: summary.name, shard: first.id, adjacent: second.id)
    }
  }

  func updateShardCount(
    _ request: UpdateShardCountRequest
  ) async throws(AWSError) -> UpdateShardCountResponse {
    let summary = try provisioned(request.stream)
    let (current, target) = (summary.openShards.count, request.target)
    try checkScaling(from: current, to: target)
    try checkShardLimit(adding: target - current)
    let now = clock.now()
    let recent = summary.settings.shardCountChanges.filter { now.seconds(since: $0) < 86_400 }
    guard recent.count < Self.shardCountChangesMax else {
      throw AWSError(
        .limitExceeded,
        "UpdateShardCount may be called for a stream \(Self.shardCountChangesMax) times in 24 "
          + "hours; stream \(summary.name) has had that.")
    }
    try await carryOut { () async throws(StreamLogError) in
      _ = try await log.updateShardCount(stream: summary.name, target: target)
      try await log.update(stream: summary.name) { settings in
        settings.shardCountChanges = recent + [now]
      }
    }
    return UpdateShardCountResponse(
      streamName: summary.name, streamARN: summary.arn, current: current, target: target)
  }

  private func checkScaling(from current: Int, to target: Int) throws(AWSError) {
    guard !ShardScaling.reachable(from: current).contains(target) else { return }
    let way =
      if target > current * 2 {
        "scale up over double your current open shard count."
      } else if target < current {
        "scale down below half your current open shard count."
      } else {
        "scale a stream beyond \(ShardScaling.shardsMax) shards."
      }
    throw AWSError(
      .limitExceeded,
      "UpdateShardCount cannot \(way) Current open shard count: \(current) "
        + "Target shard count: \(target)")
  }

  /// Texts that are no shard ids are found before a stream that is not there.
  private func checkShardIDs(
    _ texts: [String], in stream: StreamReference
  ) throws(AWSError) {
    let name = stream.name ?? stream.arn.flatMap { StreamARN($0)?.streamName } ?? ""
    for text in texts { _ = try shardID(text, in: name) }
  }

  /// A stream whose shards its owner may change.
  ///
  /// - Throws: `ResourceInUseException` unless it is ACTIVE; `ValidationException` if it scales
  ///   by itself.
  private func provisioned(_ reference: StreamReference) throws(AWSError) -> StreamSummary {
    let summary = try summary(of: reference)
    guard summary.status == .active else { throw translate(.streamBusy(summary.name)) }
    guard summary.mode == .provisioned else {
      throw AWSError(
        .validation,
        "Request is invalid. Stream \(summary.name) under account \(account) is in On-Demand mode."
      )
    }
    return summary
  }

  private func openShard(
    _ text: String, of summary: StreamSummary
  ) throws(AWSError) -> ShardSummary {
    let shard = try shard(text, of: summary)
    guard shard.isOpen else {
      throw AWSError.shardClosed("\(shard.id)", stream: summary.name, account: account)
    }
    return shard
  }

  /// Open shards of all streams.
  var openShardCount: Int {
    log.streamNames().reduce(0) { count, name in
      count + ((try? log.summary(of: name))?.openShards.count ?? 0)
    }
  }

  func checkShardLimit(adding count: Int) throws(AWSError) {
    let current = openShardCount
    guard current + count > limits.shardsMax, count > 0 else { return }
    throw AWSError(
      .limitExceeded,
      "This request would exceed the shard limit for the account \(account) in \(region). "
        + "Current shard count for the account: \(current). Limit: \(limits.shardsMax). Number of "
        + "additional shards that would have resulted from this request: \(count). Refer to the "
        + "AWS Service Limits page "
        + "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
        + "for current limits and how to request higher limits.")
  }
}
