package import Core

/// A bus, as it is described.
package struct BusRecord: Sendable {
  package var name: String
  /// Description, KmsKeyIdentifier, DeadLetterConfig and LogConfig, as far as they were given.
  package var attributes: JSONObject
  package var policy: String?
  package var createdAt: Timestamp
  package var modifiedAt: Timestamp
}

package struct RuleRecord: Sendable {
  package var bus: String
  package var name: String
  package var pattern: String?
  package var schedule: String?
  package var state: String
  /// Description, RoleArn and ManagedBy, as far as they were given.
  package var attributes: JSONObject
  package var createdAt: Timestamp

  package init(
    bus: String, name: String, pattern: String?, schedule: String?, state: String = "ENABLED",
    attributes: JSONObject = JSONObject(), createdAt: Timestamp = Timestamp(microseconds: 0)
  ) {
    self.bus = bus
    self.name = name
    self.pattern = pattern
    self.schedule = schedule
    self.state = state
    self.attributes = attributes
    self.createdAt = createdAt
  }

  var isEnabled: Bool { state != "DISABLED" }
}

package struct ArchiveRecord: Sendable {
  package var name: String
  package var bus: String
  package var pattern: String?
  package var description: String?
  /// 0: for ever.
  package var retentionDays: Int
  package var createdAt: Timestamp
  package var eventCount: Int
  package var byteCount: Int
}

package struct ReplayRecord: Sendable {
  package var name: String
  package var archive: String
  /// Description and Destination, as given.
  package var definition: JSONObject
  /// STARTING, RUNNING, CANCELLING, COMPLETED, CANCELLED or FAILED.
  package var state: String
  package var reason: String?
  package var from: Timestamp
  package var to: Timestamp
  package var lastReplayed: Timestamp?
  package var startedAt: Timestamp
  package var endedAt: Timestamp?
}

/// A connection or an API destination: what clients gave, and its ARN, state and times.
package enum ResourceKind: String, Sendable {
  case connection, apiDestination
}
