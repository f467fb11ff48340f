package import Core

package struct StreamStatus: Sendable, Equatable, Codable {
  package var name: String
  /// CREATING, ACTIVE, UPDATING or DELETING.
  package var status: String
  package var shards: [ShardStatus]
  /// PROVISIONED or ON_DEMAND; nil where it is not known.
  package var mode: String?
  package var retentionHours: Int?

  package init(
    name: String, status: String, shards: [ShardStatus], mode: String? = nil,
    retentionHours: Int? = nil
  ) {
    self.name = name
    self.status = status
    self.shards = shards
    self.mode = mode
    self.retentionHours = retentionHours
  }
}

package struct ShardStatus: Sendable, Equatable, Codable {
  package var id: String
  package var isOpen: Bool
  /// Over the last whole second; nil before the first.
  package var recordsPerSecond: Double?
  package var bytesPerSecond: Double?
  /// Appended since the shard was made.
  package var recordsTotal: Int
  /// Data of the records that it keeps.
  package var bytesTotal: Int
  /// Records in each of the last seconds, the newest last; at most `Series.length` of them.
  package var recordsHistory: [Double]
  /// Which keys are the shard's; nil where it is not known.
  package var keys: HashKeys?
  /// Shards that this one took over from, as far as they are still listed.
  package var parents: [String]
  /// Why the shard does not take or give records as it should; nil where it does.
  package var degraded: String?
  /// Records (and reads) that were above a limit, in the last whole second and since the start.
  package var throttledPerSecond: Double?
  package var throttledTotal: Int
  package var readers: [ReaderStatus]

  package init(
    id: String, isOpen: Bool, recordsPerSecond: Double?, bytesPerSecond: Double?,
    recordsTotal: Int, bytesTotal: Int, recordsHistory: [Double], keys: HashKeys? = nil,
    parents: [String] = [], degraded: String? = nil, throttledPerSecond: Double? = nil,
    throttledTotal: Int = 0, readers: [ReaderStatus] = []
  ) {
    self.id = id
    self.isOpen = isOpen
    self.recordsPerSecond = recordsPerSecond
    self.bytesPerSecond = bytesPerSecond
    self.recordsTotal = recordsTotal
    self.bytesTotal = bytesTotal
    self.recordsHistory = recordsHistory
    self.keys = keys
    self.parents = parents
    self.degraded = degraded
    self.throttledPerSecond = throttledPerSecond
    self.throttledTotal = throttledTotal
    self.readers = readers
  }
}

/// A shard's part of the hash keys, of which there are 2^128.
package struct HashKeys: Sendable, Equatable, Codable {
  /// Where the part begins and ends in the whole: from 0 to 1.
  package var start: Double
  package var end: Double
  /// The first and the last key, in decimal digits.
  package var first: String
  package var last: String

  package init(_ range: ClosedRange<UInt128>) {
    // 2^128 itself is no UInt128, but a Double.
    let whole = 0x1p128
    start = Double(range.lowerBound) / whole
    end = min(1, (Double(range.upperBound) + 1) / whole)
    first = String(range.lowerBound)
    last = String(range.upperBound)
  }
}

/// Who reads a shard, and how far it is.
package struct ReaderStatus: Sendable, Equatable, Codable {
  package enum Kind: String, Sendable, Codable {
    /// A materialized view; what it read is known from its position.
    case view
    /// A client that calls GetRecords; known while it does.
    case client
    /// A consumer of enhanced fan-out; known while it is subscribed.
    case consumer
  }

  package var name: String
  package var kind: Kind
  /// Nil where it is not known, as of clients, of which only the time is.
  package var recordsBehind: Int?
  /// How long ago the oldest record arrived that it has not read; 0 where it has read all.
  package var secondsBehind: Double?
  package var recordsPerSecond: Double?
  package var lastReadAt: Timestamp?
  package var lastThrottledAt: Timestamp?
  /// A parent of the shard that has to be read to its end before.
  package var waitsFor: String?
  /// Of a view: whether it refreshes by itself.
  package var isAutomatic: Bool?
  /// Of a view: why its last refresh failed; nil where it did not.
  package var failure: String?

  package init(
    name: String, kind: Kind, recordsBehind: Int? = nil, secondsBehind: Double? = nil,
    recordsPerSecond: Double? = nil, lastReadAt: Timestamp? = nil,
    lastThrottledAt: Timestamp? = nil, waitsFor: String? = nil, isAutomatic: Bool? = nil,
    failure: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.recordsBehind = recordsBehind
    self.secondsBehind = secondsBehind
    self.recordsPerSecond = recordsPerSecond
    self.lastReadAt = lastReadAt
    self.lastThrottledAt = lastThrottledAt
    self.waitsFor = waitsFor
    self.isAutomatic = isAutomatic
    self.failure = failure
  }
}
