import AWSProtocol
import Core
import Testing

@Suite struct CloudWatchProtocolTests {
  private func head(
    path: String = "/", type: String, target: String? = nil, authorization: String? = nil
  ) -> RequestHead {
    RequestHead(
      method: "POST", path: path, contentType: type, target: target, authorization: authorization)
  }

  private func call(_ head: RequestHead, _ body: String = "") -> CloudWatchCall? {
    Array(body.utf8).withUnsafeBytes { CloudWatchCall(head, body: $0) }
  }

  @Test func `the three protocols are told apart, and other services' forms are left alone`() {
    let cbor = head(
      path: "/service/GraniteServiceVersion20100801/operation/ListMetrics",
      type: "application/cbor")
    let json = head(
      type: "application/x-amz-json-1.0", target: "GraniteServiceVersion20100801.ListMetrics")
    let form = head(type: "application/x-www-form-urlencoded; charset=utf-8")
    for head in [cbor, json, form] { #expect(CloudWatchCall.owns(head)) }
    #expect(call(cbor) == CloudWatchCall(encoding: .cbor, operation: "ListMetrics"))
    #expect(call(json) == CloudWatchCall(encoding: .json, operation: "ListMetrics"))
    #expect(
      call(form, "Version=1&Action=ListMetrics")
        == CloudWatchCall(encoding: .query, operation: "ListMetrics"))
    #expect(call(form, "Version=1") == nil)
    let other = head(
      type: "application/x-www-form-urlencoded",
      authorization: "AWS4-HMAC-SHA256 Credential=x/20261124/us-east-1/sqs/aws4_request")
    #expect(!CloudWatchCall.owns(other))
    let kinesis = head(type: "application/x-amz-json-1.1", target: "Kinesis_20131202.PutRecord")
    #expect(!CloudWatchCall.owns(kinesis))
  }

  @Test func `a form is read as a tree, its lists in the order of their numbers`() throws {
    let body =
      "Namespace=A%2FB+c&MetricData.member.2.MetricName=two&MetricData.member.10.MetricName=ten"
      + "&MetricData.member.2.Dimensions.member.1.Name=N&MetricData.member.2.Dimensions.member.1"
      + ".Value=%E6%97%A5&MetricData.member.2.Values.member.1=1&MetricData.member.2.Values.member.2"
      + "=2.5&MetricData.member.2.Timestamp=2026-11-24T18%3A00%3A00.250Z"
    let request = try Array(body.utf8).withUnsafeBytes { bytes in
      try CloudWatchCall(encoding: .query, operation: "PutMetricData")
        .decode(PutMetricDataRequest.self, bytes)
    }
    #expect(request.namespace == "A/B c")
    #expect(request.data.map(\.metric) == ["two", "ten"])
    #expect(request.data[0].dimensions == ["N": "日"])
    #expect(request.data[0].values == [1, 2.5])
    #expect(request.data[0].time == Timestamp(microseconds: 1_795_543_200_250_000))
    #expect(request.data[0].statistics?.sum == 3.5)
    #expect(request.data[1].statistics == nil)
  }

  static let hostile = [
    "&&&===", "%", "%zz=%2", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1", "MetricData=5",
    "MetricData.member.x=1", "MetricData.member.1.Value=nan", "Namespace.member.1=2", "=", ".=.",
  ]

  @Test(arguments: hostile)
  func `a form that makes no sense is refused or empty, and never more`(_ body: String) {
    let call = CloudWatchCall(encoding: .query, operation: "PutMetricData")
    let request = try? Array(body.utf8).withUnsafeBytes {
      try call.decode(PutMetricDataRequest.self, $0)
    }
    #expect((request?.data ?? []).allSatisfy { $0.statistics == nil })
  }

  static let times: [(text: String, microseconds: Int64?)] = [
    ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:30:15Z", 951_827_415_000_000),
    ("2026-11-24T18:46:48.5+02:00", 1_795_538_808_500_000), ("1969-12-31", -86_400_000_000),
    ("1795538808", 1_795_538_808_000_000), ("2026-13-01", nil), ("2026-11-24T18", nil),
    ("2026-11-24T18:00:00x", nil), ("", nil), ("soon", nil),
  ]

