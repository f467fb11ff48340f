package import Core

/// Something that takes events: a stream, a statement, a function…
///
/// An event may come more than once: after a crash, after a time-out that came too late. A target
/// that must not act twice keeps `Delivery.key` with what it does, in one transaction.
package protocol EventTarget: Sendable {
  /// How many events one target of a rule takes at once.
  func concurrency(of target: TargetDefinition) -> Int
  /// Seconds after which an attempt counts as failed. Its task is cancelled then.
  func timeout(of target: TargetDefinition) -> Double

  /// Returns when the event is where it belongs, durably.
  func deliver(_ delivery: Delivery) async throws(DeliveryError)
}

extension EventTarget {
  package func concurrency(of target: TargetDefinition) -> Int { 8 }
  package func timeout(of target: TargetDefinition) -> Double { 30 }
}

/// One attempt to bring an event to a target.
package struct Delivery: Sendable {
  /// The same for every attempt for this event, rule and target, and for no other; a replay of
  /// the event is another.
  package var key: String
  package var eventID: String
  /// The event in EventBridge's envelope.
  package var event: [UInt8]
  /// What the target is to get of it.
  package var input: [UInt8]
  package var target: TargetDefinition
  package var bus: String
  package var rule: String
  /// From 1.
  package var attempt: Int
  package var acceptedAt: Timestamp

  static func key(event: String, replay: String?, bus: String, rule: String, target: String)
    -> String
  {
    ([event] + (replay.map { [$0] } ?? []) + [bus, rule, target]).joined(separator: "/")
  }
}
