internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// `GET /metrics` for Prometheus, on loopback.
struct MetricsServer {
  let port: Int
  let logger: Logger
  let render: @Sendable () async -> String

  /// Serves until graceful shutdown or cancellation.
  func run(onReady: @escaping @Sendable (Int) -> Void) async throws {
    let router = Router()
    let render = render
    router.get("metrics") { request, _ in
      guard
        LoopbackGuard.allows(
          authority: request.head.authority, origin: request.headers[.origin])
      else {
        return Response(
          status: .forbidden, headers: [.contentType: "text/plain; charset=utf-8"],
          body: ResponseBody(
            byteBuffer: ByteBuffer(string: "requests from web pages are not accepted\n")))
      }
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: await render())))
    }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { onReady(port) }
      },
      logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      throw EnginePort.metrics.error(port, code: error.errnoCode)
    }
  }
}
