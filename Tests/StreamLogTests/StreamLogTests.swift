import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct StreamLogTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func open(
    segmentBytesMax: Int = 1 << 20, clock: any WallClock = SystemClock()
  ) throws -> StreamLog {
    try StreamLog.open(
      directory: directory.path,
      configuration: StreamLog.Configuration(segmentBytesMax: segmentBytesMax, clock: clock))
  }

  private func records(_ range: Range<Int>) -> [NewRecord] {
    range.map { NewRecord(partitionKey: "key-\($0)", data: Array("record \($0)".utf8)) }
  }

  private func contents(of log: StreamLog, stream: String) throws -> [String] {
    var all: [String] = []
    for shard in try log.summary(of: stream).shards {
      var next: UInt64 = 0
      while true {
        let page = try log.read(
          stream: stream, shard: shard.id, from: next, recordsMax: 100, bytesMax: 1 << 20)
        if page.records.isEmpty { break }
        all += page.records.map { String(decoding: $0.data, as: UTF8.self) }
        next = page.next
      }
    }
    return all
  }

  @Test func `what was appended is there after a restart, once and in order`() async throws {
    let log = try open()
    try await log.createStream("orders", shardCount: 5)
    let answers = try await log.append(records(0..<1000), to: "orders")
    #expect(answers.count == 1000)
    #expect(Set(answers.map(\.shard)).count == 5)
    await log.close()

    let again = try open()
    let found = try contents(of: again, stream: "orders")
    #expect(found.count == 1000)
    #expect(Set(found).count == 1000)
    for shard in try again.summary(of: "orders").shards {
      let page = try again.read(
        stream: "orders", shard: shard.id, from: 0, recordsMax: 1000, bytesMax: 1 << 20)
      let numbers = page.records.compactMap {
        Int(String(decoding: $0.data, as: UTF8.self).dropFirst(7))
      }
      #expect(numbers == numbers.sorted())
      let sequences = page.records.map(\.sequence)
      #expect(sequences == sequences.sorted())
      let expected = answers.filter { $0.shard == shard.id }.map(\.sequence)
      #expect(sequences == expected)
    }
  }

  @Test func `appends from many tasks at once all arrive`() async throws {
    let log = try open()
    try await log.createStream("busy", shardCount: 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<20 {
        group.addTask {
          for part in 0..<5 {
            let start = task * 500 + part * 100
            _ = try await log.append(self.records(start..<(start + 100)), to: "busy")
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(Set(try contents(of: log, stream: "busy")).count == 10_000)
  }

  @Test func `segments roll and read on across files`() async throws {
    let log = try open(segmentBytesMax: 4_000)
    try await log.createStream("small", shardCount: 1)
    for start in stride(from: 0, to: 500, by: 10) {
      _ = try await log.append(records(start..<(start + 10)), to: "small")
    }
    let folder = directory.path + "/small.stream/shardId-000000000000"
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count > 5)
    #expect(try contents(of: log, stream: "small") == (0..<500).map { "record \($0)" })
    await log.close()
    let again = try open(segmentBytesMax: 4_000)
    #expect(try contents(of: again, stream: "small") == (0..<500).map { "record \($0)" })
  }

  @Test func `a torn tail is cut at the last whole record`() async throws {
    let log = try open()
    try await log.createStream("torn", shardCount: 1)
    _ = try await log.append(records(0..<10), to: "torn")
    await log.close()
    let path =
      directory.path + "/torn.stream/shardId-000000000000/"
      + "00000000000000000000.segment"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for cut in [1, 20, 52, 60] {
      // Records 10 and on, half of the last of which reached the disk.
      let log = try open()
      _ = try await log.append(records(10..<12), to: "torn")
      await log.close()
      let grown = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(grown.count > whole.count)
      try grown.dropLast(cut).write(to: URL(fileURLWithPath: path))
      let reopened = try open()
      let found = try contents(of: reopened, stream: "torn")
      #expect(found == (0..<11).map { "record \($0)" } || found == (0..<10).map { "record \($0)" })
      await reopened.close()
      try whole.write(to: URL(fileURLWithPath: path))
    }
  }

  @Test func `damage before durable records is an error that names the place`() async throws {
    let log = try open()
    try await log.createStream("hurt", shardCount: 1)
    _ = try await log.append(records(0..<5), to: "hurt")
    _ = try await log.append(records(5..<10), to: "hurt")
    await log.close()
    let path =
      directory.path + "/hurt.stream/shardId-000000000000/"
      + "00000000000000000000.segment"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[64 + 60] ^= 0xFF
    try bytes.write(to: URL(fileURLWithPath: path))
    let damaged = try open()
    let shard = ShardID(index: 0)
    #expect(
      throws: StreamLogError.corrupt(
        path: path, offset: 64, reason: "a record that was durable is damaged")
    ) { try damaged.read(stream: "hurt", shard: shard, from: 0, recordsMax: 9, bytesMax: 999) }
    #expect(try damaged.readableOrdinal(stream: "hurt", shard: shard, from: 0) == 1)
    let rest = try damaged.read(
      stream: "hurt", shard: shard, from: 1, recordsMax: 99, bytesMax: 9_999)
    #expect(rest.records.count == 9)
    #expect(try damaged.summary(of: "hurt").degraded != nil)
  }

  @Test func `an unknown version is refused by name`() async throws {
    let log = try open()
    try await log.createStream("later", shardCount: 1)
    _ = try await log.append(records(0..<1), to: "later")
    await log.close()
    let path =
      directory.path + "/later.stream/shardId-000000000000/"
      + "00000000000000000000.segment"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[8] = 9
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: StreamLogError.unknownVersion(path: path, version: 9)) { try open() }
  }

  @Test func `readers start where they ask to`() async throws {
    let clock = ManualClock()
    let log = try open(clock: clock)
    try await log.createStream("points", shardCount: 1)
    let shard = ShardID(index: 0)
    let first = try await log.append(records(0..<3), to: "points")
    clock.advance(seconds: 10)
    let middle = clock.now()
    _ = try await log.append(records(3..<6), to: "points")
    func start(_ point: StartingPoint) throws -> UInt64 {
      try log.ordinal(of: point, stream: "points", shard: shard)
    }
    #expect(try start(.trimHorizon) == 0)
    #expect(try start(.latest) == 6)
    #expect(try start(.at(first[1].sequence)) == 1)
    #expect(try start(.after(first[1].sequence)) == 2)
    #expect(try start(.atTimestamp(middle)) == 3)
    #expect(try start(.atTimestamp(middle.advanced(bySeconds: 1))) == 6)
    let beginning = try log.summary(of: "points").shards[0].startingSequence
    #expect(try start(.at(beginning)) == 0)
    #expect(try start(.after(beginning)) == 0)
    let foreign = SequenceNumber(
      shardCreatedAtSeconds: 1, ordinal: 0, arrivedAtSeconds: 1, shardIndex: 0)
    #expect(throws: StreamLogError.self) { try start(.at(foreign)) }
  }

  @Test func `a scan has every record once and says where to go on`() async throws {
    let log = try open(segmentBytesMax: 100_000)
    try await log.createStream("scan", shardCount: 4)
    for start in stride(from: 0, to: 20_000, by: 500) {
      _ = try await log.append(records(start..<(start + 500)), to: "scan")
    }
    var seen: Set<String> = []
    var positions: [ShardID: UInt64] = [:]
    var scans = 0
    while true {
      let scan = try log.scan(stream: "scan", from: positions, bytesMax: 300_000)
      var count = 0
      for slice in scan.slices {
        var cursor = try slice.makeCursor()
        while let record = try cursor.next() {
          count += 1
          #expect(seen.insert(String(decoding: record.data, as: UTF8.self)).inserted)
        }
      }
      #expect(count == scan.recordCount)
      positions = scan.ends
      scans += 1
      if scan.reachedTip { break }
    }
    #expect(seen.count == 20_000)
    #expect(scans > 3)
    #expect(try log.scan(stream: "scan", from: positions, bytesMax: 1).recordCount == 0)
    #expect(positions == (try log.ends(of: "scan")))
  }

  @Test func `a deleted stream is gone, and its name is free`() async throws {
    let log = try open()
    try await log.createStream("gone", shardCount: 2)
    let changes = try log.changes(of: "gone")
    try await log.deleteStream("gone")
    for await _ in changes {}
    #expect(throws: StreamLogError.streamNotFound("gone")) { try log.summary(of: "gone") }
    try await log.createStream("gone", shardCount: 1)
    #expect(try log.summary(of: "gone").shards.count == 1)
  }

  @Test(arguments: ["", "a/b", "a b", "é", String(repeating: "a", count: 129)])
  func `a bad stream name is refused`(_ name: String) async throws {
    let log = try open()
    await #expect(throws: StreamLogError.self) { try await log.createStream(name, shardCount: 1) }
  }

  @Test(arguments: [".", "..", "...", "-", "A.b_c-9"])
  func `an odd but legal stream name works`(_ name: String) async throws {
    let log = try open()
    try await log.createStream(name, shardCount: 1)
    _ = try await log.append(records(0..<1), to: name)
    await log.close()
    #expect(try open().streamNames() == [name])
  }

  @Test func `a change is told after it is durable`() async throws {
    let log = try open()
    try await log.createStream("news", shardCount: 1)
    var changes = try log.changes(of: "news").makeAsyncIterator()
    _ = try await log.append(records(0..<1), to: "news")
    #expect(await changes.next() != nil)
    #expect(try log.ends(of: "news") == [ShardID(index: 0): 1])
  }
}

