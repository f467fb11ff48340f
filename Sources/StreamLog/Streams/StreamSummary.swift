package import Core

/// All that the log knows of a stream, as the Describe operations tell it.
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
  /// Data and partition key of one record.
  package var recordBytesMax: Int
  package var settings: StreamSettings
  /// In the order of their ids; closed shards are listed until their retention ends. None while
  /// the stream is being created.
  package var shards: [ShardSummary]

  package init(
    name: String, arn: String, id: String, status: Status, mode: Mode, createdAt: Timestamp,
    retentionHours: Int, recordBytesMax: Int = 1 << 20,
    settings: StreamSettings = StreamSettings(), shards: [ShardSummary]
  ) {
    self.name = name
    self.arn = arn
    self.id = id
    self.status = status
    self.mode = mode
    self.createdAt = createdAt
    self.retentionHours = retentionHours
    self.recordBytesMax = recordBytesMax
    self.settings = settings
    self.shards = shards
  }

  package var openShards: [ShardSummary] { shards.filter(\.isOpen) }

  /// Why some shard does not take records, or cannot be read in full; nil while all is well.
  package var degraded: String? {
    shards.first { $0.degraded != nil }.flatMap { shard in
      shard.degraded.map { "\(shard.id): \($0)" }
    }
  }

  /// The shards that took over the keys of `parent`, if they are still listed.
  package func children(of parent: ShardID) -> [ShardSummary] {
    shards.filter { $0.parent == parent || $0.adjacentParent == parent }
  }
}

package struct ShardSummary: Sendable, Equatable {
  package var id: ShardID
  package var hashRange: ClosedRange<UInt128>
  package var parent: ShardID?
  package var adjacentParent: ShardID?
  package var createdAt: Timestamp
  /// When the shard was split or merged; nil while it is open.
  package var closedAt: Timestamp?
  package var startingSequence: SequenceNumber
  /// Above the last record's and below every child's; nil while the shard is open.
  package var endingSequence: SequenceNumber?
  /// Durable records since the shard's start: the ordinal that the next record gets.
  package var recordCount: UInt64
  /// The oldest record that is kept; equal to `recordCount` if none is.
  package var firstOrdinal: UInt64
  /// Data of the records that are kept.
  package var byteCount: UInt64
  /// Arrival of the oldest record that is kept.
  package var oldestArrivedAt: Timestamp?
  package var newestArrivedAt: Timestamp?
  /// False while the shard's folder cannot be read: then how many records it has is not known.
  package var isReadable = true
  /// Why the shard does not take records, or where it cannot be read; nil while all is well.
  package var degraded: String?

  package init(
    id: ShardID, hashRange: ClosedRange<UInt128>, parent: ShardID? = nil,
    adjacentParent: ShardID? = nil, createdAt: Timestamp = Timestamp(microseconds: 0),
    closedAt: Timestamp? = nil, startingSequence: SequenceNumber,
    endingSequence: SequenceNumber? = nil, recordCount: UInt64, firstOrdinal: UInt64 = 0,
    byteCount: UInt64, oldestArrivedAt: Timestamp? = nil, newestArrivedAt: Timestamp? = nil,
    degraded: String? = nil
  ) {
    self.id = id
    self.hashRange = hashRange
    self.parent = parent
    self.adjacentParent = adjacentParent
    self.createdAt = createdAt
    self.closedAt = closedAt
    self.startingSequence = startingSequence
    self.endingSequence = endingSequence
    self.recordCount = recordCount
    self.firstOrdinal = firstOrdinal
    self.byteCount = byteCount
    self.oldestArrivedAt = oldestArrivedAt
    self.newestArrivedAt = newestArrivedAt
    self.degraded = degraded
  }

  package var isOpen: Bool { endingSequence == nil }
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
