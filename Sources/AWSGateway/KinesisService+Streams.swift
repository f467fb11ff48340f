internal import AWSProtocol
internal import Core
internal import StreamLog

// Making, finding and describing streams.
extension KinesisService {
  func createStream(_ request: RequestReader) async throws(AWSError) -> [UInt8] {
    let name = try request.text("StreamName", length: 1...128, matching: .streamName)
    var mode = StreamSummary.Mode.provisioned
    if let text = try request.optionalObject("StreamModeDetails")?.text("StreamMode") {
      guard let known = StreamSummary.Mode(rawValue: text) else {
        throw .validation(
          value: text, at: "streamModeDetails.streamMode",
          constraint: "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]")
      }
      mode = known
    }
    let count = try request.optionalInteger("ShardCount", in: 1...StreamLog.shardCountMax)
    if mode == .provisioned, count == nil {
      throw AWSError("ValidationException", "ShardCount is required for a PROVISIONED stream.")
    }
    do {
      // On demand streams of Kinesis start with four shards.
      try await log.createStream(name, shardCount: count ?? 4, mode: mode)
    } catch {
      throw error.awsError
    }
    return Array("{}".utf8)
  }

  func deleteStream(_ request: RequestReader) async throws(AWSError) -> [UInt8] {
    let name = try streamName(request)
    do {
      try await log.deleteStream(name)
    } catch {
      throw error.awsError
    }
    return Array("{}".utf8)
  }

