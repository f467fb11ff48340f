import AWSProtocol
import Core
import ServiceLifecycle
import StreamLog

// Faults that a person set, to see how producers and consumers bear them.
extension KinesisService {
  /// Waits, or fails, if a fault is set that fits the request.
  func suffer(
    _ operation: KinesisOperation, _ request: some KinesisRequest
  ) async throws(AWSError) {
    guard !faults.isEmpty else { return }
    let (stream, shard) = place(of: request)
    guard
      let fault = faults.fault(operation: operation.rawValue, stream: stream, shard: shard)
    else { return }
    if let latency = fault.latency { await wait(latency) }
    if let refusal = fault.refusal { throw AWSError(refusal) }
  }

  /// What becomes of the records of a put, by their place in it, before they are written.
  func sufferedRecords(
    _ operation: KinesisOperation, _ records: [RecordEntry], _ stream: String
  ) async -> [Int: AWSError] {
    guard !faults.isEmpty, let open = try? log.summary(of: stream).openShards else { return [:] }
    let suffered = faults.recordFaults(
      operation: operation.rawValue, stream: stream, count: records.count
    ) { place in
      let record = records[place]
      let key = record.explicitHashKey ?? PartitionHash.hash(record.partitionKey)
      return open.first { $0.hashRange.contains(key) }.map { "\($0.id)" } ?? ""
    }
    guard let suffered else { return [:] }
    if let latency = suffered.latency { await wait(latency) }
    return suffered.refusals.mapValues { AWSError($0) }
  }

  private func wait(_ latency: Duration) async {
    // A server that stops does not wait for a latency of minutes.
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: latency) }
  }

  /// The stream and the shard that a request names, as rules name them.
  func place(of request: some KinesisRequest) -> (stream: String?, shard: String?) {
    if let request = request as? GetRecordsRequest {
      let iterator = try? ShardIterator(decoding: request.shardIterator, now: clock.now())
      return (iterator?.stream, iterator.map { "\(ShardID(index: $0.shardIndex))" })
    }
    if let request = request as? CreateStreamRequest { return (request.name, nil) }
    let subject = request.subject
    let stream = subject.stream.flatMap { try? name(of: $0) } ?? subject.stream?.name
    let shard = subject.shard.flatMap { shard in
      stream.flatMap { try? shardID(shard, in: $0) }.map { "\($0)" }
    }
    return (stream, shard)
  }
}

extension AWSError {
  fileprivate init(_ refusal: FaultRule.Refusal) {
    self.init(type: refusal.type, status: refusal.status, message: refusal.message)
  }
}
