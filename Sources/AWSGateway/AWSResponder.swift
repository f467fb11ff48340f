import AWSProtocol
import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Turns HTTP requests into replies: routes, reads bodies within their limit, adds the headers
/// that every answer of AWS has.
struct AWSResponder: HTTPResponder {
  struct Context: InitializableFromSource, Sendable {
    init(source: ApplicationRequestContextSource) {}
  }

  private let kinesis: KinesisService
  private let reporter: any Reporter
  private let limits: AWSGateway.Limits
  private let hasWarnedOfCBOR: Once

  init(kinesis: KinesisService, reporter: any Reporter, limits: AWSGateway.Limits) {
    self.kinesis = kinesis
    self.reporter = reporter
    self.limits = limits
    hasWarnedOfCBOR = Once()
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    let reply: AWSReply
    do throws(AWSError) {
      reply = try await answer(request)
    } catch {
      reply = .failure(error)
    }
    return Self.response(reply, to: request)
  }

  private func answer(_ request: Request) async throws(AWSError) -> AWSReply {
    let body = try await collectBody(of: request)
    let head = RequestHead(
      method: request.method.rawValue, contentType: request.headers[.contentType],
      target: HeaderName.target.flatMap { request.headers[$0] }, origin: request.headers[.origin])
    switch RequestRoute(head, bodyIsEmpty: body.readableBytes == 0) {
    case .kinesis(let operation):
      return .success(try await kinesis.answer(operation, body))
    case .refusedCBOR(let reply):
      warnOfCBOR()
      return reply
    case .refused(let reply):
      return reply
    }
  }

  private func collectBody(of request: Request) async throws(AWSError) -> ByteBuffer {
    let tooLarge = AWSError(
      .requestEntityTooLarge,
      "The request is larger than \(limits.requestBytesMax) bytes.")
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard announced <= limits.requestBytesMax else { throw tooLarge }
    var body = ByteBuffer()
    body.reserveCapacity(max(announced, 0))
    do {
      for try await part in request.body {
        guard body.readableBytes + part.readableBytes <= limits.requestBytesMax else {
          throw tooLarge
        }
        body.writeImmutableBuffer(part)
      }
    } catch let error as AWSError {
      throw error
    } catch {
      throw AWSError(.serialization, "The request ended early.")
    }
    return body
  }

  private func warnOfCBOR() {
    guard hasWarnedOfCBOR.claim() else { return }
    reporter.report(
      .message(
        level: .warning, source: "aws",
        text: "a client sends CBOR, which is not served: set AWS_CBOR_DISABLE=1 (Java SDK 1) or "
          + "CBOR_ENABLED=false (Java SDK 2, KCL) in its environment"))
  }
}

// MARK: - Responses

extension AWSResponder {
  private enum HeaderName {
    static let target = HTTPField.Name("X-Amz-Target")
    static let requestID = HTTPField.Name("x-amzn-RequestId")
    static let extendedID = HTTPField.Name("x-amz-id-2")
  }

  private static func response(_ reply: AWSReply, to request: Request) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = reply.contentType
    if let name = HeaderName.requestID { headers[name] = RequestIdentity.requestID() }
    if let name = HeaderName.extendedID { headers[name] = RequestIdentity.extendedID() }
    let body = ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
    let response = Response(
      status: HTTPResponse.Status(code: reply.status), headers: headers, body: body)
    return request.method == .head ? response.createHeadResponse() : response
  }
}

/// The two names that AWS gives a request, for its own support.
enum RequestIdentity {
  /// A random UUID (version 4), in lower case.
  static func requestID() -> String {
    let high = UInt64.random(in: 0...UInt64.max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = UInt64.random(in: 0...UInt64.max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = hexadecimal(high) + hexadecimal(low)
    var parts: [Substring] = []
    var rest = digits[...]
    for count in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return parts.joined(separator: "-")
  }

  /// 96 characters of base64.
  static func extendedID() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var characters: [UInt8] = []
    for _ in 0..<10 {
      var bits = UInt64.random(in: 0...UInt64.max)
      for _ in 0..<10 {
        characters.append(alphabet[Int(bits & 63)])
        bits >>= 6
      }
    }
    return String(decoding: characters.prefix(96), as: UTF8.self)
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

/// Something to be done by the first who asks.
private final class Once: Sendable {
  private let isDone = Atomic(false)

  /// True for the first caller only.
  func claim() -> Bool {
    isDone.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
  }
}
