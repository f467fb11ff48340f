package struct SplitShardRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let shard: String
  /// In decimal; may be beyond 128 bits.
  package let newStartingHashKey: String

  package var subject: RequestSubject { RequestSubject(stream: stream, shard: shard) }

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var shard: String?
    var key: String?
    while let member = try reader.nextName() {
      switch member {
      case "ShardToSplit": shard = try reader.string()
      case "NewStartingHashKey": key = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    newStartingHashKey = check.required(key, "newStartingHashKey", pattern: .hashKey)
    stream.require(&check)
    self.shard = check.required(shard, "shardToSplit", length: 1...128, pattern: .streamName)
    try check.finish()
    self.stream = stream
  }
}

package struct MergeShardsRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let shard: String
  package let adjacentShard: String

  package var subject: RequestSubject { RequestSubject(stream: stream, shard: shard) }

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var shard: String?
    var adjacent: String?
    while let member = try reader.nextName() {
      switch member {
      case "ShardToMerge": shard = try reader.string()
      case "AdjacentShardToMerge": adjacent = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    self.shard = check.required(shard, "shardToMerge", length: 1...128, pattern: .streamName)
    adjacentShard = check.required(
      adjacent, "adjacentShardToMerge", length: 1...128, pattern: .streamName)
    stream.require(&check)
    try check.finish()
    self.stream = stream
  }
}

package struct UpdateShardCountRequest: KinesisRequest, StreamNaming {
  private enum ScalingType: String, CaseIterable {
    case uniform = "UNIFORM_SCALING"
  }

  package let stream: StreamReference
  package let target: Int

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var target: Int?
    var scaling: String?
    while let member = try reader.nextName() {
      switch member {
      case "TargetShardCount": target = try reader.integer()
      case "ScalingType": scaling = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(scaling, "scalingType")
    _ = check.oneOf(scaling, "scalingType", ScalingType.self)
    self.target = check.required(target, "targetShardCount", in: 1...Int(Int32.max))
    stream.require(&check)
    try check.finish()
    self.stream = stream
  }
}
