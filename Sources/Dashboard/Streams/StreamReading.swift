import Core
import Telemetry

/// What can be said of a stream's shards and readers, as values and in words.
enum StreamReading {
  /// A shard that takes at least twice its part, and at least so many records a second, is hot.
  static let hotFrom = 100.0

  /// The busiest of several open shards, with its share of the records; nil where there is
  /// nothing to compare.
  static func busiest(_ stream: StreamStatus) -> (shard: ShardStatus, share: Double)? {
    let open = stream.shards.filter { $0.isOpen && $0.recordsPerSecond != nil }
    let total = open.reduce(0) { $0 + ($1.recordsPerSecond ?? 0) }
    guard open.count > 1, total > 0,
      let most = open.max(by: { ($0.recordsPerSecond ?? 0) < ($1.recordsPerSecond ?? 0) })
    else { return nil }
    return (most, (most.recordsPerSecond ?? 0) / total)
  }

  static func isHot(_ shard: ShardStatus, in stream: StreamStatus) -> Bool {
    guard let busiest = busiest(stream), busiest.shard.id == shard.id else { return false }
    let count = stream.shards.count { $0.isOpen && $0.recordsPerSecond != nil }
    return (shard.recordsPerSecond ?? 0) >= hotFrom && busiest.share * Double(count) >= 2
  }

  /// How much of what Kinesis lets through the shard takes in; above 1 is beyond.
  static func load(_ shard: ShardStatus) -> Double? {
    guard let records = shard.recordsPerSecond, let bytes = shard.bytesPerSecond else {
      return nil
    }
    return max(records / Double(ShardLimits.recordsIn), bytes / Double(ShardLimits.bytesIn))
  }

  /// The open shard whose hash keys follow, or come before, the shard's.
  static func neighbour(of shard: ShardStatus, in stream: StreamStatus) -> ShardStatus? {
    guard let keys = shard.keys else { return nil }
    let others = stream.shards.filter { $0.isOpen && $0.id != shard.id }
    return others.first { $0.keys.map { follows($0, keys) } ?? false }
      ?? others.first { $0.keys.map { follows(keys, $0) } ?? false }
  }

  private static func follows(_ right: HashKeys, _ left: HashKeys) -> Bool {
    guard let end = UInt128(left.last), let start = UInt128(right.first), end < .max else {
      return false
    }
    return end + 1 == start
  }

  // MARK: Readers

  /// Silence of a client that is longer than this is worth a word.
  static let silentSeconds = 30.0
  static let throttledSeconds = 10.0

  /// Why a reader does not get on with a shard; nil while it does.
  static func obstacle(
    _ reader: ReaderStatus, of shard: ShardStatus, now: Timestamp
  ) -> String? {
    if let parent = reader.waitsFor {
      return "waits for \(Painter.shortName(parent)) to be drained"
    }
    let readAt = reader.lastReadAt ?? Timestamp(microseconds: .min / 2)
    if let at = reader.lastThrottledAt, at > readAt, now.seconds(since: at) < throttledSeconds {
      return "is throttled"
    }
    if let failure = reader.failure { return failure }
    if reader.kind == .view {
      let isBehind = (reader.recordsBehind ?? 0) > 0
      return isBehind && reader.isAutomatic == false ? "has no auto refresh" : nil
    }
    guard let at = reader.lastReadAt else { return "has read nothing yet" }
    let silence = now.seconds(since: at)
    // Who has read all is silent because there is nothing to read.
    guard silence > silentSeconds, !hasReadAll(reader, of: shard, at, now: now) else { return nil }
    return "silent for \(Units.age(silence))"
  }

  /// Whether nothing is left for a client or consumer; false where that is not known. How far it
  /// is behind was true when it read: no record may have come since.
  private static func hasReadAll(
    _ reader: ReaderStatus, of shard: ShardStatus, _ readAt: Timestamp, now: Timestamp
  ) -> Bool {
    guard reader.secondsBehind == 0 else { return false }
    // The history ends with the second before this one.
    let seconds = now.seconds.rounded(.down) - readAt.seconds.rounded(.down) - 1
    let since = shard.recordsHistory.suffix(Int(min(max(0, seconds), 86_400)))
    return since.allSatisfy { $0 == 0 }
  }

