package import Core

/// What a stream's owner set that changes nothing in how the log works: kept, and told again.
///
/// What it means, and what is valid, is decided by whoever changes it.
package struct StreamSettings: Sendable, Equatable, Codable {
  package var tags: [String: String] = [:]
  /// The policy's JSON as it was put.
  package var resourcePolicy: String?
  /// The key of server-side encryption; nil while it is off. Nothing is encrypted underneath.
  package private(set) var encryptionKeyID: String?
  /// When encryption was switched on and off, in turns, the oldest first; as far back as there
  /// may be records.
  private var encryptionChanges: [EncryptionChange]?
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

// MARK: - Encryption

private struct EncryptionChange: Equatable, Codable {
  /// Records that arrive from then on have the new state.
  var at: Timestamp
  var isOn: Bool
}

extension StreamSettings {
  /// - Parameters:
  ///   - keyID: nil to switch encryption off.
  ///   - retentionHours: no record is older than these.
  package mutating func setEncryption(keyID: String?, at now: Timestamp, retentionHours: Int) {
    let isOn = keyID != nil
    if isOn != (encryptionKeyID != nil) {
      let horizon = now.advanced(bySeconds: -3600 * Double(retentionHours))
      var changes = encryptionChanges ?? []
      // The last change before the horizon says what holds there.
      while changes.count > 1, changes[1].at <= horizon { changes.removeFirst() }
      encryptionChanges = changes + [EncryptionChange(at: now, isOn: isOn)]
    }
    encryptionKeyID = keyID
  }

  /// Whether encryption was on when a record arrived.
  package func wasEncrypted(at arrival: Timestamp) -> Bool {
    guard let changes = encryptionChanges, let first = changes.first else {
      return encryptionKeyID != nil
    }
    return changes.last { $0.at <= arrival }?.isOn ?? !first.isOn
  }
}

// MARK: - Consumers

/// A consumer with throughput of its own (enhanced fan-out).
package struct StreamConsumer: Sendable, Equatable, Codable {
  package enum Status: String, Sendable {
    case creating = "CREATING"
    case deleting = "DELETING"
    case active = "ACTIVE"
  }

  package var name: String
  package var createdAt: Timestamp
  /// When it was deregistered.
  package var deletedAt: Timestamp?
  package var tags: [String: String] = [:]
  package var resourcePolicy: String?

  package init(name: String, createdAt: Timestamp, tags: [String: String] = [:]) {
    self.name = name
    self.createdAt = createdAt
    self.tags = tags
  }

  /// - Parameter delay: how long it is CREATING and DELETING.
  /// - Returns: nil once it is gone.
  package func status(at now: Timestamp, delay: Duration) -> Status? {
    let seconds = delay / .seconds(1)
    if let deletedAt { return now.seconds(since: deletedAt) < seconds ? .deleting : nil }
    return now.seconds(since: createdAt) < seconds ? .creating : .active
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
