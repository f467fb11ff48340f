import Core
import Testing

@testable import AWSProtocol

@Suite struct CBORTests {
  private func refusal(_ bytes: [UInt8]) -> AWSError? {
    do {
      _ = try ListShardsRequest.decode(bytes, as: .cbor)
      return nil
    } catch {
      return error
    }
  }

  private func text(_ text: String) -> [UInt8] {
    [0x60 | UInt8(text.utf8.count)] + Array(text.utf8)
  }

  @Test func `what the writer writes, the reader reads`() throws {
    var writer = CBORWriter()
    writer.beginObject()
    writer.field("text", "a\"é€😀")
    writer.field("list", ["x", "y"])
    writer.field("time", Timestamp(microseconds: 1_763_993_489_012_999))
    writer.field("before", Timestamp(microseconds: -1_500_001))
    writer.field("flag", true)
    writer.name("number")
    writer.double(-2.5)
    writer.name("data")
    writer.blob([UInt8](repeating: 7, count: 70_000))
    for (name, value) in [("a", 23), ("b", 255), ("c", 65_535), ("d", 70_000), ("e", -1000)] {
      writer.key(name)
      writer.integer(value)
    }
    writer.endObject()
    let bytes = writer.bytes
    try bytes.withUnsafeBytes { bytes in
      var reader = CBORReader(bytes)
      try reader.enterStructure()
      #expect(try reader.nextName() == "text")
      #expect(try reader.string() == "a\"é€😀")
      #expect(try reader.nextName() == "list")
      #expect(try reader.enterList())
      var list: [String?] = []
      while try reader.nextElement() { list.append(try reader.string()) }
      #expect(list == ["x", "y"])
      #expect(try reader.nextName() == "time")
      #expect(try reader.timestamp() == Timestamp(microseconds: 1_763_993_489_012_000))
      #expect(try reader.nextName() == "before")
      #expect(try reader.timestamp() == Timestamp(microseconds: -1_501_000))
      #expect(try reader.nextName() == "flag")
      #expect(try reader.boolean() == true)
      #expect(try reader.nextName() == "number")
      #expect(try reader.double() == -2.5)
      #expect(try reader.nextName() == "data")
      #expect(try reader.blob()?.count == 70_000)
      var numbers: [Int?] = []
      while try reader.nextName() != nil { numbers.append(try reader.integer()) }
      #expect(numbers == [23, 255, 65_535, 70_000, -1000])
    }
  }

  @Test func `a time is tag 1 over whole milliseconds`() {
    var writer = CBORWriter()
    writer.timestamp(Timestamp(microseconds: 1_000_999))
    #expect(writer.bytes == [0xC1, 0x19, 0x03, 0xE8])
  }

