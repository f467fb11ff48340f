/// `arn:aws:kinesis:us-east-1:000000000000:stream/clicks`.
package struct StreamARN: Equatable, Sendable {
  package let account: String
  package let streamName: String

  /// Reads an ARN of a stream; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    let kind = "stream/"
    guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "kinesis",
      parts[4].utf8.count == 12, parts[4].allSatisfy({ $0.isASCII && $0.isNumber }),
      parts[5].hasPrefix(kind), parts[5].count > kind.count,
      !parts[5].contains(where: \.isWhitespace)
    else { return nil }
    account = String(parts[4])
    streamName = String(parts[5].dropFirst(kind.count))
  }
}

/// `arn:aws:kinesis:us-east-1:000000000000:stream/clicks/consumer/app:1763993489`.
package struct ConsumerARN: Equatable, Sendable {
  package let streamARN: String
  package let streamName: String
  package let consumerName: String
  /// Seconds since the epoch: tells a consumer from one of the same name that was deregistered.
  package let createdAtSeconds: Int64

  /// Reads an ARN of a consumer; nil for anything else.
  package init?(_ text: String) {
    let kind = "/consumer/"
    guard let slash = text.range(of: kind) else { return nil }
    streamARN = String(text[..<slash.lowerBound])
    let consumer = text[slash.upperBound...].split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let stream = StreamARN(streamARN), TextPattern.streamName.matches(stream.streamName),
      consumer.count == 2, TextPattern.streamName.matches(String(consumer[0])),
      consumer[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let time = Int64(consumer[1])
    else { return nil }
    streamName = stream.streamName
    consumerName = String(consumer[0])
    createdAtSeconds = time
  }

  package init(streamARN: String, streamName: String, consumerName: String, createdAtSeconds: Int64)
  {
    self.streamARN = streamARN
    self.streamName = streamName
    self.consumerName = consumerName
    self.createdAtSeconds = createdAtSeconds
  }

  package var text: String { "\(streamARN)/consumer/\(consumerName):\(createdAtSeconds)" }
}

extension String {
  /// The first place of `part`, as bytes: Foundation's search is not at hand here.
  fileprivate func range(of part: String) -> Range<Index>? {
    let (whole, part) = (utf8, part.utf8)
    var start = whole.startIndex
    while start < whole.endIndex {
      if whole[start...].starts(with: part) {
        return start..<whole.index(start, offsetBy: part.count)
      }
      start = whole.index(after: start)
    }
    return nil
  }
}
