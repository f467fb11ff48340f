import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Shards of a stream in on-demand mode, as Kinesis starts one.
  private static let onDemandShardCount = 4
  /// Streams that may be in state CREATING at a time.
  private static let streamsInCreationMax = 5
  /// Streams of one page, at most and by default.
  private static let streamPageMax = 100
  /// Shards of one DescribeStream, at most and by default.
  private static let describedShardsMax = 100

  func createStream(_ request: CreateStreamRequest) async throws(AWSError) {
    try check(request.tags, stream: request.name)
    if request.warmThroughput != nil && request.mode == .provisioned {
      throw Self.warmThroughputNeedsOnDemand
    }
    if (try? log.outline(of: request.name)) != nil {
      throw translate(.streamExists(request.name))
    }
    let shardCount = request.shardCount ?? Self.onDemandShardCount
    try checkShardLimit(adding: shardCount)
    try checkStreamsInCreation()
    var settings = StreamSettings()
    settings.tags = request.tags?.tags ?? [:]
    settings.warmThroughput = request.warmThroughput
    let new = settings
    try await carryOut { () async throws(StreamLogError) in
      try await log.createStream(
        request.name, shardCount: shardCount,
        mode: request.mode == .onDemand ? .onDemand : .provisioned,
        recordBytesMax: request.recordKiBMax.map { $0 << 10 }, settings: new)
    }
  }

  private func checkStreamsInCreation() throws(AWSError) {
    let count = log.streamNames().count { (try? log.outline(of: $0))?.status == .creating }
    guard count >= Self.streamsInCreationMax else { return }
    throw AWSError(
      .limitExceeded,
      "\(count) streams under account \(account) are in state CREATING, which is the limit.")
  }

  func deleteStream(_ request: DeleteStreamRequest) async throws(AWSError) {
    if let name = brokenStream(request.stream) {
      return try await carryOut { () async throws(StreamLogError) in
        try await log.deleteStream(name)
      }
    }
    let summary = try summary(of: request.stream)
    let consumers = consumers(of: summary)
    guard consumers.isEmpty || request.enforcesConsumerDeletion else {
      throw AWSError(
        .resourceInUse,
        "Stream \(summary.name) under account \(account) has registered consumers: deregister "
          + "them, or set EnforceConsumerDeletion.")
    }
    try await carryOut { () async throws(StreamLogError) in
      try await log.deleteStream(summary.name)
    }
  }

  /// The name that is meant, if it is that of a stream that could not be opened.
  private func brokenStream(_ reference: StreamReference) -> String? {
    let broken = log.brokenStreams.keys
    if let arn = reference.arn { return broken.first { log.arn(of: $0) == arn } }
    return reference.id == nil ? broken.first { $0 == reference.name } : nil
  }

  func listStreams(_ request: ListStreamsRequest) throws(AWSError) -> ListStreamsResponse {
    let now = clock.now()
    var start = request.exclusiveStartStreamName
    if let token = request.nextToken {
      start = try StreamPage(decoding: token, now: now).lastName
    }
    let limit = min(request.limit ?? Self.streamPageMax, Self.streamPageMax)
    let names = (log.streamNames() + log.brokenStreams.keys).sorted()
      .drop { name in start.map { name <= $0 } ?? false }
    let page = names.prefix(limit)
    let hasMore = names.count > limit
    let token = hasMore ? page.last.map { StreamPage(lastName: $0, createdAt: now) } : nil
    return ListStreamsResponse(
      streams: page.compactMap { listing(of: $0) }, hasMoreStreams: hasMore,
      nextToken: token?.encoded())
  }

  /// What a stream that could not be opened is listed as: not a state of the service, where
  /// this does not happen, but who lists the streams to find or delete them has to see it.
  private static let damagedStatus = "DAMAGED"

  /// nil if the stream was deleted since.
  private func listing(of name: String) -> StreamListing? {
    do throws(StreamLogError) {
      return StreamListing(StreamDescription(try log.summary(of: name)))
    } catch {
      guard log.brokenStreams[name] != nil else { return nil }
      return StreamListing(name: name, arn: log.arn(of: name), status: Self.damagedStatus)
    }
  }

  func describeStream(_ request: DescribeStreamRequest) throws(AWSError) -> DescribeStreamResponse {
    let summary = try summary(of: request.stream)
    let limit = min(request.limit ?? Self.describedShardsMax, Self.describedShardsMax)
    let shards = summary.shards.filter { shard in
      request.exclusiveStartShardID.map { "\(shard.id)" > $0 } ?? true
    }
    return DescribeStreamResponse(
      stream: StreamDescription(summary), shards: shards.prefix(limit).map { ShardDescription($0) },
      hasMoreShards: shards.count > limit)
  }

  func describeStreamSummary(
    _ request: StreamRequest
  ) throws(AWSError) -> DescribeStreamSummaryResponse {
    let summary = try summary(of: request.stream)
    let settings = summary.settings
    return DescribeStreamSummaryResponse(
      stream: StreamDescription(summary), openShardCount: summary.openShards.count,
      consumerCount: consumers(of: summary).count, recordKiBMax: summary.recordBytesMax >> 10,
      warmThroughput: settings.warmThroughput.map { WarmThroughput(target: $0, current: $0) })
  }
}
