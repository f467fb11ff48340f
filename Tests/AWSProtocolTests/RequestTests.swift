import Core
import Testing

@testable import AWSProtocol

@Suite struct RequestTests {
  private func error<R: KinesisRequest>(_ type: R.Type, _ json: String) -> AWSError? {
    do {
      _ = try R(json: Array(json.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func `PutRecords reads its records`() throws {
    let request = try PutRecordsRequest(
      json: Array(
        #"""
        {"Records":[{"Data":"YWJj","PartitionKey":"é"},
        {"PartitionKey":"k","ExplicitHashKey":"340282366920938463463374607431768211455","Data":""}],
        "StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s"}
        """#.utf8))
    #expect(request.records.map(\.partitionKey) == ["é", "k"])
    #expect(request.records.map(\.data) == [Array("abc".utf8), []])
    #expect(request.records.map(\.explicitHashKey) == [nil, UInt128.max])
    #expect(request.stream.arn == "arn:aws:kinesis:us-east-1:000000000000:stream/s")
  }

  @Test func `broken constraints are listed together, in AWS's words`() {
    #expect(
      error(CreateStreamRequest.self, #"{"StreamName":"","ShardCount":0}"#)?.message
        == "3 validation errors detected: Value '0' at 'shardCount' failed to satisfy constraint: "
        + "Member must have value greater than or equal to 1; Value '' at 'streamName' failed to "
        + "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        + "Value '' at 'streamName' failed to satisfy constraint: "
        + "Member must have length greater than or equal to 1")
    #expect(
      error(
        CreateStreamRequest.self,
        #"{"StreamName":"s","StreamModeDetails":{"StreamMode":"PROVISIONED"}}"#)?.message
        == "1 validation error detected: Value null at 'shardCount' failed to satisfy constraint: "
        + "Member must not be null")
    #expect(
      error(
        PutRecordsRequest.self, #"{"StreamName":"s","Records":[{"Data":"","PartitionKey":""}]}"#)?
        .message
        == "1 validation error detected: Value '' at 'records.1.member.partitionKey' failed to "
        + "satisfy constraint: Member must have length greater than or equal to 1")
    #expect(
      error(
        GetShardIteratorRequest.self,
        #"{"StreamName":"s","ShardId":"shardId-0","ShardIteratorType":"x"}"#)?.message
        == "1 validation error detected: Value 'x' at 'shardIteratorType' failed to satisfy "
        + "constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "
        + "AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]")
  }

  @Test func `no more than ten failures are listed`() {
    let records = Array(repeating: "{}", count: 20).joined(separator: ",")
    let message = error(PutRecordsRequest.self, #"{"StreamName":"s","Records":[\#(records)]}"#)?
      .message
    #expect(message?.hasPrefix("10 validation errors detected: ") == true)
  }

  @Test func `501 records are one too many, and a million are refused as quickly`() {
    for count in [501, 1_000_000] {
      let records = Array(repeating: "{}", count: count).joined(separator: ",")
      let message = error(
        PutRecordsRequest.self, #"{"StreamName":"s","Records":[\#(records)]}"#)?.message
      #expect(message?.contains("at 'records' failed to satisfy constraint: ") == true)
      #expect(message?.contains("Member must have length less than or equal to 500") == true)
    }
  }

  @Test func `a partition key is measured as Java does, in UTF-16 units`() {
    func key(_ character: String, _ count: Int) -> String {
      let key = String(repeating: character, count: count)
      return #"{"StreamName":"s","Data":"","PartitionKey":"\#(key)"}"#
    }
    #expect(error(PutRecordRequest.self, key("€", 256)) == nil)
    #expect(error(PutRecordRequest.self, key("€", 257))?.kind == .validation)
    #expect(error(PutRecordRequest.self, key("😀", 128)) == nil)
    #expect(error(PutRecordRequest.self, key("😀", 129))?.kind == .validation)
  }

  @Test func `an explicit hash key must fit 128 bits`() {
    func record(_ key: String) -> AWSError? {
      error(
        PutRecordRequest.self,
        #"{"StreamName":"s","Data":"","PartitionKey":"k","ExplicitHashKey":"\#(key)"}"#)
    }
    #expect(record("0") == nil)
    #expect(record("01")?.kind == .validation)
    #expect(
      record("340282366920938463463374607431768211456")?.message
        == "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        + "Specified value was 340282366920938463463374607431768211456")
  }

  @Test func `sizes beyond the limits are told per record and per request`() throws {
    func request(_ count: Int) throws -> PutRecordsRequest {
      var json = JSONWriter()
      json.beginObject()
      json.field("StreamName", "s")
      json.name("Records")
      json.beginArray()
      for _ in 0..<count {
        json.beginObject()
        json.field("PartitionKey", "k")
        json.name("Data")
        json.blob([UInt8](repeating: 1, count: 1000))
        json.endObject()
      }
      json.endArray()
      json.endObject()
      return try PutRecordsRequest(json: json.bytes)
    }
    try request(10).checkSizes(recordBytesMax: 1001, requestBytesMax: 10 * 1001)
    let record = #expect(throws: AWSError.self) {
      try request(1).checkSizes(recordBytesMax: 1000, requestBytesMax: 5000)
    }
    #expect(
      record?.message?.contains(
        "Value at 'records.1.member.data' failed to satisfy constraint: ")
        == true)
    let whole = #expect(throws: AWSError.self) {
      try request(1100).checkSizes(recordBytesMax: 1000, requestBytesMax: 1 << 20)
    }
    #expect(whole?.kind == .validation)
    let many = #expect(throws: AWSError.self) {
      try request(400).checkSizes(recordBytesMax: 1001, requestBytesMax: 300_000)
    }
    #expect(many?.kind == .invalidArgument)
  }

  @Test func `GetShardIterator wants what its type needs, and no more`() throws {
    func position(_ members: String) throws -> ReadPosition {
      try GetShardIteratorRequest(
        json: Array(#"{"StreamName":"s","ShardId":"shardId-000000000000",\#(members)}"#.utf8)
      ).position
    }
    #expect(try position(#""ShardIteratorType":"TRIM_HORIZON""#) == .trimHorizon)
    #expect(
      try position(#""ShardIteratorType":"AT_TIMESTAMP","Timestamp":12.5"#)
        == .atTimestamp(Timestamp(microseconds: 12_500_000)))
    #expect(throws: AWSError.self) { try position(#""ShardIteratorType":"AT_TIMESTAMP""#) }
    #expect(throws: AWSError.self) { try position(#""ShardIteratorType":"AT_SEQUENCE_NUMBER""#) }
    let error = #expect(throws: AWSError.self) {
      try position(#""ShardIteratorType":"LATEST","StartingSequenceNumber":"5""#)
    }
    #expect(
      error?.message == "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        + "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        + "Request specified LATEST and also a StartingSequenceNumber.")
  }

  @Test func `ListShards takes a stream or a token, not both`() throws {
    #expect(
      error(ListShardsRequest.self, #"{"NextToken":"t","StreamName":"s"}"#)?.message
        == "NextToken and StreamName cannot be provided together.")
    #expect(
      error(ListShardsRequest.self, "{}")?.message
        == "Either NextToken or StreamName should be provided.")
    #expect(
      error(ListShardsRequest.self, #"{"StreamName":"s","ShardFilter":{"Type":"AT_TIMESTAMP"}}"#)?
        .kind == .invalidArgument)
    #expect(
      error(ListShardsRequest.self, #"{"StreamName":"s","ShardFilter":{}}"#)?.kind == .validation)
  }

  @Test func `a stream in on-demand mode needs no shard count, and is what no count means`() throws
  {
    for json in [
      #"{"StreamName":"s","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}"#,
      #"{"StreamName":"s"}"#,
    ] {
      let request = try CreateStreamRequest(json: Array(json.utf8))
      #expect(request.mode == .onDemand)
      #expect(request.shardCount == nil)
    }
  }

  @Test(
    arguments: [
      ("arn:aws:kinesis:us-east-1:000000000000:stream/s", true),
      ("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a.b-c", true),
      ("arn:aws:kinesis:us-east-1:00000000000:stream/s", false),
      ("arn:aws:kinesis:us-east-1:000000000000:stream/", false),
      ("arn:aws:sqs:us-east-1:000000000000:stream/s", false), ("", false), ("arn", false),
    ])
  func `an ARN names a stream or is refused`(text: String, isValid: Bool) {
    #expect((StreamARN(text) != nil) == isValid)
  }
}