@Suite struct SequenceNumberTests {
  @Test func `a sequence number has 56 digits and reads back`() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<1000 {
      let number = SequenceNumber(
        shardCreatedAtSeconds: UInt64.random(in: 1_500_000_000...2_500_000_000, using: &random),
        ordinal: UInt64.random(in: 0...(1 << 62), using: &random),
        arrivedAtSeconds: UInt64.random(in: 1_500_000_000...2_500_000_000, using: &random),
        shardIndex: UInt32.random(in: 0...9_999, using: &random))
      #expect(number.description.count == 56)
      #expect(number.description.hasPrefix("49"))
      #expect(SequenceNumber(number.description) == number)
    }
  }

  @Test func `numbers of a shard compare as their digits do`() {
    func number(_ ordinal: UInt64) -> SequenceNumber {
      SequenceNumber(
        shardCreatedAtSeconds: 1_700_000_000, ordinal: ordinal, arrivedAtSeconds: 1_700_000_001,
        shardIndex: 3)
    }
    #expect(number(1) < number(2))
    #expect(number(9).description < number(10).description)
  }

  @Test(arguments: ["", "x", "0", "123", String(repeating: "9", count: 56), "-1"])
  func `what is no sequence number is refused`(_ text: String) {
    #expect(SequenceNumber(text) == nil)
  }

  @Test func `hash ranges cover every key without a gap`() {
    for count in [1, 2, 3, 5, 7, 16, 1000] {
      let ranges = PartitionHash.evenRanges(count)
      #expect(ranges.count == count)
      #expect(ranges.first?.lowerBound == 0)
      #expect(ranges.last?.upperBound == .max)
      for (left, right) in zip(ranges, ranges.dropFirst()) {
        #expect(left.upperBound + 1 == right.lowerBound)
      }
    }
    // What Kinesis answers for two shards.
    #expect(
      PartitionHash.evenRanges(2)[1].lowerBound
        == 170_141_183_460_469_231_731_687_303_715_884_105_728)
  }

  @Test func `a partition key hashes to its MD5`() {
    // md5("a") = 0cc175b9c0f1b6a831c399e269772661
    #expect(PartitionHash.hash("a") == 0x0CC1_75B9_C0F1_B6A8_31C3_99E2_6977_2661)
  }
}
