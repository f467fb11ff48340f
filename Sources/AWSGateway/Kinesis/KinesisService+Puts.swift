import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  func putRecord(
    _ request: PutRecordRequest, _ report: inout RequestReport
  ) async throws(AWSError) -> PutRecordResponse {
    let summary = try summary(of: request.stream)
    try request.checkSize(recordBytesMax: summary.recordBytesMax)
    // Records of one shard are numbered in the order in which they are acknowledged, so the
    // number only has to be one.
    if let ordering = request.sequenceNumberForOrdering, SequenceNumber(ordering) == nil {
      throw AWSError(
        .invalidArgument,
        "ExclusiveMinimumSequenceNumber \(ordering) used in PutRecord on stream \(summary.name) "
          + "under account \(account) is invalid.")
    }
    let outcomes = try await append([request.record], to: summary, .putRecord, &report)
    switch outcomes.first {
    case .stored(let place):
      report.shard = place.shardID
      return PutRecordResponse(place: place, encryption: EncryptionType(summary))
    case .failed(let error): throw error
    case nil: throw AWSError(.internalFailure)
    }
  }

  func putRecords(
    _ request: PutRecordsRequest, _ report: inout RequestReport
  ) async throws(AWSError) -> PutRecordsResponse {
    let summary = try summary(of: request.stream)
    try request.checkSizes(
      recordBytesMax: summary.recordBytesMax, requestBytesMax: limits.putBytesMax)
    let outcomes = try await append(request.records, to: summary, .putRecords, &report)
    return PutRecordsResponse(outcomes: outcomes, encryption: EncryptionType(summary))
  }

  /// - Returns: one outcome per record, in their order.
  private func append(
    _ records: [RecordEntry], to summary: StreamSummary, _ operation: KinesisOperation,
    _ report: inout RequestReport
  ) async throws(AWSError) -> [PutRecordsResponse.Outcome] {
    let refused = await sufferedRecords(operation, records, summary)
    var outcomes: [PutRecordsResponse.Outcome] = []
    outcomes.reserveCapacity(records.count)
    if refused.isEmpty {
      for outcome in try await appendEach(records.map { NewRecord($0) }, to: summary) {
        outcomes.append(self.outcome(outcome, in: summary.name, &report))
      }
    } else {
      let kept = records.indices.filter { refused[$0] == nil }
      var appended = try await appendEach(
        kept.map { NewRecord(records[$0]) }, to: summary
      ).makeIterator()
      for place in records.indices {
        if let error = refused[place] {
          outcomes.append(failure(error, in: nil, &report))
        } else if let next = appended.next() {
          outcomes.append(outcome(next, in: summary.name, &report))
        }
      }
    }
    count(outcomes, of: records, in: &report)
    return outcomes
  }

  private func appendEach(
    _ records: [NewRecord], to summary: StreamSummary
  ) async throws(AWSError) -> [AppendOutcome] {
    do throws(StreamLogError) {
      return try await log.appendEach(records, to: summary.name)
    } catch {
      // The log holds back what the disk cannot take; clients wait and retry on this name.
      if case .limitExceeded(let text) = error { throw AWSError(.throughputExceeded, text) }
      throw translate(error)
    }
  }

  private func outcome(
    _ outcome: AppendOutcome, in stream: String, _ report: inout RequestReport
  ) -> PutRecordsResponse.Outcome {
    switch outcome {
    case .appended(let record):
      return .stored(RecordPlace(record))
    case .throttled(let shard):
      let error = AWSError.rateExceeded("\(shard)", stream: stream, account: account)
      return failure(error, in: "\(shard)", &report)
    case .failed(let shard, let error):
      return failure(translate(error), in: "\(shard)", &report)
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

extension EncryptionType {
  init(_ summary: StreamSummary) {
    self = summary.settings.encryptionKeyID == nil ? .none : .kms
  }
}
