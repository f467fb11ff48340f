/// What is to go wrong, where and how often: a row of the `FaultTable`.
package struct FaultRule: Sendable, Equatable, Codable {
  package enum Effect: Sendable, Equatable, Codable {
    /// The answer waits for some time from the range, in seconds; each is as likely.
    case latency(seconds: ClosedRange<Double>)
    /// The operation fails with this error and is not carried out.
    case error(Refusal)
    /// What the service answers above a shard's limits: an error of the operation, in PutRecords
    /// of each record.
    case throttle
    /// This share of a PutRecords' records fails, each with the error; the others are stored.
    case partial(share: Double, Refusal)
  }

  /// The error that a client gets in place of an answer.
  package struct Refusal: Sendable, Equatable, Codable {
    /// The exception's name on the wire, one of `FaultRule.errorTypes`.
    package var type: String
    package var message: String

    package init(type: String, message: String? = nil) {
      self.type = type
      self.message = message ?? "A fault that was set in Weir: \(type)."
    }

    /// The HTTP status that goes with the type.
    package var status: Int { FaultRule.errorTypes[type] ?? 400 }
  }

  /// One of `operations`; nil for any.
  package var operation: String?
  package var stream: String?
  /// `shardId-000000000003`; nil for any.
  package var shard: String?
  /// Of the requests (for `partial`: the PutRecords) that fit, how many it strikes, from 0 to 1.
  package var probability: Double
  package var effect: Effect
  /// After so many strikes the rule stays listed and does nothing more; nil for no end.
  package var limit: Int?
  /// Where the rule's draws start. Nil takes the table's seed and the rule's number.
  package var seed: UInt64?

  package init(
    operation: String? = nil, stream: String? = nil, shard: String? = nil,
    probability: Double = 1, effect: Effect, limit: Int? = nil, seed: UInt64? = nil
  ) {
    self.operation = operation
    self.stream = stream
    self.shard = shard
    self.probability = probability
    self.effect = effect
    self.limit = limit
    self.seed = seed
  }

  /// The error types of Kinesis and of AWS's front end, with their HTTP status.
  package static let errorTypes: [String: Int] = [
    "AccessDeniedException": 400, "ExpiredIteratorException": 400,
    "ExpiredNextTokenException": 400, "InternalFailure": 500, "InternalFailureException": 500,
    "InvalidArgumentException": 400, "KMSAccessDeniedException": 400, "KMSDisabledException": 400,
    "KMSInvalidStateException": 400, "KMSNotFoundException": 400, "KMSOptInRequired": 400,
    "KMSThrottlingException": 400, "LimitExceededException": 400,
    "ProvisionedThroughputExceededException": 400, "RequestExpired": 400,
    "ResourceInUseException": 400, "ResourceNotFoundException": 400, "ServiceUnavailable": 503,
    "ThrottlingException": 400, "ValidationException": 400,
  ]

  /// The operations of Kinesis Data Streams, which a rule may name.
  package static let operations = [
    "AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteResourcePolicy",
    "DeleteStream", "DeregisterStreamConsumer", "DescribeAccountSettings", "DescribeLimits",
    "DescribeStream", "DescribeStreamConsumer", "DescribeStreamSummary",
    "DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "GetRecords", "GetResourcePolicy",
    "GetShardIterator", "IncreaseStreamRetentionPeriod", "ListShards", "ListStreamConsumers",
    "ListStreams", "ListTagsForResource", "ListTagsForStream", "MergeShards", "PutRecord",
    "PutRecords", "PutResourcePolicy", "RegisterStreamConsumer", "RemoveTagsFromStream",
    "SplitShard", "StartStreamEncryption", "StopStreamEncryption", "SubscribeToShard",
    "TagResource", "UntagResource", "UpdateAccountSettings", "UpdateMaxRecordSize",
    "UpdateShardCount", "UpdateStreamMode", "UpdateStreamWarmThroughput",
  ]

  /// The longest wait that a rule may ask for.
  package static let latencyMax = 300.0
}

/// Why a rule was not taken; the text says which value and what would do.
package struct FaultError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  /// It is the kind of fault that is unknown, rather than a value.
  package var isAboutKind: Bool

  package init(_ description: String, isAboutKind: Bool = false) {
    self.description = description
    self.isAboutKind = isAboutKind
  }
}

extension FaultRule {
  /// - Throws: `FaultError` where a value is outside of what it can be.
  package func validate() throws(FaultError) {
    guard probability > 0, probability <= 1 else {
      throw FaultError("the probability \(probability) is not above 0 and at most 1")
    }
    if let limit, limit < 1 { throw FaultError("the limit \(limit) is not at least 1") }
    for name in [operation, stream, shard].compactMap({ $0 }) where name.isEmpty {
      throw FaultError("a name is empty; leave it out (NULL) to mean any")
    }
    if let operation { try Self.validate(operation: operation) }
    switch effect {
    case .latency(let seconds):
      guard seconds.lowerBound >= 0, seconds.upperBound <= Self.latencyMax else {
        throw FaultError("a latency is from 0 to \(Int(Self.latencyMax)) seconds")
      }
    case .error(let refusal): try Self.validate(refusal)
    case .throttle: break
    case .partial(let share, let refusal):
      guard share > 0, share <= 1 else {
        throw FaultError("the share \(share) is not above 0 and at most 1")
      }
      guard operation == nil || operation == "PutRecords" else {
        throw FaultError("only PutRecords can fail in part, not \(operation ?? "")")
      }
      try Self.validate(refusal)
    }
  }

  /// - Throws: `FaultError` unless it is the name of an operation, as the service writes it.
  package static func validate(operation: String) throws(FaultError) {
    guard operations.contains(operation) else {
      let known = operations.joined(separator: ", ")
      throw FaultError("\"\(operation)\" is no operation of Kinesis: it is one of \(known)")
    }
  }

  private static func validate(_ refusal: Refusal) throws(FaultError) {
    guard errorTypes[refusal.type] != nil else {
      let known = errorTypes.keys.sorted().joined(separator: ", ")
      throw FaultError("\"\(refusal.type)\" is no error type of Kinesis: it is one of \(known)")
    }
  }

  func matches(operation: String, stream: String?, shard: String?) -> Bool {
    canStrike(operation)
      && (self.operation == nil || self.operation == operation)
      && (self.stream == nil || self.stream == stream)
      && (self.shard == nil || self.shard == shard)
  }

  /// Only PutRecords can fail in part. Any other request must neither spend a strike nor take a
  /// draw, or the sequence that a seed gives would depend on what runs in the background.
  private func canStrike(_ operation: String) -> Bool {
    if case .partial = effect { return operation == "PutRecords" }
    return true
  }

  /// Puts are routed record by record: there a rule that names a shard, a throttle or a partial
  /// failure is a record's matter, not the request's.
  func isPerRecord(_ operation: String) -> Bool {
    guard operation == "PutRecord" || operation == "PutRecords" else { return false }
    if shard != nil { return true }
    switch effect {
    case .throttle, .partial: return true
    case .latency, .error: return false
    }
  }
}
