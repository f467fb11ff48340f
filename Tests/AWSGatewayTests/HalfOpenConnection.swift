import NIOCore
import NIOPosix

/// A client that connects, sends no whole request, and waits.
struct HalfOpenConnection: Sendable {
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
