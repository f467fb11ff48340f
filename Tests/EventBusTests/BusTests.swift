import Core
import Foundation
import TestSupport
import Testing

@testable import EventBus

@Suite struct BusTests {
  @Test func `an archive is replayed to the rules that are named, and does not keep replays`()
    async throws
  {
    let clock = ManualClock()
    let target = RecordingTarget()
    try await withBroker(clock: clock, targets: [.function: target]) { broker in
      try await broker.createBus("b", [:])
      try await broker.rule("one", bus: "b")
      try await broker.rule("two", bus: "b")
      _ = try await broker.createArchive(
        "a", bus: "b", pattern: #"{"detail":{"n":[{"exists":true}]}}"#, description: nil,
        retentionDays: 1)
      try await broker.put("{}", bus: "b")
      var ids: [String] = []
      for number in 0..<450 {
        ids.append(try await broker.put(#"{"n":\#(number)}"#, bus: "b"))
        if number == 399 { clock.advance(seconds: 100) }
      }
      #expect(await eventually(within: 60) { await broker.isIdle() })
      let before = target.attempts.count
      #expect(before == 902)
      #expect(try await broker.archive("a").eventCount == 450)
      let start = clock.now()
      _ = try await broker.startReplay(
        "r", archive: broker.arns.archive("a"), from: start.advanced(bySeconds: -200),
        to: start.advanced(bySeconds: -50),
        definition: [
          "Destination": [
            "Arn": .string(broker.arns.bus("b")),
            "FilterArns": [.string(broker.arns.rule("two", bus: "b"))],
          ]
        ])
      #expect(
        await eventually(within: 60) {
          let state = try? await broker.replay("r").state
          let isIdle = await broker.isIdle()
          return state == "COMPLETED" && isIdle
        })
      let replayed = target.attempts.dropFirst(before)
      #expect(replayed.allSatisfy { $0.rule == "two" })
      #expect(Set(replayed.map(\.eventID)) == Set(ids.prefix(400)))
      #expect(replayed.count == 400)
      let event = try JSONValue(parsing: try #require(replayed.first).event)
      #expect(event["replay-name"] == "r")
      #expect(try await broker.archive("a").eventCount == 450)
    }
  }

  @Test func `a schedule fires at its points, each once, also after a pause`() async throws {
    let directory = try TemporaryDirectory()
    let clock = ManualClock(Timestamp(seconds: 1_700_000_000))
    let target = RecordingTarget()
    try await withBroker(at: directory.path, clock: clock, targets: [.function: target]) {
      broker in
      try await broker.put(
        RuleRecord(bus: "default", name: "s", pattern: nil, schedule: "rate(5 minutes)"))
      try await broker.put(
        [
          TargetDefinition([
            "Id": "t", "Arn": .string(EventBroker.function), "InputPath": "$.detail-type",
          ])
        ], rule: "s", bus: nil)
      for count in 1...3 {
        clock.advance(seconds: 300)
        broker.wake()
        #expect(await eventually { target.attempts.count == count })
      }
      #expect(target.attempts.allSatisfy { $0.input == Array(#""Scheduled Event""#.utf8) })
    }
    clock.advance(seconds: 3_600)
    try await withBroker(at: directory.path, clock: clock, targets: [.function: target]) {
      broker in
      #expect(await eventually { await broker.isIdle() && target.attempts.count == 4 })
      try await broker.setRule("s", bus: nil, enabled: false)
      clock.advance(seconds: 3_600)
      broker.wake()
      try await broker.put("{}")
      #expect(await eventually { await broker.isIdle() })
      #expect(target.attempts.count == 4)
      #expect(Set(target.attempts.map(\.eventID)).count == 4)
    }
  }

  @Test func `events go on to another bus, and end where buses point at each other`()
    async throws
  {
    let target = RecordingTarget()
    try await withBroker(targets: [.function: target]) { broker in
      broker.register(BusTarget(broker), for: .bus)
      for name in ["a", "b"] {
        try await broker.createBus(name, [:])
        let other = broker.arns.bus(name == "a" ? "b" : "a")
        try await broker.rule("pass", bus: name, target: ["Arn": .string(other)])
        try await broker.rule("keep", bus: name)
      }
      try await broker.put("{}", bus: "a")
      #expect(
        await eventually {
          let count = try? await broker.deadLetters().count
          return await broker.isIdle() && count == 1
        })
      #expect(target.attempts.count == 6)
    }
  }

  @Test func `a database of a later version is refused by name`() async throws {
    let directory = try TemporaryDirectory()
    try await withBroker(at: directory.path) { _ in }
    let database = try SQLite(path: directory.path + "/events.sqlite")
    try database.execute("PRAGMA user_version = 99")
    database.close()
    #expect {
      _ = try EventBroker(directory: directory.path)
    } throws: { "\($0)".contains("format version 99") }
  }

