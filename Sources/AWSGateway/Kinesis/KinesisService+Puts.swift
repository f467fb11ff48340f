import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  func putRecord(
    _ request: PutRecordRequest, _ report: inout RequestReport
  ) async throws(AWSError) -> PutRecordResponse {
    let stream = try outline(of: request.stream)
    try request.checkSize(recordBytesMax: stream.recordBytesMax)
    // Records of one shard are numbered in the order in which they are acknowledged, so the
    // number only has to be one.
    if let ordering = request.sequenceNumberForOrdering {
      try check(ordering: ordering, stream: stream.name)
    }
    let outcomes = try await append([request.record], to: stream, .putRecord, &report)
    switch outcomes.first {
    case .stored(let place):
      report.shard = place.shardID
      return PutRecordResponse(place: place, encryption: EncryptionType(stream.settings))
    case .failed(let error): throw error
    case nil: throw AWSError(.internalFailure)
    }
  }

  private func check(ordering: String, stream: String) throws(AWSError) {
    let now = clock.now().seconds
    if let sequence = ObservedSequence(ordering),
      sequence.arrivedAtSeconds.map({ Double($0) <= now }) ?? true
    {
      return
    }
    throw AWSError(
      .invalidArgument,
      "ExclusiveMinimumSequenceNumber \(ordering) used in PutRecord on stream \(stream) under "
        + "account \(account) is invalid.")
  }

  func putRecords(
    _ request: PutRecordsRequest, _ report: inout RequestReport
  ) async throws(AWSError) -> PutRecordsResponse {
    let stream = try outline(of: request.stream)
    try request.checkSizes(
      recordBytesMax: stream.recordBytesMax, requestBytesMax: limits.putBytesMax)
    let outcomes = try await append(request.records, to: stream, .putRecords, &report)
    return PutRecordsResponse(outcomes: outcomes, encryption: EncryptionType(stream.settings))
  }

  /// - Returns: one outcome per record, in their order.
  private func append(
    _ records: [RecordEntry], to stream: StreamOutline, _ operation: KinesisOperation,
    _ report: inout RequestReport
  ) async throws(AWSError) -> [PutRecordsResponse.Outcome] {
    let refused = await sufferedRecords(operation, records, stream.name)
    var outcomes: [PutRecordsResponse.Outcome] = []
    outcomes.reserveCapacity(records.count)
    var names = ShardNames()
    if refused.isEmpty {
      for outcome in try await appendEach(records.map { NewRecord($0) }, to: stream.name) {
        outcomes.append(self.outcome(outcome, in: stream.name, &names, &report))
      }
    } else {
      let kept = records.indices.filter { refused[$0] == nil }
      let appended = try await appendEach(kept.map { NewRecord(records[$0]) }, to: stream.name)
      var next = appended.makeIterator()
      for place in records.indices {
        if let error = refused[place] {
          outcomes.append(failure(error, in: nil, &report))
        } else if let outcome = next.next() {
          outcomes.append(self.outcome(outcome, in: stream.name, &names, &report))
        }
      }
    }
    count(outcomes, of: records, in: &report)
    return outcomes
  }

  private func appendEach(
    _ records: [NewRecord], to stream: String
  ) async throws(AWSError) -> [AppendOutcome] {
    do throws(StreamLogError) {
      return try await log.appendEach(records, to: stream)
    } catch {
      // The log holds back what the disk cannot take; clients wait and retry on this name.
      if case .limitExceeded(let text) = error { throw AWSError(.throughputExceeded, text) }
      throw translate(error)
    }
  }

  private func outcome(
    _ outcome: AppendOutcome, in stream: String, _ names: inout ShardNames,
    _ report: inout RequestReport
  ) -> PutRecordsResponse.Outcome {
    switch outcome {
    case .appended(let record):
      return .stored(
        RecordPlace(sequenceNumber: "\(record.sequence)", shardID: names[record.shard]))
    case .throttled(let shard):
      let error = AWSError.rateExceeded(names[shard], stream: stream, account: account)
      return failure(error, in: names[shard], &report)
    case .failed(let shard, let error):
      return failure(translate(error), in: names[shard], &report)
    }
  }

  private func failure(
    _ error: AWSError, in shard: String?, _ report: inout RequestReport
  ) -> PutRecordsResponse.Outcome {
    if error.type == AWSError.Kind.throughputExceeded.rawValue {
      report.throttledRecords += 1
      if let shard { report.throttledByShard[shard, default: 0] += 1 }
    } else {
      report.failedRecords += 1
    }
    return .failed(error)
  }

  /// What was stored.
  private func count(
    _ outcomes: [PutRecordsResponse.Outcome], of records: [RecordEntry],
    in report: inout RequestReport
  ) {
    for (outcome, record) in zip(outcomes, records) {
      guard case .stored = outcome else { continue }
      report.records += 1
      report.bytes += record.byteCount
    }
  }
}

/// The printed ids of the few shards that the many records of a put go to.
private struct ShardNames {
  private var names: [ShardID: String] = [:]

  subscript(shard: ShardID) -> String {
    mutating get {
      if let name = names[shard] { return name }
      let name = "\(shard)"
      names[shard] = name
      return name
    }
  }
}

extension EncryptionType {
  init(_ settings: StreamSettings) {
    self = settings.encryptionKeyID == nil ? .none : .kms
  }
}
