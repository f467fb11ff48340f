import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@testable import AWSGateway
@testable import AWSProtocol

@Suite struct OperationTests {
  /// An empty request is wrong, or right, in the same way in both encodings.
  @Test func `every operation is answered, in JSON and in CBOR`() async throws {
    try await withGateway { client in
      for operation in KinesisOperation.allCases {
        let json = try await client.call(operation.rawValue)
        let cbor = try await client.send(
          headers: [
            "Content-Type": "application/x-amz-cbor-1.1",
            "X-Amz-Target": "Kinesis_20131202.\(operation.rawValue)",
          ], body: Data([0xA0]))
        #expect(json.status == cbor.status, "\(operation)")
        #expect([200, 400].contains(json.status), "\(operation)")
        #expect(json.errorType != "UnknownOperationException", "\(operation)")
        #expect(json.headers["x-amzn-errortype"] == cbor.headers["x-amzn-errortype"])
        if json.status == 400 {
          #expect(json.errorType == json.headers["x-amzn-errortype"], "\(operation)")
          #expect(json.message?.isEmpty == false, "\(operation)")
        }
      }
    }
  }

  @Test func `a stream is found by its id, and not by one that is none`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let summary = try await client.call("DescribeStreamSummary", ["StreamName": "s"])
        .structure("StreamDescriptionSummary")
      let id = try #require(summary["StreamId"] as? String)
      let found = try await client.call("ListShards", ["StreamId": id])
      #expect(try found.list("Shards").count == 1)
      #expect(
        try await client.call("DescribeStream", ["StreamId": id, "StreamName": "t"]).errorType
          == "ResourceNotFoundException")
      let other = String(repeating: "a", count: 20) + "-bcd"
      #expect(
        try await client.call("DescribeStream", ["StreamId": other]).errorType
          == "ResourceNotFoundException")
    }
  }

  @Test func `a stream takes its time where it is asked to, and says so`() async throws {
    var configuration = StreamLog.Configuration()
    configuration.stateDelay = .seconds(60)
    try await withGateway(log: configuration) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let summary = try await client.call("DescribeStreamSummary", ["StreamName": "s"])
        .structure("StreamDescriptionSummary")
      #expect(summary["StreamStatus"] as? String == "CREATING")
      let split = try await client.call(
        "SplitShard",
        ["StreamName": "s", "ShardToSplit": shardName(0), "NewStartingHashKey": "100"])
      #expect(split.errorType == "ResourceInUseException")
      #expect(
        split.message
          == "Stream s under account 000000000000 not ACTIVE, instead in state CREATING")
    }
  }

  @Test func `a retention period that is set already leaves the stream active`() async throws {
    var configuration = StreamLog.Configuration()
    configuration.stateDelay = .milliseconds(100)
    try await withGateway(log: configuration) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let status = { () async throws -> String? in
        try await client.call("DescribeStreamSummary", ["StreamName": "s"])
          .structure("StreamDescriptionSummary")["StreamStatus"] as? String
      }
      while try await status() != "ACTIVE" { await Task.yield() }
      for operation in ["IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod"] {
        let reply = try await client.call(
          operation, ["StreamName": "s", "RetentionPeriodHours": 24])
        #expect(reply.status == 200)
        #expect(try await status() == "ACTIVE")
      }
    }
  }

  @Test func `above a shard's limits records fail one by one, and reads as a whole`() async throws {
    var configuration = StreamLog.Configuration()
    configuration.enforcesShardLimits = true
    let clock = ManualClock(SystemClock().now())
    configuration.clock = clock
    let limited = configuration
    let book = ReportBook()
    try await withGateway(clock: clock, reporter: book, log: limited) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      let data = Data(repeating: 1, count: 300_000).base64EncodedString()
      let record = ["PartitionKey": "k", "Data": data]
      let put = try await client.call(
        "PutRecords", ["StreamName": "s", "Records": Array(repeating: record, count: 5)])
      #expect(put.json["FailedRecordCount"] as? Int == 2)
      let last = try #require(try put.list("Records").last)
      #expect(last["ErrorCode"] as? String == "ProvisionedThroughputExceededException")
      #expect(
        last["ErrorMessage"] as? String
          == "Rate exceeded for shard \(shardName(0)) in stream s under account 000000000000.")
      let one = try await client.call(
        "PutRecord", ["StreamName": "s", "PartitionKey": "k", "Data": data])
      #expect(one.errorType == "ProvisionedThroughputExceededException")
      #expect(one.status == 400)
      let iterator = try await client.iterator("s")
      for _ in 0..<5 {
        let read = try await client.call("GetRecords", ["ShardIterator": iterator, "Limit": 1])
        #expect(read.status == 200)
      }
      let sixth = try await client.call("GetRecords", ["ShardIterator": iterator, "Limit": 1])
      #expect(sixth.errorType == "ProvisionedThroughputExceededException")
      clock.advance(seconds: 2)
      let later = try await client.call("GetRecords", ["ShardIterator": iterator, "Limit": 1])
      #expect(later.status == 200)
    }
    let requests = book.all.compactMap { report -> RequestReport? in
      guard case .request(let request) = report else { return nil }
      return request
    }
    #expect(requests.first?.records == 3)
    #expect(requests.first?.throttledRecords == 2)
    #expect(requests.first?.throttledByShard == [shardName(0): 2])
    #expect(requests.count { $0.operation == "GetRecords" && $0.outcome == .throttled } == 1)
  }

  @Test func `faults strike operations, records and shards as they were set`() async throws {
    let faults = FaultTable()
    try await withGateway(faults: faults) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
      try faults.set(
        FaultRule(
          operation: "DescribeStream", stream: "s",
          effect: .error(FaultRule.Refusal(type: "InternalFailure", message: "as you asked")),
          limit: 1))
      let struck = try await client.call("DescribeStream", ["StreamName": "s"])
      #expect(struck.status == 500)
      #expect(struck.errorType == "InternalFailure")
      #expect(struck.message == "as you asked")
      #expect(try await client.call("DescribeStream", ["StreamName": "s"]).status == 200)
      try faults.set(FaultRule(operation: "PutRecords", shard: shardName(1), effect: .throttle))
      let records = ["0", "\(UInt128.max)", "1"].map {
        ["Data": "", "PartitionKey": "k", "ExplicitHashKey": $0]
      }
      let put = try await client.call("PutRecords", ["StreamName": "s", "Records": records])
      #expect(put.json["FailedRecordCount"] as? Int == 1)
      #expect(
        try put.list("Records").map { $0["ErrorCode"] as? String }
          == [nil, "ProvisionedThroughputExceededException", nil])
      #expect(try await client.texts(client.iterator("s")).count == 2)
      faults.clearAll()
      try faults.set(FaultRule(operation: "GetRecords", stream: "s", effect: .throttle))
      let read = try await client.call(
        "GetRecords", ["ShardIterator": try await client.iterator("s")])
      #expect(read.errorType == "ProvisionedThroughputExceededException")
    }
  }
}

@Suite struct SubscriptionTests {
  @Test func `a second subscription is refused for five seconds, then takes over`() throws {
    let registry = SubscriptionRegistry()
    let place = SubscriptionRegistry.Place(consumerARN: "arn", shard: shardName(0))
    let start = Timestamp(seconds: 1000)
    let first = try registry.begin(place, at: start, protecting: 5)
    #expect(throws: AWSError.self) {
      try registry.begin(place, at: start.advanced(bySeconds: 4.9), protecting: 5)
    }
    #expect(!first.isOver)
    let second = try registry.begin(place, at: start.advanced(bySeconds: 5), protecting: 5)
    guard case .failed(let error) = first.end else {
      Issue.record("the first subscription goes on")
      return
    }
    #expect(error.kind == .resourceInUse)
    #expect(!second.isOver)
    registry.endAll(ofConsumer: "arn", AWSError(.resourceNotFound))
    #expect(second.end == .failed(AWSError(.resourceNotFound)))
  }
}