  private static let event = #"""
    {"version":"0","id":"1","detail-type":"order","source":"shop","account":"1","region":"r",
     "time":"2026-01-01T00:00:00Z","resources":[],
     "detail":{"user":"u1","payload":{"a":"x","n":1},"one":["HIGH"],"two":["A","B"],"ok":true}}
    """#

  private static let paths: JSONObject = [
    "user": "$.detail.user", "payload": "$.detail.payload", "one": "$.detail.one",
    "two": "$.detail.two", "ok": "$.detail.ok", "gone": "$.detail.nothing",
    "first": "$.detail.two[0]",
  ]

  @Test(arguments: [
    (
      #"{"path": "users/<user>", "body": <payload>}"#,
      #"{"path": "users/u1", "body": {"a":"x","n":1}}"#
    ),
    (#"{"id" : <user>}"#, #"{"id" : "u1"}"#),
    (#"{"id" : "<user>"}"#, #"{"id" : "u1"}"#),
    (#"{"l": [<user>, "x"], "m": "<user>/<user>"}"#, #"{"l": ["u1", "x"], "m": "u1/u1"}"#),
    (#""<one> one <two> two <gone>!""#, #""[HIGH] one [A,B] two !""#),
    (#""Payload of <payload>""#, #""Payload of {a:x,n:1}""#),
    (
      #"{"one": <one>, "gone": <gone>, "first": <first>}"#,
      #"{"one": ["HIGH"], "gone": "", "first": "A"}"#
    ),
    (#""It is <ok>!""#, #""It is true!""#),
    ("\"<one>\"\n\"<user>\"", "\"[HIGH]\"\n\"u1\""),
    (#""<aws.events.rule-name> <aws.events.rule-arn>""#, #""rule arn""#),
    (#"{"payload": "<payload>"}"#, nil),
    (#"{"one": "<one>"}"#, nil),
    ("<one> item", nil),
  ])
  func `a template is filled in as EventBridge does`(template: String, result: String?) throws {
    let target = try TargetDefinition([
      "Id": "t", "Arn": "arn:x",
      "InputTransformer": [
        "InputPathsMap": .object(Self.paths), "InputTemplate": .string(template),
      ],
    ])
    let context = InputTemplate.Context(
      ruleARN: "arn", ruleName: "rule", ingestedAt: Timestamp(seconds: 0))
    let input = try? InputTemplate.input(of: target, for: Array(Self.event.utf8), context)
    #expect(input.map { String(decoding: $0, as: UTF8.self) } == result)
  }

  @Test func `a target gets a part of the event, or a constant, or nothing of what is missing`()
    throws
  {
    func input(_ members: JSONObject) throws -> String {
      var definition: JSONObject = ["Id": "t", "Arn": "arn:x"]
      for (name, value) in members.members { definition[name] = value }
      let context = InputTemplate.Context(
        ruleARN: "", ruleName: "", ingestedAt: Timestamp(seconds: 0))
      return String(
        decoding: try InputTemplate.input(
          of: TargetDefinition(.object(definition)), for: Array(Self.event.utf8), context),
        as: UTF8.self)
    }
    #expect(try input(["InputPath": "$.detail.payload"]) == #"{"a":"x","n":1}"#)
    #expect(try input(["InputPath": "$.detail.payload.a"]) == #""x""#)
    #expect(try input(["InputPath": "$.nothing"]) == "{}")
    #expect(try input(["Input": #"{"constant": 1}"#]) == #"{"constant": 1}"#)
    #expect(try input([:]) == Self.event)
  }
}
