internal import AWSProtocol
internal import Core
internal import StreamLog

/// Kinesis' operations over the stream log: a request's JSON in, an answer's JSON out.
///
/// Names, limits and messages are those of the service model (2013-12-02).
struct KinesisService: Sendable {
  static let targetPrefix = "Kinesis_20131202."

  let log: StreamLog
  let clock: any WallClock
  let reporter: any Reporter

  /// - Throws: `AWSError`; UnknownOperationException for an operation that is not here.
  func perform(_ operation: String, _ body: JSON) async throws(AWSError) -> [UInt8] {
    guard case .object = body else { throw .serialization("the body must be a JSON object") }
    let request = RequestReader(body)
    switch operation {
    case "PutRecords": return try await putRecords(request)
    case "PutRecord": return try await putRecord(request)
    case "GetRecords": return try getRecords(request)
    case "GetShardIterator": return try getShardIterator(request)
    case "CreateStream": return try await createStream(request)
    case "DeleteStream": return try await deleteStream(request)
    case "ListStreams": return try listStreams(request)
    case "DescribeStream": return try describeStream(request)
    case "DescribeStreamSummary": return try describeStreamSummary(request)
    case "ListShards": return try listShards(request)
    default: throw AWSError("UnknownOperationException", "\(operation) is not supported")
    }
  }

  // MARK: Finding streams

  /// The stream that a request names, by name or ARN.
  func streamName(_ request: RequestReader) throws(AWSError) -> String {
    if let arn = try request.optionalText("StreamARN") {
      let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
      guard parts.count == 6, parts[0] == "arn", parts[2] == "kinesis",
        parts[5].hasPrefix("stream/")
      else {
        throw .validation(
          value: arn, at: "streamARN",
          constraint: "Member must satisfy regular expression pattern: "
            + "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+")
      }
      return String(parts[5].dropFirst(7))
    }
    return try request.text("StreamName", length: 1...128, matching: .streamName)
  }

  func summary(_ name: String) throws(AWSError) -> StreamSummary {
    do {
      return try log.summary(of: name)
    } catch {
      throw error.awsError
    }
  }

  func shard(_ text: String, in stream: StreamSummary) throws(AWSError) -> ShardSummary {
    guard let id = ShardID(text), let shard = stream.shards.first(where: { $0.id == id }) else {
      throw AWSError(
        "ResourceNotFoundException",
        "Could not find shard \(text) in stream \(stream.name) under account 000000000000.")
    }
    return shard
  }

  // MARK: Writing

