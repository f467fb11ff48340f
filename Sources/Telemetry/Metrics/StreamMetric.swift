/// CloudWatch's metrics of a stream, of one of its shards, and of a consumer of enhanced fan-out.
///
/// Names, units and dimensions are those of "Monitoring the Amazon Kinesis Data Streams service
/// with Amazon CloudWatch".
enum StreamMetric: String, CaseIterable, Sendable {
  case incomingBytes = "IncomingBytes"
  case incomingRecords = "IncomingRecords"
  case putRecordBytes = "PutRecord.Bytes"
  case putRecordLatency = "PutRecord.Latency"
  case putRecordSuccess = "PutRecord.Success"
  case putRecordsBytes = "PutRecords.Bytes"
  case putRecordsLatency = "PutRecords.Latency"
  case putRecordsRecords = "PutRecords.Records"
  case putRecordsSuccess = "PutRecords.Success"
  case putRecordsTotal = "PutRecords.TotalRecords"
  case putRecordsSuccessful = "PutRecords.SuccessfulRecords"
  case putRecordsFailed = "PutRecords.FailedRecords"
  case putRecordsThrottled = "PutRecords.ThrottledRecords"
  case getRecordsBytes = "GetRecords.Bytes"
  case getRecordsIteratorAge = "GetRecords.IteratorAgeMilliseconds"
  case getRecordsLatency = "GetRecords.Latency"
  case getRecordsRecords = "GetRecords.Records"
  case getRecordsSuccess = "GetRecords.Success"
  case readExceeded = "ReadProvisionedThroughputExceeded"
  case writeExceeded = "WriteProvisionedThroughputExceeded"
  case subscribeRateExceeded = "SubscribeToShard.RateExceeded"
  case subscribeSuccess = "SubscribeToShard.Success"
  case eventBytes = "SubscribeToShardEvent.Bytes"
  case eventBehind = "SubscribeToShardEvent.MillisBehindLatest"
  case eventRecords = "SubscribeToShardEvent.Records"
  case eventSuccess = "SubscribeToShardEvent.Success"
  case iteratorAge = "IteratorAgeMilliseconds"
  case outgoingBytes = "OutgoingBytes"
  case outgoingRecords = "OutgoingRecords"

  static let namespace = "AWS/Kinesis"

  var unit: String {
    switch self {
    case .incomingBytes, .putRecordBytes, .putRecordsBytes, .getRecordsBytes, .eventBytes,
      .outgoingBytes:
      "Bytes"
    case .putRecordLatency, .putRecordsLatency, .getRecordsLatency, .getRecordsIteratorAge,
      .eventBehind, .iteratorAge:
      "Milliseconds"
    default: "Count"
    }
  }

  /// Times are worth their percentiles; of the others sum, average and extremes say it all.
  var keepsDistribution: Bool { unit == "Milliseconds" }

  /// Whether its sum over time says something: other than of a time or a share of successes.
  var isSum: Bool {
    switch self {
    case .putRecordSuccess, .putRecordsSuccess, .getRecordsSuccess, .subscribeSuccess,
      .eventSuccess:
      false
    default: unit != "Milliseconds"
    }
  }

  /// Published for a shard when enhanced monitoring asks for it.
  static let ofShards: Set<StreamMetric> = [
    .incomingBytes, .incomingRecords, .iteratorAge, .outgoingBytes, .outgoingRecords,
    .readExceeded, .writeExceeded,
  ]
}
