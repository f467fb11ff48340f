import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct DurabilityTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)

  init() throws {
    fixture = try LogFixture()
  }

  private static func isSegment(_ path: String, of shard: UInt32) -> Bool {
    path.contains("\(ShardID(index: shard))")
  }

  @Test(arguments: [
    (FaultyFileSystem.Operation.write, FaultyFileSystem.Fault.fails(28)),
    (.write, .tears(bytes: 30, 28)), (.write, .tears(bytes: 100, 5)), (.sync, .fails(5)),
    (.sync, .losesWrites(5)),
  ])
  func `a disk that fails gives errors, and the shard goes on when it works again`(
    _ operation: FaultyFileSystem.Operation, _ fault: FaultyFileSystem.Fault
  ) async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    fixture.files.setRule { $0.operation == operation ? fault : nil }
    for start in [100, 110] {
      let outcomes = try await log.appendEach(records(start..<(start + 5)), to: "s")
      #expect(outcomes.count == 5)
      for outcome in outcomes {
        guard case .failed(shard, .io) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
      }
    }
    #expect(try log.summary(of: "s").degraded != nil)
    #expect(try log.numbers("s") == Array(0..<10))
    fixture.files.setRule(nil)
    _ = try await log.append(records(10..<20), to: "s")
    #expect(try log.summary(of: "s").degraded == nil)
    #expect(try log.numbers("s") == Array(0..<20))
    #expect(fixture.reports.degradations.map { $0 == nil } == [false, true])
    await log.close()
    let again = try fixture.open()
    #expect(try again.numbers("s") == Array(0..<20))
    #expect(try again.summary(of: "s").degraded == nil)
  }

  @Test func `what was written before a failed sync is not taken for durable later`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    // The disk refuses the sync, and everything after: the process is killed in that state.
    fixture.files.setRule { call in
      call.operation == .sync || call.operation == .truncate ? .fails(5) : nil
    }
    _ = try await log.appendEach(records(10..<20), to: "s")
    await log.close()
    fixture.files.setRule(nil)
    let again = try fixture.open()
    let found = try again.numbers("s")
    // These were whole in the file: they may count, or not.
    #expect(found == Array(0..<10) || found == Array(0..<20))
    _ = try await again.append(records(20..<30), to: "s")
    #expect(try again.numbers("s") == found + Array(20..<30))
  }

  @Test func `the rest of a lost write in a sealed file is ignored`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    let isOn = Locked(true)
    // Syncs and cuts of the first file fail; the next file is good.
    fixture.files.setRule { call in
      guard isOn.withLock({ $0 }), call.path.hasSuffix("00000.segment") else { return nil }
      return call.operation == .sync ? .fails(5) : nil
    }
    _ = try await log.appendEach(records(10..<20), to: "s")
    _ = try await log.append(records(20..<30), to: "s")
    let files = try fixture.segments("s", 0)
    #expect(files.count == 2)
    // As if the cut had not reached the disk: the lost records are back in the first file.
    await log.close()
    isOn.withLock { $0 = false }
    let first = try Data(contentsOf: URL(fileURLWithPath: files[0]))
    let second = try Data(contentsOf: URL(fileURLWithPath: files[1]))
    try (first + second.dropFirst(64)).write(to: URL(fileURLWithPath: files[0]))
    let again = try fixture.open()
    #expect(try again.numbers("s") == Array(0..<10) + Array(20..<30))
    #expect(try again.summary(of: "s").degraded == nil)
  }

  @Test func `one shard's broken disk fails only its records`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 2)
    fixture.files.setRule { call in
      call.operation == .write && Self.isSegment(call.path, of: 1) ? .fails(28) : nil
    }
    let outcomes = try await log.appendEach(records(0..<100), to: "s")
    let appended = outcomes.count { if case .appended = $0 { true } else { false } }
    let failed = outcomes.count {
      if case .failed(ShardID(index: 1), _) = $0 { true } else { false }
    }
    #expect(appended > 20 && failed > 20 && appended + failed == 100)
    let shards = try log.summary(of: "s").shards
    #expect(shards[0].degraded == nil && shards[1].degraded != nil)
    #expect(try log.all("s").count == appended)
  }

  @Test func `a kill at any step of appends loses nothing that was acknowledged`() async throws {
    for step in 0..<30 {
      let fixture = try LogFixture()
      let log = try fixture.open(segmentBytesMax: 700)
      try await log.createStream("s", shardCount: 2)
      fixture.files.stop(after: fixture.files.changeCount + step)
      var acknowledged: Set<Int> = []
      for start in stride(from: 0, to: 40, by: 4) {
        let outcomes = (try? await log.appendEach(records(start..<(start + 4)), to: "s")) ?? []
        for (offset, outcome) in outcomes.enumerated() {
          if case .appended = outcome { acknowledged.insert(start + offset) }
        }
      }
      await log.close()
      fixture.files.setRule(nil)
      let again = try fixture.open(segmentBytesMax: 700)
      let found = try again.numbers("s")
      #expect(Set(found).isSuperset(of: acknowledged), "step \(step)")
      #expect(Set(found).count == found.count, "step \(step)")
      #expect(try again.summary(of: "s").degraded == nil, "step \(step)")
      _ = try await again.append(records(40..<50), to: "s")
      #expect(try again.numbers("s").count == found.count + 10)
    }
  }

  @Test func `a folder that cannot be read at the start comes back by itself`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 2)
    _ = try await log.append(records(0..<100), to: "s")
    let count = try log.all("s", shard).count
    await log.close()
    fixture.files.setRule { call in
      call.operation == .read && Self.isSegment(call.path, of: 0) ? .fails(5) : nil
    }
    let again = try fixture.open()
    #expect(throws: StreamLogError.self) { try again.all("s", shard) }
    #expect(try again.all("s", ShardID(index: 1)).count == 100 - count)
    #expect(try again.summary(of: "s").degraded != nil)
    fixture.files.setRule(nil)
    try await again.expire()
    #expect(try again.all("s", shard).count == count)
    _ = try await again.append(records(100..<200), to: "s")
    #expect(try again.numbers("s").count == 200)
    #expect(try again.summary(of: "s").degraded == nil)
  }

  @Test(arguments: [FaultyFileSystem.Operation.write, .sync])
  func `a shard that closed while its disk failed is well again when the disk is`(
    _ operation: FaultyFileSystem.Operation
  ) async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    fixture.files.setRule { call in
      call.operation == operation && Self.isSegment(call.path, of: 0) ? .fails(28) : nil
    }
    _ = try await log.appendEach(records(10..<20), to: "s")
    let path = try #require(try fixture.segments("s", 0).first)
    let doing = operation == .write ? "writing" : "syncing"
    let reason = "no space left on device, \(doing) \(path)"
    #expect(try log.summary(of: "s").shards.first?.degraded == reason)
    #expect(fixture.reports.degradations == [reason])
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    #expect(try log.summary(of: "s").shards.first?.degraded == reason)
    fixture.files.setRule(nil)
    try await log.expire()
    #expect(try log.summary(of: "s").degraded == nil)
    #expect(fixture.reports.degradations == [reason, nil])
    #expect(try fixture.segments("s", 0).count == 1)
    _ = try await log.append(records(20..<30), to: "s")
    #expect(Set(try log.inOrder("s").compactMap(number(of:))) == Set(Array(0..<10) + (20..<30)))
  }

  @Test func `children wait for a parent that cannot be read, and nobody spins`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<100), to: "s")
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    _ = try await log.append(records(100..<200), to: "s")
    await log.close()
    fixture.files.setRule { call in
      call.operation == .read && Self.isSegment(call.path, of: 0) ? .fails(5) : nil
    }
    let again = try fixture.open()
    let scan = try again.scan(stream: "s", from: [:], bytesMax: 1 << 20)
    #expect(scan.recordCount == 0 && scan.reachedTip)
    fixture.files.setRule(nil)
    try await again.expire()
    #expect(try again.inOrder("s").count == 200)
  }

  @Test func `a stream is whole or not there, wherever its creation is killed`() async throws {
    for step in 0..<12 {
      let fixture = try LogFixture()
      let log = try fixture.open()
      fixture.files.stop(after: fixture.files.changeCount + step)
      let isDone = (try? await log.createStream("s", shardCount: 3)) != nil
      await log.close()
      fixture.files.setRule(nil)
      let again = try fixture.open()
      if isDone { #expect(again.streamNames() == ["s"]) }
      if again.streamNames().isEmpty { try await again.createStream("s", shardCount: 3) }
      #expect(try await again.append(records(0..<10), to: "s").count == 10)
    }
  }

  /// As root the test makes a file system of 4 MiB of its own, and fills it.
  @Test(.enabled(if: FullDisk.isPossible))
  func `a disk that is really full gives errors, and takes records again after space is made`()
    async throws
  {
    let disk = try FullDisk(mebibytes: 4)
    let log = try StreamLog.open(directory: disk.path + "/log")
    try await log.createStream("s", shardCount: 2)
    var acknowledged: Set<Int> = []
    var failures = 0
    for start in stride(from: 0, to: 2_000, by: 100) {
      let batch = (start..<(start + 100)).map {
        NewRecord(
          partitionKey: "key-\($0)",
          data: Array("record \($0)".utf8) + [UInt8](repeating: 0x20, count: 4_000))
      }
      for (offset, outcome) in try await log.appendEach(batch, to: "s").enumerated() {
        switch outcome {
        case .appended: acknowledged.insert(start + offset)
        case .failed(_, .io(_, _, let code)):
          failures += 1
          #expect(code == ENOSPC)
        default: Issue.record("\(outcome)")
        }
      }
    }
    #expect(failures > 0 && !acknowledged.isEmpty)
    #expect(try log.summary(of: "s").degraded != nil)
    try disk.grow(mebibytes: 16)
    let more = try await log.append(records(5_000..<5_100), to: "s")
    #expect(more.count == 100)
    #expect(try log.summary(of: "s").degraded == nil)
    await log.close()
    let again = try StreamLog.open(directory: disk.path + "/log")
    let found = try again.all("s").compactMap { record in
      Int(String(decoding: record.data, as: UTF8.self).dropFirst(7).prefix { $0 != " " })
    }
    #expect(Set(found) == acknowledged.union(5_000..<5_100))
    #expect(found.count == Set(found).count)
    await again.close()
  }
}