  @Test func `definite and indefinite lengths mean the same`() throws {
    let definite: [UInt8] =
      [0xA2] + text("StreamName") + text("s") + text("MaxResults") + [0x18, 200]
    let indefinite: [UInt8] =
      [0xBF] + text("StreamName") + [0x7F] + text("s") + text("") + [0xFF] + text("Other")
      + [0x9F, 0xA1, 0x01, 0xF6, 0x5F, 0x41, 0x00, 0xFF, 0xFF] + text("MaxResults")
      + [0xF9, 0x5A, 0x40, 0xFF]
    for bytes in [definite, indefinite] {
      let request = try ListShardsRequest.decode(bytes, as: .cbor)
      #expect(request.maxResults == 200)
      #expect(
        request.subject
          == .stream(StreamReference(name: "s"), exclusiveStart: nil, filter: .fromTrimHorizon))
    }
  }

  @Test func `null and undefined are the same as an absent member`() throws {
    for null in [0xF6, 0xF7] as [UInt8] {
      let bytes = [0xA2] + text("StreamName") + text("s") + text("MaxResults") + [null]
      #expect(try ListShardsRequest.decode(bytes, as: .cbor).maxResults == nil)
    }
  }

  @Test(
    arguments: [
      [], [0xF6], [0x01], [0x80], [0xBF], [0xA1], [0xA1, 0x01, 0x01], [0xA0, 0x00],
      [0xA1, 0x61, 0x61, 0xFF], [0xA1, 0x61, 0x61, 0x1C], [0xA1, 0x61, 0xFF, 0x01],
      // Lengths that the bytes do not bear out.
      [0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0xA1, 0x61, 0x61, 0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0xA1, 0x61, 0x61, 0x9B, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00],
      // A string whose pieces are of another type, or nested.
      [0xA1, 0x61, 0x61, 0x7F, 0x41, 0x00, 0xFF], [0xA1, 0x61, 0x61, 0x5F, 0x5F, 0xFF, 0xFF],
      [0xA1, 0x61, 0x61] + [UInt8](repeating: 0x9F, count: 100_000),
      [0xA1, 0x61, 0x61] + [UInt8](repeating: 0xC1, count: 100_000),
      [UInt8](repeating: 0xA1, count: 100_000),
    ] as [[UInt8]])
  func `what is no CBOR structure is a SerializationException`(bytes: [UInt8]) {
    #expect(refusal(bytes)?.type == "SerializationException")
  }

  @Test func `text that is not UTF-8 is refused, in both encodings`() {
    let cbor = [0xA1] + text("StreamName") + [0x62, 0xC3, 0x28]
    #expect(refusal(cbor)?.kind == .serialization)
    let json = Array(#"{"StreamName":""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8)
    #expect(throws: AWSError.self) { try ListShardsRequest(json: json) }
  }

  @Test func `a value of the wrong type is named in Kinesis' words`() {
    func words(_ value: [UInt8]) -> String? {
      refusal([0xA1] + text("StreamName") + value)?.message
    }
    #expect(
      words([0x01])?.hasSuffix("TruncatingBigNumber can not be converted to an String") == true)
    #expect(words([0xF5]) == "class java.lang.Boolean can not be converted to an String")
    #expect(words([0x80]) == "Start of list found where not expected")
    #expect(words([0xA0]) == "Start of structure or map found where not expected.")
  }

  @Test func `every prefix of a request is refused, none is read beyond its end`() throws {
    var writer = CBORWriter()
    writer.beginObject()
    writer.field("StreamName", "s")
    writer.name("Records")
    writer.beginArray()
    writer.beginObject()
    writer.field("PartitionKey", "ké")
    writer.name("Data")
    writer.blob([1, 2, 3])
    writer.endObject()
    writer.endArray()
    writer.endObject()
    for count in 0..<writer.bytes.count {
      let prefix = Array(writer.bytes.prefix(count))
      #expect(throws: AWSError.self) { try PutRecordsRequest.decode(prefix, as: .cbor) }
    }
    #expect(
      try PutRecordsRequest.decode(writer.bytes, as: .cbor).records.map(\.data) == [[1, 2, 3]])
  }
}

/// Requests made at random are the same, whatever they are written in.
@Suite struct EncodingTests {
  private struct Made {
    var name: String
    var records: [(key: String, hash: String?, data: [UInt8])]

    func written<Writer: ShapeWriter>(_ type: Writer.Type) -> [UInt8] {
      var writer = Writer()
      writer.beginObject()
      writer.name("Records")
      writer.beginArray()
      for record in records {
        writer.beginObject()
        writer.field("PartitionKey", record.key)
        writer.field("ExplicitHashKey", record.hash)
        writer.name("Data")
        writer.blob(record.data)
        writer.endObject()
      }
      writer.endArray()
      writer.field("StreamName", name)
      writer.endObject()
      return writer.bytes
    }
  }

