/// The operations of Kinesis Data Streams: all of its model.
package enum KinesisOperation: String, CaseIterable, Sendable {
  // Producers
  case putRecord = "PutRecord"
  case putRecords = "PutRecords"

  // Consumers
  case getShardIterator = "GetShardIterator"
  case getRecords = "GetRecords"
  case registerStreamConsumer = "RegisterStreamConsumer"
  case deregisterStreamConsumer = "DeregisterStreamConsumer"
  case describeStreamConsumer = "DescribeStreamConsumer"
  case listStreamConsumers = "ListStreamConsumers"
  case subscribeToShard = "SubscribeToShard"

  // Streams
  case createStream = "CreateStream"
  case deleteStream = "DeleteStream"
  case listStreams = "ListStreams"
  case describeStream = "DescribeStream"
  case describeStreamSummary = "DescribeStreamSummary"

  // Shards
  case listShards = "ListShards"
  case splitShard = "SplitShard"
  case mergeShards = "MergeShards"
  case updateShardCount = "UpdateShardCount"

  // Settings of a stream
  case updateStreamMode = "UpdateStreamMode"
  case updateStreamWarmThroughput = "UpdateStreamWarmThroughput"
  case updateMaxRecordSize = "UpdateMaxRecordSize"
  case increaseStreamRetentionPeriod = "IncreaseStreamRetentionPeriod"
  case decreaseStreamRetentionPeriod = "DecreaseStreamRetentionPeriod"
  case startStreamEncryption = "StartStreamEncryption"
  case stopStreamEncryption = "StopStreamEncryption"
  case enableEnhancedMonitoring = "EnableEnhancedMonitoring"
  case disableEnhancedMonitoring = "DisableEnhancedMonitoring"

  // Tags and policies
  case addTagsToStream = "AddTagsToStream"
  case removeTagsFromStream = "RemoveTagsFromStream"
  case listTagsForStream = "ListTagsForStream"
  case tagResource = "TagResource"
  case untagResource = "UntagResource"
  case listTagsForResource = "ListTagsForResource"
  case putResourcePolicy = "PutResourcePolicy"
  case getResourcePolicy = "GetResourcePolicy"
  case deleteResourcePolicy = "DeleteResourcePolicy"

  // The account
  case describeLimits = "DescribeLimits"
  case describeAccountSettings = "DescribeAccountSettings"
  case updateAccountSettings = "UpdateAccountSettings"

  package static let service = "Kinesis_20131202"

  init?(service: Substring, name: Substring) {
    guard service == Self.service else { return nil }
    self.init(rawValue: String(name))
  }
}
