import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@testable import AWSGateway
@testable import AWSProtocol

@Suite struct StreamTests {
  @Test func `a new stream is active at once and described whole`() async throws {
    try await withGateway { client in
      let created = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 3])
      #expect(created.status == 200)
      #expect(created.body.isEmpty)
      let answer = try await client.call("DescribeStream", ["StreamName": "s"])
      let stream = try answer.structure("StreamDescription")
      #expect(stream["StreamStatus"] as? String == "ACTIVE")
      #expect(stream["HasMoreShards"] as? Bool == false)
      #expect(stream["RetentionPeriodHours"] as? Int == 24)
      let shards = try #require(stream["Shards"] as? [[String: Any]])
      #expect(shards.map { $0["ShardId"] as? String } == (0..<3).map(shardName))
      let first = try #require(shards.first?["HashKeyRange"] as? [String: String])
      let last = try #require(shards.last?["HashKeyRange"] as? [String: String])
      #expect(first["StartingHashKey"] == "0")
      #expect(last["EndingHashKey"] == "\(UInt128.max)")
      let summary = try await client.call(
        "DescribeStreamSummary", ["StreamARN": try #require(stream["StreamARN"] as? String)]
      ).structure("StreamDescriptionSummary")
      #expect(summary["OpenShardCount"] as? Int == 3)
      #expect(summary["StreamName"] as? String == "s")
    }
  }

  @Test func `DescribeStream pages through the shards`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 5])
      var names: [String] = []
      var hasMore = true
      while hasMore, names.count < 10 {
        var members: [String: any Sendable] = ["StreamName": "s", "Limit": 2]
        members["ExclusiveStartShardId"] = names.last
        let page = try await client.call("DescribeStream", members).structure("StreamDescription")
        let shards = try #require(page["Shards"] as? [[String: Any]])
        #expect((1...2).contains(shards.count))
        names += shards.compactMap { $0["ShardId"] as? String }
        hasMore = try #require(page["HasMoreShards"] as? Bool)
      }
      #expect(names == (0..<5).map(shardName))
    }
  }

  @Test func `ListShards pages with its token alone`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 5])
      var names: [String] = []
      var members: [String: any Sendable] = ["StreamName": "s", "MaxResults": 2]
      for _ in 0..<3 {
        let page = try await client.call("ListShards", members)
        names += try page.list("Shards").compactMap { $0["ShardId"] as? String }
        guard let token = page.json["NextToken"] as? String else { break }
        members = ["NextToken": token, "MaxResults": 2]
      }
      #expect(names == (0..<5).map(shardName))
      let filter = ["Type": "AFTER_SHARD_ID", "ShardId": shardName(3)]
      let rest = try await client.call("ListShards", ["StreamName": "s", "ShardFilter": filter])
      #expect(try rest.list("Shards").map { $0["ShardId"] as? String } == [shardName(4)])
    }
  }

  @Test func `ListStreams pages in the order of names`() async throws {
    try await withGateway { client in
      for name in ["b", "a", "d", "c", "e"] {
        _ = try await client.call("CreateStream", ["StreamName": name, "ShardCount": 1])
      }
      var names: [String] = []
      var members: [String: any Sendable] = ["Limit": 2]
      for _ in 0..<3 {
        let page = try await client.call("ListStreams", members)
        names += try #require(page.json["StreamNames"] as? [String])
        #expect(page.json["HasMoreStreams"] as? Bool == (page.json["NextToken"] != nil))
        guard let token = page.json["NextToken"] as? String else { break }
        members = ["Limit": 2, "NextToken": token]
      }
      #expect(names == ["a", "b", "c", "d", "e"])
      let rest = try await client.call("ListStreams", ["ExclusiveStartStreamName": "c"])
      #expect(rest.json["StreamNames"] as? [String] == ["d", "e"])
    }
  }

  @Test func `errors carry AWS's type, status and words`() async throws {
    try await withGateway { client in
      func refusal(_ operation: String, _ members: [String: any Sendable]) async throws -> String {
        let answer = try await client.call(operation, members)
        #expect(answer.status == 400)
        return "\(answer.errorType ?? "none"): \(answer.message ?? "none")"
      }
      let account = "under account 000000000000"
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      #expect(
        try await refusal("CreateStream", ["StreamName": "s", "ShardCount": 1])
          == "ResourceInUseException: Stream s \(account) already exists.")
      #expect(
        try await refusal("DeleteStream", ["StreamName": "x"])
          == "ResourceNotFoundException: Stream x \(account) not found.")
      #expect(
        try await refusal("PutRecord", ["StreamName": "x", "PartitionKey": "k", "Data": ""])
          == "ResourceNotFoundException: Stream x \(account) not found.")
      #expect(
        try await refusal("DescribeStream", [:])
          == "ValidationException: 1 validation error detected: Value null at 'streamName' failed "
          + "to satisfy constraint: Member must not be null")
      let iterator: [String: any Sendable] = [
        "StreamName": "s", "ShardId": "shardId-7", "ShardIteratorType": "LATEST",
      ]
      #expect(
        try await refusal("GetShardIterator", iterator)
          == "ResourceNotFoundException: Shard \(shardName(7)) in stream s \(account) does not exist"
      )
      #expect(
        try await refusal("GetShardIterator", iterator.merging(["ShardId": "x"]) { $1 })
          == "ResourceNotFoundException: Could not find shard x in stream s \(account).")
      #expect(
        try await refusal("GetRecords", ["ShardIterator": "x"])
          == "InvalidArgumentException: Invalid ShardIterator.")
      let other = "arn:aws:kinesis:mars-1:000000000000:stream/s"
      #expect(
        try await refusal("DescribeStreamSummary", ["StreamARN": other])
          == "ResourceNotFoundException: Stream s \(account) not found.")
    }
  }

  @Test func `a shard that was just closed is told in the same words, race or not`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let split: [String: any Sendable] = [
        "StreamName": "s", "ShardToSplit": shardName(0), "NewStartingHashKey": "\(UInt128.max / 2)",
      ]
      let answers = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let answer = try await client.call("SplitShard", split)
            return answer.errorType.map { "\($0): \(answer.message ?? "")" }
          }
        }
        return try await group.reduce(into: [String?]()) { $0.append($1) }
      }
      let last = try await client.call("SplitShard", split)
      let refused = answers.compactMap { $0 }
      #expect(refused.count == 7)
      let words =
        "Shard \(shardName(0)) in stream s under account 000000000000 has already been merged or "
        + "split, and thus is not eligible for merging or splitting."
      #expect(last.message == words)
      #expect(Set(refused) == ["InvalidArgumentException: " + words])
    }
  }

  @Test func `a damaged stream is listed as such, says which file it is, and can be deleted`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try await withGateway(at: path) { path in
      let log = try await openLog(path)
      try await log.createStream("s", shardCount: 1)
      try await log.createStream("t", shardCount: 1)
      await log.close()
      for name in ["stream.json", "stream.copy.json"] {
        try Data("{".utf8).write(to: URL(fileURLWithPath: path + "/s.stream/" + name))
      }
    } _: { client in
      let list = try await client.call("ListStreams", ["Limit": 1])
      #expect(list.json["StreamNames"] as? [String] == ["s"])
      #expect(list.json["HasMoreStreams"] as? Bool == true)
      let damaged = try #require(try list.list("StreamSummaries").first)
      #expect(damaged["StreamStatus"] as? String == "DAMAGED")
      #expect((damaged["StreamARN"] as? String)?.hasSuffix(":stream/s") == true)
      let rest = try await client.call("ListStreams", ["NextToken": list.text("NextToken")])
      #expect(try rest.list("StreamSummaries").map { $0["StreamStatus"] as? String } == ["ACTIVE"])
      for operation in ["DescribeStreamSummary", "ListShards", "DescribeStream"] {
        let answer = try await client.call(operation, ["StreamName": "s"])
        #expect(answer.status == 500 && answer.errorType == "InternalFailure")
        let file = path + "/s.stream/stream.json"
        #expect(answer.message?.contains("\(file) is damaged") == true, "\(answer.message ?? "")")
      }
      #expect(try await client.call("DeleteStream", ["StreamName": "s"]).status == 200)
      let create = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      #expect(create.status == 200)
    }
  }

  @Test func `a deleted stream is gone`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      #expect(try await client.call("DeleteStream", ["StreamName": "s"]).status == 200)
      #expect(
        try await client.call("ListStreams").json["StreamNames"] as? [String] == [])
    }
  }
}

