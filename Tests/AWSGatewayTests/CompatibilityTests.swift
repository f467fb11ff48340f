import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@testable import AWSGateway

/// Behaviour that programs written for Kinesis rely on beyond its documentation.
@Suite struct CompatibilityTests {
  @Test func `a record has the encryption of the time when it was put, after a restart too`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let clock = ManualClock()
    var configuration = StreamLog.Configuration()
    configuration.clock = clock
    let key = "alias/aws/kinesis"
    let limited = configuration
    func run(_ body: (GatewayClient) async throws -> Void) async throws {
      try await withGateway(clock: clock, log: limited, at: directory.path, body)
    }
    func kinds(_ client: GatewayClient) async throws -> [String?] {
      let iterator = try await client.iterator("s")
      return try await client.call("GetRecords", ["ShardIterator": iterator]).list("Records")
        .map { $0["EncryptionType"] as? String }
    }
    try await run { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      func put() async throws -> String? {
        clock.advance(seconds: 1)
        let answer = try await client.call(
          "PutRecord", ["StreamName": "s", "PartitionKey": "k", "Data": ""])
        #expect(answer.status == 200)
        return answer.json["EncryptionType"] as? String
      }
      func change(_ operation: String) async throws {
        clock.advance(seconds: 1)
        let members = ["StreamName": "s", "EncryptionType": "KMS", "KeyId": key]
        #expect(try await client.call(operation, members).status == 200)
      }
      #expect(try await put() == nil)
      try await change("StartStreamEncryption")
      try await change("StartStreamEncryption")
      #expect(try await put() == "KMS")
      try await change("StopStreamEncryption")
      #expect(try await put() == nil)
      #expect(try await kinds(client) == [nil, "KMS", nil])
    }
    try await run { client in
      let found = try await kinds(client)
      #expect(found == [nil, "KMS", nil])
    }
  }

  @Test func `encryption is stopped by the name of its key, or by one that may be the same`()
    async throws
  {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let id = "12345678-1234-1234-1234-123456789012"
      let arn = "arn:aws:kms:us-east-1:000000000000:"
      func change(_ verb: String, _ key: String) async throws -> GatewayClient.Answer {
        try await client.call(
          "\(verb)StreamEncryption", ["StreamName": "s", "EncryptionType": "KMS", "KeyId": key])
      }
      let cases: [(set: String, others: [String], same: [String])] = [
        (id, ["12345678-1234-1234-1234-123456789013"], [id, arn + "key/\(id)", "alias/a"]),
        (arn + "key/\(id)", [arn + "key/22345678-1234-1234-1234-123456789012"], [id]),
        ("alias/a", ["alias/b", arn + "alias/b"], ["alias/a", arn + "alias/a", id]),
      ]
      for (set, others, same) in cases {
        for name in same {
          #expect(try await change("Start", set).status == 200)
          for other in others {
            let answer = try await change("Stop", other)
            #expect(answer.errorType == "InvalidArgumentException", "\(set) \(other)")
          }
          let summary = try await client.call("DescribeStreamSummary", ["StreamName": "s"])
          let kind = try summary.structure("StreamDescriptionSummary")["EncryptionType"] as? String
          #expect(kind == "KMS")
          #expect(try await change("Stop", name).status == 200, "\(set) \(name)")
        }
      }
      // Nothing is left to stop: that is no error.
      #expect(try await change("Stop", id).status == 200)
    }
  }

  @Test func `consumers pass through their states where these are to last`() async throws {
    let clock = ManualClock()
    var configuration = StreamLog.Configuration()
    configuration.clock = clock
    try await withGateway(clock: clock, log: configuration) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      #expect(try await Self.register("a", at: client).status == "CREATING")
      #expect(try await Self.status(of: "a", at: client) == "ACTIVE")
    }
    configuration.stateDelay = .milliseconds(200)
    try await withGateway(clock: clock, log: configuration) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let arn = try await Self.register("c0", at: client).arn
      for index in 1..<5 { _ = try await Self.register("c\(index)", at: client) }
      let sixth = try await client.call(
        "RegisterStreamConsumer", ["StreamARN": Self.stream, "ConsumerName": "c5"])
      #expect(sixth.errorType == "LimitExceededException")
      #expect(try await Self.status(of: "c0", at: client) == "CREATING")
      let early = try await client.call(
        "SubscribeToShard",
        [
          "ConsumerARN": arn, "ShardId": shardName(0),
          "StartingPosition": ["Type": "LATEST"],
        ])
      #expect(early.errorType == "ResourceInUseException")
      clock.advance(seconds: 1)
      #expect(try await Self.status(of: "c0", at: client) == "ACTIVE")
      _ = try await Self.register("c5", at: client)
      _ = try await client.call("DeregisterStreamConsumer", ["ConsumerARN": arn])
      #expect(try await Self.status(of: "c0", at: client) == "DELETING")
      #expect(
        try await client.call("DeregisterStreamConsumer", ["ConsumerARN": arn]).errorType
          == "ResourceInUseException")
      clock.advance(seconds: 1)
      #expect(try await Self.status(of: "c0", at: client) == "ResourceNotFoundException")
      let list = try await client.call("ListStreamConsumers", ["StreamARN": Self.stream])
      #expect(try list.list("Consumers").count == 5)
    }
  }

  private static let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s"

  private static func register(
    _ name: String, at client: GatewayClient
  ) async throws -> (arn: String, status: String?) {
    let consumer = try await client.call(
      "RegisterStreamConsumer", ["StreamARN": Self.stream, "ConsumerName": name]
    ).structure("Consumer")
    return (
      try #require(consumer["ConsumerARN"] as? String), consumer["ConsumerStatus"] as? String
    )
  }

  /// The status, or the type of the error.
  private static func status(of name: String, at client: GatewayClient) async throws -> String? {
    let answer = try await client.call(
      "DescribeStreamConsumer", ["StreamARN": stream, "ConsumerName": name])
    let description = answer.json["ConsumerDescription"] as? [String: Any]
    return answer.errorType ?? description?["ConsumerStatus"] as? String
  }

  @Test func `texts that are no shard ids are told before a stream that is not there`()
    async throws
  {
    try await withGateway { client in
      let unknown = "Could not find shard x in stream nowhere under account 000000000000."
      let split = try await client.call(
        "SplitShard",
        ["StreamName": "nowhere", "ShardToSplit": "x", "NewStartingHashKey": "5"])
      #expect(split.message == unknown)
      let merge = try await client.call(
        "MergeShards",
        ["StreamName": "nowhere", "ShardToMerge": "0", "AdjacentShardToMerge": "x"])
      #expect(merge.message == unknown)
    }
  }

  @Test func `shards merge with the one behind, not the one before`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
      func merge(_ first: Int, _ second: Int) async throws -> GatewayClient.Answer {
        try await client.call(
          "MergeShards",
          [
            "StreamName": "s", "ShardToMerge": shardName(first),
            "AdjacentShardToMerge": shardName(second),
          ])
      }
      #expect(
        try await merge(1, 0).message
          == "Shards \(shardName(1)) and \(shardName(0)) in stream s under account 000000000000 "
          + "are not an adjacent pair of shards eligible for merging")
      #expect(try await merge(0, 1).status == 200)
    }
  }

  @Test func `clients that open connections and say nothing keep nobody out`() async throws {
    var limits = AWSGateway.Limits()
    limits.connectionsMax = 16
    try await withGateway(limits: limits) { client in
      let silent = try await (0..<100).asyncMap { index in
        try await HalfOpenConnection(
          port: client.port, saying: ["", "POST / HT", HalfOpenConnection.http2][index % 3])
      }
      let start = ContinuousClock.now
      #expect(try await client.call("ListStreams").status == 200)
      #expect(start.duration(to: .now) < .seconds(10))
      for connection in silent { await connection.close() }
    }
  }
}

extension Sequence {
  fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async throws -> [T] {
    var results: [T] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
