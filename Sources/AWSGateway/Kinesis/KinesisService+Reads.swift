import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Records of one GetRecords, at most and by default.
  private static let recordsMax = 10_000

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
    let ordinal = try await start(
      request.position, shard: shard, stream: stream, now: now, operation: "GetShardIterator")
    let iterator = ShardIterator(
      stream: stream, streamCreatedAt: summary.createdAt, shardIndex: id.index, ordinal: ordinal,
      createdAt: now)
    return GetShardIteratorResponse(shardIterator: iterator.encoded())
  }

  /// The ordinal at which a reader begins.
  func start(
    _ position: ReadPosition, shard: ShardSummary, stream: String, now: Timestamp,
    operation: String
  ) async throws(AWSError) -> UInt64 {
    let point = try startingPoint(
      position, shard: shard, stream: stream, now: now, operation: operation)
    let (log, id) = (log, shard.id)
    let ordinal = await reading.run {
      Result { () throws(StreamLogError) in
        try log.ordinal(of: point, stream: stream, shard: id)
      }
    }
    return try attempt { () throws(StreamLogError) in try ordinal.get() }
  }

  private func startingPoint(
    _ position: ReadPosition, shard: ShardSummary, stream: String, now: Timestamp,
    operation: String
  ) throws(AWSError) -> StartingPoint {
    func sequence(_ text: String) throws(AWSError) -> SequenceNumber {
      try self.sequence(text, shard: shard, stream: stream, operation: operation)
    }
    switch position {
    case .trimHorizon: return .trimHorizon
    case .latest: return .latest
    case .atSequenceNumber(let text): return .at(try sequence(text))
    case .afterSequenceNumber(let text): return .after(try sequence(text))
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
    _ text: String, shard: ShardSummary, stream: String, operation: String
  ) throws(AWSError) -> SequenceNumber {
    let used =
      "StartingSequenceNumber \(text) used in \(operation) on shard \(shard.id) in stream "
      + "\(stream) under account \(account) is invalid"
    guard let observed = ObservedSequence(text) else {
      throw AWSError(.invalidArgument, used + ".")
    }
    guard observed.shardIndex == Int64(shard.id.index) else {
      throw AWSError(
        .invalidArgument,
        "Invalid StartingSequenceNumber. It encodes \(observed.shardName), while it was used in a "
          + "call to a shard with \(shard.id)")
    }
    // So does the service.
    if observed.form == .first { throw AWSError(.internalFailure) }
    guard observed.form == .third,
      observed.shardCreatedAtSeconds == shard.startingSequence.shardCreatedAtSeconds
    else {
      throw AWSError(
        .invalidArgument, used + " because it did not come from this stream.")
    }
    guard let sequence = SequenceNumber(text) else {
      throw AWSError(.invalidArgument, used + ".")
    }
    return sequence
  }

  func getRecords(
    _ request: GetRecordsRequest, _ report: inout RequestReport
  ) async throws(AWSError) -> GetRecordsResponse {
    let now = clock.now()
    let iterator = try ShardIterator(decoding: request.shardIterator, now: now)
    let id = ShardID(index: iterator.shardIndex)
    guard let stream = try? log.outline(of: iterator.stream),
      stream.createdAt == iterator.streamCreatedAt
    else { throw AWSError.shardNotFound("\(id)", stream: iterator.stream, account: account) }
    if let arn = request.stream.arn, arn != stream.arn {
      throw AWSError(.invalidArgument, "StreamARN is not that of the ShardIterator's stream.")
    }
    let result: ReadResult
    do throws(StreamLogError) {
      result = try await read(
        iterator.stream, id, from: iterator.ordinal,
        recordsMax: request.limit ?? Self.recordsMax, bytesMax: limits.getBytesMax, isMetered: true)
    } catch {
      throw translate(error)
    }
    note(result, in: &report)
    var next = iterator
    next.ordinal = result.next
    next.createdAt = now
    return GetRecordsResponse(
      records: result.records.map { ReadRecord($0, stream.settings) },
      nextShardIterator: result.reachedEnd ? nil : next.encoded(),
      millisecondsBehindLatest: result.millisecondsBehindLatest,
      childShards: result.children.map { ChildShard($0) })
  }

  /// Reads on from an ordinal; where the records there are damaged, behind them. Whoever reads
  /// would otherwise stand there for ever. What is passed over is reported, by file and offset.
  func read(
    _ stream: String, _ shard: ShardID, from ordinal: UInt64, recordsMax: Int, bytesMax: Int,
    isMetered: Bool
  ) async throws(StreamLogError) -> ReadResult {
    let service = self
    return try await reading.run {
      Result { () throws(StreamLogError) in
        var next = ordinal
        while true {
          do throws(StreamLogError) {
            return try service.log.read(
              stream: stream, shard: shard, from: next, recordsMax: recordsMax,
              bytesMax: bytesMax, isMetered: isMetered && next == ordinal)
          } catch {
            guard case .corrupt = error else { throw error }
            let readable = try service.log.readableOrdinal(
              stream: stream, shard: shard, from: next)
            guard readable > next else { throw error }
            service.tell(
              "\(readable - next) damaged records of \(shard) in stream \(stream) were passed "
                + "over: \(error)")
            next = readable
          }
        }
      }
    }.get()
  }

  private func note(_ result: ReadResult, in report: inout RequestReport) {
    report.records = result.records.count
    report.bytes = result.byteCount
    report.millisecondsBehind = result.millisecondsBehindLatest
    reportRead(result, stream: report.stream, shard: report.shard ?? "")
  }

  func reportRead(_ result: ReadResult, stream: String, shard: String) {
    guard !result.records.isEmpty else { return }
    reporter.report(
      .read(stream: stream, shard: shard, records: result.records.count, bytes: result.byteCount))
  }
}

extension ReadResult {
  /// Data and partition keys.
  var byteCount: Int {
    records.reduce(0) { $0 + $1.byteCount }
  }
}

extension ReadRecord {
  init(_ record: StoredRecord, _ settings: StreamSettings?) {
    let isEncrypted = settings?.wasEncrypted(at: record.arrivedAt) ?? false
    self.init(
      sequenceNumber: "\(record.sequence)", arrivedAt: record.arrivedAt,
      partitionKey: record.partitionKey, data: record.data, encryption: isEncrypted ? .kms : .none)
  }
}

extension ChildShard {
  init(_ shard: ShardSummary) {
    self.init(
      id: "\(shard.id)",
      parentIDs: [shard.parent, shard.adjacentParent].compactMap { $0 }.map { "\($0)" },
      hashRange: shard.hashRange)
  }
}
