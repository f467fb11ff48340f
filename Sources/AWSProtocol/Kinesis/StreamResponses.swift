package import Core

/// What ListStreams tells about a stream.
package struct StreamListing: Equatable, Sendable {
  package var name: String
  package var arn: String
  package var status: String
  /// nil where it is not known.
  package var mode: StreamMode?
  package var createdAt: Timestamp?

  package init(
    name: String, arn: String, status: String, mode: StreamMode? = nil, createdAt: Timestamp? = nil
  ) {
    self.name = name
    self.arn = arn
    self.status = status
    self.mode = mode
    self.createdAt = createdAt
  }

  package init(_ stream: StreamDescription) {
    self.init(
      name: stream.name, arn: stream.arn, status: stream.status, mode: stream.mode,
      createdAt: stream.createdAt)
  }

  /// The members that every response about a stream has.
  fileprivate func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.field("StreamName", name)
    writer.field("StreamARN", arn)
    writer.field("StreamStatus", status)
    if let mode {
      writer.name("StreamModeDetails")
      writer.beginObject()
      writer.field("StreamMode", mode.rawValue)
      writer.endObject()
    }
    if let createdAt { writer.field("StreamCreationTimestamp", createdAt) }
  }
}

/// What DescribeStream and DescribeStreamSummary tell about a stream.
package struct StreamDescription: Equatable, Sendable {
  package var name: String
  package var arn: String
  package var id: String
  package var status: String
  package var mode: StreamMode
  package var createdAt: Timestamp
  package var retentionHours: Int
  package var encryption: EncryptionType
  package var keyID: String?
  /// Those that enhanced monitoring was asked for.
  package var shardMetrics: [String]

  package init(
    name: String, arn: String, id: String, status: String, mode: StreamMode, createdAt: Timestamp,
    retentionHours: Int, encryption: EncryptionType = .none, keyID: String? = nil,
    shardMetrics: [String] = []
  ) {
    self.name = name
    self.arn = arn
    self.id = id
    self.status = status
    self.mode = mode
    self.createdAt = createdAt
    self.retentionHours = retentionHours
    self.encryption = encryption
    self.keyID = keyID
    self.shardMetrics = shardMetrics
  }

  fileprivate func writeNames<Writer: ShapeWriter>(to writer: inout Writer) {
    StreamListing(self).write(to: &writer)
  }

  fileprivate func writeSettings<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.field("RetentionPeriodHours", retentionHours)
    writer.field("EncryptionType", encryption.rawValue)
    writer.field("KeyId", keyID)
    writer.name("EnhancedMonitoring")
    writer.beginArray()
    writer.beginObject()
    writer.field("ShardLevelMetrics", shardMetrics)
    writer.endObject()
    writer.endArray()
  }
}

package struct ShardDescription: Equatable, Sendable {
  package var id: String
  package var parentID: String?
  package var adjacentParentID: String?
  package var hashRange: ClosedRange<UInt128>
  package var startingSequenceNumber: String
  package var endingSequenceNumber: String?

  package init(
    id: String, parentID: String?, adjacentParentID: String?, hashRange: ClosedRange<UInt128>,
    startingSequenceNumber: String, endingSequenceNumber: String?
  ) {
    self.id = id
    self.parentID = parentID
    self.adjacentParentID = adjacentParentID
    self.hashRange = hashRange
    self.startingSequenceNumber = startingSequenceNumber
    self.endingSequenceNumber = endingSequenceNumber
  }

  fileprivate func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("ShardId", id)
    writer.field("ParentShardId", parentID)
    writer.field("AdjacentParentShardId", adjacentParentID)
    writer.writeHashRange(hashRange)
    writer.name("SequenceNumberRange")
    writer.beginObject()
    writer.field("StartingSequenceNumber", startingSequenceNumber)
    writer.field("EndingSequenceNumber", endingSequenceNumber)
    writer.endObject()
    writer.endObject()
  }
}

extension ShapeWriter {
  mutating func writeHashRange(_ range: ClosedRange<UInt128>) {
    name("HashKeyRange")
    beginObject()
    field("StartingHashKey", String(range.lowerBound))
    field("EndingHashKey", String(range.upperBound))
    endObject()
  }
}

package struct ListStreamsResponse: KinesisResponse {
  package var streams: [StreamListing]
  package var hasMoreStreams: Bool
  package var nextToken: String?

  package init(streams: [StreamListing], hasMoreStreams: Bool, nextToken: String?) {
    self.streams = streams
    self.hasMoreStreams = hasMoreStreams
    self.nextToken = nextToken
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("StreamNames", streams.map(\.name))
    writer.name("StreamSummaries")
    writer.beginArray()
    for stream in streams {
      writer.beginObject()
      stream.write(to: &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.field("HasMoreStreams", hasMoreStreams)
    writer.field("NextToken", nextToken)
    writer.endObject()
  }
}

package struct DescribeStreamResponse: KinesisResponse {
  package var stream: StreamDescription
  package var shards: [ShardDescription]
  package var hasMoreShards: Bool

  package init(stream: StreamDescription, shards: [ShardDescription], hasMoreShards: Bool) {
    self.stream = stream
    self.shards = shards
    self.hasMoreShards = hasMoreShards
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("StreamDescription")
    writer.beginObject()
    stream.writeNames(to: &writer)
    stream.writeSettings(to: &writer)
    writer.name("Shards")
    writer.beginArray()
    for shard in shards { shard.write(to: &writer) }
    writer.endArray()
    writer.field("HasMoreShards", hasMoreShards)
    writer.endObject()
    writer.endObject()
  }
}

/// MiB per second that a stream in on-demand mode is to be ready for.
package struct WarmThroughput: Equatable, Sendable {
  package var target: Int
  package var current: Int

  package init(target: Int, current: Int) {
    self.target = target
    self.current = current
  }

  func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.name("WarmThroughput")
    writer.beginObject()
    writer.field("TargetMiBps", target)
    writer.field("CurrentMiBps", current)
    writer.endObject()
  }
}

package struct DescribeStreamSummaryResponse: KinesisResponse {
  package var stream: StreamDescription
  package var openShardCount: Int
  package var consumerCount: Int
  package var recordKiBMax: Int
  package var warmThroughput: WarmThroughput?

  package init(
    stream: StreamDescription, openShardCount: Int, consumerCount: Int, recordKiBMax: Int,
    warmThroughput: WarmThroughput?
  ) {
    self.stream = stream
    self.openShardCount = openShardCount
    self.consumerCount = consumerCount
    self.recordKiBMax = recordKiBMax
    self.warmThroughput = warmThroughput
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("StreamDescriptionSummary")
    writer.beginObject()
    stream.writeNames(to: &writer)
    writer.field("StreamId", stream.id)
    stream.writeSettings(to: &writer)
    writer.field("OpenShardCount", openShardCount)
    writer.field("ConsumerCount", consumerCount)
    writer.field("MaxRecordSizeInKiB", recordKiBMax)
    warmThroughput?.write(to: &writer)
    writer.endObject()
    writer.endObject()
  }
}

package struct ListShardsResponse: KinesisResponse {
  package var shards: [ShardDescription]
  package var nextToken: String?

  package init(shards: [ShardDescription], nextToken: String?) {
    self.shards = shards
    self.nextToken = nextToken
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("Shards")
    writer.beginArray()
    for shard in shards { shard.write(to: &writer) }
    writer.endArray()
    writer.field("NextToken", nextToken)
    writer.endObject()
  }
}
