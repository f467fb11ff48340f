import Core
import Foundation
import StreamLog
import TestSupport
import Testing

/// A disk that is read, and not written: after an error of its own, or by a mount.
@Suite struct ReadOnlyDiskTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)
  private static let readOnly: Int32 = 30

  init() throws {
    fixture = try LogFixture()
  }

  private func makeReadOnly() {
    fixture.files.setRule { call in
      switch call.operation {
      case .read, .list, .map: nil
      // What is open for writing stays open; new files cannot be made.
      case .open where call.path.hasSuffix(".segment"): .fails(Self.readOnly)
      case .open: nil
      default: .fails(Self.readOnly)
      }
    }
  }

  @Test func `a disk that becomes read-only is read, and takes records again when it can`()
    async throws
  {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    try await log.createStream("fresh", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    makeReadOnly()
    for stream in ["s", "fresh"] {
      for outcome in try await log.appendEach(records(10..<20), to: stream) {
        guard case .failed(shard, .io(_, _, Self.readOnly)) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
      }
      #expect(try log.summary(of: stream).degraded?.contains("ead-only file system") == true)
    }
    #expect(try log.numbers("s") == Array(0..<10))
    await #expect(throws: StreamLogError.self) {
      try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    }
    await #expect(throws: StreamLogError.self) { try await log.createStream("t", shardCount: 1) }
    await #expect(throws: StreamLogError.self) {
      try await log.setRetention(stream: "s", hours: 48)
    }
    await log.probeDegradedShards()
    #expect(try log.summary(of: "s").degraded != nil)
    fixture.files.setRule(nil)
    _ = try await log.append(records(20..<30), to: "s")
    #expect(try log.numbers("s") == Array(0..<10) + Array(20..<30))
    await log.probeDegradedShards()
    for stream in ["s", "fresh"] { #expect(try log.summary(of: stream).degraded == nil) }
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    await log.close()
    let again = try fixture.open()
    #expect(try again.numbers("s") == Array(0..<10) + Array(20..<30))
    #expect(try again.numbers("fresh").isEmpty)
  }

  @Test(arguments: [
    (FaultyFileSystem.Operation.write, FaultyFileSystem.Fault.fails(28)),
    (.write, .tears(bytes: 100, 5)), (.sync, .fails(5)), (.sync, .losesWrites(5)),
  ])
  func `an idle shard is well again by itself when its disk is`(
    _ operation: FaultyFileSystem.Operation, _ fault: FaultyFileSystem.Fault
  ) async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    fixture.files.setRule { $0.operation == operation ? fault : nil }
    _ = try await log.appendEach(records(10..<20), to: "s")
    await log.probeDegradedShards()
    #expect(try log.summary(of: "s").degraded != nil)
    fixture.files.setRule(nil)
    await log.probeDegradedShards()
    #expect(try log.summary(of: "s").degraded == nil)
    #expect(fixture.reports.degradations.map { $0 == nil } == [false, true])
    // Nothing of a try is left, and nobody tries while all is well.
    let changes = fixture.files.changeCount
    await log.probeDegradedShards()
    #expect(fixture.files.changeCount == changes)
    #expect(try log.numbers("s") == Array(0..<10))
    _ = try await log.append(records(20..<30), to: "s")
    await log.close()
    let again = try fixture.open()
    #expect(try again.numbers("s") == Array(0..<10) + Array(20..<30))
    #expect(try again.summary(of: "s").degraded == nil)
  }

  @Test func `a kill while a shard is tried leaves what was acknowledged`() async throws {
    for step in 0..<5 {
      let fixture = try LogFixture()
      let log = try fixture.open()
      try await log.createStream("s", shardCount: 1)
      _ = try await log.append(records(0..<10), to: "s")
      fixture.files.setRule { $0.operation == .sync ? .fails(5) : nil }
      _ = try await log.appendEach(records(10..<20), to: "s")
      fixture.files.stop(after: fixture.files.changeCount + step)
      await log.probeDegradedShards()
      await log.close()
      fixture.files.setRule(nil)
      let again = try fixture.open()
      #expect(try again.numbers("s") == Array(0..<10), "step \(step)")
      #expect(try again.summary(of: "s").degraded == nil, "step \(step)")
      _ = try await again.append(records(20..<30), to: "s")
      #expect(try again.numbers("s") == Array(0..<10) + Array(20..<30), "step \(step)")
    }
  }

  @Test func `where the disk of many shards fails, a look tries a few`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 100)
    _ = try await log.append(records(0..<1_000), to: "s")
    fixture.files.setRule { $0.operation == .write ? .fails(28) : nil }
    _ = try await log.appendEach(records(1_000..<2_000), to: "s")
    let changes = fixture.files.changeCount
    await log.probeDegradedShards()
    #expect(fixture.files.changeCount - changes < 100)
    fixture.files.setRule(nil)
    await log.probeDegradedShards()
    #expect(try log.summary(of: "s").degraded == nil)
  }

  /// As root the test mounts a file system of its own, and makes it read-only for a while.
  @Test(.enabled(if: FullDisk.isPossible))
  func `a file system that is mounted read-only, and then not, is used again`() async throws {
    let disk = try FullDisk(mebibytes: 8)
    let log = try StreamLog.open(directory: disk.path + "/log")
    // Linux refuses this while a file is open for writing: the stream has none yet.
    try await log.createStream("s", shardCount: 2)
    try disk.setReadOnly(true)
    let outcomes = try await log.appendEach(records(0..<100), to: "s")
    #expect(
      outcomes.allSatisfy {
        if case .failed(_, .io(_, _, EROFS)) = $0 { true } else { false }
      })
    await #expect(throws: StreamLogError.self) { try await log.createStream("t", shardCount: 1) }
    await log.probeDegradedShards()
    #expect(try log.summary(of: "s").degraded != nil)
    try disk.setReadOnly(false)
    await log.probeDegradedShards()
    #expect(try log.summary(of: "s").degraded == nil)
    #expect(try await log.append(records(0..<100), to: "s").count == 100)
    await log.close()
  }
}
