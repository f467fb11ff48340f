internal import AWSProtocol
package import Core
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
package import Logging
internal import NIOCore
package import StreamLog

/// The AWS endpoint: one port on loopback that speaks AWS JSON 1.1.
///
/// Credentials are not checked: whoever reaches loopback may use it.
package struct AWSGateway: Sendable {
  /// A PutRecords request carries at most 10 MiB, and base64 adds a third.
  static let bodyBytesMax = 16 << 20

  private let service: KinesisService
  private let host: String
  private let port: Int
  private let logger: Logger

  /// - Parameter port: 0 picks a free one.
  package init(
    log: StreamLog, host: String, port: Int, clock: any WallClock, reporter: any Reporter,
    logger: Logger
  ) {
    service = KinesisService(log: log, clock: clock, reporter: reporter)
    self.host = host
    self.port = port
    self.logger = logger
  }

  /// Serves until graceful shutdown or cancellation.
  ///
  /// - Parameter onReady: called once with the port, when it accepts.
  package func run(onReady: @escaping @Sendable (Int) -> Void) async throws {
    let application = Application(
      responder: AWSResponder(service: service),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { onReady(port) }
      },
      logger: logger)
    try await application.run()
  }
}

/// Answers one request: tells the service apart, reads the body, renders what came of it.
private struct AWSResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  let service: KinesisService

  func respond(to request: Request, context: Context) async throws -> Response {
    let id = UUID().uuidString.lowercased()
    do throws(AWSError) {
      return response(status: .ok, body: try await perform(request), id: id)
    } catch {
      return response(
        status: HTTPResponse.Status(code: error.status), body: render(error), id: id)
    }
  }

  private func perform(_ request: Request) async throws(AWSError) -> [UInt8] {
    guard request.method == .post, request.uri.path == "/" else {
      throw AWSError(
        "AccessDeniedException",
        "Unable to determine service/operation name to be authorized", status: 403)
    }
    let type = request.headers[.contentType] ?? ""
    guard type.hasPrefix("application/x-amz-json-1.1") || type.hasPrefix("application/json") else {
      throw AWSError(
        "UnknownOperationException",
        "the content type '\(type)' is not supported: send application/x-amz-json-1.1",
        status: 404)
    }
    let target = HTTPField.Name("X-Amz-Target").flatMap { request.headers[$0] } ?? ""
    guard target.hasPrefix(KinesisService.targetPrefix) else {
      throw AWSError("UnknownOperationException", "the target '\(target)' is not known")
    }
    let body = try await collect(request)
    return try await service.perform(
      String(target.dropFirst(KinesisService.targetPrefix.count)),
      try JSONReader.read(body.isEmpty ? Array("{}".utf8) : body))
  }

  private func collect(_ request: Request) async throws(AWSError) -> [UInt8] {
    do {
      let buffer = try await request.body.collect(upTo: AWSGateway.bodyBytesMax)
      return Array(buffer.readableBytesView)
    } catch {
      throw AWSError(
        "RequestEntityTooLargeException",
        "the body could not be read, or has more than \(AWSGateway.bodyBytesMax) bytes",
        status: 413)
    }
  }

  private func render(_ error: AWSError) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("__type", error.type)
      writer.member("message", error.message)
    }
    return writer.bytes
  }

  private func response(status: HTTPResponse.Status, body: [UInt8], id: String) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = "application/x-amz-json-1.1"
    if let name = HTTPField.Name("x-amzn-RequestId") { headers[name] = id }
    if let name = HTTPField.Name("x-amz-id-2") { headers[name] = id }
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}