  @Test(arguments: times)
  func `times are read as ISO 8601 has them`(_ example: (text: String, microseconds: Int64?)) {
    #expect(ISO8601.time(example.text)?.microseconds == example.microseconds)
  }

  @Test func `times are written so that they read back`() {
    for microseconds: Int64 in [0, 951_827_415_000_000, -1_000, 4_102_444_800_123_000] {
      let time = Timestamp(microseconds: microseconds)
      #expect(ISO8601.time(ISO8601.text(time)) == time)
    }
    #expect(ISO8601.text(Timestamp(microseconds: 951_827_415_000_000)) == "2000-02-29T12:30:15Z")
  }

  @Test func `an answer says the same as XML, as JSON and as CBOR`() {
    let result = ListMetricsResult(
      metrics: [MetricIdentity(namespace: "A", name: "<&>", dimensions: ["N": "v\u{1}"])],
      nextToken: "5")
    let query = CloudWatchCall(encoding: .query, operation: "ListMetrics")
      .success(result, requestID: "id")
    #expect(
      String(decoding: query.body, as: UTF8.self)
        == "<ListMetricsResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
        + "<ListMetricsResult><Metrics><member><Namespace>A</Namespace>"
        + "<MetricName>&lt;&amp;&gt;</MetricName><Dimensions><member><Name>N</Name>"
        + "<Value>v\u{FFFD}</Value></member></Dimensions></member></Metrics>"
        + "<NextToken>5</NextToken></ListMetricsResult><ResponseMetadata>"
        + "<RequestId>id</RequestId></ResponseMetadata></ListMetricsResponse>")
    let json = CloudWatchCall(encoding: .json, operation: "ListMetrics")
      .success(result, requestID: "id")
    #expect(String(decoding: json.body, as: UTF8.self).hasSuffix("\"NextToken\":\"5\"}"))
    let cbor = CloudWatchCall(encoding: .cbor, operation: "ListMetrics")
      .success(result, requestID: "id")
    #expect(cbor.headers["smithy-protocol"] == "rpc-v2-cbor")
    #expect(cbor.body.first == 0xBF && cbor.body.last == 0xFF)
  }

  @Test func `an error has its old code for old programs`() {
    let error = CloudWatchError.invalidValue("no")
    let reply = CloudWatchCall(encoding: .cbor, operation: "ListMetrics")
      .failure(error, requestID: "id")
    #expect(reply.status == 400)
    #expect(reply.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
  }
}