  /// Why nobody gets on with the shard; nil while somebody does. That it is degraded is no
  /// reason: then it takes no records, and what it has may be read.
  static func obstacle(_ shard: ShardStatus, now: Timestamp) -> String? {
    guard !shard.readers.isEmpty else {
      return shard.recordsTotal == 0 ? nil : "no reader"
    }
    let obstacles = shard.readers.map { (name: $0.name, why: obstacle($0, of: shard, now: now)) }
    guard obstacles.allSatisfy({ $0.why != nil }), let first = obstacles.first else { return nil }
    return "\(first.name) \(first.why ?? "")"
  }

  /// How long ago the oldest record arrived that some reader has not read; nil where no reader's
  /// is known.
  static func worstAge(_ shard: ShardStatus) -> Double? {
    shard.readers.compactMap(\.secondsBehind).max()
  }
}

/// A reader of a stream over all of its shards.
struct ReaderSummary: Equatable {
  var name: String
  var kind: ReaderStatus.Kind
  var shards = 0
  var secondsBehind: Double?
  var recordsBehind: Int?
  var recordsPerSecond: Double?
  var lastReadAt: Timestamp?
  /// The shards that it does not get on with, and why, for the first of them.
  var stuck = 0
  var obstacle: String?
}

/// A line of the panel that tells of faults and of changed capacity.
enum ChangeLine: Equatable {
  case fault(FaultTable.Entry)
  case scaling(ScalingReport)
}

extension Model {
  var readerSummaries: [ReaderSummary] {
    guard let stream = chosenStream, let now = now ?? snapshot?.takenAt else { return [] }
    var summaries: [ReaderSummary] = []
    for shard in stream.shards {
      for reader in shard.readers {
        let place = summaries.firstIndex { $0.name == reader.name && $0.kind == reader.kind }
        var summary =
          place.map { summaries[$0] } ?? ReaderSummary(name: reader.name, kind: reader.kind)
        summary.add(reader, of: shard, now: now)
        if let place { summaries[place] = summary } else { summaries.append(summary) }
      }
    }
    return summaries.sorted {
      ($0.kind.rank, $0.name) < ($1.kind.rank, $1.name)
    }
  }

  var changeLines: [ChangeLine] {
    (snapshot?.faults ?? []).map { .fault($0) }
      + (snapshot?.scalings ?? []).filter { $0.stream == chosenStream?.name }
      .map { .scaling($0) }
  }
}

extension ReaderSummary {
  fileprivate mutating func add(_ reader: ReaderStatus, of shard: ShardStatus, now: Timestamp) {
    shards += 1
    secondsBehind = Self.merge(secondsBehind, reader.secondsBehind, max)
    recordsBehind = Self.merge(recordsBehind, reader.recordsBehind, &+)
    recordsPerSecond = Self.merge(recordsPerSecond, reader.recordsPerSecond, +)
    lastReadAt = Self.merge(lastReadAt, reader.lastReadAt, max)
    // A closed shard that has been read to its end asks for nothing more.
    let isDone = !shard.isOpen && (reader.secondsBehind ?? 0) == 0
    if !isDone, let why = StreamReading.obstacle(reader, of: shard, now: now) {
      stuck += 1
      obstacle = obstacle ?? "\(Painter.shortName(shard.id)): \(why)"
    }
  }

  private static func merge<Value>(
    _ left: Value?, _ right: Value?, _ combine: (Value, Value) -> Value
  ) -> Value? {
    guard let left else { return right }
    return right.map { combine(left, $0) } ?? left
  }
}

extension ReaderStatus.Kind {
  var rank: Int {
    switch self {
    case .view: 0
    case .consumer: 1
    case .client: 2
    }
  }

  var word: String {
    switch self {
    case .view: "view"
    case .consumer: "fan-out"
    case .client: "GetRecords"
    }
  }
}
