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
  let region: String
  let faults: FaultTable
  let reading = ReadingQueue(label: "weir.aws.reading")
  let notices = NoticeLimiter()
  let subscriptions = SubscriptionRegistry()
}

// MARK: - Requests

extension KinesisService: AWSService {
  func owns(_ head: RequestHead) -> Bool {
    head.targetParts.map { $0.service == KinesisOperation.service } ?? false
  }

  func answer(_ head: RequestHead, _ body: ByteBuffer) async -> ServiceReply {
    let route = RequestRoute(head, bodyIsEmpty: body.readableBytes == 0) {
      body.withUnsafeReadableBytes { JSONReader.isStructure($0) }
    }
    switch route {
    case .refused(let reply):
      return .whole(reply)
    case .kinesis(let operation, let encoding):
      let call = Call(
        operation: operation, body: body, encoding: encoding, client: head.userAgent)
      do throws(AWSError) {
        return try await answer(call)
      } catch {
        if let detail = error.detail {
          logger.debug("a request could not be read", metadata: ["reason": "\(detail)"])
        }
        return .whole(.failure(error, as: encoding))
      }
    }
  }

  /// An operation and the body of its request, to be read as what the operation takes.
  struct Call {
    var operation: KinesisOperation
    var body: ByteBuffer
    var encoding: WireEncoding
    /// `User-Agent`, of which the first product says who asks.
    var client: String?
    let startedAt = ContinuousClock.now

    func request<R: KinesisRequest>() throws(AWSError) -> R {
      let result = body.withUnsafeReadableBytes { bytes in
        Result { () throws(AWSError) in try R.decode(bytes, as: encoding) }
      }
      return try result.get()
    }
  }

  private func answer(_ call: Call) async throws(AWSError) -> ServiceReply {
    switch call.operation {
    case .putRecord: try await run(call, putRecord)
    case .putRecords: try await run(call, putRecords)
    case .getShardIterator: try await run(call, getShardIterator)
    case .getRecords: try await run(call, getRecords)
    case .registerStreamConsumer: try await run(call, registerStreamConsumer)
    case .deregisterStreamConsumer: try await run(call, deregisterStreamConsumer)
    case .describeStreamConsumer: try await run(call, describeStreamConsumer)
    case .listStreamConsumers: try await run(call, listStreamConsumers)
    case .subscribeToShard: .events(try await subscribe(call))
    case .createStream: try await run(call, createStream)
    case .deleteStream: try await run(call, deleteStream)
    case .listStreams: try await run(call, listStreams)
    case .describeStream: try await run(call, describeStream)
    case .describeStreamSummary: try await run(call, describeStreamSummary)
    case .listShards: try await run(call, listShards)
    case .splitShard: try await run(call, splitShard)
    case .mergeShards: try await run(call, mergeShards)
    case .updateShardCount: try await run(call, updateShardCount)
    case .updateStreamMode: try await run(call, updateStreamMode)
    case .updateStreamWarmThroughput: try await run(call, updateStreamWarmThroughput)
    case .updateMaxRecordSize: try await run(call, updateMaxRecordSize)
    case .increaseStreamRetentionPeriod: try await run(call, increaseStreamRetentionPeriod)
    case .decreaseStreamRetentionPeriod: try await run(call, decreaseStreamRetentionPeriod)
    case .startStreamEncryption: try await run(call, startStreamEncryption)
    case .stopStreamEncryption: try await run(call, stopStreamEncryption)
    case .enableEnhancedMonitoring: try await run(call, enableEnhancedMonitoring)
    case .disableEnhancedMonitoring: try await run(call, disableEnhancedMonitoring)
    case .addTagsToStream: try await run(call, addTagsToStream)
    case .removeTagsFromStream: try await run(call, removeTagsFromStream)
    case .listTagsForStream: try await run(call, listTagsForStream)
    case .tagResource: try await run(call, tagResource)
    case .untagResource: try await run(call, untagResource)
    case .listTagsForResource: try await run(call, listTagsForResource)
    case .putResourcePolicy: try await run(call, putResourcePolicy)
    case .getResourcePolicy: try await run(call, getResourcePolicy)
    case .deleteResourcePolicy: try await run(call, deleteResourcePolicy)
    case .describeLimits: try await run(call, describeLimits)
    case .describeAccountSettings: try await run(call, describeAccountSettings)
    case .updateAccountSettings: try await run(call, updateAccountSettings)
    }
  }

  private func run<R: KinesisRequest, A: KinesisResponse>(
    _ call: Call, _ perform: (R) async throws(AWSError) -> A
  ) async throws(AWSError) -> ServiceReply {
    let request: R = try call.request()
    try await suffer(call.operation, request)
    let response = try await perform(request)
    return .whole(.success(response.encoded(as: call.encoding), as: call.encoding))
  }

  /// As the other, for operations on records, of which the screen and CloudWatch's metrics are
  /// told: `perform` fills in what it moved.
  private func run<R: KinesisRequest, A: KinesisResponse>(
    _ call: Call, _ perform: (R, inout RequestReport) async throws(AWSError) -> A
  ) async throws(AWSError) -> ServiceReply {
    let request: R = try call.request()
    var report = draft(call, request)
    do throws(AWSError) {
      try await suffer(call.operation, request)
      let response = try await perform(request, &report)
      send(report, of: call)
      return .whole(.success(response.encoded(as: call.encoding), as: call.encoding))
    } catch {
      send(report, of: call, after: error)
      throw error
    }
  }

  /// As the others, for operations that answer nothing.
  private func run<R: KinesisRequest>(
    _ call: Call, _ perform: (R) async throws(AWSError) -> Void
  ) async throws(AWSError) -> ServiceReply {
    let request: R = try call.request()
    try await suffer(call.operation, request)
    try await perform(request)
    return .whole(.success([], as: call.encoding))
  }
}
