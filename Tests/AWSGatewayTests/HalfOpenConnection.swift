import NIOCore
import NIOPosix

/// A client that connects, says what it is told to, and waits.
struct HalfOpenConnection: Sendable {
  /// A connection of HTTP/2 that asks for nothing: the preface and empty settings.
  static let http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\u{4}\0\0\0\0\0"

  private let channel: any Channel

  /// - Parameter reads: whether it takes what the server sends.
  init(port: Int, saying text: String, reads: Bool = true) async throws {
    channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelOption(.autoRead, value: reads)
      .connect(host: "127.0.0.1", port: port) { $0.eventLoop.makeSucceededFuture($0) }
    if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)) }
  }

  /// The head of an operation's request, whose body is to follow.
  static func head(_ operation: String, _ more: String) -> String {
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
      + "X-Amz-Target: Kinesis_20131202.\(operation)\r\n\(more)\r\n\r\n"
  }

  func send(_ bytes: ByteBuffer) async throws {
    try await channel.writeAndFlush(bytes)
  }

  /// Takes from now on what the server sends.
  func read() async throws {
    try await channel.setOption(.autoRead, value: true).get()
  }

  /// Returns when the server has closed it; only of one that reads.
  func isClosed() async throws {
    try await channel.closeFuture.get()
  }

  func close() async {
    try? await channel.close()
  }
}
