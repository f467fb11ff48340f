/// CloudWatch speaks three protocols: what current SDKs send, what some in between sent, and the
/// oldest, which awscli 2.9 and everything before 2024 send.
package enum CloudWatchEncoding: Sendable, CaseIterable {
  /// `smithy-rpc-v2-cbor`
  case cbor
  /// AWS JSON 1.0
  case json
  /// AWS Query: a form in, XML out.
  case query

  var contentType: String {
    switch self {
    case .cbor: "application/cbor"
    case .json: "application/x-amz-json-1.0"
    case .query: "text/xml"
    }
  }
}

/// Which operation a request asks for, and in which protocol.
package struct CloudWatchCall: Equatable, Sendable {
  package var encoding: CloudWatchEncoding
  package var operation: String

  private static let target = "GraniteServiceVersion20100801"

  /// Whether a request is CloudWatch's, as far as its head tells: a form is, unless its signature
  /// names another service.
  package static func owns(_ head: RequestHead) -> Bool {
    if head.path.hasPrefix("/service/\(target)/") { return true }
    if head.targetParts?.service == target[...] { return true }
    guard head.mediaType == "application/x-www-form-urlencoded" else { return false }
    return head.authorization.map { $0.contains("/monitoring/") } ?? true
  }

  /// - Returns: nil where no operation is named.
  package init?(_ head: RequestHead, body: UnsafeRawBufferPointer) {
    let prefix = "/service/\(Self.target)/operation/"
    if head.path.hasPrefix(prefix) {
      let name = head.path.dropFirst(prefix.count).prefix { $0 != "?" && $0 != "/" }
      guard !name.isEmpty else { return nil }
      self.init(encoding: .cbor, operation: String(name))
    } else if let parts = head.targetParts, parts.service == Self.target {
      self.init(encoding: .json, operation: String(parts.operation))
    } else if let action = Self.action(of: body) {
      self.init(encoding: .query, operation: action)
    } else {
      return nil
    }
  }

  package init(encoding: CloudWatchEncoding, operation: String) {
    self.encoding = encoding
    self.operation = operation
  }

  private static func action(of body: UnsafeRawBufferPointer) -> String? {
    var reader = QueryReader(body)
    do throws(AWSError) {
      try reader.enterStructure()
      while let name = try reader.nextName() {
        if name == "Action" { return try reader.string() }
      }
    } catch {}
    return nil
  }
}

// MARK: - Requests and answers

extension CloudWatchCall {
  /// Reads the request's body.
  package func decode<R: CloudWatchRequest>(
    _ type: R.Type, _ body: UnsafeRawBufferPointer
  ) throws(AWSError) -> R {
    switch encoding {
    case .cbor:
      // An operation without a member that was set may come without a body.
      guard body.count > 0 else { return R() }
      var reader = CBORReader(body, timeUnit: .seconds)
      return try Self.read(&reader)
    case .json:
      var reader = JSONReader(body)
      return try Self.read(&reader)
    case .query:
      var reader = QueryReader(body)
      return try Self.read(&reader)
    }
  }

  private static func read<R: CloudWatchRequest, Reader: ShapeReader>(
    _ reader: inout Reader
  ) throws(AWSError) -> R {
    try reader.enterStructure()
    var request = R()
    while let name = try reader.nextName() { try request.read(name, from: &reader) }
    return request
  }

  /// - Parameter write: writes the result's members.
  package func success(_ result: (any CloudWatchResult)?, requestID: String) -> AWSReply {
    var reply = AWSReply(status: 200, contentType: encoding.contentType, body: [])
    reply.headers = headers
    switch encoding {
    case .cbor: reply.body = Self.body(result, CBORWriter(timeUnit: .seconds))
    case .json: reply.body = Self.body(result, JSONWriter())
    case .query:
      let name = operation
      let start = "<\(name)Response xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
      let end = "<ResponseMetadata><RequestId>\(requestID)</RequestId></ResponseMetadata>"
      var bytes = Array(start.utf8)
      if let result {
        bytes += Array("<\(name)Result>".utf8)
        bytes += Self.body(result, XMLWriter())
        bytes += Array("</\(name)Result>".utf8)
      }
      reply.body = bytes + Array((end + "</\(name)Response>").utf8)
    }
    return reply
  }

  private var headers: [String: String] {
    encoding == .cbor ? ["smithy-protocol": "rpc-v2-cbor"] : [:]
  }

  private static func body<Writer: ShapeWriter>(
    _ result: (any CloudWatchResult)?, _ writer: Writer
  ) -> [UInt8] {
    var writer = writer
    writer.beginObject()
    result?.write(to: &writer)
    writer.endObject()
    return writer.bytes
  }

  package func failure(_ error: CloudWatchError, requestID: String) -> AWSReply {
    let side = error.status < 500 ? "Sender" : "Receiver"
    if encoding == .query {
      let code = XMLWriter.escaped(error.code)
      let message = XMLWriter.escaped(error.message)
      let text =
        "<ErrorResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><Error>"
        + "<Type>\(side)</Type><Code>\(code)</Code><Message>\(message)</Message></Error>"
        + "<RequestId>\(requestID)</RequestId></ErrorResponse>"
      return AWSReply(
        status: error.status, contentType: encoding.contentType, body: Array(text.utf8))
    }
    let shape = AWSError(
      type: "com.amazonaws.cloudwatch#" + error.shape, status: error.status,
      message: error.message)
    var reply = AWSReply(
      status: error.status, contentType: encoding.contentType,
      body: encoding == .cbor ? shape.body(CBORWriter.self) : shape.body(JSONWriter.self))
    reply.headers = headers
    // The service was Query's once: SDKs show the code of that time to programs of that time.
    reply.headers["x-amzn-query-error"] = "\(error.code);\(side)"
    return reply
  }
}

/// Why CloudWatch refuses: the shape's name in the newer protocols, the code in the old one.
package struct CloudWatchError: Error, Equatable, Sendable {
  package var shape: String
  package var code: String
  package var status: Int
  package var message: String

  private init(_ shape: String, _ code: String, status: Int = 400, _ message: String) {
    self.shape = shape
    self.code = code
    self.status = status
    self.message = message
  }

  package static func invalidValue(_ message: String) -> CloudWatchError {
    CloudWatchError("InvalidParameterValueException", "InvalidParameterValue", message)
  }

  package static func invalidCombination(_ message: String) -> CloudWatchError {
    CloudWatchError("InvalidParameterCombinationException", "InvalidParameterCombination", message)
  }

  package static func missing(_ parameter: String) -> CloudWatchError {
    CloudWatchError(
      "MissingRequiredParameterException", "MissingParameter",
      "The parameter \(parameter) is required.")
  }

  package static func validation(_ message: String) -> CloudWatchError {
    CloudWatchError("ValidationError", "ValidationError", message)
  }

  package static func invalidToken() -> CloudWatchError {
    CloudWatchError("InvalidNextToken", "InvalidNextToken", "The next token is not one of ours.")
  }

  package static func limitExceeded(_ message: String) -> CloudWatchError {
    CloudWatchError("LimitExceededFault", "LimitExceeded", message)
  }

  package static func unknownOperation(_ name: String) -> CloudWatchError {
    CloudWatchError(
      "UnknownOperationException", "InvalidAction", status: 404,
      "The operation \(name) of CloudWatch is not served by Weir.")
  }

  package init(_ error: AWSError) {
    self.init(error.type, error.type, status: error.status, error.message ?? error.type)
  }
}
