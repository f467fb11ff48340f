import AWSGateway
import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct EndpointTests {
  private static let amazonJSON = "application/x-amz-json-1.1"

  @Test func `every answer has AWS's request ids`() async throws {
    try await withGateway { client in
      let answers = [
        try await client.call("ListStreams"), try await client.call("DescribeStream"),
        try await client.send("GET"),
      ]
      for answer in answers {
        let id = try #require(answer.headers["x-amzn-requestid"])
        #expect(UUID(uuidString: id) != nil)
        #expect(Data(base64Encoded: answer.headers["x-amz-id-2"] ?? "")?.count == 72)
      }
      #expect(answers[0].headers["content-type"] == Self.amazonJSON)
      #expect(Set(answers.map { $0.headers["x-amzn-requestid"] }).count == 3)
    }
  }

  @Test func `what is no operation is answered as Kinesis does`() async throws {
    try await withGateway { client in
      func status(_ method: String, _ path: String, body: String? = nil) async throws -> Int {
        try await client.send(method, path: path, body: body.map { Data($0.utf8) }).status
      }
      #expect(try await status("GET", "/") == 403)
      #expect(try await status("GET", "/any/where?x=1") == 403)
      #expect(try await status("HEAD", "/") == 403)
      #expect(try await status("PUT", "/", body: "{}") == 403)

      func post(
        _ body: String?, type: String? = Self.amazonJSON, operation: String? = "ListStreams",
        path: String = "/", origin: String? = nil
      ) async throws -> GatewayClient.Answer {
        var headers: [String: String] = [:]
        headers["Content-Type"] = type
        headers["X-Amz-Target"] = operation.map { "Kinesis_20131202.\($0)" }
        headers["Origin"] = origin
        return try await client.send(path: path, headers: headers, body: body.map { Data($0.utf8) })
      }
      #expect(try await post("{").errorType == "SerializationException")
      #expect(try await post(nil).errorType == "SerializationException")
      #expect(try await post("{}", operation: nil).errorType == "UnknownOperationException")
      #expect(try await post("{}", operation: "Fly").errorType == "UnknownOperationException")
      #expect(try await post("{}", type: "text/plain").status == 404)
      #expect(try await post("{}", path: "/x").status == 200)
      let page = try await post("{}", origin: "http://example.com")
      #expect(page.errorType == "AccessDeniedException")
    }
  }

  @Test func `a request beyond the limit is refused, and the next is served`() async throws {
    var limits = AWSGateway.Limits()
    limits.requestBytesMax = 100_000
    try await withGateway(limits: limits) { client in
      let answer = try await client.call(
        "ListStreams", ["x": String(repeating: "x", count: 100_001)])
      #expect(answer.status == 413)
      #expect(answer.errorType == "RequestEntityTooLargeException")
      #expect(try await client.call("ListStreams").status == 200)
    }
  }

  @Test func `ten mebibytes of records pass in one request, and more do not`() async throws {
    try await withGateway { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
      let data = Data(repeating: 7, count: (1 << 20) - 1).base64EncodedString()
      let record = ["PartitionKey": "k", "Data": data]
      func put(_ count: Int) async throws -> GatewayClient.Answer {
        try await client.call(
          "PutRecords",
          ["StreamName": "s", "Records": Array(repeating: record, count: count)])
      }
      #expect(try await put(10).json["FailedRecordCount"] as? Int == 0)
      #expect(try await put(11).message == "Records size exceeds 10 MB limit")
    }
  }

  @Test(arguments: ["0.0.0.0", "192.168.1.1", "example.com", "::", "127.0.0.1.example.com"])
  func `an address that others can reach is refused`(host: String) async throws {
    let directory = try TemporaryDirectory()
    let log = try await openLog(directory.path)
    let gateway = AWSGateway(
      log: log, host: host, port: 0, reporter: SilentReporter(), logger: quietLogger())
    await #expect(throws: AWSGatewayError.notLoopback(host: host)) {
      try await gateway.run { _ in }
    }
    await log.close()
  }

  @Test func `a port that is taken is told, not waited for`() async throws {
    try await withGateway { client in
      let directory = try TemporaryDirectory()
      let log = try await openLog(directory.path)
      let gateway = AWSGateway(
        log: log, port: client.port, reporter: SilentReporter(), logger: quietLogger())
      let error = await #expect(throws: AWSGatewayError.self) { try await gateway.run { _ in } }
      #expect(
        error == .cannotListen(host: "127.0.0.1", port: client.port, code: EADDRINUSE))
      await log.close()
    }
  }

  @Test func `a stopped gateway lets go of its port`() async throws {
    let port = PortBox()
    try await withGateway { client in
      let answer = try await client.call("ListStreams")
      #expect(answer.status == 200)
      await port.set(client.port)
    }
    let stopped = GatewayClient(port: await port.value)
    await #expect(throws: (any Error).self) { try await stopped.call("ListStreams") }
  }
}

private actor PortBox {
  private(set) var value = 0
  func set(_ port: Int) { value = port }
}
