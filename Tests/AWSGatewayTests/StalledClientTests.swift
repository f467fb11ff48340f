import AWSGateway
import AWSProtocol
import Core
import Foundation
import NIOCore
import NIOHTTPTypes
import TestSupport
import Testing

/// Clients that stop in the middle: each is let go of, and nobody else is kept waiting.
@Suite struct StalledClientTests {
  /// Tells of the first event that a subscriber did not take.
  private final class DeliveryWatch: Reporter {
    let failures: AsyncStream<Void>
    private let failure: AsyncStream<Void>.Continuation

    init() {
      (failures, failure) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func report(_ report: Report) {
      if case .delivered(let delivery) = report, !delivery.success { failure.yield() }
    }

    func failed() async {
      for await _ in failures { return }
    }
  }

  private static func hasty() -> AWSGateway.Limits {
    var limits = AWSGateway.Limits()
    limits.unreadSeconds = 1
    return limits
  }

  /// More than the buffers of two sockets take.
  private static func fill(_ stream: String, at client: GatewayClient) async throws {
    let data = Data(repeating: 7, count: 1_000_000).base64EncodedString()
    let records = Array(repeating: ["PartitionKey": "k", "Data": data], count: 10)
    for _ in 0..<2 {
      let answer = try await client.call("PutRecords", ["StreamName": stream, "Records": records])
      #expect(answer.json["FailedRecordCount"] as? Int == 0)
    }
  }

  private static func subscription(at client: GatewayClient) async throws -> String {
    _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
    try await fill("s", at: client)
    let registered = try await client.call(
      "RegisterStreamConsumer",
      ["StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s", "ConsumerName": "c"])
    let arn = try #require(try registered.structure("Consumer")["ConsumerARN"] as? String)
    let request = try JSONSerialization.data(withJSONObject: [
      "ConsumerARN": arn, "ShardId": shardName(0), "StartingPosition": ["Type": "TRIM_HORIZON"],
    ])
    return String(decoding: request, as: UTF8.self)
  }

  @Test(.timeLimit(.minutes(5)))
  func `a subscriber over HTTP/1.1 that reads nothing is let go of`() async throws {
    let watch = DeliveryWatch()
    try await withGateway(reporter: watch, limits: Self.hasty()) { client in
      let request = try await Self.subscription(at: client)
      let head = HalfOpenConnection.head(
        "SubscribeToShard", "Content-Length: \(request.utf8.count)")
      let subscriber = try await HalfOpenConnection(
        port: client.port, saying: head + request, reads: false)
      await watch.failed()
      #expect(try await client.call("ListStreams").status == 200)
      await subscriber.close()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a subscriber over HTTP/2 that opens no window is let go of`() async throws {
    let watch = DeliveryWatch()
    try await withGateway(reporter: watch, limits: Self.hasty()) { client in
      let request = try await Self.subscription(at: client)
      let connection = try await HTTP2Client.connect(port: client.port)
      try await connection.open("SubscribeToShard", Array(request.utf8), as: .json) { _ in
        await watch.failed()
      }
      #expect(try await client.call("ListStreams").status == 200)
      await connection.close()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a subscriber that has all there is stays, however quiet it is`() async throws {
    var limits = Self.hasty()
    limits.keepAliveSeconds = 0.3
    try await withGateway(limits: limits) { client in
      _ = try await client.call("CreateStream", ["StreamName": "q", "ShardCount": 1])
      let registered = try await client.call(
        "RegisterStreamConsumer",
        ["StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/q", "ConsumerName": "c"])
      let arn = try #require(try registered.structure("Consumer")["ConsumerARN"] as? String)
      let request = try JSONSerialization.data(withJSONObject: [
        "ConsumerARN": arn, "ShardId": shardName(0), "StartingPosition": ["Type": "LATEST"],
      ])
      let connection = try await HTTP2Client.connect(port: client.port)
      let begun = ContinuousClock.now
      let count = try await connection.open("SubscribeToShard", Array(request), as: .json) {
        (parts: NIOAsyncChannelInboundStream<HTTPResponsePart>) -> Int in
        var count = 0
        for try await part in parts {
          if case .body = part { count += 1 }
          if count >= 5, begun.duration(to: .now) > .seconds(2.5) { break }
        }
        return count
      }
      #expect(count >= 5)
      await connection.close()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `uploads that stop half-way make room for others`() async throws {
    var limits = AWSGateway.Limits()
    limits.heldBytesMax = 4 << 20
    try await withGateway(limits: limits) { client in
      let half = ByteBuffer(repeating: UInt8(ascii: " "), count: 3 << 20)
      var uploads: [HalfOpenConnection] = []
      for _ in 0..<3 {
        let upload = try await HalfOpenConnection(
          port: client.port,
          saying: HalfOpenConnection.head("PutRecords", "Content-Length: 8000000"))
        try await upload.send(half)
        uploads.append(upload)
      }
      let first = try #require(uploads.first)
      try await first.isClosed()
      #expect(try await client.call("ListStreams").status == 200)
      for upload in uploads { await upload.close() }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `answers that nobody fetches make room for others`() async throws {
    var limits = AWSGateway.Limits()
    limits.heldBytesMax = 32 << 20
    try await withGateway(limits: limits) { client in
      _ = try await client.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
      try await Self.fill("s", at: client)
      let iterator = try await client.iterator("s")
      let body = "{\"ShardIterator\":\"\(iterator)\"}"
      let request =
        HalfOpenConnection.head("GetRecords", "Content-Length: \(body.utf8.count)") + body
      var readers: [HalfOpenConnection] = []
      for _ in 0..<6 {
        readers.append(
          try await HalfOpenConnection(port: client.port, saying: request, reads: false))
      }
      // Each is served, and so is who comes after them.
      let answer = try await client.call("GetRecords", ["ShardIterator": iterator])
      #expect(try answer.list("Records").count == 10)
      let first = try #require(readers.first)
      try await first.read()
      try await first.isClosed()
      for reader in readers { await reader.close() }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `who goes on sending what was refused is cut off`() async throws {
    var limits = AWSGateway.Limits()
    limits.requestBytesMax = 1_000
    try await withGateway(limits: limits) { client in
      let sender = try await HalfOpenConnection(
        port: client.port,
        saying: HalfOpenConnection.head("PutRecords", "Transfer-Encoding: chunked"))
      var chunk = ByteBuffer(string: "100000\r\n")
      chunk.writeRepeatingByte(UInt8(ascii: " "), count: 1 << 20)
      chunk.writeString("\r\n")
      var sent = 0
      do {
        while sent < 1_000 {
          try await sender.send(chunk)
          sent += 1
        }
      } catch {
        // The connection is gone.
      }
      #expect(sent < 1_000)
      #expect(try await client.call("ListStreams").status == 200)
      await sender.close()
    }
  }
}
