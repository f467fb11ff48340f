package import Core

/// A place in a shard, as the client carries it from one GetRecords to the next.
package struct ShardIterator: Equatable, Sendable {
  package var stream: String
  /// Tells a stream from one of the same name that was deleted.
  package var streamCreatedAt: Timestamp
  package var shardIndex: UInt32
  /// The first record to read.
  package var ordinal: UInt64
  package var createdAt: Timestamp

  package init(
    stream: String, streamCreatedAt: Timestamp, shardIndex: UInt32, ordinal: UInt64,
    createdAt: Timestamp
  ) {
    self.stream = stream
    self.streamCreatedAt = streamCreatedAt
    self.shardIndex = shardIndex
    self.ordinal = ordinal
    self.createdAt = createdAt
  }

  /// Life of an iterator, in milliseconds.
  package static let lifeMilliseconds: Int64 = 300_000

  /// The text for the client, at most 512 characters.
  package func encoded() -> String {
    var writer = SealedBytes.Writer(.shardIterator1)
    writer.append(UInt64(bitPattern: createdAt.microseconds))
    writer.append(UInt64(bitPattern: streamCreatedAt.microseconds))
    writer.append(UInt64(shardIndex))
    writer.append(ordinal)
    writer.append(stream)
    writer.fillBlocks()
    return writer.sealed()
  }

  /// - Parameter text: as `encoded()` gave it; quotes around it, which shells leave there, are
  ///   taken off.
  /// - Throws: `InvalidArgumentException` if it is not ours, `ExpiredIteratorException` if it is
  ///   older than five minutes.
  package init(decoding text: String, now: Timestamp) throws(AWSError) {
    let isQuoted = text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
    let bare = isQuoted ? String(text.dropFirst().dropLast()) : text
    guard var reader = SealedBytes.Reader(bare, .shardIterator1),
      let createdAt = reader.number(), let streamCreatedAt = reader.number(),
      let shard = reader.number().flatMap({ UInt32(exactly: $0) }), let ordinal = reader.number(),
      let stream = reader.text(), reader.isAtEnd
    else { throw AWSError(.invalidArgument, "Invalid ShardIterator.") }
    self.init(
      stream: stream, streamCreatedAt: Timestamp(microseconds: Int64(bitPattern: streamCreatedAt)),
      shardIndex: shard, ordinal: ordinal,
      createdAt: Timestamp(microseconds: Int64(bitPattern: createdAt)))
    guard now.seconds(since: self.createdAt) * 1000 <= Double(Self.lifeMilliseconds) else {
      throw AWSError(
        .expiredIterator,
        "Iterator expired. The iterator was created at time \(self.createdAt.javaText) while "
          + "right now it is \(now.javaText) which is further in the future than the tolerated "
          + "delay of \(Self.lifeMilliseconds) milliseconds.")
    }
  }
}
