package import Core

/// Where a reader stands in a shard, packed into the string that clients hand back.
///
/// Opaque to clients; checksummed, so that one that was made up or cut is refused. Good for five
/// minutes, as Kinesis'.
package struct ShardIterator: Sendable, Equatable {
  package static let lifetimeSeconds = 300.0
  private static let version: UInt8 = 1

  package var stream: String
  package var streamID: String
  package var shard: String
  package var ordinal: UInt64
  package var madeAt: Timestamp

  package init(
    stream: String, streamID: String, shard: String, ordinal: UInt64, madeAt: Timestamp
  ) {
    self.stream = stream
    self.streamID = streamID
    self.shard = shard
    self.ordinal = ordinal
    self.madeAt = madeAt
  }

  package var token: String {
    var bytes: [UInt8] = [Self.version]
    for word in [ordinal, UInt64(bitPattern: madeAt.microseconds)] {
      withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
    for text in [stream, streamID, shard] {
      bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    }
    let checksum = CRC32C.checksum(bytes)
    withUnsafeBytes(of: checksum.bigEndian) { bytes.append(contentsOf: $0) }
    var out: [UInt8] = []
    Base64.append(bytes, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// - Throws: InvalidArgumentException for what no `token` gave, ExpiredIteratorException for
  ///   what is older than five minutes.
  package init(token: String, now: Timestamp) throws(AWSError) {
    guard let parsed = Self.parse(token) else { throw .invalidArgument("Invalid ShardIterator.") }
    self = parsed
    if now.seconds(since: madeAt) > Self.lifetimeSeconds {
      throw AWSError(
        "ExpiredIteratorException",
        "Iterator expired. The iterator was created at time \(Int(madeAt.seconds)) while right "
          + "now it is \(Int(now.seconds)) which is further in the future than the tolerated "
          + "delay of 300000 milliseconds.")
    }
  }

  private static func parse(_ token: String) -> ShardIterator? {
    // Some tools hand iterators on with the quotes of the JSON around them.
    var text = Array(token.utf8)[...]
    if text.first == 0x22, text.last == 0x22, text.count > 2 {
      text = text.dropFirst().dropLast()
    }
    guard let bytes = Base64.decode(text), bytes.count > 21, bytes[0] == version else {
      return nil
    }
    func number(_ slice: ArraySlice<UInt8>) -> UInt64 { slice.reduce(0) { $0 << 8 | UInt64($1) } }
    guard number(bytes.suffix(4)) == UInt64(CRC32C.checksum(Array(bytes.dropLast(4)))) else {
      return nil
    }
    var rest = bytes[17..<(bytes.count - 4)]
    var texts: [String] = []
    while let count = rest.first, rest.count > Int(count) {
      texts.append(String(decoding: rest.dropFirst().prefix(Int(count)), as: UTF8.self))
      rest = rest.dropFirst(Int(count) + 1)
    }
    guard texts.count == 3, rest.isEmpty else { return nil }
    return ShardIterator(
      stream: texts[0], streamID: texts[1], shard: texts[2], ordinal: number(bytes[1..<9]),
      madeAt: Timestamp(microseconds: Int64(bitPattern: number(bytes[9..<17]))))
  }
}
