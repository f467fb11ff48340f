/// The parts of a request's head that decide who answers it, and in what.
package struct RequestHead: Sendable {
  package var method: String
  /// With its query, as sent.
  package var path: String
  package var contentType: String?
  /// `X-Amz-Target`: `Kinesis_20131202.PutRecords`.
  package var target: String?
  package var authorization: String?
  /// Whether the client told the time of its signature: `X-Amz-Date` or `Date`.
  package var hasDate: Bool
  /// Set by browsers only.
  package var origin: String?
  /// How the body is packed: `gzip`, or nil.
  package var contentEncoding: String?
  package var userAgent: String?

  package init(
    method: String, path: String = "/", contentType: String?, target: String?,
    authorization: String? = nil, hasDate: Bool = false, origin: String? = nil,
    userAgent: String? = nil
  ) {
    self.method = method
    self.path = path
    self.contentType = contentType
    self.target = target
    self.authorization = authorization
    self.hasDate = hasDate
    self.origin = origin
    self.userAgent = userAgent
  }

  /// The media type without its parameters, in lower case.
  package var mediaType: String {
    let type = (contentType ?? "").prefix { $0 != ";" }
    return type.filter { $0 != " " && $0 != "\t" }.lowercased()
  }

  /// The two halves of `target`, or nil if one is missing.
  package var targetParts: (service: Substring, operation: Substring)? {
    guard let target, let dot = target.firstIndex(of: ".") else { return nil }
    let service = target[..<dot]
    let operation = target[target.index(after: dot)...]
    return service.isEmpty || operation.isEmpty ? nil : (service, operation)
  }
}

/// Where a request to Kinesis goes, or to nobody. The path does not matter, as on Kinesis.
///
/// Source of the order of checks and the shapes: kinesalite's tests against the service.
package enum RequestRoute: Equatable, Sendable {
  case kinesis(KinesisOperation, WireEncoding)
  case refused(AWSReply)

  /// - Parameters:
  ///   - bodyIsEmpty: whether the request came without a body.
  ///   - bodyIsStructure: whether the body is one JSON structure; asked only where the operation
  ///     will not read it.
  package init(
    _ head: RequestHead, bodyIsEmpty: Bool, bodyIsStructure: () -> Bool = { true }
  ) {
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
    let type = head.mediaType
    let operation = head.targetParts.flatMap {
      KinesisOperation(service: $0.service, name: $0.operation)
    }
    if bodyIsEmpty {
      let kind: AWSError.Kind = operation == nil ? .unknownOperation : .serialization
      self = .refused(.failure(AWSError(kind), as: type == ContentType.json ? .json : .cbor))
      return
    }
    switch type {
    case ContentType.json:
      self =
        operation != nil || bodyIsStructure()
        ? Self.route(head, operation, .json) : .refused(.failure(AWSError(.serialization)))
    case ContentType.cbor: self = Self.route(head, operation, .cbor)
    case ContentType.plainJSON:
      let kind: AWSError.Kind = bodyIsStructure() ? .unknownOperation : .serialization
      self = .refused(Self.plain(kind))
    default:
      self = .refused(
        head.targetParts == nil ? Self.undetermined : .xml(status: 404, .unknownOperation))
    }
  }

  private static func route(
    _ head: RequestHead, _ operation: KinesisOperation?, _ encoding: WireEncoding
  ) -> RequestRoute {
    guard let operation else { return .refused(unknown(head.target, encoding)) }
    if let error = Signature.fault(in: head) { return .refused(.failure(error, as: encoding)) }
    return .kinesis(operation, encoding)
  }

  private static func unknown(_ target: String?, _ encoding: WireEncoding) -> AWSReply {
    let message = target.map { "Operation \($0) is not served here." }
    return .failure(AWSError(.unknownOperation, message), as: encoding)
  }

  private static let undetermined = AWSReply.xml(
    status: 403, .accessDenied,
    message: "Unable to determine service/operation name to be authorized")

  /// The answer to plain JSON, a shape older than the protocol.
  private static func plain(_ kind: AWSError.Kind) -> AWSReply {
    var json = JSONWriter()
    json.beginObject()
    json.name("Output")
    json.beginObject()
    json.field("__type", "com.amazon.coral.service#\(kind.rawValue)")
    json.endObject()
    json.field("Version", "1.0")
    json.endObject()
    let status = kind == .unknownOperation ? 404 : 400
    return AWSReply(status: status, contentType: ContentType.plainJSON, body: json.bytes)
  }
}
