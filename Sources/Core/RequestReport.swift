/// One request to the records of a stream, once it is answered or refused. CloudWatch's metrics,
/// and what the screen knows of readers and throttles, are made of these.
package struct RequestReport: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    case success
    /// Above a limit: of the stream, or one that a fault plays.
    case throttled
    case failed
  }

  /// As in the service's model: `PutRecord`, `PutRecords`, `GetRecords` or `SubscribeToShard`.
  package var operation: String
  package var stream: String
  /// Nil for PutRecords, which goes to many.
  package var shard: String?
  /// Of enhanced fan-out: the consumer's name.
  package var consumer: String?
  /// Who asks, as far as the request says so: the first product of its User-Agent.
  package var client: String?
  package var outcome: Outcome
  /// From the request's arrival to its answer.
  package var seconds: Double
  /// Records that were put, or that were handed out.
  package var records: Int
  /// Bytes of data and partition keys of those.
  package var bytes: Int
  /// Of a put: records that failed by an internal error, and that were above a limit. By shard
  /// where that is known, so that shards can be told apart.
  package var failedRecords: Int
  package var throttledRecords: Int
  package var throttledByShard: [String: Int]
  /// Of a read: the answer's MillisBehindLatest.
  package var millisecondsBehind: Int?

  package init(
    operation: String, stream: String, shard: String? = nil, consumer: String? = nil,
    client: String? = nil, outcome: Outcome, seconds: Double, records: Int = 0, bytes: Int = 0,
    failedRecords: Int = 0, throttledRecords: Int = 0, throttledByShard: [String: Int] = [:],
    millisecondsBehind: Int? = nil
  ) {
    self.operation = operation
    self.stream = stream
    self.shard = shard
    self.consumer = consumer
    self.client = client
    self.outcome = outcome
    self.seconds = seconds
    self.records = records
    self.bytes = bytes
    self.failedRecords = failedRecords
    self.throttledRecords = throttledRecords
    self.throttledByShard = throttledByShard
    self.millisecondsBehind = millisecondsBehind
  }
}

/// One SubscribeToShardEvent that went to a consumer (or that could not be sent).
package struct DeliveryReport: Sendable, Equatable {
  package var stream: String
  package var shard: String
  package var consumer: String
  package var success: Bool
  package var records: Int
  package var bytes: Int
  package var millisecondsBehind: Int

  package init(
    stream: String, shard: String, consumer: String, success: Bool = true, records: Int,
    bytes: Int, millisecondsBehind: Int
  ) {
    self.stream = stream
    self.shard = shard
    self.consumer = consumer
    self.success = success
    self.records = records
    self.bytes = bytes
    self.millisecondsBehind = millisecondsBehind
  }
}