  func listStreams(_ request: RequestReader) throws(AWSError) -> [UInt8] {
    let limit = try request.optionalInteger("Limit", in: 1...10_000) ?? 100
    var after = try request.optionalText("ExclusiveStartStreamName")
    if let token = try request.optionalText("NextToken") { after = try pageStart(token) }
    let names = log.streamNames().filter { name in after.map { name > $0 } ?? true }
    let page = names.prefix(limit)
    var streams: [StreamSummary] = []
    for name in page { streams.append(try summary(name)) }
    let hasMore = names.count > page.count
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("HasMoreStreams", hasMore)
      if hasMore, let last = page.last { writer.member("NextToken", pageToken(last)) }
      writer.name("StreamNames")
      writer.array(page) { $0.string($1) }
      writer.name("StreamSummaries")
      writer.array(streams) { writer, stream in
        writer.object { writer in
          writer.member("StreamName", stream.name)
          writer.member("StreamARN", stream.arn)
          writer.member("StreamStatus", stream.status.rawValue)
          writeMode(stream, to: &writer)
          writeCreation(stream, to: &writer)
        }
      }
    }
    return writer.bytes
  }

  /// The name that a page ended with, as an opaque token.
  private func pageToken(_ name: String) -> String {
    var bytes: [UInt8] = []
    Base64.append(Array(name.utf8), to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func pageStart(_ token: String) throws(AWSError) -> String {
    guard let bytes = Base64.decode(Array(token.utf8)[...]) else {
      throw AWSError("ExpiredNextTokenException", "The NextToken is not one of this endpoint's.")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Describing

  private func writeMode(_ stream: StreamSummary, to writer: inout JSONWriter) {
    writer.name("StreamModeDetails")
    writer.object { $0.member("StreamMode", stream.mode.rawValue) }
  }

  private func writeCreation(_ stream: StreamSummary, to writer: inout JSONWriter) {
    writer.member(
      "StreamCreationTimestamp", milliseconds: stream.createdAt.microseconds / 1_000)
  }

  /// What DescribeStream and DescribeStreamSummary have in common.
  private func writeDescription(_ stream: StreamSummary, to writer: inout JSONWriter) {
    writer.member("StreamName", stream.name)
    writer.member("StreamARN", stream.arn)
    writer.member("StreamStatus", stream.status.rawValue)
    writeMode(stream, to: &writer)
    writer.member("RetentionPeriodHours", stream.retentionHours)
    writeCreation(stream, to: &writer)
    writer.name("EnhancedMonitoring")
    writer.array([0]) { writer, _ in
      writer.object { writer in
        writer.name("ShardLevelMetrics")
        writer.array([String]()) { $0.string($1) }
      }
    }
    writer.member("EncryptionType", "NONE")
  }

  private func writeShard(_ shard: ShardSummary, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("ShardId", shard.id.description)
      writer.member("ParentShardId", shard.parent?.description)
      writer.member("AdjacentParentShardId", shard.adjacentParent?.description)
      writer.name("HashKeyRange")
      writer.object { writer in
        writer.member("StartingHashKey", shard.hashRange.lowerBound.description)
        writer.member("EndingHashKey", shard.hashRange.upperBound.description)
      }
      writer.name("SequenceNumberRange")
      writer.object { writer in
        writer.member("StartingSequenceNumber", shard.startingSequence.description)
        writer.member("EndingSequenceNumber", shard.endingSequence?.description)
      }
    }
  }

  func describeStream(_ request: RequestReader) throws(AWSError) -> [UInt8] {
    let stream = try summary(try streamName(request))
    let limit = try request.optionalInteger("Limit", in: 1...10_000) ?? 100
    let after = try request.optionalText("ExclusiveStartShardId").flatMap { ShardID($0) }
    let shards = stream.shards.filter { shard in after.map { shard.id > $0 } ?? true }
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("StreamDescription")
      writer.object { writer in
        writeDescription(stream, to: &writer)
        writer.member("HasMoreShards", shards.count > limit)
        writer.name("Shards")
        writer.array(shards.prefix(limit)) { writer, shard in writeShard(shard, to: &writer) }
      }
    }
    return writer.bytes
  }

  func describeStreamSummary(_ request: RequestReader) throws(AWSError) -> [UInt8] {
    let stream = try summary(try streamName(request))
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("StreamDescriptionSummary")
      writer.object { writer in
        writeDescription(stream, to: &writer)
        writer.member("StreamId", stream.id)
        writer.member(
          "OpenShardCount", stream.shards.filter { $0.endingSequence == nil }.count)
        writer.member("ConsumerCount", 0)
        writer.member("MaxRecordSizeInKiB", 1_024)
      }
    }
    return writer.bytes
  }

  // MARK: Shards

  func listShards(_ request: RequestReader) throws(AWSError) -> [UInt8] {
    let limit = try request.optionalInteger("MaxResults", in: 1...10_000) ?? 1_000
    var after = try request.optionalText("ExclusiveStartShardId").flatMap { ShardID($0) }
    let name: String
    if let token = try request.optionalText("NextToken") {
      guard !request.has("StreamName") else {
        throw .invalidArgument("NextToken and StreamName cannot be provided together.")
      }
      let parts = try pageStart(token).split(separator: "/")
      guard parts.count == 2, let last = ShardID(String(parts[1])) else {
        throw AWSError("ExpiredNextTokenException", "The NextToken is not one of this endpoint's.")
      }
      name = String(parts[0])
      after = last
    } else {
      name = try streamName(request)
    }
    let stream = try summary(name)
    let shards = try filter(stream.shards, by: request).filter { shard in
      after.map { shard.id > $0 } ?? true
    }
    var writer = JSONWriter()
    writer.object { writer in
      if shards.count > limit, let last = shards.prefix(limit).last {
        writer.member("NextToken", pageToken("\(name)/\(last.id)"))
      }
      writer.name("Shards")
      writer.array(shards.prefix(limit)) { writer, shard in writeShard(shard, to: &writer) }
    }
    return writer.bytes
  }

  private func filter(
    _ shards: [ShardSummary], by request: RequestReader
  ) throws(AWSError) -> [ShardSummary] {
    guard let filter = try request.optionalObject("ShardFilter") else { return shards }
    let type = try filter.text("Type")
    switch type {
    case "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "FROM_TIMESTAMP": return shards
    case "AT_LATEST", "AT_TIMESTAMP": return shards.filter { $0.endingSequence == nil }
    case "AFTER_SHARD_ID":
      let text = try filter.text("ShardId", length: 1...128)
      guard let id = ShardID(text) else {
        throw .invalidArgument("ShardId \(text) is not the id of a shard.")
      }
      return shards.filter { $0.id > id }
    default:
      throw .validation(
        value: type, at: "shardFilter.type",
        constraint: "Member must satisfy enum value set: [AFTER_SHARD_ID, AT_TRIM_HORIZON, "
          + "FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP]")
    }
  }
}
