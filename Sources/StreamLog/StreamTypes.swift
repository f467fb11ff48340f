package import Core

/// Names and states of a stream, as DescribeStreamSummary tells them.
package struct StreamSummary: Sendable, Equatable {
  package enum Status: String, Sendable, Codable {
    case creating = "CREATING"
    case deleting = "DELETING"
    case active = "ACTIVE"
    case updating = "UPDATING"
  }
  package enum Mode: String, Sendable, Codable {
    case provisioned = "PROVISIONED"
    case onDemand = "ON_DEMAND"
  }

  package var name: String
  package var arn: String
  package var id: String
  package var status: Status
  package var mode: Mode
  package var createdAt: Timestamp
  package var retentionHours: Int
  /// In the order of their ids; closed shards are listed until their retention ends.
  package var shards: [ShardSummary]

  package init(
    name: String, arn: String, id: String, status: Status, mode: Mode, createdAt: Timestamp,
    retentionHours: Int, shards: [ShardSummary]
  ) {
    self.name = name
    self.arn = arn
    self.id = id
    self.status = status
    self.mode = mode
    self.createdAt = createdAt
    self.retentionHours = retentionHours
    self.shards = shards
  }
}

package struct ShardSummary: Sendable, Equatable {
  package var id: ShardID
  package var hashRange: ClosedRange<UInt128>
  package var parent: ShardID?
  package var adjacentParent: ShardID?
  package var startingSequence: SequenceNumber
  /// nil while the shard is open.
  package var endingSequence: SequenceNumber?
  /// Durable records in the shard: the ordinal that the next record gets.
  package var recordCount: UInt64
  package var byteCount: UInt64

  package init(
    id: ShardID, hashRange: ClosedRange<UInt128>, parent: ShardID? = nil,
    adjacentParent: ShardID? = nil, startingSequence: SequenceNumber,
    endingSequence: SequenceNumber? = nil, recordCount: UInt64, byteCount: UInt64
  ) {
    self.id = id
    self.hashRange = hashRange
    self.parent = parent
    self.adjacentParent = adjacentParent
    self.startingSequence = startingSequence
    self.endingSequence = endingSequence
    self.recordCount = recordCount
    self.byteCount = byteCount
  }
}

/// A shard's number within its stream; printed `shardId-000000000003`.
package struct ShardID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package var index: UInt32

  package init(index: UInt32) {
    self.index = index
  }

  /// Reads `shardId-000000000003`; nil for anything else.
  package init?(_ text: String) {
    let prefix = "shardId-"
    guard text.utf8.count == 20, text.hasPrefix(prefix), let index = UInt32(text.dropFirst(8))
    else { return nil }
    self.index = index
  }

  package var description: String {
    let digits = String(index)
    return "shardId-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
  }

  package static func < (left: ShardID, right: ShardID) -> Bool { left.index < right.index }
}

/// A record that a producer wants in a stream.
package struct NewRecord: Sendable {
  package var partitionKey: String
  /// Overrides the MD5 of the partition key.
  package var explicitHashKey: UInt128?
  package var data: [UInt8]

  package init(partitionKey: String, explicitHashKey: UInt128? = nil, data: [UInt8]) {
    self.partitionKey = partitionKey
    self.explicitHashKey = explicitHashKey
    self.data = data
  }
}

/// Where a record is, once it is durable.
package struct AppendedRecord: Sendable, Equatable {
  package var shard: ShardID
  package var sequence: SequenceNumber

  package init(shard: ShardID, sequence: SequenceNumber) {
    self.shard = shard
    self.sequence = sequence
  }
}

/// A record as it is read back.
package struct StoredRecord: Sendable, Equatable {
  package var sequence: SequenceNumber
  package var arrivedAt: Timestamp
  package var partitionKey: String
  package var data: [UInt8]

  package init(
    sequence: SequenceNumber, arrivedAt: Timestamp, partitionKey: String, data: [UInt8]
  ) {
    self.sequence = sequence
    self.arrivedAt = arrivedAt
    self.partitionKey = partitionKey
    self.data = data
  }
}

/// Where to start reading a shard.
package enum StartingPoint: Sendable, Equatable {
  case trimHorizon
  /// Behind the last durable record.
  case latest
  case at(SequenceNumber)
  case after(SequenceNumber)
  case atTimestamp(Timestamp)
}

package struct ReadResult: Sendable {
  package var records: [StoredRecord]
  /// Ordinal to continue at.
  package var next: UInt64
  /// How far the read ends behind the shard's newest record; 0 at the tip.
  package var millisecondsBehindLatest: Int
  /// The shard is closed and everything in it was read.
  package var reachedEnd: Bool

  package init(
    records: [StoredRecord], next: UInt64, millisecondsBehindLatest: Int, reachedEnd: Bool
  ) {
    self.records = records
    self.next = next
    self.millisecondsBehindLatest = millisecondsBehindLatest
    self.reachedEnd = reachedEnd
  }
}

package enum StreamLogError: Error, Equatable, Sendable {
  case streamNotFound(String)
  case streamExists(String)
  case shardNotFound(stream: String, shard: String)
  /// Not in the state that the operation needs.
  case streamBusy(String)
  case invalidArgument(String)
  case limitExceeded(String)
  /// The operating system refused; `code` is the `errno` value.
  case io(operation: String, path: String, code: Int32)
  /// A file's content is not what its format demands.
  case corrupt(path: String, offset: Int, reason: String)
  /// A file of a later (or unknown) version of the format.
  case unknownVersion(path: String, version: Int)
  case closed
}
