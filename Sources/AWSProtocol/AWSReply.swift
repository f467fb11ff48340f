/// What goes back to the client, apart from the headers that every reply has.
package struct AWSReply: Equatable, Sendable {
  package var status: Int
  package var contentType: String?
  package var body: [UInt8]

  package init(status: Int, contentType: String?, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  /// The result of an operation; `body` is JSON, or empty where the operation answers nothing.
  package static func success(_ body: [UInt8] = []) -> AWSReply {
    AWSReply(status: 200, contentType: ContentType.json, body: body)
  }

  /// An error of an operation, in the JSON that SDKs read.
  package static func failure(_ error: AWSError) -> AWSReply {
    var json = JSONWriter()
    json.beginObject()
    json.field("__type", error.kind.rawValue)
    if let message = error.message {
      // Kinesis' deserialiser capitalises the name; its operations do not.
      json.field(error.kind == .serialization ? "Message" : "message", message)
    }
    json.endObject()
    return AWSReply(status: error.status, contentType: ContentType.json, body: json.bytes)
  }

  /// An error found before the protocol was known: XML without a content type, as AWS answers.
  static func xml(status: Int, _ kind: AWSError.Kind, message: String? = nil) -> AWSReply {
    let name = kind.rawValue
    let text =
      message.map { "<\(name)>\n  <Message>\($0)</Message>\n</\(name)>\n" } ?? "<\(name)/>\n"
    return AWSReply(status: status, contentType: nil, body: Array(text.utf8))
  }
}

package enum ContentType {
  package static let json = "application/x-amz-json-1.1"
  package static let cbor = "application/x-amz-cbor-1.1"
  static let plainJSON = "application/json"
}
