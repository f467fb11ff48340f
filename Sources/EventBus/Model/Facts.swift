package import Core

/// An event in the dead-letter queue: it could not be brought to a target.
package struct DeadLetter: Sendable {
  package var id: Int64
  package var eventID: String
  package var bus: String
  package var rule: String
  package var target: String
  package var targetARN: String?
  package var source: String
  package var detailType: String
  package var eventTime: Timestamp
  package var acceptedAt: Timestamp
  package var diedAt: Timestamp
  package var attempts: Int
  package var errorCode: String
  package var error: String
  /// `MaximumRetryAttempts` or `MaximumEventAgeInSeconds`, where that ended it.
  package var exhausted: String?
  package var event: [UInt8]
}

/// Which dead letters are meant.
package enum DeadLetterChoice: Sendable, Equatable {
  case all
  case id(Int64)
  case rule(String, bus: String)

  var condition: (sql: String, values: [SQLiteValue]) {
    switch self {
    case .all: ("true", [])
    case .id(let id): ("id = ?", [.integer(id)])
    case .rule(let rule, let bus): ("bus = ? AND rule = ?", [.text(bus), .text(rule)])
    }
  }
}

/// An event of the newest.
package struct EventFact: Sendable {
  package var sequence: Int64
  package var id: String
  package var bus: String
  package var source: String
  package var detailType: String
  package var time: Timestamp
  package var acceptedAt: Timestamp
  package var replay: String?
  package var rulesMatched: Int
  package var pending: Int
  package var body: [UInt8]
}

/// A delivery that waits or is on its way.
package struct DeliveryFact: Sendable {
  package var sequence: Int64
  package var eventID: String
  package var bus: String
  package var rule: String
  package var target: String
  package var targetARN: String?
  package var attempts: Int
  package var acceptedAt: Timestamp
  package var dueAt: Timestamp
  package var errorCode: String?
  package var error: String?
}

/// A rule, with what it did since the engine's start and what waits.
package struct RuleFact: Sendable {
  package var rule: RuleRecord
  package var targets: Int
  package var pending: Int
  package var deadLetters: Int
  package var delivered: Int
  package var failed: Int
  package var lastDeliveredAt: Timestamp?
  /// From accepting the last event to its delivery.
  package var lastMilliseconds: Double?
}
