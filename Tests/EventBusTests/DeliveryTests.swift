import Core
import Foundation
import TestSupport
import Testing

@testable import EventBus

@Suite struct DeliveryTests {
  @Test func `an event reaches the targets of the rules that match it, and no others`()
    async throws
  {
    let target = RecordingTarget()
    try await withBroker(targets: [.function: target]) { broker in
      try await broker.rule("all")
      try await broker.rule("large", #"{"detail":{"total":[{"numeric":[">",10]}]}}"#)
      try await broker.rule("off")
      try await broker.setRule("off", bus: nil, enabled: false)
      let small = try await broker.put(#"{"total":1}"#)
      let large = try await broker.put(#"{"total":11}"#)
      try await broker.put("{}", source: "other")
      #expect(await eventually { await broker.isIdle() && target.attempts.count == 3 })
      #expect(
        Set(target.attempts.map { "\($0.rule) \($0.eventID)" })
          == ["all \(small)", "all \(large)", "large \(large)"])
      #expect(try await broker.events(limit: 10).map(\.rulesMatched) == [0, 2, 1])
    }
  }

  @Test func `a failed delivery is tried again, later each time, and then is a dead letter`()
    async throws
  {
    let clock = ManualClock()
    let target = RecordingTarget { _ throws(DeliveryError) in
      throw DeliveryError(.throttling, "slow down")
    }
    try await withBroker(clock: clock, targets: [.function: target]) { broker in
      try await broker.rule("r", target: ["RetryPolicy": ["MaximumRetryAttempts": 3]])
      let id = try await broker.put("{}")
      for attempt in 1...4 {
        #expect(await eventually { target.attempts.count == attempt })
        guard attempt < 4 else { break }
        #expect(
          await eventually { (try? await broker.deliveries(limit: 1).first?.attempts) == attempt })
        let due = try #require(try await broker.deliveries(limit: 1).first)
        let wait = due.dueAt.seconds(since: clock.now())
        let full = Double(1 << (attempt - 1))
        #expect((full / 2...full).contains(wait), "attempt \(attempt) waits \(wait) s")
        #expect(due.errorCode == "THROTTLING")
        clock.advance(seconds: wait)
        broker.wake()
      }
      #expect(await eventually { (try? await broker.deadLetters().count) == 1 })
      let letter = try #require(try await broker.deadLetters().first)
      #expect(letter.eventID == id && letter.attempts == 4)
      #expect(letter.errorCode == "THROTTLING" && letter.exhausted == "MaximumRetryAttempts")
      #expect(letter.targetARN == EventBroker.function)

      target.behave { _ in }
      let outcome = try await broker.redrive(.rule("r", bus: "default"))
      #expect(outcome == (1, 0))
      #expect(await eventually { await broker.isIdle() && target.attempts.count == 5 })
      #expect(Set(target.attempts.map(\.key)).count == 1)
      #expect(try await broker.deadLetters().isEmpty)
    }
  }

  @Test func `an event is tried no longer than its target's limit of age`() async throws {
    let clock = ManualClock()
    let target = RecordingTarget { _ throws(DeliveryError) in
      throw DeliveryError(.errorFromTarget, "no")
    }
    try await withBroker(clock: clock, targets: [.function: target]) { broker in
      try await broker.rule("r", target: ["RetryPolicy": ["MaximumEventAgeInSeconds": 60]])
      try await broker.put("{}")
      #expect(
        await eventually {
          clock.advance(seconds: 5)
          broker.wake()
          return (try? await broker.deadLetters().count) == 1
        })
      let letter = try #require(try await broker.deadLetters().first)
      #expect(letter.exhausted == "MaximumEventAgeInSeconds")
      #expect(letter.diedAt.seconds(since: letter.acceptedAt) >= 60)
    }
  }

  @Test func `what cannot be helped by trying again is a dead letter at once`() async throws {
    let target = RecordingTarget { _ throws(DeliveryError) in
      throw DeliveryError(.noResource, "gone", isRetryable: false)
    }
    try await withBroker(targets: [.function: target]) { broker in
      try await broker.rule("gone")
      try await broker.rule(
        "queue", target: ["Arn": "arn:aws:sqs:us-east-1:000000000000:q"])
      try await broker.rule(
        "text",
        target: [
          "InputTransformer": [
            "InputPathsMap": ["d": "$.detail"], "InputTemplate": #"{"in":"<d>"}"#,
          ]
        ])
      try await broker.put(#"{"a":"b"}"#)
      #expect(await eventually { (try? await broker.deadLetters().count) == 3 })
      let letters = try await broker.deadLetters()
      #expect(
        Set(letters.map { "\($0.rule) \($0.errorCode)" })
          == ["gone NO_RESOURCE", "queue NO_RESOURCE", "text INVALID_JSON"])
      #expect(letters.allSatisfy { $0.exhausted == nil })
      #expect(try await broker.purge(.rule("gone", bus: "default")) == 1)
      #expect(try await broker.purge(.all) == 2)
    }
  }

