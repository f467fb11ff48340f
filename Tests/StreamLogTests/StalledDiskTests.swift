import Core
import Dispatch
import Foundation
import StreamLog
import TestSupport
import Testing

/// A disk that neither works nor fails.
@Suite struct StalledDiskTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)
  private let disk = DispatchGroup()

  init() throws {
    fixture = try LogFixture()
  }

  private func open() throws -> StreamLog {
    try fixture.open { $0.diskTimeout = .seconds(2) }
  }

  /// Every call of these kinds blocks until `disk` is left.
  private func hang(_ operations: [FaultyFileSystem.Operation], of shard: UInt32? = nil) {
    disk.enter()
    fixture.files.setRule { [disk] call in
      guard operations.contains(call.operation) else { return nil }
      if let shard, !call.path.contains("\(ShardID(index: shard))") { return nil }
      return .hangs(disk)
    }
  }

  private func release() {
    fixture.files.setRule(nil)
    disk.leave()
  }

  private func isWell(_ log: StreamLog) async -> Bool {
    await eventually { (try? log.summary(of: "s"))?.degraded == nil }
  }

  /// The first append that is not refused because the disk hangs.
  private func takes(_ records: [NewRecord], _ log: StreamLog) async -> Bool {
    await eventually { (try? await log.append(records, to: "s")) != nil }
  }

  private func isStalled(_ outcome: AppendOutcome) -> Bool {
    if case .failed(_, .stalled) = outcome { true } else { false }
  }

  @Test func `shards that are written together are synced at the same time`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 4)
    _ = try await log.append(records(0..<100), to: "s")
    // Each sync waits until four have come.
    let arrived = Locked(0)
    disk.enter()
    fixture.files.setRule { [disk] call in
      guard call.operation == .sync else { return nil }
      let count = arrived.withLock { count in
        count += 1
        return count
      }
      if count == 4 { disk.leave() }
      return .hangs(disk)
    }
    let outcomes = try await log.appendEach(records(100..<200), to: "s")
    #expect(outcomes.count == 100 && !outcomes.contains(where: isStalled))
    if arrived.withLock({ $0 }) < 4 { disk.leave() }
    fixture.files.setRule(nil)
    #expect(Set(try log.numbers("s")) == Set(0..<200))
    await log.close()
  }

  @Test(arguments: [FaultyFileSystem.Operation.write, .sync])
  func `a put is answered while the disk hangs, and puts go on when it does not`(
    _ operation: FaultyFileSystem.Operation
  ) async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    hang([operation])
    let outcomes = try await log.appendEach(records(10..<20), to: "s")
    #expect(outcomes.count == 10 && outcomes.allSatisfy(isStalled))
    // The next one need not wait to learn as much.
    await #expect(throws: StreamLogError.self) { try await log.append(records(20..<30), to: "s") }
    // What is durable is read as ever.
    #expect(try log.numbers("s") == Array(0..<10))
    let reason = try #require(try log.summary(of: "s").shards.first?.degraded)
    #expect(reason.contains("the disk does not answer"))
    #expect(fixture.reports.degradations == [reason])
    release()
    #expect(await isWell(log))
    #expect(fixture.reports.degradations == [reason, nil])
    #expect(await takes(records(30..<40), log))
    // The write that hung got through in the end; what was refused at once did not.
    #expect(try log.numbers("s") == Array(0..<20) + Array(30..<40))
    await log.close()
    #expect(try fixture.open().numbers("s") == Array(0..<20) + Array(30..<40))
  }

  @Test func `a put that waits behind a hanging one is answered, and not written`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<1), to: "s")
    hang([.sync])
    let answers = await withTaskGroup(of: Bool.self) { group in
      for producer in 1...20 {
        group.addTask {
          let batch = records(producer * 10..<producer * 10 + 1)
          let outcomes = try? await log.appendEach(batch, to: "s")
          return outcomes?.contains { !isStalled($0) } ?? false
        }
      }
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(answers == Array(repeating: false, count: 20))
    release()
    #expect(await isWell(log))
    #expect(await takes(records(1..<2), log))
    let found = try log.numbers("s")
    #expect(found.first == 0 && found.last == 1 && Set(found).count == found.count)
  }

  @Test func `a shard whose disk hangs fails its records only`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 2)
    hang([.sync], of: 1)
    let outcomes = try await log.appendEach(records(0..<100), to: "s")
    let appended = outcomes.count { if case .appended = $0 { true } else { false } }
    #expect(appended > 20 && outcomes.count(where: isStalled) == 100 - appended)
    #expect(try log.all("s", shard).count == appended)
    release()
    #expect(await isWell(log))
    #expect(try log.all("s").count == 100)
  }

  @Test func `a disk that hangs and then fails leaves the shard as any failure does`()
    async throws
  {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    hang([.write])
    #expect(try await log.appendEach(records(10..<20), to: "s").allSatisfy(isStalled))
    fixture.files.setRule { $0.operation == .sync ? .losesWrites(5) : nil }
    disk.leave()
    #expect(
      await eventually {
        (try? log.summary(of: "s").degraded)?.map { $0.contains("nput/output error") } ?? false
      })
    fixture.files.setRule(nil)
    #expect(await takes(records(20..<30), log))
    #expect(try log.numbers("s") == Array(0..<10) + Array(20..<30))
    #expect(try log.summary(of: "s").degraded == nil)
    await log.close()
    #expect(try fixture.open().numbers("s") == Array(0..<10) + Array(20..<30))
  }

  @Test func `changes of streams are answered while the disk hangs, and happen at most once`()
    async throws
  {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<100), to: "s")
    hang([.write, .rename, .makeDirectory, .syncDirectory])
    await #expect(throws: StreamLogError.self) {
      try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    }
    await #expect(throws: StreamLogError.self) { try await log.createStream("t", shardCount: 1) }
    await #expect(throws: StreamLogError.self) { try await log.deleteStream("s") }
    await #expect(throws: StreamLogError.self) {
      try await log.update(stream: "s") { $0.tags = ["a": "b"] }
    }
    release()
    #expect(await eventually { (try? log.summary(of: "s").shards.count) == 3 })
    #expect(await takes(records(100..<200), log))
    #expect(Set(try log.inOrder("s").compactMap(number(of:))) == Set(0..<200))
    await log.close()
    let again = try fixture.open()
    #expect(again.streamNames() == ["s"])
    #expect(try again.summary(of: "s").shards.count == 3)
    #expect(try again.summary(of: "s").settings.tags.isEmpty)
    #expect(Set(try again.inOrder("s").compactMap(number(of:))) == Set(0..<200))
  }

  @Test func `a deletion that hung is done, or can be asked for again`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    hang([.rename])
    await #expect(throws: StreamLogError.self) { try await log.deleteStream("s") }
    release()
    #expect(await eventually { (try? await log.deleteStream("s")) != nil })
    #expect(log.streamNames().isEmpty)
    try await log.createStream("s", shardCount: 1)
    #expect(try await log.append(records(0..<5), to: "s").count == 5)
  }

  @Test func `a log closes although its disk hangs`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    hang([.sync])
    async let outcome = log.appendEach(records(0..<10), to: "s")
    _ = try await outcome
    await log.close()
    release()
  }
}
