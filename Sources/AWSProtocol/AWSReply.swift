/// What goes back to the client, apart from the headers that every reply has.
package struct AWSReply: Equatable, Sendable {
  package var status: Int
  package var contentType: String?
  /// The exception's name, for the header that SDKs look at first.
  package var errorType: String?
  package var body: [UInt8]
  /// Headers that a service has beside those of every answer.
  package var headers: [String: String] = [:]

  package init(status: Int, contentType: String?, errorType: String? = nil, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.errorType = errorType
    self.body = body
  }

  /// The result of an operation; `body` is empty where the operation answers nothing.
  package static func success(_ body: [UInt8], as encoding: WireEncoding) -> AWSReply {
    AWSReply(status: 200, contentType: encoding.contentType, body: body)
  }

  /// An error of an operation, as SDKs read it.
  package static func failure(_ error: AWSError, as encoding: WireEncoding = .json) -> AWSReply {
    let body =
      switch encoding {
      case .json: error.body(JSONWriter.self)
      case .cbor: error.body(CBORWriter.self)
      }
    return AWSReply(
      status: error.status, contentType: encoding.contentType, errorType: error.type, body: body)
  }

  /// An error found before the protocol was known: XML without a content type, as AWS answers.
  static func xml(status: Int, _ kind: AWSError.Kind, message: String? = nil) -> AWSReply {
    let name = kind.rawValue
    let text =
      message.map { "<\(name)>\n  <Message>\($0)</Message>\n</\(name)>\n" } ?? "<\(name)/>\n"
    return AWSReply(status: status, contentType: nil, body: Array(text.utf8))
  }
}

extension AWSError {
  /// `__type` and the message.
  package func body<Writer: ShapeWriter>(_ type: Writer.Type) -> [UInt8] {
    var writer = Writer()
    writer.beginObject()
    writer.field("__type", self.type)
    if let message {
      // Kinesis' deserialiser capitalises the name; its operations do not.
      if self.type == Kind.serialization.rawValue {
        writer.field("Message", message)
      } else {
        writer.field("message", message)
      }
    }
    writer.endObject()
    return writer.bytes
  }
}

package enum ContentType {
  package static let json = "application/x-amz-json-1.1"
  package static let cbor = "application/x-amz-cbor-1.1"
  package static let eventStream = "application/vnd.amazon.eventstream"
  static let plainJSON = "application/json"
}