  @Test func `a target that hangs holds up no other, and counts as failed after its time`()
    async throws
  {
    // Ends when it is cancelled only by the fixture's end: the time-out must not wait for it.
    let hanging = RecordingTarget(seconds: 0.2) { _ in await Signal().wait() }
    let other = RecordingTarget()
    try await withBroker(targets: [.function: hanging, .stream: other]) { broker in
      try await broker.rule("hangs", target: ["RetryPolicy": ["MaximumRetryAttempts": 0]])
      try await broker.rule(
        "works", target: ["Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"])
      for _ in 0..<20 { try await broker.put("{}") }
      #expect(await eventually { other.attempts.count == 20 })
      #expect(await eventually { (try? await broker.deadLetters().count) == 20 })
      #expect(try await broker.deadLetters().allSatisfy { $0.errorCode == "TIMEOUT" })
    }
  }

  @Test func `what waits for a target that was removed is a dead letter, and stays one`()
    async throws
  {
    let clock = ManualClock()
    let target = RecordingTarget { _ throws(DeliveryError) in
      throw DeliveryError(.throttling, "no")
    }
    try await withBroker(clock: clock, targets: [.function: target]) { broker in
      try await broker.rule("r")
      try await broker.put("{}")
      #expect(await eventually { (try? await broker.deliveries(limit: 1).first?.attempts) == 1 })
      #expect(try await broker.removeTargets(["t", "x"], rule: "r", bus: nil) == ["x"])
      clock.advance(seconds: 10)
      broker.wake()
      #expect(
        await eventually { (try? await broker.deadLetters().first?.errorCode) == "NO_RESOURCE" })
      #expect(try await broker.redrive(.all) == (0, 1))
    }
  }

  /// A kill leaves the files as they are: a copy of them, made at each step, is what the next
  /// start finds.
  @Test func `whatever the step of a kill, an accepted event is delivered after it`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let live = directory.file("live")
    try FileManager.default.createDirectory(atPath: live, withIntermediateDirectories: true)
    let copies = Locked<[(step: String, path: String, ids: Set<String>)]>([])
    let accepted = Locked<Set<String>>([])
    @Sendable func kill(_ step: String) throws {
      let path = directory.file(step)
      let ids = accepted.value
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      // The log first: a database without its newest log would be an older state, which no kill
      // leaves; the database changes at checkpoints only.
      for name in ["events.sqlite", "events.sqlite-wal"]
      where FileManager.default.fileExists(atPath: live + "/" + name) {
        try FileManager.default.copyItem(atPath: live + "/" + name, toPath: path + "/" + name)
      }
      copies.withLock { $0.append((step, path, ids)) }
    }
    let target = RecordingTarget { delivery throws(DeliveryError) in
      if delivery.attempt == 1 {
        do { try kill("attempt-\(delivery.eventID)") } catch {}
        throw DeliveryError(.throttling, "once more")
      }
      do { try kill("delivered-\(delivery.eventID)") } catch {}
    }
    var configuration = BusConfiguration()
    configuration.backoff.first = 0.01
    try await withBroker(at: live, configuration: configuration, targets: [.function: target]) {
      broker in
      try await broker.rule("r")
      for number in 0..<5 {
        let id = try await broker.put(#"{"n":\#(number)}"#)
        accepted.withLock { _ = $0.insert(id) }
        try kill("accepted-\(number)")
      }
      #expect(await eventually { await broker.isIdle() && target.attempts.count == 10 })
    }
    let all = copies.value
    #expect(all.count == 15)
    for (step, path, ids) in all {
      let again = RecordingTarget()
      try await withBroker(at: path, targets: [.function: again]) { broker in
        #expect(await eventually { await broker.isIdle() }, "\(step)")
        let before = target.attempts.filter { $0.attempt == 2 }.map(\.eventID)
        let reached = Set(again.attempts.map(\.eventID)).union(before)
        #expect(ids.subtracting(reached).isEmpty, "\(step): \(ids) of \(reached)")
        let rules = try await broker.rules(bus: nil)
        #expect(rules.count == 1, "\(step)")
      }
    }
  }

  @Test func `what was acknowledged before a close is delivered after the next opening`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let failing = RecordingTarget { _ throws(DeliveryError) in
      throw DeliveryError(.connectionFailure, "not yet")
    }
    try await withBroker(at: directory.path, targets: [.function: failing]) { broker in
      try await broker.rule("r")
      for number in 0..<50 { try await broker.put(#"{"n":\#(number)}"#) }
    }
    let clock = ManualClock(Timestamp(seconds: Date().timeIntervalSince1970 + 3_600))
    let target = RecordingTarget()
    try await withBroker(at: directory.path, clock: clock, targets: [.function: target]) {
      broker in
      #expect(await eventually { await broker.isIdle() })
      #expect(Set(target.attempts.map(\.eventID)).count == 50)
    }
  }

  @Test func `the standard policy makes its 185 retries within a day`() {
    var random = SeededRandom(seed: 1)
    let seconds = (1...185).reduce(0) { $0 + Backoff().delay(after: $1, using: &random) }
    #expect((70_000.0..<86_400).contains(seconds), "\(seconds)")
    #expect(RetryPolicy.standard == RetryPolicy(attemptsMax: 185, ageMax: 86_400))
  }
}
