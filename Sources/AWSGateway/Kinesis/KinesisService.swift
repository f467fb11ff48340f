import AWSProtocol
import Core
import Logging
import NIOCore
import StreamLog

/// Kinesis' operations, bound to the stream log.
struct KinesisService: Sendable {
  let log: StreamLog
  let clock: any WallClock
  let reporter: any Reporter
  let logger: Logger
  let limits: AWSGateway.Limits
  let account: String
  let reading = ReadingQueue(label: "weir.aws.reading")

  /// Runs an operation on the JSON of a request.
  ///
  /// - Returns: the JSON of the response; empty for operations that answer nothing.
  func answer(
    _ operation: KinesisOperation, _ body: ByteBuffer
  ) async throws(AWSError) -> [UInt8] {
    switch operation {
    case .createStream:
      try await createStream(decode(body))
      return []
    case .deleteStream:
      try await deleteStream(decode(body))
      return []
    case .listStreams: return try listStreams(decode(body)).encoded()
    case .describeStream: return try describeStream(decode(body)).encoded()
    case .describeStreamSummary: return try describeStreamSummary(decode(body)).encoded()
    case .listShards: return try listShards(decode(body)).encoded()
    case .putRecord: return try await putRecord(decode(body)).encoded()
    case .putRecords: return try await putRecords(decode(body)).encoded()
    case .getShardIterator: return try await getShardIterator(decode(body)).encoded()
    case .getRecords: return try await getRecords(decode(body)).encoded()
    }
  }

  private func decode<R: KinesisRequest>(_ body: ByteBuffer) throws(AWSError) -> R {
    let result = body.withUnsafeReadableBytes { bytes in
      Result { () throws(AWSError) in try R(json: bytes) }
    }
    return try result.get()
  }
}

// MARK: - Streams

extension KinesisService {
  /// The name of the stream that is meant.
  ///
  /// - Throws: `ResourceNotFoundException` if an ARN names none of ours. A name alone is not
  ///   looked up here.
  func name(of reference: StreamReference) throws(AWSError) -> String {
    guard let arn = reference.arn else {
      guard let name = reference.name else {
        throw AWSError(.invalidArgument, "Either StreamName or StreamARN should be provided.")
      }
      return name
    }
    guard let parsed = StreamARN(arn), reference.name == nil || reference.name == parsed.streamName
    else {
      throw AWSError(.invalidArgument, "StreamName and StreamARN do not name the same stream.")
    }
    let summary = try summary(of: parsed.streamName)
    guard summary.arn == arn else {
      throw AWSError.streamNotFound(parsed.streamName, account: parsed.account)
    }
    return parsed.streamName
  }

  func summary(of stream: String) throws(AWSError) -> StreamSummary {
    try attempt { () throws(StreamLogError) in try log.summary(of: stream) }
  }

  func summary(of reference: StreamReference) throws(AWSError) -> StreamSummary {
    try summary(of: name(of: reference))
  }

  /// Reads `shardId-000000000003`, also with fewer digits, as Kinesis does.
  ///
  /// - Throws: `ResourceNotFoundException` if the text is no shard id.
  func shardID(_ text: String, in stream: String) throws(AWSError) -> ShardID {
    let digits = text.dropFirst("shardId-".count)
    guard text.hasPrefix("shardId-"), digits.utf8.count <= 12,
      digits.allSatisfy({ $0.isASCII && $0.isNumber }), let index = UInt32(digits)
    else {
      throw AWSError(
        .resourceNotFound,
        "Could not find shard \(text) in stream \(stream) under account \(account).")
    }
    return ShardID(index: index)
  }
}
