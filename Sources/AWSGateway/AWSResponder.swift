import AWSProtocol
import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// Turns HTTP requests into replies: reads bodies within their limit, finds the service, adds the
/// headers that every answer of AWS has.
struct AWSResponder: HTTPResponder {
  struct Context: InitializableFromSource, Sendable {
    init(source: ApplicationRequestContextSource) {}
  }

  /// The first that owns a request answers it.
  private let services: [any AWSService]
  /// Answers (or refuses) what no other service owns.
  private let kinesis: KinesisService
  private let bytesMax: Int

  init(services: [any AWSService], kinesis: KinesisService, limits: AWSGateway.Limits) {
    self.services = services
    self.kinesis = kinesis
    bytesMax = limits.requestBytesMax
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    let head = RequestHead(request)
    let body: ByteBuffer
    do throws(AWSError) {
      body = try await collectBody(of: request)
    } catch {
      let encoding: WireEncoding = head.mediaType == ContentType.cbor ? .cbor : .json
      return Self.response(.failure(error, as: encoding), to: request)
    }
    let service = services.first { $0.owns(head) } ?? kinesis
    switch await service.answer(head, body) {
    case .whole(let reply): return Self.response(reply, to: request)
    case .events(let events): return Self.response(events)
    }
  }

  private func collectBody(of request: Request) async throws(AWSError) -> ByteBuffer {
    let tooLarge = AWSError(
      .requestEntityTooLarge, "The request is larger than \(bytesMax) bytes.")
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard announced <= bytesMax else { throw tooLarge }
    var body = ByteBuffer()
    body.reserveCapacity(max(announced, 0))
    do {
      for try await part in request.body {
        guard body.readableBytes + part.readableBytes <= bytesMax else { throw tooLarge }
        body.writeImmutableBuffer(part)
      }
    } catch let error as AWSError {
      throw error
    } catch {
      throw AWSError(.serialization, "The request ended early.")
    }
    return body
  }
}

// MARK: - Heads

private enum HeaderName {
  static let target = HTTPField.Name("X-Amz-Target")
  static let date = HTTPField.Name("X-Amz-Date")
  static let requestID = HTTPField.Name("x-amzn-RequestId")
  static let extendedID = HTTPField.Name("x-amz-id-2")
  static let errorType = HTTPField.Name("x-amzn-ErrorType")
}

extension RequestHead {
  fileprivate init(_ request: Request) {
    let headers = request.headers
    self.init(
      method: request.method.rawValue, path: request.head.path ?? "/",
      contentType: headers[.contentType], target: HeaderName.target.flatMap { headers[$0] },
      authorization: headers[.authorization],
      hasDate: headers[.date] != nil || HeaderName.date.map { headers[$0] != nil } ?? false,
      origin: headers[.origin], userAgent: headers[.userAgent])
    contentEncoding = headers[.contentEncoding]
  }
}

extension AWSResponder {
  private static func headers(contentType: String?, errorType: String? = nil) -> HTTPFields {
    var headers = HTTPFields()
    headers[.contentType] = contentType
    if let name = HeaderName.requestID { headers[name] = RequestIdentity.requestID() }
    if let name = HeaderName.extendedID { headers[name] = RequestIdentity.extendedID() }
    if let name = HeaderName.errorType, let errorType { headers[name] = errorType }
    return headers
  }

  private static func response(_ reply: AWSReply, to request: Request) -> Response {
    var headers = headers(contentType: reply.contentType, errorType: reply.errorType)
    for (name, value) in reply.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    let body =
      reply.body.isEmpty
      ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
    let response = Response(
      status: HTTPResponse.Status(code: reply.status), headers: headers, body: body)
    return request.method == .head ? response.createHeadResponse() : response
  }

  private static func response(_ events: EventReply) -> Response {
    let body = ResponseBody { writer in
      try await events.run { try await writer.write($0) }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: headers(contentType: events.contentType), body: body)
  }
}