  private func putRecords(_ request: RequestReader) async throws(AWSError) -> [UInt8] {
    let entries = try request.values("Records", count: 1...500)
    let name = try streamName(request)
    var records: [NewRecord] = []
    records.reserveCapacity(entries.count)
    var bytes = 0
    for entry in entries {
      let record = try newRecord(entry)
      bytes += record.data.count + record.partitionKey.utf8.count
      records.append(record)
    }
    guard bytes <= 10 << 20 else {
      throw .invalidArgument(
        "Records size exceeds 10 MB limit: the request has \(bytes) bytes.")
    }
    let answers = try await append(records, to: name)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("FailedRecordCount", 0)
      writer.name("Records")
      writer.array(answers) { writer, answer in
        writer.object { writer in
          writer.member("SequenceNumber", answer.sequence.description)
          writer.member("ShardId", answer.shard.description)
        }
      }
    }
    return writer.bytes
  }

  private func putRecord(_ request: RequestReader) async throws(AWSError) -> [UInt8] {
    let name = try streamName(request)
    let answers = try await append([try newRecord(request)], to: name)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ShardId", answers.first?.shard.description)
      writer.member("SequenceNumber", answers.first?.sequence.description)
    }
    return writer.bytes
  }

  private func newRecord(_ request: RequestReader) throws(AWSError) -> NewRecord {
    let data = try request.data("Data")
    guard data.count <= 10 << 20 else {
      throw .validation(
        value: "…", at: "data",
        constraint: "Member must have length less than or equal to 10485760")
    }
    var record = NewRecord(
      partitionKey: try request.text("PartitionKey", length: 1...256), data: data)
    if let text = try request.optionalText("ExplicitHashKey") {
      guard let key = UInt128(text), text == key.description else {
        throw .invalidArgument(
          "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            + "Specified value was \(text)")
      }
      record.explicitHashKey = key
    }
    return record
  }

  private func append(
    _ records: [NewRecord], to stream: String
  ) async throws(AWSError) -> [AppendedRecord] {
    do {
      return try await log.append(records, to: stream)
    } catch {
      throw error.awsError
    }
  }

  // MARK: Reading

  private func getShardIterator(_ request: RequestReader) throws(AWSError) -> [UInt8] {
    let stream = try summary(try streamName(request))
    let shard = try shard(request.text("ShardId", length: 1...128), in: stream)
    let start = try startingPoint(request, of: shard)
    let ordinal: UInt64
    do {
      ordinal = try log.ordinal(of: start, stream: stream.name, shard: shard.id)
    } catch {
      throw error.awsError
    }
    let iterator = ShardIterator(
      stream: stream.name, streamID: stream.id, shard: shard.id.description, ordinal: ordinal,
      madeAt: clock.now())
    var writer = JSONWriter()
    writer.object { $0.member("ShardIterator", iterator.token) }
    return writer.bytes
  }

  private func startingPoint(
    _ request: RequestReader, of shard: ShardSummary
  ) throws(AWSError) -> StartingPoint {
    let type = try request.text("ShardIteratorType")
    switch type {
    case "TRIM_HORIZON": return .trimHorizon
    case "LATEST": return .latest
    case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
      let text = try request.text("StartingSequenceNumber")
      guard let sequence = SequenceNumber(text) else {
        throw .invalidArgument(
          "StartingSequenceNumber \(text) used in GetShardIterator on shard \(shard.id) "
            + "is invalid.")
      }
      return type == "AT_SEQUENCE_NUMBER" ? .at(sequence) : .after(sequence)
    case "AT_TIMESTAMP":
      guard let seconds = try request.timestamp("Timestamp") else {
        throw .invalidArgument(
          "Must specify timestamp parameter for iterator of type "
            + "AT_TIMESTAMP. Current request has no timestamp parameter.")
      }
      guard seconds <= clock.now().seconds + 1 else {
        throw .invalidArgument(
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.")
      }
      return .atTimestamp(Timestamp(seconds: seconds))
    default:
      throw .validation(
        value: type, at: "shardIteratorType",
        constraint: "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "
          + "AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]")
    }
  }

  private func getRecords(_ request: RequestReader) throws(AWSError) -> [UInt8] {
    let limit = try request.optionalInteger("Limit", in: 1...10_000) ?? 10_000
    let token = try request.text("ShardIterator", length: 1...512)
    var iterator = try ShardIterator(token: token, now: clock.now())
    let stream = try summary(iterator.stream)
    guard stream.id == iterator.streamID else {
      throw .invalidArgument("The ShardIterator is of a stream that was deleted.")
    }
    let shard = try shard(iterator.shard, in: stream)
    let page: ReadResult
    do {
      page = try log.read(
        stream: stream.name, shard: shard.id, from: iterator.ordinal, recordsMax: limit,
        bytesMax: 10 << 20)
    } catch {
      throw error.awsError
    }
    iterator.ordinal = page.next
    iterator.madeAt = clock.now()
    if !page.records.isEmpty {
      reporter.report(
        .read(
          stream: stream.name, shard: shard.id.description, records: page.records.count,
          bytes: page.records.reduce(0) { $0 + $1.data.count }))
    }
    return answer(page, next: page.reachedEnd ? nil : iterator.token)
  }

  private func answer(_ page: ReadResult, next: String?) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("Records")
      writer.array(page.records) { writer, record in
        writer.object { writer in
          writer.member("SequenceNumber", record.sequence.description)
          writer.member(
            "ApproximateArrivalTimestamp", milliseconds: record.arrivedAt.microseconds / 1_000)
          writer.base64("Data", record.data)
          writer.member("PartitionKey", record.partitionKey)
        }
      }
      writer.member("NextShardIterator", next)
      writer.member("MillisBehindLatest", page.millisecondsBehindLatest)
    }
    return writer.bytes
  }
}

extension StreamLogError {
  /// The error as an AWS client sees it.
  var awsError: AWSError {
    switch self {
    case .streamNotFound(let name):
      AWSError(
        "ResourceNotFoundException", "Stream \(name) under account 000000000000 not found.")
    case .streamExists(let name):
      AWSError(
        "ResourceInUseException", "Stream \(name) under account 000000000000 already exists.")
    case .shardNotFound(let stream, let shard):
      AWSError(
        "ResourceNotFoundException",
        "Could not find shard \(shard) in stream \(stream) under account 000000000000.")
    case .streamBusy(let name):
      AWSError(
        "ResourceInUseException", "Stream \(name) under account 000000000000 is not ACTIVE.")
    case .invalidArgument(let reason): .invalidArgument(reason)
    case .limitExceeded(let reason): AWSError("LimitExceededException", reason)
    case .io(let operation, _, let code):
      AWSError(
        "InternalFailure", "the disk refused to \(operation) (errno \(code))", status: 500)
    case .corrupt, .unknownVersion:
      AWSError("InternalFailure", "the stream's files are damaged: see the log", status: 500)
    case .closed: AWSError("ServiceUnavailable", "the engine is stopping", status: 503)
    }
  }
}
