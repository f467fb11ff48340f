internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// `GET /metrics` for Prometheus, on loopback.
struct MetricsServer {
  let port: Int
  let logger: Logger
  let render: @Sendable () -> String

  /// Serves until graceful shutdown or cancellation.
  func run(onReady: @escaping @Sendable (Int) -> Void) async throws {
    let router = Router()
    let render = render
    router.get("metrics") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: render())))
    }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { onReady(port) }
      },
      logger: logger)
    try await application.run()
  }
}
