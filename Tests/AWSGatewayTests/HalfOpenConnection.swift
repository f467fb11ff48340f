import NIOCore
import NIOPosix

/// A client that connects, sends no whole request, and waits.
struct HalfOpenConnection: Sendable {
  /// A connection of HTTP/2 that asks for nothing: the preface and empty settings.
  static let http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\u{4}\0\0\0\0\0"

  private let channel: any Channel

  init(port: Int, saying text: String) async throws {
    channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { $0.eventLoop.makeSucceededFuture($0) }
    if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)) }
  }

  func close() async {
    try? await channel.close()
  }
}
