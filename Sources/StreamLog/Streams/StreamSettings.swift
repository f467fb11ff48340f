package import Core

/// What a stream's owner set that changes nothing in how the log works: kept, and told again.
///
/// What it means, and what is valid, is decided by whoever changes it.
package struct StreamSettings: Sendable, Equatable, Codable {
  package var tags: [String: String] = [:]
  /// The policy's JSON as it was put.
  package var resourcePolicy: String?
  /// The key of server-side encryption; nil while it is off. Nothing is encrypted underneath.
  package var encryptionKeyID: String?
  /// Names of shard-level metrics that are switched on.
  package var shardLevelMetrics: Set<String> = []
  /// MiB per second that an on-demand stream is to be ready for.
  package var warmThroughput: Int?
  /// In the order of their registration.
  package var consumers: [StreamConsumer] = []
  /// When the shard count and the mode were changed, for limits per day; the caller prunes.
  package var shardCountChanges: [Timestamp] = []
  package var modeChanges: [Timestamp] = []

  package init() {}
}

/// A consumer with throughput of its own (enhanced fan-out).
package struct StreamConsumer: Sendable, Equatable, Codable {
  package enum Status: String, Sendable, Codable {
    case creating = "CREATING"
    case deleting = "DELETING"
    case active = "ACTIVE"
  }

  package var name: String
  package var createdAt: Timestamp
  package var status = Status.active
  package var tags: [String: String] = [:]
  package var resourcePolicy: String?

  package init(name: String, createdAt: Timestamp, tags: [String: String] = [:]) {
    self.name = name
    self.createdAt = createdAt
    self.tags = tags
  }

  /// As Kinesis builds it: `<arn of the stream>/consumer/<name>:<seconds of creation>`.
  package func arn(ofStream arn: String) -> String {
    "\(arn)/consumer/\(name):\(createdAt.microseconds / 1_000_000)"
  }
}

/// What holds for all streams of the log.
package struct AccountSettings: Sendable, Equatable, Codable {
  /// The minimum throughput billing commitment: state kept, nothing billed.
  package struct ThroughputCommitment: Sendable, Equatable, Codable {
    package var status: String
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    package var earliestAllowedEndAt: Timestamp?

    package init(
      status: String, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil,
      earliestAllowedEndAt: Timestamp? = nil
    ) {
      self.status = status
      self.startedAt = startedAt
      self.endedAt = endedAt
      self.earliestAllowedEndAt = earliestAllowedEndAt
    }
  }

  package var throughputCommitment: ThroughputCommitment?

  package init() {}
}
