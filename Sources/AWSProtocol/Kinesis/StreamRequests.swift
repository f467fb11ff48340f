package enum StreamMode: String, CaseIterable, Sendable {
  case provisioned = "PROVISIONED"
  case onDemand = "ON_DEMAND"
}

package struct CreateStreamRequest: KinesisRequest {
  package let name: String
  /// Given exactly if the mode is provisioned.
  package let shardCount: Int?
  package let mode: StreamMode
  package let tags: TagMap?
  package let recordKiBMax: Int?
  /// MiB per second.
  package let warmThroughput: Int?

  /// Shards of a stream, at most.
  private static let shardCountMax = 100_000

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var name: String?
    var shardCount: Int?
    var details: StreamModeDetails?
    var tags: TagMap?
    var recordKiBMax: Int?
    var warmThroughput: Int?
    while let member = try reader.nextName() {
      switch member {
      case "StreamName": name = try reader.string()
      case "ShardCount": shardCount = try reader.integer()
      case "StreamModeDetails": details = try StreamModeDetails(from: &reader)
      case "Tags": tags = try TagMap(from: &reader)
      case "MaxRecordSizeInKiB": recordKiBMax = try reader.integer()
      case "WarmThroughputMiBps": warmThroughput = try reader.integer()
      default: try reader.skip()
      }
    }
    var check = Validation()
    // The service takes who names neither a mode nor a count for one who wants no shards to
    // care for.
    let standard: StreamMode = shardCount == nil ? .onDemand : .provisioned
    let mode = details == nil ? standard : details?.validate(&check)
    self.mode = mode ?? .provisioned
    if mode == .provisioned { check.present(shardCount, "shardCount") }
    check.number(shardCount, "shardCount", in: 1...Self.shardCountMax)
    self.name = check.required(name, "streamName", length: 1...128, pattern: .streamName)
    check.number(recordKiBMax, "maxRecordSizeInKiB", in: 1024...10240)
    check.number(warmThroughput, "warmThroughputMiBps", in: 0...Int(Int32.max))
    tags?.validate(&check)
    try check.finish()
    if mode == .onDemand && shardCount != nil {
      throw AWSError(
        .invalidArgument, "ShardCount cannot be specified for a stream in ON_DEMAND mode.")
    }
    self.shardCount = shardCount
    self.recordKiBMax = recordKiBMax
    self.tags = tags
    self.warmThroughput = warmThroughput
  }
}

package struct DeleteStreamRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let enforcesConsumerDeletion: Bool

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var enforces = false
    while let member = try reader.nextName() {
      if member == "EnforceConsumerDeletion" {
        enforces = try reader.boolean() ?? false
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    stream.require(&check)
    try check.finish()
    self.stream = stream
    enforcesConsumerDeletion = enforces
  }
}

package struct DescribeStreamRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let limit: Int?
  package let exclusiveStartShardID: String?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
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
    stream.require(&check)
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

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
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
