package import Core

/// A change of a stream's shards that has happened.
package struct Resharding: Sendable, Equatable, Codable {
  package enum Action: String, Sendable, Codable {
    case split, merge
    /// To a number of shards of equal ranges.
    case scale
  }

  package var at: Timestamp
  package var action: Action
  /// Open shards that were closed.
  package var parents: [ShardID]
  /// Shards that are open in their place.
  package var children: [ShardID]
  /// Why, for a person.
  package var reason: String
  /// Whether the stream did it by itself.
  package var isAutomatic: Bool
}

/// Who asked for a change of the shards, and when.
struct ReshardingCause {
  var at: Timestamp
  var reason: String
  var isAutomatic: Bool
}

// Changes of the description, which its owner writes to the disk as one.
extension StreamDescription {
  private func index(ofOpen id: ShardID) throws(StreamLogError) -> Int {
    guard let index = shards.firstIndex(where: { $0.id == id }) else {
      throw .shardNotFound(stream: name, shard: id.description)
    }
    guard shards[index].closing == nil else {
      throw .shardClosed(stream: name, shard: id.description)
    }
    return index
  }

  /// Closes a shard and opens two, of which the second starts at `key`.
  ///
  /// - Parameter ends: for an open shard the ordinal behind its last record.
  mutating func split(
    _ id: ShardID, at key: UInt128, ends: (ShardID) -> UInt64, cause: ReshardingCause
  ) throws(StreamLogError) {
    let range = shards[try index(ofOpen: id)].hashRange
    guard key > range.lowerBound, key <= range.upperBound else {
      throw .invalidArgument(
        "the new starting hash key \(key) is not inside the range of \(id), "
          + "\(range.lowerBound) to \(range.upperBound)")
    }
    let children = try divide(
      [id], into: [range.lowerBound...(key - 1), key...range.upperBound], ends: ends,
      at: cause.at)
    note(.split, parents: [id], children: children, cause)
  }

  /// Closes two shards whose ranges are side by side, and opens one.
  mutating func merge(
    _ id: ShardID, _ adjacent: ShardID, ends: (ShardID) -> UInt64, cause: ReshardingCause
  ) throws(StreamLogError) {
    let left = shards[try index(ofOpen: id)].hashRange
    let right = shards[try index(ofOpen: adjacent)].hashRange
    guard left.touches(right) else {
      throw .invalidArgument("the shards \(id) and \(adjacent) are not adjacent")
    }
    let children = try divide(
      [id, adjacent], into: [left.joined(right)], ends: ends, at: cause.at)
    note(.merge, parents: [id, adjacent], children: children, cause)
  }

  /// Splits and merges until `target` shards of equal ranges are open.
  mutating func scale(
    to target: Int, ends: (ShardID) -> UInt64, cause: ReshardingCause
  ) throws(StreamLogError) {
    let before = openByRange
    let ranges = PartitionHash.evenRanges(target)
    guard before.map(\.hashRange) != ranges else { return }
    let known = Set(before.map(\.id))
    // What is opened on the way has no records.
    let ends = { (id: ShardID) in known.contains(id) ? ends(id) : 0 }
    let cuts = ranges.dropFirst().map(\.lowerBound)
    for shard in before {
      var rest = shard
      for cut in cuts where cut > shard.hashStart && cut <= shard.hashEnd {
        let children = try divide(
          [rest.id], into: [rest.hashStart...(cut - 1), cut...rest.hashEnd], ends: ends,
          at: cause.at)
        rest = try last(of: children, else: rest)
      }
    }
    for range in ranges {
      let pieces = openByRange.filter { range.contains($0.hashStart) }
      guard var first = pieces.first else { continue }
      for piece in pieces.dropFirst() {
        let children = try divide(
          [first.id, piece.id], into: [first.hashRange.joined(piece.hashRange)], ends: ends,
          at: cause.at)
        first = try last(of: children, else: first)
      }
    }
    let after = openByRange
    note(
      .scale, parents: before.map(\.id).filter { id in !after.contains { $0.id == id } },
      children: after.map(\.id).filter { !known.contains($0) }, cause)
  }

  private func last(
    of children: [ShardID], else shard: ShardDescription
  ) throws(StreamLogError) -> ShardDescription {
    guard let id = children.last else { return shard }
    return shards[try index(ofOpen: id)]
  }

  var openByRange: [ShardDescription] {
    shards.filter { $0.closing == nil }.sorted { $0.hashStart < $1.hashStart }
  }

  private mutating func divide(
    _ parents: [ShardID], into ranges: [ClosedRange<UInt128>], ends: (ShardID) -> UInt64,
    at now: Timestamp
  ) throws(StreamLogError) -> [ShardID] {
    var closing: [ShardDescription] = []
    for id in parents {
      let index = try index(ofOpen: id)
      shards[index].closing = ShardDescription.Closing(at: now, endOrdinal: ends(id))
      closing.append(shards[index])
    }
    guard UInt64(nextShard) + UInt64(ranges.count) <= UInt64(Int32.max) else {
      throw .limitExceeded("stream \(name) has no shard numbers left")
    }
    let children = ranges.map { range in
      defer { nextShard += 1 }
      return ShardDescription(index: nextShard, range: range, createdAt: now, parents: closing)
    }
    shards += children
    return children.map(\.id)
  }

  private mutating func note(
    _ action: Resharding.Action, parents: [ShardID], children: [ShardID],
    _ cause: ReshardingCause
  ) {
    history.append(
      Resharding(
        at: cause.at, action: action, parents: parents, children: children,
        reason: cause.reason, isAutomatic: cause.isAutomatic))
    history.removeFirst(max(0, history.count - Self.historyMax))
  }
}

extension ClosedRange<UInt128> {
  /// Whether one ends where the other begins.
  func touches(_ other: Self) -> Bool {
    (upperBound < other.lowerBound && upperBound + 1 == other.lowerBound)
      || (other.upperBound < lowerBound && other.upperBound + 1 == lowerBound)
  }

  func joined(_ other: Self) -> Self {
    Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
  }
}
