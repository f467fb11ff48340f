package import Core

package struct RegisterStreamConsumerRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let name: String
  package let tags: TagMap?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var name: String?
    var tags: TagMap?
    while let member = try reader.nextName() {
      switch member {
      case "ConsumerName": name = try reader.string()
      case "Tags": tags = try TagMap(from: &reader)
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    self.name = check.required(name, "consumerName", length: 1...128, pattern: .streamName)
    check.present(stream.arn, "streamARN")
    stream.validate(&check)
    tags?.validate(&check)
    try check.finish()
    self.stream = stream
    self.tags = tags
  }
}

/// DescribeStreamConsumer and DeregisterStreamConsumer.
package struct ConsumerRequest: KinesisRequest {
  package enum Subject: Equatable, Sendable {
    case arn(ConsumerARN, text: String)
    case name(String, of: StreamReference)
  }

  package let subject: Subject

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var name: String?
    var arn: String?
    while let member = try reader.nextName() {
      switch member {
      case "ConsumerName": name = try reader.string()
      case "ConsumerARN": arn = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.text(name, "consumerName", length: 1...128, pattern: .streamName)
    check.text(arn, "consumerARN", length: 1...2048, pattern: .consumerARN)
    stream.validate(&check)
    try check.finish()
    if let arn, let parsed = ConsumerARN(arn) {
      subject = .arn(parsed, text: arn)
    } else if let name, !stream.isEmpty {
      subject = .name(name, of: stream)
    } else {
      throw AWSError(
        .invalidArgument,
        "Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
    }
  }
}

package struct ListStreamConsumersRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let nextToken: String?
  package let maxResults: Int?
  /// Tells streams of one name apart: the one meant was created at this time.
  package let streamCreatedAt: Timestamp?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var token: String?
    var maxResults: Int?
    var createdAt: Timestamp?
    while let member = try reader.nextName() {
      switch member {
      case "NextToken": token = try reader.string()
      case "MaxResults": maxResults = try reader.integer()
      case "StreamCreationTimestamp": createdAt = try reader.timestamp()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(stream.arn, "streamARN")
    stream.validate(&check)
    check.text(token, "nextToken", length: 1...1_048_576)
    check.number(maxResults, "maxResults", in: 1...10_000)
    try check.finish()
    self.stream = stream
    nextToken = token
    self.maxResults = maxResults
    streamCreatedAt = createdAt
  }
}

package struct SubscribeToShardRequest: KinesisRequest {
  package let consumer: ConsumerARN
  package let consumerARN: String
  package let shard: String
  package let position: ReadPosition

  package var subject: RequestSubject {
    RequestSubject(stream: StreamReference(name: consumer.streamName), shard: shard)
  }

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var arn: String?
    var shard: String?
    var start: PositionFields?
    while let member = try reader.nextName() {
      switch member {
      case "ConsumerARN": arn = try reader.string()
      case "ShardId": shard = try reader.string()
      case "StartingPosition": start = try PositionFields(from: &reader)
      default: try reader.skip()
      }
    }
    var check = Validation()
    check.present(start, "startingPosition")
    let type = start?.validate(&check)
    consumerARN = check.required(arn, "consumerARN", length: 1...2048, pattern: .consumerARN)
    self.shard = check.required(shard, "shardId", length: 1...128, pattern: .streamName)
    try check.finish()
    guard let consumer = ConsumerARN(consumerARN) else { throw AWSError(.invalidArgument) }
    self.consumer = consumer
    position = try ReadPosition(type ?? .latest, sequence: start?.sequence, time: start?.time)
  }
}

private struct PositionFields {
  var type: String?
  var sequence: String?
  var time: Timestamp?

  init?<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    guard try reader.enterStructure() else { return nil }
    while let member = try reader.nextName() {
      switch member {
      case "Type": type = try reader.string()
      case "SequenceNumber": sequence = try reader.string()
      case "Timestamp": time = try reader.timestamp()
      default: try reader.skip()
      }
    }
  }

  func validate(_ check: inout Validation) -> ShardIteratorType? {
    check.present(type, "startingPosition.type")
    check.text(sequence, "startingPosition.sequenceNumber", pattern: .sequenceNumber)
    return check.oneOf(type, "startingPosition.type", ShardIteratorType.self)
  }
}
