import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct CorruptionTests {
  let fixture: LogFixture
  private let shard = ShardID(index: 0)

  init() throws {
    fixture = try LogFixture()
  }

  private func flip(_ path: String, at offset: Int) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(offset))
    let byte = try file.read(upToCount: 1)?.first ?? 0
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: [byte ^ 0xFF])
    try file.close()
  }

  private func fill(_ log: StreamLog, shards: Int = 1) async throws {
    try await log.createStream("s", shardCount: shards)
    for start in stride(from: 0, to: 100, by: 10) {
      _ = try await log.append(records(start..<(start + 10)), to: "s")
    }
  }

  private func expectCorrupt(_ path: String, _ body: () throws -> Void) {
    let error = #expect(throws: StreamLogError.self) { try body() }
    guard case .corrupt(let file, let offset, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(file == path)
    #expect(offset >= 0)
  }

  /// Reads what can be read, going round damage as a consumer may.
  private func readable(_ log: StreamLog, _ shard: ShardID) throws -> [Int] {
    var next: UInt64 = 0
    var numbers: [Int] = []
    while true {
      let start = next
      let page = Result { () throws(StreamLogError) in
        try log.read(
          stream: "s", shard: shard, from: start, recordsMax: 1_000, bytesMax: 1 << 20)
      }
      if case .failure(.corrupt) = page {
        next = try log.readableOrdinal(stream: "s", shard: shard, from: next)
        continue
      }
      let records = try page.get().records
      if records.isEmpty { return numbers }
      numbers += records.compactMap(number(of:))
      next = try page.get().next
    }
  }

  @Test func `damage in a sealed file is found on open and takes only its record`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await fill(log, shards: 2)
    let lost = try log.all("s", shard)
    await log.close()
    let path = try #require(try fixture.segments("s", 0).first)
    try flip(path, at: 64 + 55)
    let again = try fixture.open(segmentBytesMax: 2_000)
    expectCorrupt(path) {
      _ = try again.read(stream: "s", shard: shard, from: 0, recordsMax: 9, bytesMax: 999)
    }
    #expect(try readable(again, shard) == lost.dropFirst().compactMap(number(of:)))
    #expect(try again.all("s", ShardID(index: 1)).count == 100 - lost.count)
    #expect(try again.summary(of: "s").shards.map { $0.degraded != nil } == [true, false])
    #expect(fixture.reports.messages.contains { $0.contains(path) })
    #expect(try await again.append(records(100..<200), to: "s").count == 100)
  }

  @Test func `damage in the file that takes records sends new ones to another`() async throws {
    let log = try fixture.open()
    try await fill(log)
    await log.close()
    let path = try #require(try fixture.segments("s", 0).first)
    try flip(path, at: 64 + 300)
    let again = try fixture.open()
    _ = try await again.append(records(100..<110), to: "s")
    #expect(try fixture.segments("s", 0).count == 2)
    let found = try readable(again, shard)
    #expect(found.count == 109)
    #expect(Set(found).isSuperset(of: 100..<110))
    await again.close()
    #expect(try readable(try fixture.open(), shard) == found)
  }

  @Test func `damage that comes while the log is open is found by a read`() async throws {
    let log = try fixture.open()
    try await fill(log)
    let path = try #require(try fixture.segments("s", 0).first)
    #expect(try log.all("s").count == 100)
    try flip(path, at: 64 + 55)
    expectCorrupt(path) { _ = try log.all("s") }
    #expect(try readable(log, shard) == Array(1..<100))
    #expect(try log.summary(of: "s").degraded != nil)
  }

  @Test func `a scan that meets damage fails once, and then says what it leaves out`() async throws
  {
    let log = try fixture.open()
    try await fill(log)
    let path = try #require(try fixture.segments("s", 0).first)
    try flip(path, at: 64 + 55)
    #expect(throws: StreamLogError.self) { try log.inOrder("s") }
    let scan = try log.scan(stream: "s", from: [:], bytesMax: 1 << 20)
    #expect(scan.recordCount == 99)
    #expect(scan.missed.map(\.ordinals) == [0..<1])
    #expect(try log.inOrder("s").compactMap(number(of:)) == Array(1..<100))
  }

  @Test func `a file that is cut off is an error, not a crash`() async throws {
    let log = try fixture.open()
    try await fill(log)
    let path = try #require(try fixture.segments("s", 0).first)
    #expect(truncate(path, 500) == 0)
    #expect(throws: StreamLogError.self) { try log.inOrder("s") }
    expectCorrupt(path) { _ = try log.all("s") }
    let found = try log.inOrder("s").count
    let scan = try log.scan(stream: "s", from: [:], bytesMax: 1 << 20)
    #expect(found > 0 && found + scan.missed.reduce(0) { $0 + $1.count } == 100)
  }

  @Test func `a file that is missing is damage that is counted`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await fill(log)
    await log.close()
    let files = try fixture.segments("s", 0)
    try #require(files.count > 3)
    try FileManager.default.removeItem(atPath: files[1])
    let again = try fixture.open(segmentBytesMax: 2_000)
    expectCorrupt(files[0]) { _ = try again.all("s") }
    let found = try readable(again, shard)
    let scan = try again.scan(stream: "s", from: [:], bytesMax: 1 << 20)
    #expect(scan.recordCount == found.count)
    #expect(scan.missed.reduce(0) { $0 + $1.count } == 100 - found.count)
    #expect(try again.ends(of: "s")[shard] == 100)
  }

  @Test(arguments: [0, 12, 20, 25], [false, true])
  func `of a file whose header is damaged the records are read`(
    _ offset: Int, isLast: Bool
  ) async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await fill(log)
    await log.close()
    let files = try fixture.segments("s", 0)
    let path = try #require(isLast ? files.last : files.first)
    try flip(path, at: offset)
    let again = try fixture.open(segmentBytesMax: 2_000)
    #expect(try again.numbers("s") == Array(0..<100))
    #expect(try again.inOrder("s").count == 100)
    #expect(try again.summary(of: "s").degraded?.contains("header is damaged") == true)
    #expect(fixture.reports.messages.contains { $0.contains("\(path) is damaged at byte 0") })
    _ = try await again.append(records(100..<110), to: "s")
    #expect(try again.numbers("s") == Array(0..<110))
  }

  @Test func `damage to a header and the record behind it takes the record only`() async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await fill(log)
    await log.close()
    let files = try fixture.segments("s", 0)
    for offset in [20, 64 + 30] { try flip(files[0], at: offset) }
    #expect(try readable(try fixture.open(), shard) == Array(1..<100))
  }

  @Test(arguments: [nil, 20])
  func `a file of another shard is not read, nor where its header is damaged, too`(
    _ damagedAt: Int?
  ) async throws {
    let log = try fixture.open(segmentBytesMax: 2_000)
    try await fill(log, shards: 2)
    await log.close()
    let (ours, other) = (try fixture.segments("s", 0), try fixture.segments("s", 1))
    try FileManager.default.removeItem(atPath: ours[0])
    try FileManager.default.copyItem(atPath: other[0], toPath: ours[0])
    if let damagedAt { try flip(ours[0], at: damagedAt) }
    let again = try fixture.open(segmentBytesMax: 2_000)
    expectCorrupt(ours[0]) { _ = try again.all("s", shard) }
    let found = try readable(again, shard)
    let others = try again.all("s", ShardID(index: 1)).compactMap(number(of:))
    #expect(!found.isEmpty && Set(found).isDisjoint(with: others))
  }

  @Test func `a description that is damaged takes its stream down, and no other`() async throws {
    let log = try fixture.open()
    try await fill(log)
    try await log.createStream("other", shardCount: 1)
    await log.close()
    let path = fixture.directory.path + "/s.stream/stream.json"
    try damageDescription(withCopy: true)
    let again = try fixture.open()
    #expect(again.streamNames() == ["other"])
    #expect(fixture.reports.messages.contains { $0.contains(path) })
    #expect(Array(again.brokenStreams.keys) == ["s"])
    #expect(
      throws: StreamLogError.corrupt(
        path: path, offset: 0, reason: "it does not describe a Weir stream")
    ) { try again.summary(of: "s") }
    await #expect(throws: StreamLogError.streamExists("s")) {
      try await again.createStream("s", shardCount: 1)
    }
  }

  private func damageDescription(withCopy: Bool) throws {
    let folder = fixture.directory.path + "/s.stream/"
    for name in withCopy ? ["stream.json", "stream.copy.json"] : ["stream.json"] {
      try Data("{".utf8).write(to: URL(fileURLWithPath: folder + name))
    }
  }

  @Test func `a stream that could not be opened can be deleted, and its name used again`()
    async throws
  {
    let log = try fixture.open()
    try await fill(log)
    await log.close()
    try damageDescription(withCopy: true)
    let again = try fixture.open()
    try await again.deleteStream("s")
    #expect(again.brokenStreams.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path).isEmpty)
    #expect(fixture.reports.messages.contains { $0.contains("was deleted") })
    try await again.createStream("s", shardCount: 1)
    _ = try await again.append(records(0..<10), to: "s")
    await again.close()
    #expect(try fixture.open().numbers("s") == Array(0..<10))
  }

  @Test(arguments: [false, true])
  func `a description that is damaged or gone is replaced by its copy`(isGone: Bool) async throws {
    let log = try fixture.open()
    try await fill(log)
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    _ = try await log.append(records(100..<200), to: "s")
    try await log.setRetention(stream: "s", hours: 48)
    let numbers = try log.numbers("s")
    await log.close()
    let path = fixture.directory.path + "/s.stream/stream.json"
    try damageDescription(withCopy: false)
    if isGone { try FileManager.default.removeItem(atPath: path) }
    for _ in 0..<2 {
      let again = try fixture.open()
      #expect(try again.numbers("s") == numbers)
      #expect(try again.summary(of: "s").retentionHours == 48)
      #expect(try again.summary(of: "s").openShards.count == 2)
      await again.close()
    }
    #expect(fixture.reports.messages.filter { $0.contains(path) }.count == 1)
  }

  @Test func `a copy that does not know all shards is not trusted`() async throws {
    let log = try fixture.open()
    try await fill(log)
    let folder = fixture.directory.path + "/s.stream/"
    let old = try Data(contentsOf: URL(fileURLWithPath: folder + "stream.copy.json"))
    try await log.splitShard(stream: "s", shard: shard, newStartingHashKey: 1 << 127)
    _ = try await log.append(records(100..<200), to: "s")
    await log.close()
    try damageDescription(withCopy: false)
    try old.write(to: URL(fileURLWithPath: folder + "stream.copy.json"))
    #expect(Array(try fixture.open().brokenStreams.keys) == ["s"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).contains("\(ShardID(index: 1))"))
  }

  @Test func `a change that fails leaves no copy of what was before`() async throws {
    let log = try fixture.open()
    try await fill(log)
    let copy = fixture.directory.path + "/s.stream/stream.copy.json"
    #expect(FileManager.default.fileExists(atPath: copy))
    fixture.files.setRule { $0.operation == .rename ? .fails(5) : nil }
    await #expect(throws: StreamLogError.self) {
      try await log.setRetention(stream: "s", hours: 48)
    }
    #expect(!FileManager.default.fileExists(atPath: copy))
    fixture.files.setRule(nil)
    await log.close()
    await (try fixture.open()).close()
    #expect(FileManager.default.fileExists(atPath: copy))
  }
}
