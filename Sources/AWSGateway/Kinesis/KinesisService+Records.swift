import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Records of one GetRecords, at most and by default.
  private static let recordsMax = 10_000

  func putRecord(_ request: PutRecordRequest) async throws(AWSError) -> PutRecordResponse {
    let stream = try name(of: request.stream)
    try request.checkSize(recordBytesMax: limits.recordBytesMax)
    // Records of one shard are numbered in the order in which they are acknowledged, so the
    // number only has to be one.
    if let ordering = request.sequenceNumberForOrdering, SequenceNumber(ordering) == nil {
      throw AWSError(
        .invalidArgument,
        "ExclusiveMinimumSequenceNumber \(ordering) used in PutRecord on stream \(stream) under "
          + "account \(account) is invalid.")
    }
    let places = try await append([request.record], to: stream)
    guard let place = places.first else { throw AWSError(.internalFailure) }
    return PutRecordResponse(place: place, encryption: .none)
  }

  func putRecords(_ request: PutRecordsRequest) async throws(AWSError) -> PutRecordsResponse {
    let stream = try name(of: request.stream)
    try request.checkSizes(
      recordBytesMax: limits.recordBytesMax, requestBytesMax: limits.putBytesMax)
    let places = try await append(request.records, to: stream)
    return PutRecordsResponse(outcomes: places.map { .stored($0) }, encryption: .none)
  }

  private func append(
    _ records: [RecordEntry], to stream: String
  ) async throws(AWSError) -> [RecordPlace] {
    let appended: [AppendedRecord]
    do throws(StreamLogError) {
      appended = try await log.append(records.map { NewRecord($0) }, to: stream)
    } catch {
      // The log holds back what the disk cannot take; clients wait and retry on this name.
      if case .limitExceeded(let text) = error { throw AWSError(.throughputExceeded, text) }
      throw translate(error)
    }
    return appended.map { RecordPlace($0) }
  }

  func getShardIterator(
    _ request: GetShardIteratorRequest
  ) async throws(AWSError) -> GetShardIteratorResponse {
    let stream = try name(of: request.stream)
    let id = try shardID(request.shardID, in: stream)
    let summary: StreamSummary
    do throws(StreamLogError) {
      summary = try log.summary(of: stream)
    } catch {
      guard case .streamNotFound = error else { throw translate(error) }
      throw AWSError.shardNotFound("\(id)", stream: stream, account: account)
    }
    guard let shard = summary.shards.first(where: { $0.id == id }) else {
      throw AWSError.shardNotFound("\(id)", stream: stream, account: account)
    }
    let now = clock.now()
    let start = try startingPoint(request.position, shard: shard, stream: stream, now: now)
    let log = log
    let ordinal = await reading.run {
      Result { () throws(StreamLogError) in
        try log.ordinal(of: start, stream: stream, shard: id)
      }
    }
    let iterator = ShardIterator(
      stream: stream, streamCreatedAt: summary.createdAt, shardIndex: id.index,
      ordinal: try attempt { () throws(StreamLogError) in try ordinal.get() }, createdAt: now)
    return GetShardIteratorResponse(shardIterator: iterator.encoded())
  }

  private func startingPoint(
    _ position: ReadPosition, shard: ShardSummary, stream: String,
    now: Timestamp
  ) throws(AWSError) -> StartingPoint {
    switch position {
    case .trimHorizon: return .trimHorizon
    case .latest: return .latest
    case .atSequenceNumber(let text): return .at(try sequence(text, shard: shard, stream: stream))
    case .afterSequenceNumber(let text):
      return .after(try sequence(text, shard: shard, stream: stream))
    case .atTimestamp(let time):
      guard time <= now else {
        let (wanted, current) = (time.microseconds / 1000, now.microseconds / 1000)
        throw AWSError(
          .invalidArgument,
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            + "timestampInMillis: \(wanted), currentTimestampInMillis: \(current)")
      }
      return .atTimestamp(time)
    }
  }

  private func sequence(
    _ text: String, shard: ShardSummary, stream: String
  ) throws(AWSError) -> SequenceNumber {
    let used =
      "StartingSequenceNumber \(text) used in GetShardIterator on shard \(shard.id) in stream "
      + "\(stream) under account \(account) is invalid"
    guard let sequence = SequenceNumber(text) else {
      throw AWSError(.invalidArgument, used + ".")
    }
    guard sequence.shardIndex == shard.id.index else {
      let encoded = ShardID(index: sequence.shardIndex)
      throw AWSError(
        .invalidArgument,
        "Invalid StartingSequenceNumber. It encodes \(encoded), while it was used in a call to a "
          + "shard with \(shard.id)")
    }
    guard sequence.shardCreatedAtSeconds == shard.startingSequence.shardCreatedAtSeconds else {
      throw AWSError(
        .invalidArgument, used + " because it did not come from this stream.")
    }
    return sequence
  }

  func getRecords(_ request: GetRecordsRequest) async throws(AWSError) -> GetRecordsResponse {
    let now = clock.now()
    let iterator = try ShardIterator(decoding: request.shardIterator, now: now)
    let id = ShardID(index: iterator.shardIndex)
    guard let summary = try? log.summary(of: iterator.stream),
      summary.createdAt == iterator.streamCreatedAt
    else { throw AWSError.shardNotFound("\(id)", stream: iterator.stream, account: account) }
    if let arn = request.stream.arn, arn != summary.arn {
      throw AWSError(.invalidArgument, "StreamARN is not that of the ShardIterator's stream.")
    }
    let (log, limits) = (log, limits)
    let outcome = await reading.run {
      Result { () throws(StreamLogError) in
        try log.read(
          stream: iterator.stream, shard: id, from: iterator.ordinal,
          recordsMax: request.limit ?? Self.recordsMax, bytesMax: limits.getBytesMax)
      }
    }
    let result = try attempt { () throws(StreamLogError) in try outcome.get() }
    report(result, stream: iterator.stream, shard: id)
    var next = iterator
    next.ordinal = result.next
    next.createdAt = now
    return GetRecordsResponse(
      records: result.records.map { .init($0) },
      nextShardIterator: result.reachedEnd ? nil : next.encoded(),
      millisecondsBehindLatest: result.millisecondsBehindLatest,
      childShards: result.reachedEnd ? summary.children(of: id) : [])
  }

  private func report(_ result: ReadResult, stream: String, shard: ShardID) {
    guard !result.records.isEmpty else { return }
    let bytes = result.records.reduce(0) { $0 + $1.data.count + $1.partitionKey.utf8.count }
    reporter.report(
      .read(
        stream: stream, shard: "\(shard)", records: result.records.count, bytes: bytes))
  }
}

extension ReadRecord {
  init(_ record: StoredRecord) {
    self.init(
      sequenceNumber: "\(record.sequence)", arrivedAt: record.arrivedAt,
      partitionKey: record.partitionKey, data: record.data)
  }
}

extension StreamSummary {
  /// The shards that took over the keys of `parent`.
  fileprivate func children(of parent: ShardID) -> [ChildShard] {
    shards.filter { $0.parent == parent || $0.adjacentParent == parent }.map { shard in
      ChildShard(
        id: "\(shard.id)",
        parentIDs: [shard.parent, shard.adjacentParent].compactMap { $0 }.map { "\($0)" },
        hashRange: shard.hashRange)
    }
  }
}
