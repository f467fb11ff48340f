import Core
import Foundation
import Testing

@testable import AWSProtocol

@Suite struct JSONReaderTests {
  private func list(_ json: String) throws -> ListStreamsRequest {
    try ListStreamsRequest(json: Array(json.utf8))
  }

  private func refusal(_ json: String) -> AWSError? {
    do {
      _ = try ListShardsRequest(json: Array(json.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func `members may come in any order, with space between and unknown ones among them`()
    throws
  {
    let request = try list(
      """
       {"Other" : {"a":[1,{"b":null}],"c":"}"}, "Limit": 7 ,\n\t"ExclusiveStartStreamName":"a.b"}\r\n
      """)
    #expect(request.limit == 7)
    #expect(request.exclusiveStartStreamName == "a.b")
    #expect(request.nextToken == nil)
  }

  @Test func `null is the same as an absent member`() throws {
    #expect(try list(#"{"Limit":null,"NextToken":null}"#).limit == nil)
  }

  @Test func `fractions are cut and large numbers pinned as Kinesis does`() throws {
    #expect(try list(#"{"Limit":7.9}"#).limit == 7)
    #expect(try list(#"{"Limit":1e2}"#).limit == 100)
    let error = #expect(throws: AWSError.self) { try list(#"{"Limit":1e300}"#) }
    #expect(error?.message?.contains("'2147483647' at 'limit'") == true)
  }

  @Test func `escapes are resolved`() throws {
    let json = #"{"NextToken":"a\"\\\/\b\f\n\r\té\u20AC\uD83D\uDE00!"}"#
    #expect(try list(json).nextToken == "a\"\\/\u{8}\u{c}\n\r\té€😀!")
  }

  @Test(
    arguments: [
      "", "{", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1 "b":2}"#, #"{"a":1,}"#, #"{,"a":1}"#,
      #"{"a":1}}"#, #"{"a":1} x"#, #"{"a":"x"#, #"{"a":"\x"}"#, #"{"a":"\u12"}"#,
      #"{"NextToken":"\ud800"}"#, #"{"a":"\ud83d\u0041"}"#, #"{"a":"\uDE00\uD83D"}"#, #"{"a":tru}"#,
      #"{"a":-}"#, #"{"a":1.2.3}"#, #"{"a":[1 2]}"#, "null", #""text""#, "[]", "12",
      "{\"a\":\"\n\"}", "n", "nul", "notjson", #"{"a":n}"#, #"{"a":nop}"#, #"{"Limit":nul"#,
      #"{"x":nULL}"#, #"{"x":n"#, #"{"x":[n]}"#, #"{"x":t}"#, #"{"x":falsy}"#, #"{"x":NaN}"#,
      String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: "[", count: 100_000),
    ])
  func `what is no JSON structure is a SerializationException`(json: String) {
    #expect(refusal(json)?.kind == .serialization)
  }

  @Test func `no arrangement of JSON's pieces does more than be refused`() {
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "n", "null", "t", "true", "f", "-", "1", "e", "x",
      "\"Limit\"", " ",
    ]
    var random = SeededRandom(seed: 11)
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...12, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      _ = refusal(text)
      _ = refusal("{\"Limit\":" + text)
    }
  }

  @Test func `every prefix of a request is refused, none is read beyond its end`() {
    let json = Array(
      #"{"StreamName":"s","Records":[{"Data":"YWJj","PartitionKey":"k\u00e9","ExplicitHashKey":"1"}]}"#
        .utf8)
    for count in 0..<json.count {
      #expect(throws: AWSError.self) { try PutRecordsRequest(json: Array(json.prefix(count))) }
    }
    #expect(throws: Never.self) { try PutRecordsRequest(json: json) }
  }

  @Test(
    arguments: [
      (#"{"StreamName":1}"#, "TruncatingBigNumber can not be converted to an String"),
      (#"{"StreamName":true}"#, "class java.lang.Boolean can not be converted to an String"),
      (#"{"StreamName":[]}"#, "Start of list found where not expected"),
      (#"{"StreamName":{}}"#, "Start of structure or map found where not expected."),
      (#"{"MaxResults":"1"}"#, "class java.lang.String can not be converted to an Integer"),
      (#"{"ShardFilter":1}"#, "Expected null"),
      (#"{"StreamCreationTimestamp":"x"}"#, "can not be converted to milliseconds since epoch"),
    ])
  func `a value of the wrong type is named in Kinesis' words`(json: String, words: String) {
    let error = refusal(json)
    #expect(error?.kind == .serialization)
    #expect(error?.message?.contains(words) == true, "\(error?.message ?? "no message")")
  }

  @Test func `what the writer writes, Foundation reads`() throws {
    var json = JSONWriter()
    json.beginObject()
    json.field("text", "a\"\\\n\u{1}é€😀")
    json.field("list", ["x", "y"])
    json.field("time", Timestamp(microseconds: 1_763_993_489_012_999))
    json.field("before", Timestamp(microseconds: -1_500_001))
    json.field("flag", true)
    json.name("empty")
    json.beginArray()
    json.endArray()
    json.name("data")
    json.blob([0, 255, 16])
    json.endObject()
    let read = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? NSDictionary
    #expect(
      read == [
        "text": "a\"\\\n\u{1}é€😀", "list": ["x", "y"], "time": 1_763_993_489.012,
        "before": -1.501, "flag": true, "empty": [String](), "data": "AP8Q",
      ])
  }
}

@Suite struct Base64Tests {
  private func decode(_ text: String) throws -> [UInt8] {
    try Array(text.utf8).withUnsafeBytes { try Base64.decode($0) }
  }

  @Test func `bytes of every length come back, and agree with Foundation`() throws {
    var random = SeededRandom(seed: 7)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      var text: [UInt8] = []
      bytes.withUnsafeBytes { Base64.encode($0, into: &text) }
      #expect(String(decoding: text, as: UTF8.self) == Data(bytes).base64EncodedString())
      #expect(try text.withUnsafeBytes { try Base64.decode($0) } == bytes)
    }
  }

  @Test func `what is no base64 is refused with the reason`() {
    #expect(throws: Base64.Failure.length(5)) { try decode("YWJjZ") }
    #expect(throws: Base64.Failure.character(UInt8(ascii: "-"))) { try decode("YW-j") }
    #expect(throws: Base64.Failure.character(UInt8(ascii: "!"))) { try decode("YWJjYW!=") }
    #expect(throws: Base64.Failure.character(UInt8(ascii: "="))) { try decode("Y===") }
    #expect(throws: Base64.Failure.character(UInt8(ascii: "="))) { try decode("YQ==YWJj") }
    #expect(throws: Base64.Failure.lastCharacter) { try decode("YWK=") }
    #expect(throws: Base64.Failure.lastCharacter) { try decode("YR==") }
  }

  @Test func `a bad blob tells its text and the reason`() {
    let json = Array(#"{"Data":"YWJjZ","PartitionKey":"k","StreamName":"s"}"#.utf8)
    let error = #expect(throws: AWSError.self) { try PutRecordRequest(json: json) }
    #expect(
      error?.message == "'YWJjZ' can not be converted to a Blob: "
        + "Base64 encoded length is expected a multiple of 4 bytes but found: 5")
  }

  @Test func `base64 with an escaped slash is read`() throws {
    let json = Array(#"{"Data":"\/\/8=","PartitionKey":"k","StreamName":"s"}"#.utf8)
    #expect(try PutRecordRequest(json: json).record.data == [255, 255])
  }
}