@Suite struct ShardFilterTests {
  /// Shard 0 was split at second 100 into 1 and 2, which were merged at second 200 into 3.
  private let family: StreamSummary = {
    func sequence(_ shard: UInt32, created: UInt64, arrived: UInt64) -> SequenceNumber {
      SequenceNumber(
        shardCreatedAtSeconds: created, ordinal: 0, arrivedAtSeconds: arrived, shardIndex: shard)
    }
    func shard(
      _ index: UInt32, _ opened: UInt64, _ closed: UInt64?, parent: UInt32? = nil,
      adjacent: UInt32? = nil
    ) -> ShardSummary {
      ShardSummary(
        id: ShardID(index: index), hashRange: 0...UInt128.max,
        parent: parent.map { ShardID(index: $0) },
        adjacentParent: adjacent.map { ShardID(index: $0) },
        startingSequence: sequence(index, created: opened, arrived: opened),
        endingSequence: closed.map { sequence(index, created: opened, arrived: $0) },
        recordCount: 0, byteCount: 0)
    }
    return StreamSummary(
      name: "s", arn: "", id: "", status: .active, mode: .provisioned,
      createdAt: Timestamp(seconds: 50), retentionHours: 24,
      shards: [
        shard(0, 50, 100), shard(1, 100, 200, parent: 0), shard(2, 100, 200, parent: 0),
        shard(3, 200, nil, parent: 1, adjacent: 2),
      ])
  }()

  @Test(
    arguments: [
      (ShardFilter.fromTrimHorizon, [0, 1, 2, 3]), (.atTrimHorizon, [0]), (.atLatest, [3]),
      (.afterShard("shardId-000000000001"), [2, 3]),
      (.atTimestamp(Timestamp(seconds: 150)), [1, 2]),
      (.atTimestamp(Timestamp(seconds: 250)), [3]),
      (.atTimestamp(Timestamp(seconds: 60)), [0]),
      (.fromTimestamp(Timestamp(seconds: 150)), [1, 2, 3]),
      (.fromTimestamp(Timestamp(seconds: 1)), [0, 1, 2, 3]),
      (.fromTimestamp(Timestamp(seconds: 300)), [3]),
    ])
  func `a filter passes the shards that were open then`(filter: ShardFilter, indexes: [UInt32]) {
    #expect(family.shards(passing: filter).map(\.id.index) == indexes)
  }

  @Test func `where retention dropped the parents, their children are at the trim horizon`() {
    var family = family
    family.shards.removeFirst()
    #expect(family.shards(passing: .atTrimHorizon).map(\.id.index) == [1, 2])
  }
}
