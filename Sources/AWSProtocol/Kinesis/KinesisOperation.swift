/// The operations of Kinesis Data Streams that are served.
package enum KinesisOperation: String, CaseIterable, Sendable {
  case createStream = "CreateStream"
  case deleteStream = "DeleteStream"
  case listStreams = "ListStreams"
  case describeStream = "DescribeStream"
  case describeStreamSummary = "DescribeStreamSummary"
  case listShards = "ListShards"
  case putRecord = "PutRecord"
  case putRecords = "PutRecords"
  case getShardIterator = "GetShardIterator"
  case getRecords = "GetRecords"

  static let service = "Kinesis_20131202"

  init?(service: Substring, name: Substring) {
    guard service == Self.service else { return nil }
    self.init(rawValue: String(name))
  }
}
