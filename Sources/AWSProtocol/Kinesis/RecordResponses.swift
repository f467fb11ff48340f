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

  package init(place: RecordPlace) {
    self.place = place
  }

  package func write(to json: inout JSONWriter) {
    json.beginObject()
    json.field("ShardId", place.shardID)
    json.field("SequenceNumber", place.sequenceNumber)
    json.field("EncryptionType", "NONE")
    json.endObject()
  }
}

/// The answer when every record is durable; the log takes all records of a call or none.
package struct PutRecordsResponse: KinesisResponse {
  /// In the order of the request.
  package var places: [RecordPlace]

  package init(places: [RecordPlace]) {
    self.places = places
  }

  package func write(to json: inout JSONWriter) {
    json.reserve(64 + places.count * 128)
    json.beginObject()
    json.field("FailedRecordCount", 0)
    json.name("Records")
    json.beginArray()
    for place in places {
      json.beginObject()
      json.field("SequenceNumber", place.sequenceNumber)
      json.field("ShardId", place.shardID)
      json.endObject()
    }
    json.endArray()
    json.field("EncryptionType", "NONE")
    json.endObject()
  }
}

package struct GetShardIteratorResponse: KinesisResponse {
  package var shardIterator: String

  package init(shardIterator: String) {
    self.shardIterator = shardIterator
  }

  package func write(to json: inout JSONWriter) {
    json.beginObject()
    json.field("ShardIterator", shardIterator)
    json.endObject()
  }
}

package struct GetRecordsResponse: KinesisResponse {
  package struct Record: Equatable, Sendable {
    package var sequenceNumber: String
    package var arrivedAt: Timestamp
    package var partitionKey: String
    package var data: [UInt8]

    package init(
      sequenceNumber: String, arrivedAt: Timestamp, partitionKey: String, data: [UInt8]
    ) {
      self.sequenceNumber = sequenceNumber
      self.arrivedAt = arrivedAt
      self.partitionKey = partitionKey
      self.data = data
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

  package var records: [Record]
  /// nil at the end of a closed shard.
  package var nextShardIterator: String?
  package var millisecondsBehindLatest: Int
  /// Only at the end of a closed shard.
  package var childShards: [ChildShard]

  package init(
    records: [Record], nextShardIterator: String?, millisecondsBehindLatest: Int,
    childShards: [ChildShard] = []
  ) {
    self.records = records
    self.nextShardIterator = nextShardIterator
    self.millisecondsBehindLatest = millisecondsBehindLatest
    self.childShards = childShards
  }

  package func write(to json: inout JSONWriter) {
    json.reserve(records.reduce(512) { $0 + 256 + $1.data.count * 4 / 3 })
    json.beginObject()
    json.name("Records")
    json.beginArray()
    for record in records {
      json.beginObject()
      json.field("SequenceNumber", record.sequenceNumber)
      json.field("ApproximateArrivalTimestamp", record.arrivedAt)
      json.name("Data")
      json.blob(record.data)
      json.field("PartitionKey", record.partitionKey)
      json.endObject()
    }
    json.endArray()
    json.field("NextShardIterator", nextShardIterator)
    json.field("MillisBehindLatest", millisecondsBehindLatest)
    if !childShards.isEmpty { writeChildren(to: &json) }
    json.endObject()
  }

  private func writeChildren(to json: inout JSONWriter) {
    json.name("ChildShards")
    json.beginArray()
    for child in childShards {
      json.beginObject()
      json.field("ShardId", child.id)
      json.field("ParentShards", child.parentIDs)
      json.writeHashRange(child.hashRange)
      json.endObject()
    }
    json.endArray()
  }
}
