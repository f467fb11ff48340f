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

}

// MARK: - Requests

extension KinesisService: AWSService {
  func owns(_ head: RequestHead) -> Bool {
    head.targetParts.map { $0.service == KinesisOperation.service } ?? false
  }

  func answer(_ head: RequestHead, _ body: ByteBuffer) async -> ServiceReply {
    switch RequestRoute(head, bodyIsEmpty: body.readableBytes == 0) {
    case .refused(let reply):
      return .whole(reply)
    case .kinesis(let operation, let encoding):
      do throws(AWSError) {
        let call = Call(body: body, encoding: encoding)
        return .whole(.success(try await answer(operation, call), as: encoding))
      } catch {
        return .whole(.failure(error, as: encoding))
      }
    }
  }

  /// The body of a request, to be read as what its operation takes.
  struct Call {
    var body: ByteBuffer
    var encoding: WireEncoding

    func request<R: KinesisRequest>() throws(AWSError) -> R {
      let result = body.withUnsafeReadableBytes { bytes in
        Result { () throws(AWSError) in try R.decode(bytes, as: encoding) }
      }
      return try result.get()
    }
  }

  /// - Returns: the response as the client reads it; empty for operations that answer nothing.
  private func answer(
    _ operation: KinesisOperation, _ call: Call
  ) async throws(AWSError) -> [UInt8] {
    switch operation {
    case .createStream:
      try await createStream(call.request())
      return []
    case .deleteStream:
      try await deleteStream(call.request())
      return []
    case .listStreams: return try listStreams(call.request()).encoded(as: call.encoding)
    case .describeStream: return try describeStream(call.request()).encoded(as: call.encoding)
    case .describeStreamSummary:
      return try describeStreamSummary(call.request()).encoded(as: call.encoding)
    case .listShards: return try listShards(call.request()).encoded(as: call.encoding)
    case .putRecord: return try await putRecord(call.request()).encoded(as: call.encoding)
    case .putRecords: return try await putRecords(call.request()).encoded(as: call.encoding)
    case .getShardIterator:
      return try await getShardIterator(call.request()).encoded(as: call.encoding)
    case .getRecords: return try await getRecords(call.request()).encoded(as: call.encoding)
    default: throw AWSError(.unknownOperation)
    }
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