@Suite struct GzipTests {
  /// `printf aaaaaaaaaabbbbbbbbbbaaaaaaaaaa | gzip -n`: a block with the fixed code.
  private static let packed: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4B, 0x4C, 0x84, 0x81, 0x24,
    0x38, 0x80, 0x0B, 0x25, 0x02, 0x00, 0x2B, 0xBD, 0x40, 0xC9, 0x1E, 0x00, 0x00, 0x00,
  ]

  /// Forty lines of JSON by `gzip -n`: a block with a code of its own.
  private static let lines: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x65, 0xD3, 0xBD, 0x0E, 0xC2,
    0x30, 0x0C, 0x04, 0xE0, 0x9D, 0xA7, 0x40, 0x99, 0x19, 0x62, 0x3B, 0x3F, 0x0D, 0x6F, 0x53,
    0x89, 0x0E, 0x48, 0xC0, 0x06, 0x4B, 0xC5, 0xBB, 0x83, 0x3A, 0xC4, 0xA7, 0xF3, 0x7C, 0x4A,
    0xED, 0x7C, 0xB9, 0xEE, 0xE9, 0x7E, 0x4B, 0xD7, 0x7C, 0x49, 0xAF, 0xF5, 0xB9, 0xA5, 0x6B,
    0xFA, 0xAC, 0x8F, 0xF7, 0x76, 0xCE, 0xE9, 0x7B, 0xDA, 0x8F, 0x44, 0x28, 0x91, 0x99, 0x28,
    0x25, 0x65, 0x26, 0x46, 0xC9, 0x98, 0x49, 0xE1, 0xAF, 0xB5, 0x19, 0x55, 0x8A, 0xB4, 0xCE,
    0xA8, 0x51, 0x64, 0x7E, 0xAA, 0xF3, 0x12, 0x3E, 0x6B, 0xA1, 0xA8, 0xF9, 0x82, 0x83, 0xA2,
    0xC5, 0x6F, 0x25, 0x4C, 0x21, 0x19, 0x30, 0x82, 0x86, 0xC2, 0x49, 0x06, 0x91, 0xE2, 0x13,
    0x85, 0x4D, 0xA4, 0xF9, 0xA6, 0x12, 0x58, 0x86, 0xDF, 0x50, 0x02, 0x0C, 0xC8, 0x08, 0xD3,
    0x68, 0x85, 0x93, 0x8C, 0xA3, 0x0B, 0xCC, 0x64, 0x1E, 0x53, 0xD8, 0x96, 0x81, 0xAC, 0xC1,
    0xBB, 0xB3, 0x50, 0x01, 0x21, 0x65, 0xA1, 0x52, 0xE0, 0x64, 0xA8, 0xCC, 0xE2, 0x33, 0x95,
    0x85, 0xAA, 0xFA, 0xB6, 0xCA, 0x42, 0xB5, 0xFB, 0x3D, 0x95, 0x85, 0x1A, 0x08, 0x29, 0x0B,
    0x35, 0x3C, 0xC9, 0x42, 0x1D, 0x67, 0xB2, 0x50, 0xC7, 0x6D, 0x43, 0x85, 0xE0, 0x9E, 0xC6,
    0x42, 0x03, 0x84, 0x8C, 0x85, 0x06, 0xD8, 0x5A, 0xE8, 0x50, 0x86, 0x67, 0xB1, 0x50, 0xA2,
    0x0C, 0x2F, 0x6A, 0xA1, 0x45, 0x02, 0x65, 0x30, 0x46, 0x12, 0xEC, 0x91, 0xB1, 0x92, 0x28,
    0x54, 0xD0, 0x98, 0x49, 0x0C, 0xDA, 0x6B, 0xEC, 0xF4, 0xEF, 0x3D, 0xEC, 0xCC, 0x50, 0x52,
    0x8F, 0x7F, 0xE6, 0x07, 0x34, 0x8D, 0x65, 0xD0, 0x78, 0x04, 0x00, 0x00,
  ]

  @Test func `what gzip wrote is read`() {
    let plain = Gzip.decompress(Self.packed, byteCountMax: 30)
    #expect(plain == Array("aaaaaaaaaabbbbbbbbbbaaaaaaaaaa".utf8))
    let lines = (0..<40).map { "{\"id\":\($0),\"name\":\"value \($0 * $0)\"}\n" }.joined()
    #expect(Gzip.decompress(Self.lines, byteCountMax: 10_000) == Array(lines.utf8))
  }

  @Test func `what is no gzip, is cut or is damaged is refused`() {
    #expect(Gzip.decompress([], byteCountMax: 100) == nil)
    #expect(Gzip.decompress(Array(repeating: 7, count: 40), byteCountMax: 100) == nil)
    for count in 0..<Self.packed.count {
      #expect(Gzip.decompress(Array(Self.packed.prefix(count)), byteCountMax: 100) == nil)
    }
    var random = SeededRandom(seed: 3)
    for _ in 0..<2_000 {
      var bytes = Self.packed
      let place = Int.random(in: 10..<bytes.count, using: &random)
      bytes[place] ^= UInt8.random(in: 1...255, using: &random)
      #expect((Gzip.decompress(bytes, byteCountMax: 100)?.count ?? 0) <= 100)
    }
  }

  @Test func `a small body that would become a large one is refused`() {
    #expect(Gzip.decompress(Self.packed, byteCountMax: 5) == nil)
  }
}
