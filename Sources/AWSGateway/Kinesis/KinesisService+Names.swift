import AWSProtocol
import Core
import StreamLog

// From what requests name to streams, shards and consumers.
extension KinesisService {
  /// The name of the stream that is meant.
  ///
  /// - Throws: `ResourceNotFoundException` if an ARN or an id names none of ours. A name alone
  ///   is not looked up here.
  func name(of reference: StreamReference) throws(AWSError) -> String {
    if let arn = reference.arn {
      guard let parsed = StreamARN(arn),
        reference.name == nil || reference.name == parsed.streamName
      else {
        throw AWSError(.invalidArgument, "StreamName and StreamARN do not name the same stream.")
      }
      let outline = try outline(of: parsed.streamName)
      guard outline.arn == arn, reference.id == nil || reference.id == outline.id else {
        throw AWSError.streamNotFound(parsed.streamName, account: parsed.account)
      }
      return parsed.streamName
    }
    if let id = reference.id {
      let found = log.streamNames().first { (try? log.outline(of: $0))?.id == id }
      guard let found, reference.name == nil || reference.name == found else {
        throw AWSError.streamNotFound(reference.name ?? id, account: account)
      }
      return found
    }
    guard let name = reference.name else {
      throw AWSError(.invalidArgument, "Either StreamName or StreamARN should be provided.")
    }
    return name
  }

  func outline(of stream: String) throws(AWSError) -> StreamOutline {
    try attempt { () throws(StreamLogError) in try log.outline(of: stream) }
  }

  func outline(of reference: StreamReference) throws(AWSError) -> StreamOutline {
    try outline(of: name(of: reference))
  }

  func summary(of stream: String) throws(AWSError) -> StreamSummary {
    try attempt { () throws(StreamLogError) in try log.summary(of: stream) }
  }

  func summary(of reference: StreamReference) throws(AWSError) -> StreamSummary {
    try summary(of: name(of: reference))
  }

  /// Reads `shardId-000000000003`, also with fewer digits or another prefix, as Kinesis does.
  ///
  /// - Throws: `ResourceNotFoundException` if the text is no shard id.
  func shardID(_ text: String, in stream: String) throws(AWSError) -> ShardID {
    let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    let digits = parts.count > 1 && !parts[1].isEmpty ? parts[1] : text[...]
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let index = UInt32(digits), index < 1 << 31
    else {
      throw AWSError.shardUnknown(text, stream: stream, account: account)
    }
    return ShardID(index: index)
  }

  /// A shard that is listed.
  ///
  /// - Throws: `ResourceNotFoundException`, in the words of operations that change shards.
  func shard(_ text: String, of summary: StreamSummary) throws(AWSError) -> ShardSummary {
    let id = try shardID(text, in: summary.name)
    guard let shard = summary.shards.first(where: { $0.id == id }) else {
      throw AWSError.shardUnknown("\(id)", stream: summary.name, account: account)
    }
    return shard
  }

  /// The stream or the consumer that a tag or a policy is for.
  enum Resource {
    case stream(StreamSummary)
    case consumer(StreamConsumer, of: StreamSummary)
  }

  func resource(_ reference: ResourceReference) throws(AWSError) -> Resource {
    guard let arn = ConsumerARN(reference.arn) else {
      return .stream(try summary(of: StreamReference(arn: reference.arn)))
    }
    let (consumer, summary) = try consumer(arn, text: reference.arn)
    return .consumer(consumer, of: summary)
  }

  func consumer(
    _ arn: ConsumerARN, text: String
  ) throws(AWSError) -> (StreamConsumer, StreamSummary) {
    guard let summary = try? log.summary(of: arn.streamName),
      let consumer = consumers(of: summary).first(where: { $0.name == arn.consumerName }),
      consumer.arn(ofStream: summary.arn) == text
    else {
      throw AWSError(.resourceNotFound, "Consumer \(text), account \(account) not found.")
    }
    return (consumer, summary)
  }
}
