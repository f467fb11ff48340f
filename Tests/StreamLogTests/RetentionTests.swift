import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct RetentionTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)
  private static let hour = 3_600.0

  init() throws {
    fixture = try LogFixture()
  }

  private func fill(_ log: StreamLog, _ range: Range<Int>, by step: Int = 10) async throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      _ = try await log.append(records(start..<(start + step)), to: "s")
    }
  }

  @Test func `files go when their newest record has expired, and no sooner`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await log.createStream("s", shardCount: 1)
    try await fill(log, 0..<100)
    let before = try fixture.segments("s", 0).count
    fixture.clock.advance(seconds: 20 * Self.hour)
    try await fill(log, 100..<200)
    try await log.expire()
    #expect(try log.numbers("s") == Array(0..<200))
    #expect(try fixture.segments("s", 0).count > before)
    fixture.clock.advance(seconds: 5 * Self.hour)
    try await log.expire()
    #expect(try log.numbers("s") == Array(100..<200))
    #expect(try fixture.segments("s", 0).count <= before + 1)
    let first = try #require(try log.summary(of: "s").shards.first)
    #expect(first.firstOrdinal > 50 && first.recordCount == 200)
    #expect(try log.ordinal(of: .trimHorizon, stream: "s", shard: shard) == 100)
    fixture.clock.advance(seconds: 25 * Self.hour)
    try await log.expire()
    #expect(try log.numbers("s").isEmpty)
    #expect(try fixture.segments("s", 0).count == 1)
    await log.close()
    let again = try fixture.open(segmentBytesMax: 2_000)
    #expect(try await again.append(records(0..<1), to: "s").first?.sequence.ordinal == 200)
  }

  @Test func `a read from before the horizon goes on at it`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await log.createStream("s", shardCount: 1)
    let first = try await log.append(records(0..<50), to: "s")
    fixture.clock.advance(seconds: 30 * Self.hour)
    try await fill(log, 50..<100)
    for _ in 0..<2 {
      let page = try log.read(
        stream: "s", shard: shard, from: 0, recordsMax: 1_000, bytesMax: 1 << 20)
      #expect(page.records.compactMap(number(of:)) == Array(50..<100))
      let old = StartingPoint.at(first[3].sequence)
      #expect(try log.ordinal(of: old, stream: "s", shard: shard) == 50)
      try await log.expire()
    }
  }

  @Test func `retention is changed while the stream runs, and is kept`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await log.createStream("s", shardCount: 1)
    try await fill(log, 0..<100)
    try await log.setRetention(stream: "s", hours: 48)
    fixture.clock.advance(seconds: 30 * Self.hour)
    try await log.expire()
    #expect(try log.numbers("s").count == 100)
    await log.close()
    let again = try fixture.open(segmentBytesMax: 2_000)
    #expect(try again.summary(of: "s").retentionHours == 48)
    try await again.setRetention(stream: "s", hours: 24)
    try await again.expire()
    #expect(try again.numbers("s").isEmpty)
    for hours in [0, 23, 8_761] {
      await #expect(throws: StreamLogError.self) {
        try await again.setRetention(stream: "s", hours: hours)
      }
    }
  }

  @Test func `a reader keeps the files that it has open`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await log.createStream("s", shardCount: 1)
    try await fill(log, 0..<100)
    let scan = try log.scan(stream: "s", from: [:], bytesMax: 1 << 20)
    fixture.clock.advance(seconds: 25 * Self.hour)
    try await log.expire()
    #expect(try fixture.segments("s", 0).count == 1)
    var count = 0
    for slice in scan.slices {
      var cursor = try slice.makeCursor()
      while try cursor.next() != nil { count += 1 }
    }
    #expect(count == 100)
  }

  @Test func `closed shards go when all they held has expired`() async throws {
    let log = try fixture.open()
    try await log.createStream("s", shardCount: 1)
    try await fill(log, 0..<100)
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    fixture.clock.advance(seconds: 23 * Self.hour)
    try await fill(log, 100..<200)
    try await log.expire()
    #expect(try log.summary(of: "s").shards.count == 3)
    #expect(try log.numbers("s").count == 200)
    fixture.clock.advance(seconds: 2 * Self.hour)
    try await log.expire()
    #expect(try log.summary(of: "s").shards.map(\.id.index) == [1, 2])
    #expect(try fixture.segments("s", 0).isEmpty)
    #expect(try log.numbers("s").sorted() == Array(100..<200))
    await log.close()
    #expect(try fixture.open().numbers("s").sorted() == Array(100..<200))
  }

  @Test func `a reader that comes too late learns how much it missed, once`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await log.createStream("s", shardCount: 1)
    try await fill(log, 0..<20)
    let first = try log.scan(stream: "s", from: [:], bytesMax: 1 << 20)
    #expect(first.missed.isEmpty)
    try await fill(log, 20..<100)
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    fixture.clock.advance(seconds: 30 * Self.hour)
    try await fill(log, 100..<200)
    try await log.expire()
    #expect(try log.summary(of: "s").shards.map(\.id.index) == [1, 2])
    let second = try log.scan(stream: "s", from: first.ends, bytesMax: 1 << 20)
    #expect(second.recordCount == 100)
    #expect(second.missed == [MissedRecords(shard: shard, ordinals: 20..<100, cause: .expired)])
    let third = try log.scan(stream: "s", from: second.ends, bytesMax: 1 << 20)
    #expect(third.missed.isEmpty && third.recordCount == 0)
    #expect(try log.scan(stream: "s", from: [:], bytesMax: 1 << 20).missed.isEmpty)
  }

  @Test func `a kill at any step of expiry leaves what has not expired`() async throws {
    for step in 0..<25 {
      let fixture = try LogFixture()
      let log = try fixture.open(segmentBytesMax: 500)
      try await log.createStream("s", shardCount: 1)
      for start in stride(from: 0, to: 30, by: 5) {
        _ = try await log.append(records(start..<(start + 5)), to: "s")
      }
      try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
      fixture.clock.advance(seconds: 25 * Self.hour)
      _ = try await log.append(records(30..<40), to: "s")
      fixture.files.stop(after: fixture.files.changeCount + step)
      try? await log.expire()
      await log.close()
      fixture.files.setRule(nil)
      let again = try fixture.open(segmentBytesMax: 500)
      #expect(try again.numbers("s").sorted() == Array(30..<40), "step \(step)")
      #expect(try again.summary(of: "s").degraded == nil, "step \(step)")
      try await again.expire()
      #expect(try again.summary(of: "s").shards.count == 2, "step \(step)")
      #expect(try fixture.segments("s", 0).isEmpty, "step \(step)")
    }
  }

  @Test func `a cap on bytes bounds the files, and keeps the newest records`() async throws {
    let log = try fixture.open(segmentBytesMax: 10_000) { $0.retentionBytesMax = 50_000 }
    try await log.createStream("s", shardCount: 2)
    for start in stride(from: 0, to: 5_000, by: 50) {
      _ = try await log.append(records(start..<(start + 50)), to: "s")
    }
    // A change of the stream comes behind the trimming that was asked for.
    try await log.update(stream: "s") { $0.tags = ["a": "b"] }
    let sizes = try (fixture.segments("s", 0) + fixture.segments("s", 1)).map { path in
      try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }
    #expect(sizes.reduce(0, +) <= 60_000)
    let found = try log.numbers("s").sorted()
    #expect(found.last == 4_999 && found.count > 300)
  }
}
