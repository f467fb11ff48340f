/// The parts of a request's head that decide who answers it.
package struct RequestHead: Sendable {
  package var method: String
  package var contentType: String?
  /// `X-Amz-Target`: `Kinesis_20131202.PutRecords`.
  package var target: String?
  /// Set by browsers only.
  package var origin: String?

  package init(method: String, contentType: String?, target: String?, origin: String? = nil) {
    self.method = method
    self.contentType = contentType
    self.target = target
    self.origin = origin
  }
}

/// Where a request goes. The path does not matter, as on Kinesis.
package enum RequestRoute: Equatable, Sendable {
  case kinesis(KinesisOperation)
  case refused(AWSReply)
  /// A client that speaks CBOR: the refusal is as Kinesis words it, and the operator is to be
  /// told how to make that client speak JSON.
  case refusedCBOR(AWSReply)

  /// - Parameter bodyIsEmpty: whether the request came without a body.
  package init(_ head: RequestHead, bodyIsEmpty: Bool) {
    guard head.method == "POST" else {
      self = .refused(Self.undetermined)
      return
    }
    // Credentials are not checked on loopback, so a web page that some browser on this machine
    // shows must not get through: SDKs and command line tools never send this header.
    if head.origin != nil {
      let error = AWSError(.accessDenied, "Requests from web pages are not accepted.")
      self = .refused(.failure(error))
      return
    }
    let target = Self.parts(of: head.target)
    let operation = target.flatMap { KinesisOperation(service: $0.service, name: $0.operation) }
    if bodyIsEmpty {
      let kind: AWSError.Kind = operation == nil ? .unknownOperation : .serialization
      self = .refused(.failure(AWSError(kind)))
      return
    }
    switch Self.mediaType(head.contentType) {
    case ContentType.json:
      self = operation.map(Self.kinesis) ?? .refused(Self.unknown(head.target))
    case ContentType.cbor:
      self = .refusedCBOR(.xml(status: 404, .unknownOperation))
    case ContentType.plainJSON:
      self = .refused(Self.unknownPlain)
    default:
      self = .refused(target == nil ? Self.undetermined : .xml(status: 404, .unknownOperation))
    }
  }

  private static func parts(of target: String?) -> (service: Substring, operation: Substring)? {
    guard let target, let dot = target.firstIndex(of: ".") else { return nil }
    let service = target[..<dot]
    let operation = target[target.index(after: dot)...]
    return service.isEmpty || operation.isEmpty ? nil : (service, operation)
  }

  /// The media type without its parameters, in lower case.
  private static func mediaType(_ header: String?) -> String {
    let type = (header ?? "").prefix { $0 != ";" }
    return type.filter { $0 != " " && $0 != "\t" }.lowercased()
  }

  private static func unknown(_ target: String?) -> AWSReply {
    let message = target.map { "Operation \($0) is not served here." }
    return .failure(AWSError(.unknownOperation, message))
  }

  private static let undetermined = AWSReply.xml(
    status: 403, .accessDenied,
    message: "Unable to determine service/operation name to be authorized")

  /// The answer to plain JSON, a shape older than the protocol.
  private static let unknownPlain: AWSReply = {
    var json = JSONWriter()
    json.beginObject()
    json.name("Output")
    json.beginObject()
    json.field("__type", "com.amazon.coral.service#UnknownOperationException")
    json.endObject()
    json.field("Version", "1.0")
    json.endObject()
    return AWSReply(status: 404, contentType: ContentType.plainJSON, body: json.bytes)
  }()
}
