import AWSProtocol
import HTTPTypes
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2
import NIOPosix
import Testing

/// A connection of HTTP/2 without TLS, which begins with the preface as the SDKs for Java do.
struct HTTP2Client: Sendable {
  typealias Stream = NIOAsyncChannel<HTTPResponsePart, HTTPRequestPart>

  struct Answer: Sendable {
    var status: Int
    var contentType: String?
    var body: [UInt8]
    /// 0 where the response ended with its headers.
    var frameCount = 0
  }

  let channel: any Channel
  private let streams: NIOHTTP2Handler.AsyncStreamMultiplexer<Void>

  static func connect(port: Int) async throws -> HTTP2Client {
    let (channel, streams) = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          let streams = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
            mode: .client
          ) { channel in
            channel.eventLoop.makeSucceededVoidFuture()
          }
          return (channel, streams)
        }
      }
    return HTTP2Client(channel: channel, streams: streams)
  }

  func close() async {
    try? await channel.close()
  }

  func ping() async throws {
    let frame = HTTP2Frame(
      streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 1), ack: false))
    try await channel.writeAndFlush(frame)
  }

  /// Sends an operation, and gives its response to `body` part by part.
  func open<Result: Sendable>(
    _ operation: String, _ request: [UInt8], as encoding: WireEncoding,
    _ body: @Sendable (NIOAsyncChannelInboundStream<HTTPResponsePart>) async throws -> Result
  ) async throws -> Result {
    let stream: Stream = try await streams.openStream { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTPClientCodec())
        return try Stream(wrappingChannelSynchronously: channel)
      }
    }
    var head = HTTPRequest(method: .post, scheme: "http", authority: "127.0.0.1", path: "/")
    head.headerFields[.contentType] = encoding.contentType
    let target = try #require(HTTPField.Name("X-Amz-Target"))
    head.headerFields[target] = "Kinesis_20131202.\(operation)"
    return try await stream.executeThenClose { inbound, outbound in
      try await outbound.write(.head(head))
      try await outbound.write(.body(ByteBuffer(bytes: request)))
      try await outbound.write(.end(nil))
      return try await body(inbound)
    }
  }

  func call(
    _ operation: String, _ request: [UInt8], as encoding: WireEncoding
  ) async throws -> Answer {
    try await open(operation, request, as: encoding) { parts in
      var answer = Answer(status: 0, body: [])
      for try await part in parts {
        switch part {
        case .head(let head):
          answer.status = head.status.code
          answer.contentType = head.headerFields[.contentType]
        case .body(let bytes):
          answer.frameCount += 1
          answer.body += Array(bytes.readableBytesView)
        case .end: break
        }
      }
      return answer
    }
  }
}
