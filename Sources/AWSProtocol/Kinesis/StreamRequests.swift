package enum StreamMode: String, CaseIterable, Sendable {
  case provisioned = "PROVISIONED"
  case onDemand = "ON_DEMAND"
}

package struct CreateStreamRequest: KinesisRequest {
  package let name: String
  /// Given exactly if the mode is provisioned.
  package let shardCount: Int?
  package let mode: StreamMode
  package let tagCount: Int
  package let recordKiBMax: Int?

  /// Shards of a stream, at most.
  private static let shardCountMax = 100_000

  package init(from reader: inout JSONReader) throws(AWSError) {
    var name: String?
    var shardCount: Int?
    var modeText: String?
    var tags = 0
    var recordKiBMax: Int?
    var warmThroughput: Int?
    while let member = try reader.nextName() {
      switch member {
      case "StreamName": name = try reader.string()
      case "ShardCount": shardCount = try reader.integer()
      case "StreamModeDetails": modeText = try Self.readMode(&reader)
      case "Tags": tags = try Self.countTags(&reader)
      case "MaxRecordSizeInKiB": recordKiBMax = try reader.integer()
      case "WarmThroughputMiBps": warmThroughput = try reader.integer()
      default: try reader.skip()
      }
    }
    var check = Validation()
    let mode = check.oneOf(modeText, "streamModeDetails.streamMode", StreamMode.self)
    self.mode = mode ?? .provisioned
    if modeText == nil && shardCount == nil || mode == .provisioned && shardCount == nil {
      check.fail(nil, at: "shardCount", "Member must not be null")
    }
    check.number(shardCount, "shardCount", in: 1...Self.shardCountMax)
    self.name = check.required(name, "streamName", length: 1...128, pattern: .streamName)
    check.number(recordKiBMax, "maxRecordSizeInKiB", in: 1024...10240)
    check.number(warmThroughput, "warmThroughputMiBps", in: 0...Int(Int32.max))
    try check.finish()
    if mode == .onDemand && shardCount != nil {
      throw AWSError(
        .invalidArgument, "ShardCount cannot be specified for a stream in ON_DEMAND mode.")
    }
    self.shardCount = shardCount
    self.recordKiBMax = recordKiBMax
    tagCount = tags
  }

  private static func readMode(_ reader: inout JSONReader) throws(AWSError) -> String? {
    guard try reader.enterStructure() else { return nil }
    var mode: String?
    while let member = try reader.nextName() {
      if member == "StreamMode" { mode = try reader.string() } else { try reader.skip() }
    }
    return mode
  }

  private static func countTags(_ reader: inout JSONReader) throws(AWSError) -> Int {
    guard try reader.enterMap() else { return 0 }
    var count = 0
    while try reader.nextName() != nil {
      _ = try reader.string()
      count += 1
    }
    return count
  }
}

package struct DeleteStreamRequest: KinesisRequest {
  package let stream: StreamReference

  package init(from reader: inout JSONReader) throws(AWSError) {
    var stream = StreamReference()
    while let member = try reader.nextName() {
      if member == "EnforceConsumerDeletion" {
        _ = try reader.boolean()
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    stream.validate(&check)
    try check.finish()
    self.stream = stream
  }
}

package struct DescribeStreamSummaryRequest: KinesisRequest {
  package let stream: StreamReference

  package init(from reader: inout JSONReader) throws(AWSError) {
    var stream = StreamReference()
    while let member = try reader.nextName() { try stream.read(member, from: &reader) }
    var check = Validation()
    stream.validate(&check)
    try check.finish()
    self.stream = stream
  }
}

package struct DescribeStreamRequest: KinesisRequest {
  package let stream: StreamReference
  package let limit: Int?
  package let exclusiveStartShardID: String?

  package init(from reader: inout JSONReader) throws(AWSError) {
    var stream = StreamReference()
    var limit: Int?
    var start: String?
    while let member = try reader.nextName() {
      switch member {
      case "Limit": limit = try reader.integer()
      case "ExclusiveStartShardId": start = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.number(limit, "limit", in: 1...10_000)
    check.text(start, "exclusiveStartShardId", length: 1...128, pattern: .streamName)
    stream.validate(&check)
    try check.finish()
    self.stream = stream
    self.limit = limit
    exclusiveStartShardID = start
  }
}

package struct ListStreamsRequest: KinesisRequest {
  package let limit: Int?
  package let exclusiveStartStreamName: String?
  package let nextToken: String?

  package init(from reader: inout JSONReader) throws(AWSError) {
    var limit: Int?
    var start: String?
    var token: String?
    while let member = try reader.nextName() {
      switch member {
      case "Limit": limit = try reader.integer()
      case "ExclusiveStartStreamName": start = try reader.string()
      case "NextToken": token = try reader.string()
      default: try reader.skip()
      }
    }
    var check = Validation()
    check.number(limit, "limit", in: 1...10_000)
    check.text(start, "exclusiveStartStreamName", length: 1...128, pattern: .streamName)
    check.text(token, "nextToken", length: 1...1_048_576)
    try check.finish()
    self.limit = limit
    exclusiveStartStreamName = start
    nextToken = token
  }
}
