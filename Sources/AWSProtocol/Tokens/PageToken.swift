package import Core

/// Where ListShards goes on: the listing's stream and filter, and the last shard told.
package struct ShardPage: Equatable, Sendable {
  package var stream: String
  package var streamCreatedAt: Timestamp
  package var filter: ShardFilter
  package var lastShardID: String
  package var createdAt: Timestamp

  package init(
    stream: String, streamCreatedAt: Timestamp, filter: ShardFilter, lastShardID: String,
    createdAt: Timestamp
  ) {
    self.stream = stream
    self.streamCreatedAt = streamCreatedAt
    self.filter = filter
    self.lastShardID = lastShardID
    self.createdAt = createdAt
  }

  package func encoded() -> String {
    var writer = SealedBytes.Writer(.shardPage1)
    writer.append(UInt64(bitPattern: createdAt.microseconds))
    writer.append(UInt64(bitPattern: streamCreatedAt.microseconds))
    writer.append(stream)
    writer.append(lastShardID)
    let (kind, time) = filter.parts
    writer.append(kind.rawValue)
    writer.append(UInt64(bitPattern: time.microseconds))
    return writer.sealed()
  }

  /// - Throws: `InvalidArgumentException` if it is not ours, `ExpiredNextTokenException` if it is
  ///   older than five minutes.
  package init(decoding text: String, now: Timestamp) throws(AWSError) {
    guard var reader = SealedBytes.Reader(text, .shardPage1),
      let createdAt = reader.number(), let streamCreatedAt = reader.number(),
      let stream = reader.text(), let lastShardID = reader.text(),
      let kind = reader.text().flatMap({ ShardFilter.Kind(rawValue: $0) }),
      let time = reader.number(), reader.isAtEnd
    else { throw PageTokens.invalid }
    self.init(
      stream: stream, streamCreatedAt: Timestamp(microseconds: Int64(bitPattern: streamCreatedAt)),
      filter: try ShardFilter(
        kind, shard: lastShardID, time: Timestamp(microseconds: Int64(bitPattern: time))),
      lastShardID: lastShardID, createdAt: Timestamp(microseconds: Int64(bitPattern: createdAt)))
    try PageTokens.checkAge(of: self.createdAt, now: now)
  }
}

/// Where ListStreams goes on.
package struct StreamPage: Equatable, Sendable {
  package var lastName: String
  package var createdAt: Timestamp

  package init(lastName: String, createdAt: Timestamp) {
    self.lastName = lastName
    self.createdAt = createdAt
  }

  package func encoded() -> String {
    var writer = SealedBytes.Writer(.streamPage1)
    writer.append(UInt64(bitPattern: createdAt.microseconds))
    writer.append(lastName)
    return writer.sealed()
  }

  /// - Throws: as `ShardPage.init(decoding:now:)`.
  package init(decoding text: String, now: Timestamp) throws(AWSError) {
    guard var reader = SealedBytes.Reader(text, .streamPage1), let createdAt = reader.number(),
      let lastName = reader.text(), reader.isAtEnd
    else { throw PageTokens.invalid }
    self.init(
      lastName: lastName, createdAt: Timestamp(microseconds: Int64(bitPattern: createdAt)))
    try PageTokens.checkAge(of: self.createdAt, now: now)
  }
}

/// Where ListStreamConsumers goes on.
package struct ConsumerPage: Equatable, Sendable {
  package var stream: String
  package var streamCreatedAt: Timestamp
  package var lastName: String
  package var createdAt: Timestamp

  package init(
    stream: String, streamCreatedAt: Timestamp, lastName: String, createdAt: Timestamp
  ) {
    self.stream = stream
    self.streamCreatedAt = streamCreatedAt
    self.lastName = lastName
    self.createdAt = createdAt
  }

  package func encoded() -> String {
    var writer = SealedBytes.Writer(.consumerPage1)
    writer.append(UInt64(bitPattern: createdAt.microseconds))
    writer.append(UInt64(bitPattern: streamCreatedAt.microseconds))
    writer.append(stream)
    writer.append(lastName)
    return writer.sealed()
  }

  /// - Throws: as `ShardPage.init(decoding:now:)`.
  package init(decoding text: String, now: Timestamp) throws(AWSError) {
    guard var reader = SealedBytes.Reader(text, .consumerPage1), let createdAt = reader.number(),
      let streamCreatedAt = reader.number(), let stream = reader.text(),
      let lastName = reader.text(), reader.isAtEnd
    else { throw PageTokens.invalid }
    self.init(
      stream: stream, streamCreatedAt: Timestamp(microseconds: Int64(bitPattern: streamCreatedAt)),
      lastName: lastName, createdAt: Timestamp(microseconds: Int64(bitPattern: createdAt)))
    try PageTokens.checkAge(of: self.createdAt, now: now)
  }
}

private enum PageTokens {
  /// Life of a page token, in seconds.
  static let lifeSeconds = 300.0

  static let invalid = AWSError(.invalidArgument, "Invalid NextToken.")

  static func checkAge(of createdAt: Timestamp, now: Timestamp) throws(AWSError) {
    guard now.seconds(since: createdAt) <= lifeSeconds else {
      throw AWSError(
        .expiredNextToken,
        "NextToken expired. It was created at \(createdAt.javaText) and lives for "
          + "\(Int(lifeSeconds)) seconds.")
    }
  }
}

extension ShardFilter {
  /// The filter as a kind and a time (the epoch where it has none). An `afterShard` needs no
  /// more: its page starts behind a later shard.
  fileprivate var parts: (kind: Kind, time: Timestamp) {
    let none = Timestamp(microseconds: 0)
    return switch self {
    case .afterShard: (.fromTrimHorizon, none)
    case .atTrimHorizon: (.atTrimHorizon, none)
    case .fromTrimHorizon: (.fromTrimHorizon, none)
    case .atLatest: (.atLatest, none)
    case .atTimestamp(let time): (.atTimestamp, time)
    case .fromTimestamp(let time): (.fromTimestamp, time)
    }
  }
}
