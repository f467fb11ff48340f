import Core
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import EventBus

/// Takes events as a test says, and remembers them.
final class RecordingTarget: EventTarget {
  typealias Behaviour = @Sendable (Delivery) async throws(DeliveryError) -> Void

  private let taken = Mutex<[Delivery]>([])
  private let behaviour: Mutex<Behaviour>
  private let seconds: Double

  init(seconds: Double = 30, _ behaviour: @escaping Behaviour = { _ in }) {
    self.seconds = seconds
    self.behaviour = Mutex(behaviour)
  }

  /// Every attempt, in the order in which they began.
  var attempts: [Delivery] { taken.withLock { $0 } }

  func behave(_ behaviour: @escaping Behaviour) {
    self.behaviour.withLock { $0 = behaviour }
  }

  func timeout(of target: TargetDefinition) -> Double { seconds }

  func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    taken.withLock { $0.append(delivery) }
    let behaviour = behaviour.withLock { $0 }
    try await behaviour(delivery)
  }
}

/// A broker over a folder, delivering, for the time of `body`.
func withBroker(
  at path: String? = nil, clock: any WallClock = SystemClock(),
  configuration: BusConfiguration = BusConfiguration(),
  targets: [TargetKind: any EventTarget] = [:],
  _ body: (EventBroker) async throws -> Void
) async throws {
  let directory = try TemporaryDirectory()
  let folder = path ?? directory.path
  let broker = try await BlockingQueue(label: "test.events").run {
    try EventBroker(directory: folder, configuration: configuration, clock: clock)
  }
  for (kind, target) in targets { broker.register(target, for: kind) }
  let delivering = Task { await broker.run() }
  do {
    try await body(broker)
  } catch {
    Issue.record(error)
  }
  delivering.cancel()
  await delivering.value
  await broker.close()
  withExtendedLifetime(directory) {}
}

extension EventBroker {
  static let function = "arn:aws:lambda:us-east-1:000000000000:function:f"

  /// A rule with one target, a function.
  func rule(
    _ name: String, _ pattern: String = #"{"source":["shop"]}"#, bus: String = "default",
    target members: JSONObject = [:]
  ) async throws {
    try await put(RuleRecord(bus: bus, name: name, pattern: pattern, schedule: nil))
    var definition: JSONObject = ["Id": "t", "Arn": .string(Self.function)]
    for (name, value) in members.members { definition[name] = value }
    try await put([TargetDefinition(.object(definition))], rule: name, bus: bus)
  }

  @discardableResult
  func put(_ detail: String, source: String = "shop", bus: String? = nil) async throws -> String {
    let outcomes = try await put([
      NewEvent(bus: bus, source: source, detailType: "order", detail: detail)
    ])
    guard case .accepted(let id) = outcomes.first else {
      Issue.record("the event was not accepted: \(outcomes)")
      return ""
    }
    return id
  }

  /// Nothing waits.
  func isIdle() async -> Bool {
    (try? await deliveries(limit: 1).isEmpty) ?? false
  }
}
