import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Shards of one ListShards, at most and by default.
  private static let shardPageMax = 1000

  func listShards(_ request: ListShardsRequest) throws(AWSError) -> ListShardsResponse {
    let now = clock.now()
    let limit = min(request.maxResults ?? Self.shardPageMax, Self.shardPageMax)
    let summary: StreamSummary
    let filter: ShardFilter
    var start: String?
    switch request.subject {
    case .stream(let reference, let exclusiveStart, let shardFilter):
      summary = try self.summary(of: reference)
      if let created = request.streamCreatedAt,
        abs(created.seconds(since: summary.createdAt)) >= 1
      {
        throw AWSError.streamNotFound(summary.name, account: account)
      }
      filter = shardFilter
      start = exclusiveStart
    case .next(let token):
      let page = try ShardPage(decoding: token, now: now)
      summary = try self.summary(of: page.stream)
      guard summary.createdAt == page.streamCreatedAt else {
        throw AWSError.streamNotFound(page.stream, account: account)
      }
      filter = page.filter
      start = page.lastShardID
    }
    let shards = summary.shards(passing: filter).filter { shard in
      start.map { "\(shard.id)" > $0 } ?? true
    }
    let page = shards.prefix(limit)
    var token: String?
    if shards.count > limit, let last = page.last {
      token =
        ShardPage(
          stream: summary.name, streamCreatedAt: summary.createdAt, filter: filter,
          lastShardID: "\(last.id)", createdAt: now
        ).encoded()
    }
    return ListShardsResponse(shards: page.map { ShardDescription($0) }, nextToken: token)
  }
}

extension StreamSummary {
  /// Shards by when they were open. The listed ones are those that retention has left, so the
  /// trim horizon is where the listed shards without a listed parent begin.
  func shards(passing filter: ShardFilter) -> [ShardSummary] {
    switch filter {
    case .fromTrimHorizon:
      return shards
    case .afterShard(let id):
      return shards.filter { "\($0.id)" > id }
    case .atLatest:
      return shards.filter { $0.endingSequence == nil }
    case .atTrimHorizon:
      let listed = Set(shards.map(\.id))
      return shards.filter { shard in
        [shard.parent, shard.adjacentParent].allSatisfy { $0.map { !listed.contains($0) } ?? true }
      }
    case .atTimestamp(let time):
      return shards.filter { $0.openedAtSeconds <= time.seconds && $0.isOpen(after: time) }
    case .fromTimestamp(let time):
      return shards.filter { $0.isOpen(after: time) }
    }
  }
}

extension ShardSummary {
  fileprivate var openedAtSeconds: Double { Double(startingSequence.shardCreatedAtSeconds) }

  /// Whether the shard was open at some time from `time` on. Sequence numbers tell seconds.
  fileprivate func isOpen(after time: Timestamp) -> Bool {
    endingSequence.map { Double($0.arrivedAtSeconds) + 1 > time.seconds } ?? true
  }
}
