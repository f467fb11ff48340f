import Core
import Testing

@testable import AWSProtocol

/// What is refused, in which words, where clients' own tests look for it.
@Suite struct WordingTests {
  private func refusal<R: KinesisRequest>(_ type: R.Type, _ json: String) -> AWSError? {
    refusal(type, Array(json.utf8), as: .json)
  }

  private func refusal<R: KinesisRequest>(
    _ type: R.Type, _ bytes: [UInt8], as encoding: WireEncoding
  ) -> AWSError? {
    do {
      _ = try R.decode(bytes, as: encoding)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a request that names no stream misses its name`() {
    let missing =
      "Value null at 'streamName' failed to satisfy constraint: Member must not be null"
    #expect(
      refusal(DescribeStreamRequest.self, "{}")?.message
        == "1 validation error detected: " + missing)
    let put = refusal(PutRecordRequest.self, "{}")
    #expect(put?.kind == .validation)
    #expect(put?.message?.hasPrefix("3 validation errors detected: ") == true)
    #expect(put?.message?.contains(missing) == true)
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    #expect(refusal(DescribeStreamRequest.self, #"{"StreamARN":"\#(arn)"}"#) == nil)
  }

  @Test func `an operation that knows no stream names misses the ARN`() {
    #expect(
      refusal(UpdateMaxRecordSizeRequest.self, #"{"MaxRecordSizeInKiB":1024}"#)?.message
        == "1 validation error detected: Value null at 'streamARN' failed to satisfy constraint: "
        + "Member must not be null")
  }

  @Test func `a record that its key makes too large is told so`() throws {
    func refusal(dataBytes: Int) -> String? {
      var data: [UInt8] = []
      [UInt8](repeating: 0, count: dataBytes).withUnsafeBytes {
        Base64.encode($0, into: &data)
      }
      let text = String(decoding: data, as: UTF8.self)
      let json = #"{"StreamName":"s","PartitionKey":"abc","Data":"\#(text)"}"#
      do {
        try PutRecordRequest(json: Array(json.utf8)).checkSize(recordBytesMax: 1_024)
        return nil
      } catch {
        return error.message
      }
    }
    let failure = "1 validation error detected: Value at 'data' failed to satisfy constraint: "
    #expect(refusal(dataBytes: 1_021) == nil)
    #expect(
      refusal(dataBytes: 1_022) == failure
        + "Member and the partition key together must have length less than or equal to 1024")
    #expect(
      refusal(dataBytes: 1_025)
        == failure + "Member must have length less than or equal to 1024")
  }

  @Test func `a retention of no hours is no retention`() {
    let json = #"{"StreamName":"s","RetentionPeriodHours":0}"#
    #expect(
      refusal(RetentionRequest.self, json)?.message
        == "1 validation error detected: Value '0' at 'retentionPeriodHours' failed to satisfy "
        + "constraint: Member must have value greater than or equal to 1")
  }

  @Test(arguments: ["a\u{9}b", "a\u{A}b", "a;b", "a\u{0}", "😀"])
  func `tags have letters, digits, separators and a few marks`(text: String) throws {
    #expect(throws: AWSError.self) { try TagCharacters.check([text]) }
  }

  @Test(arguments: ["ü0 _.", "/=+-@:%", "ⅷ½ \u{2028}", "日本"])
  func `tags take what the model's pattern takes`(text: String) throws {
    #expect(throws: Never.self) { try TagCharacters.check([text]) }
  }

  @Test func `bytes that are no UTF-8 are refused also in members that nobody reads`() {
    let broken: [UInt8] = [0xFF, 0xC3]
    let json = Array(#"{"StreamName":"s","X":{"y":[""#.utf8) + broken + Array(#""]}}"#.utf8)
    #expect(refusal(DescribeStreamRequest.self, json, as: .json)?.kind == .serialization)
    let name = [0x6A] + Array("StreamName".utf8) + [0x61, UInt8(ascii: "s")]
    let cbor = [0xA2] + name + [0x61, UInt8(ascii: "X"), 0x62] + broken
    #expect(refusal(DescribeStreamRequest.self, cbor, as: .cbor)?.kind == .serialization)
  }

  @Test func `what is no JSON is refused without a word, and with a detail for the log`() {
    let error = refusal(DescribeStreamRequest.self, "hello")
    #expect(error?.kind == .serialization)
    #expect(error?.message == nil)
    #expect(error?.detail?.contains("at byte 0") == true)
    #expect(error?.body(JSONWriter.self) == Array(#"{"__type":"SerializationException"}"#.utf8))
  }

  @Test func `encryption is told of puts and records only where it was on`() {
    let place = RecordPlace(sequenceNumber: "1", shardID: "x")
    func text(_ response: some KinesisResponse) -> String {
      String(decoding: response.encoded(as: .json), as: UTF8.self)
    }
    func puts(_ encryption: EncryptionType) -> String {
      text(PutRecordResponse(place: place, encryption: encryption))
        + text(PutRecordsResponse(outcomes: [.stored(place)], encryption: encryption))
    }
    #expect(!puts(.none).contains("EncryptionType"))
    #expect(puts(.kms).components(of: #""EncryptionType":"KMS""#) == 2)
    let records = [EncryptionType.kms, .none].map { encryption in
      ReadRecord(
        sequenceNumber: "1", arrivedAt: Timestamp(seconds: 1), partitionKey: "k", data: [],
        encryption: encryption)
    }
    let read = GetRecordsResponse(
      records: records, nextShardIterator: nil, millisecondsBehindLatest: 0)
    #expect(text(read).components(of: "EncryptionType") == 1)
  }

  @Test(arguments: [1, 7, 8, 50, 127, 128])
  func `an iterator has the length of the service's own`(nameLength: Int) throws {
    let iterator = ShardIterator(
      stream: String(repeating: "n", count: nameLength), streamCreatedAt: Timestamp(seconds: 1),
      shardIndex: 1, ordinal: 2, createdAt: Timestamp(seconds: 3))
    let text = iterator.encoded()
    let bytes = try text.utf8.withContiguousStorageIfAvailable {
      try Base64.decode(UnsafeRawBufferPointer($0))
    }
    let count = try #require(bytes).count
    #expect((152...280).contains(count) && count % 16 == 8)
    #expect(bytes?.prefix(8).elementsEqual([0, 0, 0, 0, 0, 0, 0, 1]) == true)
    #expect(try ShardIterator(decoding: text, now: Timestamp(seconds: 4)) == iterator)
  }
}

extension String {
  /// How often `part` comes.
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
