import Core
import Foundation
import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix
import ServiceLifecycle
import StreamLog
import TestSupport
import Testing

@testable import AWSGateway
@testable import AWSProtocol

@Suite struct HTTP2Tests {
  private func written(_ write: (inout CBORWriter) -> Void) -> [UInt8] {
    var writer = CBORWriter()
    writer.beginObject()
    write(&writer)
    writer.endObject()
    return writer.bytes
  }

  private func withClient(
    limits: AWSGateway.Limits = .init(),
    _ body: (HTTP2Client, GatewayClient) async throws -> Void
  ) async throws {
    try await withGateway(limits: limits) { plain in
      let client = try await HTTP2Client.connect(port: plain.port)
      try await body(client, plain)
      await client.close()
    }
  }

  @Test func `records go through HTTP/2 and CBOR, and come out of HTTP/1.1 and JSON`() async throws
  {
    try await withClient { client, plain in
      let create = written {
        $0.field("StreamName", "s")
        $0.field("ShardCount", 1)
      }
      let created = try await client.call("CreateStream", create, as: .cbor)
      #expect(created.status == 200)
      #expect(created.contentType == "application/x-amz-cbor-1.1")
      #expect(created.frameCount == 0)
      let put = written {
        $0.field("StreamName", "s")
        $0.field("PartitionKey", "k")
        $0.name("Data")
        $0.blob(Array("text".utf8))
      }
      #expect(try await client.call("PutRecord", put, as: .cbor).status == 200)
      #expect(try await plain.texts(plain.iterator("s")) == ["text"])
    }
  }

  @Test func `errors are CBOR for who speaks it`() async throws {
    try await withClient { client, _ in
      let answer = try await client.call(
        "DescribeStream", written { $0.field("StreamName", "none") }, as: .cbor)
      #expect(answer.status == 400)
      #expect(answer.contentType == "application/x-amz-cbor-1.1")
      let members = try answer.body.withUnsafeBytes { bytes in
        var members: [String: String] = [:]
        var reader = CBORReader(bytes)
        try reader.enterStructure()
        while let name = try reader.nextName() { members[name] = try reader.string() }
        return members
      }
      #expect(members["__type"] == "ResourceNotFoundException")
      #expect(members["message"] == "Stream none under account 000000000000 not found.")
    }
  }

  @Test func `a connection carries many requests at once, and its client may ping`() async throws {
    try await withClient { client, plain in
      _ = try await plain.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      for _ in 0..<10 { try await client.ping() }
      let put = written {
        $0.field("StreamName", "s")
        $0.field("PartitionKey", "k")
        $0.name("Data")
        $0.blob([UInt8](repeating: 1, count: 900_000))
      }
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 {
          group.addTask { try await client.call("PutRecord", put, as: .cbor).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 200, count: 20))
    }
  }

  @Test func `a silent connection is closed`() async throws {
    var limits = AWSGateway.Limits()
    limits.idleSeconds = 1
    try await withClient(limits: limits) { client, _ in
      try await client.channel.closeFuture.get()
    }
    try await withGateway(limits: limits) { plain in
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: plain.port).get()
      // On a busy machine its time is over before it has said anything.
      try? await channel.writeAndFlush(ByteBuffer(string: "PRI * HT"))
      try await channel.closeFuture.get()
    }
  }

  @Test func `a client that asks whether to go on is told to`() async throws {
    try await withGateway { plain in
      let connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: plain.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
          }
        }
      try await connection.executeThenClose { inbound, outbound in
        let head = [
          "POST / HTTP/1.1", "Host: x", "X-Amz-Target: Kinesis_20131202.ListStreams",
          "Content-Type: application/x-amz-json-1.1", "Content-Length: 2",
          "Expect: 100-continue", "Connection: close", "", "",
        ]
        try await outbound.write(ByteBuffer(string: head.joined(separator: "\r\n")))
        var answer = ""
        var isSent = false
        for try await part in inbound {
          answer += String(buffer: part)
          if !isSent, answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n") {
            isSent = true
            try await outbound.write(ByteBuffer(string: "{}"))
          }
        }
        #expect(isSent, "\(answer)")
        #expect(answer.contains("HTTP/1.1 200 OK"), "\(answer)")
      }
    }
  }

  @Test func `a server that stops ends a subscription and lets its connection go`() async throws {
    let directory = try TemporaryDirectory()
    let log = try await openLog(directory.path)
    let gateway = AWSGateway(log: log, port: 0, reporter: SilentReporter(), logger: quietLogger())
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let group = ServiceGroup(
      services: [Serving(gateway: gateway) { port.yield($0) }], logger: quietLogger())
    let serving = Task { try await group.run() }
    var found: Int?
    for await port in ports {
      found = port
      break
    }
    let plain = GatewayClient(port: try #require(found))
    _ = try await plain.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
    let arn =
      try await plain.call("DescribeStreamSummary", ["StreamName": "s"])
      .structure("StreamDescriptionSummary")["StreamARN"] as? String
    let consumer =
      try await plain.call(
        "RegisterStreamConsumer", ["StreamARN": try #require(arn), "ConsumerName": "app"]
      ).structure("Consumer")["ConsumerARN"] as? String
    let client = try await HTTP2Client.connect(port: plain.port)
    let request = try JSONSerialization.data(withJSONObject: [
      "ConsumerARN": try #require(consumer), "ShardId": shardName(0),
      "StartingPosition": ["Type": "LATEST"],
    ])
    let received = try await client.open("SubscribeToShard", Array(request), as: .json) {
      (parts: NIOAsyncChannelInboundStream<HTTPResponsePart>) -> Int in
      var count = 0
      for try await part in parts {
        guard case .body(let bytes) = part else { continue }
        if count == 0 { await group.triggerGracefulShutdown() }
        count += bytes.readableBytes
      }
      return count
    }
    #expect(received > 100)
    try await client.channel.closeFuture.get()
    try await serving.value
    await log.close()
    withExtendedLifetime(directory) {}
  }
}

private struct Serving: Service {
  let gateway: AWSGateway
  let onReady: @Sendable (Int) -> Void

  func run() async throws {
    try await gateway.run(onReady: onReady)
  }
}

@Suite struct PrefaceTests {
  @Test func `the protocol is told by the first byte that differs, or by all of them`() {
    func told(_ text: String) -> Preface? { Preface(text.utf8) }
    #expect(told("") == nil)
    #expect(told("P") == nil)
    #expect(told("PO") == .http1)
    #expect(told("GET / HTTP/1.1") == .http1)
    #expect(told("PRI * HTTP/2.0\r\n\r\nSM\r\n\r") == nil)
    #expect(told("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .http2)
    #expect(told("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore") == .http2)
    #expect(told("PRI * HTTP/1.1\r\n") == .http1)
  }

  @Test func `a request whose first bytes come one by one is served`() async throws {
    try await withGateway { client in
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: client.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
          }
        }
      let status = try await channel.executeThenClose { inbound, outbound in
        for byte in "GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8 {
          try await outbound.write(ByteBuffer(bytes: [byte]))
        }
        var iterator = inbound.makeAsyncIterator()
        let first = try await iterator.next()
        return first.map { String(decoding: $0.readableBytesView.prefix(12), as: UTF8.self) }
      }
      #expect(status == "HTTP/1.1 403")
    }
  }
}
