/// What a broker of events is told at its start.
package struct BusConfiguration: Sendable {
  /// What ARNs and events say of whose and where everything is.
  package var region = "us-east-1"
  package var account = "000000000000"
  package var limits = Limits()
  package var backoff = Backoff()

  /// EventBridge's quotas, those of them that keep a mistake from growing without end.
  package struct Limits: Sendable {
    /// Of one bus. EventBridge has 300, and more on request.
    package var rulesMax = 200_000
    package var targetsPerRuleMax = 5
    package var busesMax = 100
    /// Events that are kept for `SYS_WEIR_EVENTS` after they were delivered.
    package var eventsKept = 10_000

    package init() {}
  }

  package init() {}
}

/// How long a failed delivery waits: twice as long each time, up to a limit, of which a random
/// part (from a half to the whole) is taken, so that targets that come back are not run down.
///
/// With these values EventBridge's 185 attempts last some 24 hours, as they do there.
package struct Backoff: Sendable, Equatable {
  package var first = 1.0
  package var longest = 600.0

  package init() {}

  /// - Parameter attempt: how many failed, from 1.
  /// - Returns: seconds.
  func delay(after attempt: Int, using random: inout some RandomNumberGenerator) -> Double {
    let full = min(longest, first * Double(1 << min(attempt - 1, 30)))
    return full * Double.random(in: 0.5...1, using: &random)
  }
}
