import AWSGateway
import Core
import Foundation
import StreamLog
import Synchronization
import TestSupport
import Testing

@Suite struct RecordTests {
  @Test func `a record is read back as it was put`() async throws {
    try await withGateway { client in
      #expect(
        try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1]).status == 200)
      let put = try await client.call(
        "PutRecord", ["StreamName": "s", "PartitionKey": "k", "Data": "AP8="])
      let read = try await client.call(
        "GetRecords", ["ShardIterator": try await client.iterator("s")])
      let record = try #require(try read.list("Records").first)
      #expect(record["SequenceNumber"] as? String == (try put.text("SequenceNumber")))
      #expect(try put.text("ShardId") == shardName(0))
      #expect(record["PartitionKey"] as? String == "k")
      #expect(record["Data"] as? String == "AP8=")
      let arrival = try #require(record["ApproximateArrivalTimestamp"] as? Double)
      #expect(abs(arrival - Date().timeIntervalSince1970) < 60)
      #expect(read.json["MillisBehindLatest"] as? Int == 0)
      let next = try read.text("NextShardIterator")
      #expect(try await client.texts(next).isEmpty)
      try await client.put(["later"], to: "s")
      #expect(try await client.texts(next) == ["later"])
    }
  }

  @Test func `PutRecords answers for each record in order, by its hash key`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
      let records = [
        ["Data": "", "PartitionKey": "a", "ExplicitHashKey": "0"],
        ["Data": "", "PartitionKey": "a", "ExplicitHashKey": "\(UInt128.max)"],
        ["Data": "", "PartitionKey": "a", "ExplicitHashKey": "1"],
      ]
      let answer = try await client.call("PutRecords", ["StreamName": "s", "Records": records])
      #expect(answer.json["FailedRecordCount"] as? Int == 0)
      let places = try answer.list("Records")
      #expect(
        places.map { $0["ShardId"] as? String } == [shardName(0), shardName(1), shardName(0)])
      let numbers = places.compactMap { $0["SequenceNumber"] as? String }
      #expect(Set(numbers).count == 3)
      #expect(numbers[0] < numbers[2])
    }
  }

  @Test func `iterators start where they were asked to`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let places = try await client.put(["a", "b", "c"], to: "s")
      let latest = try await client.iterator("s", "LATEST")
      let middle: [String: any Sendable] = [
        "StartingSequenceNumber": try #require(places[1]["SequenceNumber"] as? String)
      ]
      #expect(
        try await client.texts(client.iterator("s", "AT_SEQUENCE_NUMBER", middle)) == ["b", "c"])
      #expect(
        try await client.texts(client.iterator("s", "AFTER_SEQUENCE_NUMBER", middle)) == ["c"])
      #expect(try await client.texts(latest).isEmpty)
      try await client.put(["d"], to: "s")
      #expect(try await client.texts(latest) == ["d"])
      let all = ["a", "b", "c", "d"]
      #expect(
        try await client.texts(client.iterator("s", "AT_TIMESTAMP", ["Timestamp": 1_600_000_000.5]))
          == all)
    }
  }

  @Test func `reading from a record's own time includes it`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      try await client.put(["a"], to: "s")
      let read = try await client.call(
        "GetRecords", ["ShardIterator": try await client.iterator("s")])
      let time = try #require(
        try read.list("Records").first?["ApproximateArrivalTimestamp"] as? Double)
      #expect(
        try await client.texts(client.iterator("s", "AT_TIMESTAMP", ["Timestamp": time])) == ["a"])
    }
  }

  @Test func `an answer holds no more than its limits, and the next goes on behind it`()
    async throws
  {
    var limits = AWSGateway.Limits()
    limits.getBytesMax = 2500
    try await withGateway(limits: limits) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let texts = (0..<7).map { String(repeating: "\($0)", count: 1000) }
      try await client.put(texts, to: "s", key: "k")
      var iterator = try await client.iterator("s")
      var read: [String] = []
      var counts: [Int] = []
      while read.count < texts.count, counts.count < 20 {
        let answer = try await client.call("GetRecords", ["ShardIterator": iterator])
        let records = try answer.list("Records")
        counts.append(records.count)
        read += try records.map(GatewayClient.text)
        iterator = try answer.text("NextShardIterator")
      }
      #expect(read == texts)
      #expect(counts.allSatisfy { (1...2).contains($0) })
      let first = try await client.call(
        "GetRecords", ["ShardIterator": try await client.iterator("s"), "Limit": 1])
      #expect(try first.list("Records").count == 1)
    }
  }

  @Test func `an iterator expires, and one of a deleted stream finds no shard`() async throws {
    let clock = ManualClock(SystemClock().now())
    try await withGateway(clock: clock) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let iterator = try await client.iterator("s")
      #expect(try await client.texts(iterator).isEmpty)
      _ = try await client.call("DeleteStream", ["StreamName": "s"])
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let gone = try await client.call("GetRecords", ["ShardIterator": iterator])
      #expect(gone.errorType == "ResourceNotFoundException")
      clock.advance(seconds: 301)
      let expired = try await client.call("GetRecords", ["ShardIterator": iterator])
      #expect(expired.status == 400)
      #expect(expired.errorType == "ExpiredIteratorException")
    }
  }

  @Test func `reading is reported`() async throws {
    let book = ReportBook()
    try await withGateway(reporter: book) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      try await client.put(["abc", "de"], to: "s", key: "k")
      _ = try await client.texts(client.iterator("s"))
    }
    let reads = book.all.compactMap { report -> String? in
      guard case .read(let stream, let shard, let records, let bytes) = report else { return nil }
      return "\(stream) \(shard) \(records) \(bytes)"
    }
    #expect(reads == ["s \(shardName(0)) 2 7"])
  }

  @Test func `ten producers and a reader at once lose and double nothing`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 3])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for producer in 0..<10 {
          group.addTask {
            for batch in 0..<5 {
              try await client.put((0..<20).map { "\(producer)-\(batch)-\($0)" }, to: "s")
            }
          }
        }
        try await group.waitForAll()
      }
      var texts: [String] = []
      for shard in 0..<3 {
        texts += try await client.texts(client.iterator("s", shard: shard))
      }
      #expect(texts.count == 1000)
      #expect(Set(texts).count == 1000)
    }
  }

  /// Five records in one shard, the third of which is damaged on the disk.
  private func damage(_ folder: String) async throws {
    let log = try await openLog(folder)
    try await log.createStream("s", shardCount: 1)
    for index in 0..<5 {
      _ = try await log.append(
        [NewRecord(partitionKey: "k", data: Array("record-\(index)".utf8))], to: "s")
    }
    await log.close()
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
    let name = try #require(files.first { $0.hasSuffix(".segment") })
    let file = URL(fileURLWithPath: folder + "/" + name)
    var bytes = try Data(contentsOf: file)
    let place = try #require(bytes.range(of: Data("record-2".utf8))).lowerBound
    bytes[place] ^= 0xFF
    try bytes.write(to: file)
  }

  @Test func `a reader goes on behind a damaged record, and the damage is told`() async throws {
    let notes = Notes()
    try await withGateway(reporter: notes, prepare: damage) { client in
      let iterator = try await client.call(
        "GetShardIterator",
        [
          "StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON",
        ]
      ).text("ShardIterator")
      var next = iterator
      var read: [String] = []
      for _ in 0..<4 {
        let answer = try await client.call("GetRecords", ["ShardIterator": next])
        #expect(answer.status == 200, "\(answer.json)")
        for record in try answer.list("Records") {
          let data = Data(base64Encoded: record["Data"] as? String ?? "") ?? Data()
          read.append(String(decoding: data, as: UTF8.self))
        }
        next = try answer.text("NextShardIterator")
      }
      #expect(read == ["record-0", "record-1", "record-3", "record-4"])
    }
    #expect(notes.texts.contains { $0.contains("1 damaged records of shardId-000000000000") })
  }
}

/// Keeps the messages that were reported.
private final class Notes: Reporter {
  private let list = Mutex<[String]>([])

  var texts: [String] { list.withLock { $0 } }

  func report(_ report: Report) {
    if case .message(_, _, let text) = report { list.withLock { $0.append(text) } }
  }
}
