package import Core

/// Where one record of PutRecord or PutRecords went.
package struct RecordPlace: Equatable, Sendable {
  package var sequenceNumber: String
  package var shardID: String

  package init(sequenceNumber: String, shardID: String) {
    self.sequenceNumber = sequenceNumber
    self.shardID = shardID
  }
}

package struct PutRecordResponse: KinesisResponse {
  package var place: RecordPlace
  package var encryption: EncryptionType

  package init(place: RecordPlace, encryption: EncryptionType) {
    self.place = place
    self.encryption = encryption
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("ShardId", place.shardID)
    writer.field("SequenceNumber", place.sequenceNumber)
    writer.encryption(encryption)
    writer.endObject()
  }
}

package struct PutRecordsResponse: KinesisResponse {
  package enum Outcome: Equatable, Sendable {
    /// Durable.
    case stored(RecordPlace)
    /// Not stored: the client is to send it again.
    case failed(AWSError)
  }

  /// In the order of the request.
  package var outcomes: [Outcome]
  package var encryption: EncryptionType

  package init(outcomes: [Outcome], encryption: EncryptionType) {
    self.outcomes = outcomes
    self.encryption = encryption
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.reserve(64 + outcomes.count * 128)
    var failures = 0
    for case .failed in outcomes { failures += 1 }
    writer.beginObject()
    writer.field("FailedRecordCount", failures)
    writer.name("Records")
    writer.beginArray()
    for outcome in outcomes {
      writer.beginObject()
      switch outcome {
      case .stored(let place):
        writer.field("SequenceNumber", place.sequenceNumber)
        writer.field("ShardId", place.shardID)
      case .failed(let error):
        writer.field("ErrorCode", error.type)
        writer.field("ErrorMessage", error.message)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.encryption(encryption)
    writer.endObject()
  }
}

package struct GetShardIteratorResponse: KinesisResponse {
  package var shardIterator: String

  package init(shardIterator: String) {
    self.shardIterator = shardIterator
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("ShardIterator", shardIterator)
    writer.endObject()
  }
}

/// A record as GetRecords and SubscribeToShard tell it.
package struct ReadRecord: Equatable, Sendable {
  package var sequenceNumber: String
  package var arrivedAt: Timestamp
  package var partitionKey: String
  package var data: [UInt8]
  /// Of the stream when the record was put.
  package var encryption: EncryptionType

  package init(
    sequenceNumber: String, arrivedAt: Timestamp, partitionKey: String, data: [UInt8],
    encryption: EncryptionType = .none
  ) {
    self.sequenceNumber = sequenceNumber
    self.arrivedAt = arrivedAt
    self.partitionKey = partitionKey
    self.data = data
    self.encryption = encryption
  }
}

/// A shard that took over (part of) the keys of one that ended.
package struct ChildShard: Equatable, Sendable {
  package var id: String
  package var parentIDs: [String]
  package var hashRange: ClosedRange<UInt128>

  package init(id: String, parentIDs: [String], hashRange: ClosedRange<UInt128>) {
    self.id = id
    self.parentIDs = parentIDs
    self.hashRange = hashRange
  }
}

package struct GetRecordsResponse: KinesisResponse {
  package var records: [ReadRecord]
  /// nil at the end of a closed shard.
  package var nextShardIterator: String?
  package var millisecondsBehindLatest: Int
  /// Only at the end of a closed shard.
  package var childShards: [ChildShard]

  package init(
    records: [ReadRecord], nextShardIterator: String?, millisecondsBehindLatest: Int,
    childShards: [ChildShard] = []
  ) {
    self.records = records
    self.nextShardIterator = nextShardIterator
    self.millisecondsBehindLatest = millisecondsBehindLatest
    self.childShards = childShards
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.write(records)
    writer.field("NextShardIterator", nextShardIterator)
    writer.field("MillisBehindLatest", millisecondsBehindLatest)
    if !childShards.isEmpty { writer.write(childShards) }
    writer.endObject()
  }
}

/// What one event of SubscribeToShard carries.
package struct SubscribeToShardEvent: KinesisResponse {
  package var records: [ReadRecord]
  /// Where to go on after a break: behind this.
  package var continuationSequenceNumber: String?
  package var millisecondsBehindLatest: Int
  /// Only at the end of a closed shard.
  package var childShards: [ChildShard]

  package init(
    records: [ReadRecord], continuationSequenceNumber: String?, millisecondsBehindLatest: Int,
    childShards: [ChildShard] = []
  ) {
    self.records = records
    self.continuationSequenceNumber = continuationSequenceNumber
    self.millisecondsBehindLatest = millisecondsBehindLatest
    self.childShards = childShards
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.write(records)
    writer.field("ContinuationSequenceNumber", continuationSequenceNumber)
    writer.field("MillisBehindLatest", millisecondsBehindLatest)
    if !childShards.isEmpty { writer.write(childShards) }
    writer.endObject()
  }
}

extension ShapeWriter {
  /// Kinesis leaves it out of puts and records where there is none.
  fileprivate mutating func encryption(_ type: EncryptionType) {
    if type != .none { field("EncryptionType", type.rawValue) }
  }

  fileprivate mutating func write(_ records: [ReadRecord]) {
    reserve(records.reduce(512) { $0 + 256 + $1.data.count * 4 / 3 })
    name("Records")
    beginArray()
    for record in records {
      beginObject()
      field("SequenceNumber", record.sequenceNumber)
      field("ApproximateArrivalTimestamp", record.arrivedAt)
      name("Data")
      blob(record.data)
      field("PartitionKey", record.partitionKey)
      encryption(record.encryption)
      endObject()
    }
    endArray()
  }

  fileprivate mutating func write(_ children: [ChildShard]) {
    name("ChildShards")
    beginArray()
    for child in children {
      beginObject()
      field("ShardId", child.id)
      field("ParentShards", child.parentIDs)
      writeHashRange(child.hashRange)
      endObject()
    }
    endArray()
  }
}
