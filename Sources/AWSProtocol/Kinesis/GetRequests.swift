package import Core

package enum ShardIteratorType: String, CaseIterable, Sendable {
  case afterSequenceNumber = "AFTER_SEQUENCE_NUMBER"
  case latest = "LATEST"
  case atTimestamp = "AT_TIMESTAMP"
  case atSequenceNumber = "AT_SEQUENCE_NUMBER"
  case trimHorizon = "TRIM_HORIZON"
}

/// Where a reader is to stand: a type, with what it needs.
package enum ReadPosition: Equatable, Sendable {
  case trimHorizon
  case latest
  case atSequenceNumber(String)
  case afterSequenceNumber(String)
  case atTimestamp(Timestamp)

  /// - Throws: `InvalidArgumentException` if the type wants something else.
  init(_ type: ShardIteratorType, sequence: String?, time: Timestamp?) throws(AWSError) {
    switch (type, sequence, time) {
    case (.trimHorizon, nil, _): self = .trimHorizon
    case (.latest, nil, _): self = .latest
    case (.atSequenceNumber, let sequence?, _): self = .atSequenceNumber(sequence)
    case (.afterSequenceNumber, let sequence?, _): self = .afterSequenceNumber(sequence)
    case (.atTimestamp, _, let time?): self = .atTimestamp(time)
    case (.atTimestamp, _, nil):
      throw AWSError(
        .invalidArgument,
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
          + "Current request has no timestamp parameter.")
    default:
      let given =
        sequence == nil ? "and no StartingSequenceNumber" : "and also a StartingSequenceNumber"
      throw AWSError(
        .invalidArgument,
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
          + "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
          + "Request specified \(type.rawValue) \(given).")
    }
  }
}

package struct GetShardIteratorRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let shardID: String
  package let position: ReadPosition

  package var subject: RequestSubject { RequestSubject(stream: stream, shard: shardID) }

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var shard: String?
    var typeText: String?
    var sequence: String?
    var time: Timestamp?
    while let member = try reader.nextName() {
      switch member {
      case "ShardId": shard = try reader.string()
      case "ShardIteratorType": typeText = try reader.string()
      case "StartingSequenceNumber": sequence = try reader.string()
      case "Timestamp": time = try reader.timestamp()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    shardID = check.required(shard, "shardId", length: 1...128, pattern: .streamName)
    if typeText == nil { check.fail(nil, at: "shardIteratorType", "Member must not be null") }
    let type = check.oneOf(typeText, "shardIteratorType", ShardIteratorType.self)
    check.text(sequence, "startingSequenceNumber", pattern: .sequenceNumber)
    stream.require(&check)
    try check.finish()
    self.stream = stream
    position = try ReadPosition(type ?? .latest, sequence: sequence, time: time)
  }
}

package struct GetRecordsRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let shardIterator: String
  package let limit: Int?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var iterator: String?
    var limit: Int?
    while let member = try reader.nextName() {
      switch member {
      case "ShardIterator": iterator = try reader.string()
      case "Limit": limit = try reader.integer()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.number(limit, "limit", in: 1...10_000)
    shardIterator = check.required(iterator, "shardIterator", length: 1...512)
    stream.validate(&check)
    try check.finish()
    self.stream = stream
    self.limit = limit
  }
}
