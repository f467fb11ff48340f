import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Shards of a stream in on-demand mode, as Kinesis starts one.
  private static let onDemandShardCount = 4
  /// Streams of one page, at most and by default.
  private static let streamPageMax = 100
  /// Shards of one DescribeStream, at most and by default.
  private static let describedShardsMax = 100

  func createStream(_ request: CreateStreamRequest) async throws(AWSError) {
    let recordKiB = limits.recordBytesMax >> 10
    if let wanted = request.recordKiBMax, wanted > recordKiB {
      throw AWSError(
        .invalidArgument,
        "MaxRecordSizeInKiB of \(wanted) is more than this endpoint takes: \(recordKiB).")
    }
    let mode: StreamSummary.Mode =
      switch request.mode {
      case .provisioned: .provisioned
      case .onDemand: .onDemand
      }
    do throws(StreamLogError) {
      try await log.createStream(
        request.name, shardCount: request.shardCount ?? Self.onDemandShardCount, mode: mode)
    } catch {
      throw translate(error)
    }
  }

  func deleteStream(_ request: DeleteStreamRequest) async throws(AWSError) {
    let stream = try name(of: request.stream)
    do throws(StreamLogError) {
      try await log.deleteStream(stream)
    } catch {
      throw translate(error)
    }
  }

  func listStreams(_ request: ListStreamsRequest) throws(AWSError) -> ListStreamsResponse {
    let now = clock.now()
    var start = request.exclusiveStartStreamName
    if let token = request.nextToken {
      start = try StreamPage(decoding: token, now: now).lastName
    }
    let limit = min(request.limit ?? Self.streamPageMax, Self.streamPageMax)
    let names = log.streamNames().sorted().drop { name in start.map { name <= $0 } ?? false }
    let page = names.prefix(limit)
    // One that was deleted since is left out.
    let streams = page.compactMap { try? log.summary(of: $0) }
    let hasMore = names.count > limit
    let token = hasMore ? page.last.map { StreamPage(lastName: $0, createdAt: now) } : nil
    return ListStreamsResponse(
      streams: streams.map { StreamDescription($0) }, hasMoreStreams: hasMore,
      nextToken: token?.encoded())
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
    return DescribeStreamSummaryResponse(
      stream: StreamDescription(summary),
      openShardCount: summary.shards.count { $0.endingSequence == nil },
      consumerCount: 0, recordKiBMax: limits.recordBytesMax >> 10, warmThroughput: nil)
  }
}
