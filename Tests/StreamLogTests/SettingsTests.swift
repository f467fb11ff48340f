import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct SettingsTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)

  init() throws {
    fixture = try LogFixture()
  }

  @Test func `settings are durable when the change returns`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1, recordBytesMax: 2 << 20)
    let now = fixture.clock.now()
    try await log.update(stream: "s") { settings in
      settings.tags = ["team": "orders"]
      settings.resourcePolicy = "{}"
      settings.setEncryption(keyID: "alias/aws/kinesis", at: now, retentionHours: 24)
      settings.shardLevelMetrics = ["IncomingBytes"]
      settings.warmThroughput = 100
      settings.consumers = [StreamConsumer(name: "c", createdAt: now)]
    }
    try await log.setMode(stream: "s", .onDemand)
    try await log.updateAccount { settings in
      settings.throughputCommitment = AccountSettings.ThroughputCommitment(status: "ENABLED")
    }
    let before = try log.summary(of: "s")
    await log.close()
    let again = try fixture.open()
    #expect(try again.summary(of: "s") == before)
    #expect(before.recordBytesMax == 2 << 20 && before.mode == .onDemand)
    #expect(before.settings.consumers.first?.arn(ofStream: "a") == "a/consumer/c:1700000000")
    #expect(again.accountSettings.throughputCommitment?.status == "ENABLED")
  }

  @Test func `encryption is known for every time of which there may be records`() {
    func time(_ hours: Double) -> Timestamp { Timestamp(seconds: hours * 3600) }
    var settings = StreamSettings()
    func known(_ hours: [Double]) -> [Bool] { hours.map { settings.wasEncrypted(at: time($0)) } }
    #expect(known([0, 100]) == [false, false])
    for hour in stride(from: 10.0, to: 100, by: 10) {
      let isOn = Int(hour) / 10 % 2 == 1
      settings.setEncryption(keyID: isOn ? "k" : nil, at: time(hour), retentionHours: 24)
      // Another key changes nothing for the records.
      if isOn { settings.setEncryption(keyID: "l", at: time(hour + 1), retentionHours: 24) }
    }
    #expect(settings.encryptionKeyID == "l")
    #expect(
      known([66, 70, 79.9, 80, 89, 90, 1000]) == [false, true, true, false, false, true, true])
  }

  @Test func `a change that is refused changes nothing`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    await #expect(throws: StreamLogError.limitExceeded("tags")) {
      try await log.update(stream: "s") { settings throws(StreamLogError) in
        settings.tags = ["a": "b"]
        throw .limitExceeded("tags")
      }
    }
    #expect(try log.summary(of: "s").settings.tags.isEmpty)
  }

  @Test func `the limit for a record is the stream's`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    let large = NewRecord(partitionKey: "k", data: [UInt8](repeating: 1, count: 9 << 20))
    await #expect(throws: StreamLogError.self) { try await log.append([large], to: "s") }
    try await log.setRecordBytesMax(stream: "s", 10 << 20)
    _ = try await log.append([large, large, large], to: "s")
    #expect(try log.all("s").map(\.data.count) == [9 << 20, 9 << 20, 9 << 20])
    for bytes in [1 << 19, 11 << 20] {
      await #expect(throws: StreamLogError.self) {
        try await log.setRecordBytesMax(stream: "s", bytes)
      }
    }
    await log.close()
    #expect(try fixture.open().all("s").count == 3)
  }

  @Test func `states last as long as is asked, and nobody waits for them`() async throws {
    let log = try fixture.open { $0.stateDelay = .milliseconds(300) }
    try await log.createStream("s", shardCount: 1)
    #expect(try log.summary(of: "s").status == .creating)
    #expect(try log.summary(of: "s").shards.isEmpty)
    await #expect(throws: StreamLogError.streamNotFound("s")) {
      try await log.append(records(0..<1), to: "s")
    }
    await #expect(throws: StreamLogError.streamBusy("s")) {
      try await log.updateShardCount(stream: "s", target: 2)
    }
    #expect(await eventually { (try? log.summary(of: "s").status) == .active })
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    #expect(try log.summary(of: "s").status == .updating)
    _ = try await log.append(records(0..<10), to: "s")
    await #expect(throws: StreamLogError.streamBusy("s")) {
      try await log.setRetention(stream: "s", hours: 48)
    }
    try await log.update(stream: "s") { $0.tags = ["a": "b"] }
    #expect(await eventually { (try? log.summary(of: "s").status) == .active })
    try await log.deleteStream("s")
    #expect(try log.summary(of: "s").status == .deleting)
    await #expect(throws: StreamLogError.streamBusy("s")) { try await log.deleteStream("s") }
    await #expect(throws: StreamLogError.streamExists("s")) {
      try await log.createStream("s", shardCount: 1)
    }
    #expect(await eventually { log.streamNames().isEmpty })
    #expect(try fixture.open().streamNames().isEmpty)
  }

  @Test func `a stream whose deletion was begun does not come back`() async throws {
    let log = try fixture.open { $0.stateDelay = .seconds(60) }
    try await log.createStream("s", shardCount: 1)
    try await log.deleteStream("s")
    #expect(try log.summary(of: "s").status == .deleting)
    #expect(try fixture.open().streamNames().isEmpty)
  }
}

