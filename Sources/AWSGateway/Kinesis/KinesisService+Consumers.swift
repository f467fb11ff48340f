import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Consumers of one stream, at most.
  private static let consumersMax = 20
  /// Consumers of one ListStreamConsumers, at most and by default.
  private static let consumerPageMax = 100

  func registerStreamConsumer(
    _ request: RegisterStreamConsumerRequest
  ) async throws(AWSError) -> RegisterStreamConsumerResponse {
    try check(request.tags, stream: nil)
    let summary = try summary(of: request.stream)
    let name = request.name
    guard !summary.settings.consumers.contains(where: { $0.name == name }) else {
      throw AWSError(
        .resourceInUse,
        "Consumer \(name) of stream \(summary.name) under account \(account) already exists.")
    }
    let consumer = StreamConsumer(
      name: name, createdAt: clock.now(), tags: request.tags?.tags ?? [:])
    let tooMany =
      "Stream \(summary.name) under account \(account) has \(Self.consumersMax) registered "
      + "consumers, which is the limit."
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(stream: summary.name) { (settings) throws(StreamLogError) in
        guard settings.consumers.count < Self.consumersMax else { throw .limitExceeded(tooMany) }
        settings.consumers.append(consumer)
      }
    }
    // The service answers before the consumer is there; by the next request it is.
    var description = ConsumerDescription(consumer, of: summary)
    description.status = StreamConsumer.Status.creating.rawValue
    return RegisterStreamConsumerResponse(consumer: description)
  }

  func deregisterStreamConsumer(_ request: ConsumerRequest) async throws(AWSError) {
    let (consumer, summary) = try consumer(request)
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(stream: summary.name) { settings in
        settings.consumers.removeAll { $0.name == consumer.name }
      }
    }
    let arn = consumer.arn(ofStream: summary.arn)
    subscriptions.endAll(
      ofConsumer: arn,
      AWSError(.resourceNotFound, "Consumer \(arn), account \(account) not found."))
  }

  func describeStreamConsumer(
    _ request: ConsumerRequest
  ) throws(AWSError) -> DescribeStreamConsumerResponse {
    let (consumer, summary) = try consumer(request)
    return DescribeStreamConsumerResponse(
      consumer: ConsumerDescription(consumer, of: summary), streamARN: summary.arn)
  }

  func listStreamConsumers(
    _ request: ListStreamConsumersRequest
  ) throws(AWSError) -> ListStreamConsumersResponse {
    let now = clock.now()
    let summary = try summary(of: request.stream)
    if let created = request.streamCreatedAt, abs(created.seconds(since: summary.createdAt)) >= 1 {
      throw AWSError.streamNotFound(summary.name, account: account)
    }
    var consumers = summary.settings.consumers.sorted { $0.name < $1.name }[...]
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
      consumers: page.map { ConsumerDescription($0, of: summary) }, nextToken: token)
  }

  private func consumer(
    _ request: ConsumerRequest
  ) throws(AWSError) -> (StreamConsumer, StreamSummary) {
    switch request.subject {
    case .arn(let arn, let text):
      return try consumer(arn, text: text)
    case .name(let name, let stream):
      let summary = try summary(of: stream)
      guard let consumer = summary.settings.consumers.first(where: { $0.name == name }) else {
        throw AWSError(.resourceNotFound, "Consumer \(name), account \(account) not found.")
      }
      return (consumer, summary)
    }
  }
}

extension ConsumerDescription {
  fileprivate init(_ consumer: StreamConsumer, of summary: StreamSummary) {
    self.init(
      name: consumer.name, arn: consumer.arn(ofStream: summary.arn),
      status: consumer.status.rawValue, createdAt: consumer.createdAt)
  }
}
