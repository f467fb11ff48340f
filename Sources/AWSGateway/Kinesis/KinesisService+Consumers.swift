import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Consumers of one stream, at most.
  private static let consumersMax = 20
  /// Of these, in state CREATING, at most.
  private static let creatingMax = 5
  /// Consumers of one ListStreamConsumers, at most and by default.
  private static let consumerPageMax = 100

  func registerStreamConsumer(
    _ request: RegisterStreamConsumerRequest
  ) async throws(AWSError) -> RegisterStreamConsumerResponse {
    try check(request.tags, stream: nil)
    let summary = try summary(of: request.stream)
    let name = request.name
    guard !consumers(of: summary).contains(where: { $0.name == name }) else {
      throw AWSError(
        .resourceInUse,
        "Consumer \(name) of stream \(summary.name) under account \(account) already exists.")
    }
    let consumer = StreamConsumer(
      name: name, createdAt: clock.now(), tags: request.tags?.tags ?? [:])
    try await add(consumer, to: summary.name)
    // The service answers before the consumer is there; by the next request it is, unless
    // states are to last.
    return RegisterStreamConsumerResponse(
      consumer: ConsumerDescription(consumer, .creating, of: summary))
  }

  private func add(_ consumer: StreamConsumer, to stream: String) async throws(AWSError) {
    let tooMany =
      "Stream \(stream) under account \(account) has \(Self.consumersMax) registered consumers, "
      + "which is the limit."
    let tooManyNew =
      "Stream \(stream) under account \(account) has \(Self.creatingMax) consumers in state "
      + "CREATING, which is the limit."
    let (delay, now) = (log.stateDelay, consumer.createdAt)
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(stream: stream) { (settings) throws(StreamLogError) in
        settings.consumers.removeAll { $0.status(at: now, delay: delay) == nil }
        let consumers = settings.consumers
        guard consumers.count < Self.consumersMax else { throw .limitExceeded(tooMany) }
        let creating = consumers.count { $0.status(at: now, delay: delay) == .creating }
        guard creating < Self.creatingMax else { throw .limitExceeded(tooManyNew) }
        settings.consumers.append(consumer)
      }
    }
  }

  /// Those that are there, in whatever state.
  func consumers(of summary: StreamSummary) -> [StreamConsumer] {
    summary.settings.consumers.filter { status(of: $0) != nil }
  }

  func status(of consumer: StreamConsumer) -> StreamConsumer.Status? {
    consumer.status(at: clock.now(), delay: log.stateDelay)
  }

  func deregisterStreamConsumer(_ request: ConsumerRequest) async throws(AWSError) {
    let (consumer, summary) = try consumer(request)
    let arn = consumer.arn(ofStream: summary.arn)
    guard status(of: consumer) != .deleting else {
      throw AWSError(
        .resourceInUse, "Consumer \(arn), account \(account) is in state DELETING.")
    }
    let (delay, now) = (log.stateDelay, clock.now())
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(stream: summary.name) { settings in
        if let index = settings.consumers.firstIndex(where: { $0.name == consumer.name }) {
          settings.consumers[index].deletedAt = now
        }
        settings.consumers.removeAll { $0.status(at: now, delay: delay) == nil }
      }
    }
    subscriptions.endAll(
      ofConsumer: arn,
      AWSError(.resourceNotFound, "Consumer \(arn), account \(account) not found."))
  }

  func describeStreamConsumer(
    _ request: ConsumerRequest
  ) throws(AWSError) -> DescribeStreamConsumerResponse {
    let (consumer, summary) = try consumer(request)
    return DescribeStreamConsumerResponse(
      consumer: describe(consumer, of: summary), streamARN: summary.arn)
  }

  func listStreamConsumers(
    _ request: ListStreamConsumersRequest
  ) throws(AWSError) -> ListStreamConsumersResponse {
    let now = clock.now()
    let summary = try summary(of: request.stream)
    if let created = request.streamCreatedAt, abs(created.seconds(since: summary.createdAt)) >= 1 {
      throw AWSError.streamNotFound(summary.name, account: account)
    }
    var consumers = consumers(of: summary).sorted { $0.name < $1.name }[...]
    if let token = request.nextToken {
      let page = try ConsumerPage(decoding: token, now: now)
      guard page.stream == summary.name, page.streamCreatedAt == summary.createdAt else {
        throw AWSError(.invalidArgument, "Invalid NextToken.")
      }
      consumers = consumers.drop { $0.name <= page.lastName }
    }
    let page = consumers.prefix(min(request.maxResults ?? .max, Self.consumerPageMax))
    var token: String?
    if page.count < consumers.count, let last = page.last {
      token =
        ConsumerPage(
          stream: summary.name, streamCreatedAt: summary.createdAt, lastName: last.name,
          createdAt: now
        ).encoded()
    }
    return ListStreamConsumersResponse(
      consumers: page.map { describe($0, of: summary) }, nextToken: token)
  }

  private func describe(
    _ consumer: StreamConsumer, of summary: StreamSummary
  ) -> ConsumerDescription {
    ConsumerDescription(consumer, status(of: consumer) ?? .deleting, of: summary)
  }

  private func consumer(
    _ request: ConsumerRequest
  ) throws(AWSError) -> (StreamConsumer, StreamSummary) {
    switch request.subject {
    case .arn(let arn, let text):
      return try consumer(arn, text: text)
    case .name(let name, let stream):
      let summary = try summary(of: stream)
      guard let consumer = consumers(of: summary).first(where: { $0.name == name }) else {
        throw AWSError(.resourceNotFound, "Consumer \(name), account \(account) not found.")
      }
      return (consumer, summary)
    }
  }
}

extension ConsumerDescription {
  fileprivate init(
    _ consumer: StreamConsumer, _ status: StreamConsumer.Status, of summary: StreamSummary
  ) {
    self.init(
      name: consumer.name, arn: consumer.arn(ofStream: summary.arn),
      status: status.rawValue, createdAt: consumer.createdAt)
  }
}