@Suite struct LimitTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)

  init() throws {
    fixture = try LogFixture()
  }

  private func appended(_ outcomes: [AppendOutcome]) -> Int {
    outcomes.count { if case .appended = $0 { true } else { false } }
  }

  @Test func `a shard takes 1,000 records a second, and refuses each one above`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    #expect(appended(try await log.appendEach(records(0..<1_500), to: "s")) == 1_500)
    log.enforcesShardLimits = true
    let outcomes = try await log.appendEach(records(0..<1_500), to: "s")
    #expect(appended(outcomes) == 1_000)
    #expect(outcomes.last == .throttled(shard))
    await #expect(
      throws: StreamLogError.throttled(stream: "s", shard: shard.description)
    ) { try await log.append(records(0..<1), to: "s") }
    fixture.clock.advance(seconds: 0.5)
    #expect(appended(try await log.appendEach(records(0..<1_500), to: "s")) == 500)
    log.enforcesShardLimits = false
    #expect(appended(try await log.appendEach(records(0..<1_500), to: "s")) == 1_500)
  }

  @Test func `a shard takes 1 MiB a second, and a large record on credit`() async throws {
    let log = try fixture.open { $0.enforcesShardLimits = true }
    try await log.createStream("s", shardCount: 1, recordBytesMax: 10 << 20)
    func record(_ bytes: Int) -> [NewRecord] {
      [NewRecord(partitionKey: "k", data: [UInt8](repeating: 1, count: bytes))]
    }
    #expect(appended(try await log.appendEach(record(4 << 20), to: "s")) == 1)
    fixture.clock.advance(seconds: 3)
    #expect(appended(try await log.appendEach(record(100), to: "s")) == 0)
    fixture.clock.advance(seconds: 1)
    #expect(appended(try await log.appendEach(record(100), to: "s")) == 1)
  }

  @Test func `a shard gives 5 reads and 2 MiB a second`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1, recordBytesMax: 10 << 20)
    let data = [UInt8](repeating: 1, count: 6 << 20)
    _ = try await log.append([NewRecord(partitionKey: "k", data: data)], to: "s")
    log.enforcesShardLimits = true
    func read(_ ordinal: UInt64, isMetered: Bool = true) -> Int? {
      try? log.read(
        stream: "s", shard: shard, from: ordinal, recordsMax: 1, bytesMax: 10 << 20,
        isMetered: isMetered
      ).records.count
    }
    for _ in 0..<5 { #expect(read(1) == 0) }
    #expect(read(1) == nil)
    #expect(read(1, isMetered: false) == 0)
    fixture.clock.advance(seconds: 1)
    #expect(read(0) == 1)
    fixture.clock.advance(seconds: 1)
    #expect(read(1) == nil)
    fixture.clock.advance(seconds: 2)
    #expect(read(1) == 0)
  }
}
