package import Core

/// A response that writes itself as JSON.
package protocol KinesisResponse: Sendable {
  func write(to json: inout JSONWriter)
}

extension KinesisResponse {
  package func encoded() -> [UInt8] {
    var json = JSONWriter()
    write(to: &json)
    return json.bytes
  }
}

/// What DescribeStream, DescribeStreamSummary and ListStreams tell about a stream.
package struct StreamDescription: Equatable, Sendable {
  package var name: String
  package var arn: String
  package var id: String
  package var status: String
  package var mode: StreamMode
  package var createdAt: Timestamp
  package var retentionHours: Int

  package init(
    name: String, arn: String, id: String, status: String, mode: StreamMode, createdAt: Timestamp,
    retentionHours: Int
  ) {
    self.name = name
    self.arn = arn
    self.id = id
    self.status = status
    self.mode = mode
    self.createdAt = createdAt
    self.retentionHours = retentionHours
  }

  /// The members that every response about a stream has.
  fileprivate func writeNames(to json: inout JSONWriter) {
    json.field("StreamName", name)
    json.field("StreamARN", arn)
    json.field("StreamStatus", status)
    json.name("StreamModeDetails")
    json.beginObject()
    json.field("StreamMode", mode.rawValue)
    json.endObject()
    json.field("StreamCreationTimestamp", createdAt)
  }

  fileprivate func writeSettings(to json: inout JSONWriter) {
    json.field("RetentionPeriodHours", retentionHours)
    json.field("EncryptionType", "NONE")
    json.name("EnhancedMonitoring")
    json.beginArray()
    json.beginObject()
    json.field("ShardLevelMetrics", [String]())
    json.endObject()
    json.endArray()
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

  fileprivate func write(to json: inout JSONWriter) {
    json.beginObject()
    json.field("ShardId", id)
    json.field("ParentShardId", parentID)
    json.field("AdjacentParentShardId", adjacentParentID)
    json.writeHashRange(hashRange)
    json.name("SequenceNumberRange")
    json.beginObject()
    json.field("StartingSequenceNumber", startingSequenceNumber)
    json.field("EndingSequenceNumber", endingSequenceNumber)
    json.endObject()
    json.endObject()
  }
}

extension JSONWriter {
  mutating func writeHashRange(_ range: ClosedRange<UInt128>) {
    name("HashKeyRange")
    beginObject()
    field("StartingHashKey", String(range.lowerBound))
    field("EndingHashKey", String(range.upperBound))
    endObject()
  }
}

package struct ListStreamsResponse: KinesisResponse {
  package var streams: [StreamDescription]
  package var hasMoreStreams: Bool
  package var nextToken: String?

  package init(streams: [StreamDescription], hasMoreStreams: Bool, nextToken: String?) {
    self.streams = streams
    self.hasMoreStreams = hasMoreStreams
    self.nextToken = nextToken
  }

  package func write(to json: inout JSONWriter) {
    json.beginObject()
    json.field("StreamNames", streams.map(\.name))
    json.name("StreamSummaries")
    json.beginArray()
    for stream in streams {
      json.beginObject()
      stream.writeNames(to: &json)
      json.endObject()
    }
    json.endArray()
    json.field("HasMoreStreams", hasMoreStreams)
    json.field("NextToken", nextToken)
    json.endObject()
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

  package func write(to json: inout JSONWriter) {
    json.beginObject()
    json.name("StreamDescription")
    json.beginObject()
    stream.writeNames(to: &json)
    stream.writeSettings(to: &json)
    json.name("Shards")
    json.beginArray()
    for shard in shards { shard.write(to: &json) }
    json.endArray()
    json.field("HasMoreShards", hasMoreShards)
    json.endObject()
    json.endObject()
  }
}

package struct DescribeStreamSummaryResponse: KinesisResponse {
  package var stream: StreamDescription
  package var openShardCount: Int
  package var recordKiBMax: Int

  package init(stream: StreamDescription, openShardCount: Int, recordKiBMax: Int) {
    self.stream = stream
    self.openShardCount = openShardCount
    self.recordKiBMax = recordKiBMax
  }

  package func write(to json: inout JSONWriter) {
    json.beginObject()
    json.name("StreamDescriptionSummary")
    json.beginObject()
    stream.writeNames(to: &json)
    stream.writeSettings(to: &json)
    json.field("OpenShardCount", openShardCount)
    json.field("ConsumerCount", 0)
    json.field("MaxRecordSizeInKiB", recordKiBMax)
    json.endObject()
    json.endObject()
  }
}

package struct ListShardsResponse: KinesisResponse {
  package var shards: [ShardDescription]
  package var nextToken: String?

  package init(shards: [ShardDescription], nextToken: String?) {
    self.shards = shards
    self.nextToken = nextToken
  }

  package func write(to json: inout JSONWriter) {
    json.beginObject()
    json.name("Shards")
    json.beginArray()
    for shard in shards { shard.write(to: &json) }
    json.endArray()
    json.field("NextToken", nextToken)
    json.endObject()
  }
}
