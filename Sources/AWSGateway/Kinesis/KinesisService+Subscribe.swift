import AWSProtocol
import Core
import NIOCore
import ServiceLifecycle
import StreamLog

extension KinesisService {
  func subscribe(_ call: Call) async throws(AWSError) -> EventReply {
    let request: SubscribeToShardRequest = try call.request()
    var report = draft(call, request)
    report.consumer = request.consumer.consumerName
    do throws(AWSError) {
      try await suffer(call.operation, request)
      let delivery = try await delivery(request, as: call.encoding)
      send(report, of: call)
      return EventReply(contentType: ContentType.eventStream) { send in
        try await delivery.run(send)
      }
    } catch {
      send(report, of: call, after: error)
      throw error
    }
  }

  private func delivery(
    _ request: SubscribeToShardRequest, as encoding: WireEncoding
  ) async throws(AWSError) -> Delivery {
    let now = clock.now()
    let (consumer, summary) = try consumer(request.consumer, text: request.consumerARN)
    guard status(of: consumer) == .active else {
      throw AWSError(
        .resourceInUse, "Consumer \(request.consumerARN), account \(account) is not ACTIVE.")
    }
    let id = try shardID(request.shard, in: summary.name)
    guard let shard = summary.shards.first(where: { $0.id == id }) else {
      throw AWSError.shardNotFound("\(id)", stream: summary.name, account: account)
    }
    let ordinal = try await start(
      request.position, shard: shard, stream: summary.name, now: now, operation: "SubscribeToShard"
    )
    let subscription = try subscriptions.begin(
      SubscriptionRegistry.Place(consumerARN: request.consumerARN, shard: "\(id)"), at: now,
      protecting: limits.resubscriptionSeconds)
    return Delivery(
      service: self, subscription: subscription, stream: summary.name, consumer: consumer.name,
      shard: shard, start: ordinal, encoding: encoding)
  }
}

/// Pushes a shard's records to one subscriber, as they arrive.
struct Delivery: Sendable {
  let service: KinesisService
  let subscription: Subscription
  let stream: String
  let consumer: String
  let shard: ShardSummary
  /// Ordinal of the first record.
  let start: UInt64
  let encoding: WireEncoding

  /// Records and bytes of one event.
  private static let recordsMax = 2_000
  private static let bytesMax = 1 << 20

  typealias Send = (ByteBuffer) async throws -> Void

  /// Returns when the subscription's time is over, the shard's end was told, or somebody else
  /// took over.
  func run(_ send: Send) async throws {
    defer { subscription.end(nil) }
    try await withGracefulShutdownHandler {
      try await follow(send)
    } onGracefulShutdown: {
      subscription.end(nil)
    }
  }

  private func follow(_ send: Send) async throws {
    let changes: AsyncStream<Void>
    do {
      changes = try service.log.changes(of: stream)
    } catch {
      return try await fail(service.translate(error), send)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in changes { subscription.wake() }
        // The stream is gone, or the log is closed; a cancelled task comes here, too.
        subscription.end(.streamNotFound(stream, account: service.account))
      }
      group.addTask { await subscription.keepTime() }
      defer { group.cancelAll() }
      try await deliver(send)
    }
  }

  private func deliver(_ send: Send) async throws {
    try await post(.event("initial-response", emptyStructure, as: encoding), send)
    let begun = ContinuousClock.now
    let end = begun.advanced(by: .seconds(service.limits.subscriptionSeconds))
    let pause = Duration.seconds(service.limits.keepAliveSeconds)
    var next = start
    var lastSent: ContinuousClock.Instant?
    for await _ in startingNow(subscription.wakes) {
      var mayHaveMore = true
      while mayHaveMore {
        if let end = subscription.end {
          if case .failed(let error) = end { try await fail(error, send) }
          return
        }
        guard ContinuousClock.now < end else { return }
        let result: ReadResult
        do throws(StreamLogError) {
          result = try await read(from: next)
        } catch {
          return try await fail(service.translate(error), send)
        }
        next = result.next
        mayHaveMore = !result.records.isEmpty && !result.reachedEnd
        let isQuiet = result.records.isEmpty && !result.reachedEnd
        if isQuiet, let lastSent, lastSent.duration(to: .now) < pause { continue }
        try await tell(result, send)
        lastSent = .now
        subscription.expectEvent(after: pause)
        if result.reachedEnd { return }
      }
    }
  }

  /// The wakes, after one that is there already.
  private func startingNow(_ wakes: AsyncStream<Void>) -> AsyncStream<Void> {
    subscription.wake()
    return wakes
  }

  /// Each consumer has throughput of its own.
  private func read(from ordinal: UInt64) async throws(StreamLogError) -> ReadResult {
    try await service.read(
      stream, shard.id, from: ordinal, recordsMax: Self.recordsMax, bytesMax: Self.bytesMax,
      isMetered: false)
  }

  private func tell(_ result: ReadResult, _ send: Send) async throws {
    let settings = (try? service.log.outline(of: stream))?.settings
    let event = SubscribeToShardEvent(
      records: result.records.map { ReadRecord($0, settings) },
      continuationSequenceNumber: result.reachedEnd ? nil : "\(continuation(of: result))",
      millisecondsBehindLatest: result.millisecondsBehindLatest,
      childShards: result.children.map { ChildShard($0) })
    var report = DeliveryReport(
      stream: stream, shard: "\(shard.id)", consumer: consumer, records: result.records.count,
      bytes: result.byteCount, millisecondsBehind: result.millisecondsBehindLatest)
    do {
      try await post(
        .event("SubscribeToShardEvent", event.encoded(as: encoding), as: encoding), send)
    } catch {
      report.success = false
      service.reporter.report(.delivered(report))
      throw error
    }
    service.reporter.report(.delivered(report))
    service.reportRead(result, stream: stream, shard: "\(shard.id)")
  }

  /// Going on behind it misses and repeats nothing, also where no record was read.
  private func continuation(of result: ReadResult) -> SequenceNumber {
    if let last = result.records.last { return last.sequence }
    guard result.next > 0 else { return shard.startingSequence }
    let now = service.clock.now()
    return SequenceNumber(
      shardCreatedAtSeconds: shard.startingSequence.shardCreatedAtSeconds,
      ordinal: result.next - 1, arrivedAtSeconds: UInt64(max(0, now.microseconds) / 1_000_000),
      shardIndex: shard.id.index)
  }

  private var emptyStructure: [UInt8] {
    switch encoding {
    case .json: Array("{}".utf8)
    case .cbor: [0xBF, 0xFF]
    }
  }

  private func fail(_ error: AWSError, _ send: Send) async throws {
    try await post(.exception(error, as: encoding), send)
  }

  private func post(_ message: EventMessage, _ send: Send) async throws {
    try await send(ByteBuffer(bytes: message.encoded()))
  }
}
