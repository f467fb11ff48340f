import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct ReshardingTests {
  let fixture: LogFixture

  init() throws {
    fixture = try LogFixture()
  }

  private static let middle: UInt128 = 1 << 127

  private func id(_ index: UInt32) -> ShardID { ShardID(index: index) }

  @Test func `a split closes the parent and opens two children that go on`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<100), to: "s")
    try await log.splitShard(stream: "s", shard: id(0), newStartingHashKey: Self.middle)
    _ = try await log.append(records(100..<200), to: "s")

    let shards = try log.summary(of: "s").shards
    try #require(shards.count == 3)
    #expect(shards.map(\.isOpen) == [false, true, true])
    #expect(shards[1].hashRange == 0...(Self.middle - 1))
    #expect(shards[2].hashRange == Self.middle...UInt128.max)
    #expect(shards[1].parent == id(0) && shards[2].parent == id(0))
    let end = try #require(shards[0].endingSequence)
    let last = try #require(try log.all("s", id(0)).last)
    #expect(last.sequence < end)
    #expect(end < shards[1].startingSequence && end < shards[2].startingSequence)
    for child in 1...2 {
      #expect(try log.all("s", id(UInt32(child))).allSatisfy { end < $0.sequence })
    }
    #expect(try Set(log.numbers("s")) == Set(0..<200))
    #expect(try log.all("s", id(0)).count == 100)
  }

  @Test func `a reader learns at the end of a closed shard who goes on`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    try await log.splitShard(stream: "s", shard: id(0), newStartingHashKey: Self.middle)
    let part = try log.read(stream: "s", shard: id(0), from: 0, recordsMax: 5, bytesMax: 9_999)
    #expect(!part.reachedEnd && part.children.isEmpty)
    let rest = try log.read(stream: "s", shard: id(0), from: 5, recordsMax: 5, bytesMax: 9_999)
    #expect(rest.reachedEnd)
    #expect(rest.children.map(\.id) == [id(1), id(2)])
    let child = try log.read(stream: "s", shard: id(1), from: 0, recordsMax: 5, bytesMax: 9_999)
    #expect(!child.reachedEnd)
  }

  @Test func `a merge takes two neighbours in any order, and no others`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 4)
    await #expect(throws: StreamLogError.self) {
      try await log.mergeShards(stream: "s", shard: id(0), adjacent: id(2))
    }
    await #expect(throws: StreamLogError.self) {
      try await log.mergeShards(stream: "s", shard: id(1), adjacent: id(1))
    }
    try await log.mergeShards(stream: "s", shard: id(2), adjacent: id(1))
    let child = try #require(try log.summary(of: "s").shards.last)
    #expect(child.id == id(4) && child.parent == id(2) && child.adjacentParent == id(1))
    await #expect(throws: StreamLogError.self) {
      try await log.mergeShards(stream: "s", shard: id(2), adjacent: id(3))
    }
    #expect(try log.summary(of: "s").openShards.count == 3)
  }

  @Test func `a split outside of the range is refused`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 2)
    for key in [0, Self.middle, UInt128.max] {
      await #expect(throws: StreamLogError.self) {
        try await log.splitShard(stream: "s", shard: id(0), newStartingHashKey: key)
      }
    }
    await #expect(throws: StreamLogError.shardNotFound(stream: "s", shard: id(9).description)) {
      try await log.splitShard(stream: "s", shard: id(9), newStartingHashKey: 1)
    }
  }

  @Test(arguments: [(1, 2), (2, 4), (4, 2), (3, 5), (5, 3), (4, 4), (7, 1)])
  func `uniform scaling ends in equal ranges and keeps every record`(
    _ from: Int, _ to: Int
  ) async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: from)
    _ = try await log.append(records(0..<200), to: "s")
    let counts = try await log.updateShardCount(stream: "s", target: to)
    #expect(counts.current == from && counts.target == to)
    _ = try await log.append(records(200..<400), to: "s")
    let ranges = try log.summary(of: "s").openShards.map(\.hashRange)
      .sorted { $0.lowerBound < $1.lowerBound }
    #expect(ranges == PartitionHash.evenRanges(to))
    await log.close()
    let again = try fixture.open()
    #expect(try again.numbers("s").sorted() == Array(0..<400))
    #expect(try again.summary(of: "s").openShards.count == to)
  }

  @Test func `shard numbers rise and are not used again after a restart`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    try await log.splitShard(stream: "s", shard: id(0), newStartingHashKey: Self.middle)
    try await log.mergeShards(stream: "s", shard: id(1), adjacent: id(2))
    await log.close()
    fixture.clock.advance(seconds: 25 * 3_600)
    let again = try fixture.open()
    try await again.expire()
    #expect(try again.summary(of: "s").shards.map(\.id) == [id(3)])
    try await again.splitShard(stream: "s", shard: id(3), newStartingHashKey: Self.middle)
    #expect(try again.summary(of: "s").shards.map(\.id) == [id(3), id(4), id(5)])
  }

  /// Wherever the process is killed, the stream is as before or as after, and has everything
  /// that was acknowledged.
  @Test func `a kill at any step of a change of shards leaves one of two states`() async throws {
    var steps = 0
    for step in 0..<40 {
      let fixture = try LogFixture()
      let log = try fixture.open()
      try await log.createStream("s", shardCount: 2)
      _ = try await log.append(records(0..<20), to: "s")
      let before = fixture.files.changeCount
      fixture.files.stop(after: before + step)
      var isDone = false
      var acknowledged = 20
      do {
        _ = try await log.updateShardCount(stream: "s", target: 3)
        isDone = true
      } catch {}
      for outcome in try await outcomes(log, 20..<40) {
        if case .appended = outcome { acknowledged += 1 }
      }
      await log.close()
      steps = step
      fixture.files.setRule(nil)

      let again = try fixture.open()
      let open = try again.summary(of: "s").openShards.count
      #expect(isDone ? open == 3 : [2, 3].contains(open), "step \(step)")
      let found = try again.numbers("s")
      #expect(found.count >= acknowledged && Set(found).count == found.count, "step \(step)")
      #expect(Set(found).isSuperset(of: 0..<20), "step \(step)")
      let answers = try await again.append(records(40..<60), to: "s")
      #expect(answers.count == 20)
      #expect(try again.inOrder("s").count == found.count + 20)
      if isDone, acknowledged == 40 { break }
    }
    #expect(steps < 39, "the change ended")
  }

  private func outcomes(_ log: StreamLog, _ range: Range<Int>) async throws -> [AppendOutcome] {
    (try? await log.appendEach(records(range), to: "s")) ?? []
  }

  @Test func `a change that failed half way does not lose what comes after`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "s")
    // The new description gets its name, and then the disk fails.
    fixture.files.setRule { $0.operation == .syncDirectory ? .fails(5) : nil }
    await #expect(throws: StreamLogError.self) {
      try await log.splitShard(stream: "s", shard: id(0), newStartingHashKey: Self.middle)
    }
    await #expect(throws: StreamLogError.self) { try await log.append(records(10..<20), to: "s") }
    fixture.files.setRule(nil)
    _ = try await log.append(records(20..<30), to: "s")
    #expect(try log.summary(of: "s").openShards.count == 1)
    await log.close()
    let again = try fixture.open()
    #expect(try again.numbers("s") == Array(0..<10) + Array(20..<30))
    #expect(try again.summary(of: "s").openShards.count == 1)
  }

  @Test func `a description of version 1 is read and goes on as version 2`() async throws {
    let folder = fixture.directory.path + "/old.stream"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let text = """
      {"createdAt": {"microseconds": 1700000000000000}, "format": "weir-stream", "version": 1,
       "id": "aaaaaaaaaaaaaaaaaaaa-bbb", "mode": "PROVISIONED", "name": "old",
       "retentionHours": 24, "shards": [{"createdAt": {"microseconds": 1700000000000000},
       "hashEnd": "340282366920938463463374607431768211455", "hashStart": "0", "index": 0}]}
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/stream.json"))
    let log = try fixture.open()
    _ = try await log.append(records(0..<10), to: "old")
    try await log.splitShard(stream: "old", shard: id(0), newStartingHashKey: Self.middle)
    await log.close()
    let again = try fixture.open()
    #expect(try again.summary(of: "old").shards.count == 3)
    #expect(try again.numbers("old") == Array(0..<10))
  }

  @Test func `every change of the shards is reported and kept`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    try await log.splitShard(stream: "s", shard: id(0), newStartingHashKey: Self.middle)
    try await log.mergeShards(stream: "s", shard: id(1), adjacent: id(2))
    _ = try await log.updateShardCount(stream: "s", target: 2)
    await log.close()
    let history = try fixture.open().reshardings(of: "s")
    #expect(history.map(\.action) == [.split, .merge, .scale])
    #expect(history.map(\.reason) == ["SplitShard", "MergeShards", "UpdateShardCount"])
    #expect(history.map(\.children) == [[id(1), id(2)], [id(3)], [id(4), id(5)]])
    #expect(fixture.reports.scalings.map(\.openShards) == [2, 1, 2])
  }

  @Test func `order per key holds through a storm of splits and merges`() async throws {
    let log = try fixture.open(segmentBytesMax: 200_000)
    try await log.createStream("s", shardCount: 4)
    let keys = 50
    let isOver = Locked(false)
    let storm = Task {
      defer { isOver.withLock { $0 = true } }
      var random = SeededRandom(seed: 7)
      for _ in 0..<60 {
        let open = try log.summary(of: "s").openShards
          .sorted { $0.hashRange.lowerBound < $1.hashRange.lowerBound }
        let place = Int.random(in: 0..<open.count, using: &random)
        let range = open[place].hashRange
        if open.count < 3 || (open.count < 12 && Bool.random(using: &random)) {
          let key = range.lowerBound + (range.upperBound - range.lowerBound) / 2 + 1
          try await log.splitShard(
            stream: "s", shard: open[place].id, newStartingHashKey: key)
        } else {
          let left = min(place, open.count - 2)
          try await log.mergeShards(
            stream: "s", shard: open[left].id, adjacent: open[left + 1].id)
        }
      }
    }
    // Each producer has keys of its own, and numbers the records of each.
    let rounds = Locked(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for producer in 0..<4 {
        group.addTask {
          var round = 0
          while round < 40 || !isOver.withLock({ $0 }) {
            let batch = (0..<keys).map {
              NewRecord(
                partitionKey: "\(producer)-\($0)", data: Array("record \(round)".utf8))
            }
            _ = try await log.append(batch, to: "s")
            round += 1
          }
          let sum = round
          rounds.withLock { $0 += sum }
        }
      }
      try await group.waitForAll()
    }
    try await storm.value
    let total = rounds.withLock { $0 }
    var next: [String: Int] = [:]
    var count = 0
    for record in try log.inOrder("s") {
      count += 1
      let expected = next[record.partitionKey, default: 0]
      #expect(number(of: record) == expected, "\(record.partitionKey)")
      next[record.partitionKey] = expected + 1
    }
    #expect(count == total * keys)
    #expect(try log.reshardings(of: "s").count == 60)
  }
}
