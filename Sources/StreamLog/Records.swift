package import Core

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

extension NewRecord {
  /// What limits count: data and partition key.
  var size: Int { data.count + partitionKey.utf8.count }
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

/// What became of one record of an append.
package enum AppendOutcome: Sendable, Equatable {
  /// It is durable.
  case appended(AppendedRecord)
  /// The shard's limits are on, and spent; nothing was written.
  case throttled(ShardID)
  /// The shard did not take it: the record is not acknowledged, and may be tried again.
  case failed(ShardID, StreamLogError)
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
  /// The shards that go on with this one's keys; empty unless `reachedEnd`.
  package var children: [ShardSummary]

  package init(
    records: [StoredRecord], next: UInt64, millisecondsBehindLatest: Int, reachedEnd: Bool,
    children: [ShardSummary] = []
  ) {
    self.records = records
    self.next = next
    self.millisecondsBehindLatest = millisecondsBehindLatest
    self.reachedEnd = reachedEnd
    self.children = children
  }
}

package enum StreamLogError: Error, Equatable, Sendable {
  case streamNotFound(String)
  case streamExists(String)
  case shardNotFound(stream: String, shard: String)
  /// It was split or merged, and takes no part in another change.
  case shardClosed(stream: String, shard: String)
  /// Not in the state that the operation needs.
  case streamBusy(String)
  case invalidArgument(String)
  case limitExceeded(String)
  /// The shard's limits are on, and spent.
  case throttled(stream: String, shard: String)
  /// The operating system refused; `code` is the `errno` value.
  case io(operation: String, path: String, code: Int32)
  /// The disk did not answer in time; what was on its way to it may be there later, or not.
  case stalled(path: String)
  /// A file's content is not what its format demands.
  case corrupt(path: String, offset: Int, reason: String)
  /// A file of a later (or unknown) version of the format.
  case unknownVersion(path: String, version: Int)
  case closed
}