  private func made(_ random: inout SeededRandom) -> Made {
    let characters = Array("ab\"\\\n/é€😀\u{1}\u{7F}")
    func text(_ counts: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
      String(
        (0..<Int.random(in: counts, using: &random)).compactMap { _ in
          characters.randomElement(using: &random)
        })
    }
    let count = Int.random(in: 1...20, using: &random)
    return Made(
      name: "s.\(count)",
      records: (0..<count).map { _ in
        let size = Int.random(in: 0...300, using: &random)
        return (
          text(1...40, &random),
          Bool.random(using: &random)
            ? "\(UInt64.random(in: 0...UInt64.max, using: &random))" : nil,
          (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
        )
      })
  }

  @Test func `JSON and CBOR give equal requests`() throws {
    var random = SeededRandom(seed: 11)
    for _ in 0..<200 {
      let made = made(&random)
      let json = try PutRecordsRequest.decode(made.written(JSONWriter.self), as: .json)
      let cbor = try PutRecordsRequest.decode(made.written(CBORWriter.self), as: .cbor)
      #expect(json.records == cbor.records)
      #expect(json.stream == cbor.stream)
      #expect(json.records.map(\.data) == made.records.map(\.data))
      #expect(json.records.map(\.partitionKey) == made.records.map(\.key))
    }
  }

  @Test func `of a member that comes twice the last counts`() throws {
    let record = #"{"Data":"","PartitionKey":"k"}"#
    let json =
      #"{"StreamName":"a","Records":[\#(record),\#(record)],"#
      + #""Records":[\#(record)],"StreamName":"b"}"#
    let request = try PutRecordsRequest(json: Array(json.utf8))
    #expect(request.records.count == 1)
    #expect(request.stream.name == "b")
    let tags = #"{"StreamName":"s","Tags":{"a":"1","a":"2"}}"#
    #expect(try AddTagsToStreamRequest(json: Array(tags.utf8)).tags?.tags == ["a": "2"])
  }

  @Test func `lists and maps beyond their limits are counted, not kept`() {
    func words(_ json: String, _ type: (some KinesisRequest).Type) -> String? {
      let error = #expect(throws: AWSError.self) { try type.init(json: Array(json.utf8)) }
      return error?.message
    }
    let keys = (0..<100_000).map { "\"k\($0)\"" }
    let tags = keys.map { $0 + ":\"\"" }.joined(separator: ",")
    #expect(
      words(#"{"StreamName":"s","Tags":{\#(tags)}}"#, AddTagsToStreamRequest.self)?
        .hasSuffix("Member must have length less than or equal to 200") == true)
    #expect(
      words(
        #"{"StreamName":"s","TagKeys":[\#(keys.joined(separator: ","))]}"#,
        RemoveTagsFromStreamRequest.self)?
        .hasSuffix("Member must have length less than or equal to 50") == true)
  }

  @Test func `bytes at random are refused or read, never more`() {
    var random = SeededRandom(seed: 12)
    for _ in 0..<5_000 {
      var bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      bytes.insert(0xBF, at: 0)
      _ = try? PutRecordsRequest.decode(bytes, as: .cbor)
      bytes[0] = UInt8(ascii: "{")
      _ = try? PutRecordsRequest.decode(bytes, as: .json)
    }
  }
}

@Suite struct EventMessageTests {
  @Test func `the checksum is the one of gzip`() {
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum([]) == 0)
    #expect(CRC32.checksum(Array("a".utf8)) == 0xE8B7_BE43)
  }

  /// The first of the examples in the documentation of Smithy: no headers, no payload.
  @Test func `a message is its lengths, headers, payload and two checksums`() {
    #expect(
      EventMessage(headers: [], payload: []).encoded() == [
        0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xC2, 0x48, 0xEB, 0x7D, 0x98, 0xC8, 0xFF,
      ])
    let message = EventMessage.event("x", [1, 2], as: .json).encoded()
    #expect(message.count == 16 + 16 + 43 + 22 + 2)
    #expect(message[0..<4].reduce(0) { $0 << 8 | Int($1) } == message.count)
  }
}
