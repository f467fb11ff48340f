/// A message of `application/vnd.amazon.eventstream`: lengths and their checksum, headers of text,
/// a payload, and a checksum of all.
///
/// Source: the encoding that Smithy's documentation gives ("Amazon Event Stream Specification").
package struct EventMessage: Equatable, Sendable {
  package var headers: [(name: String, value: String)]
  package var payload: [UInt8]

  package static func == (left: EventMessage, right: EventMessage) -> Bool {
    left.payload == right.payload && left.headers.count == right.headers.count
      && zip(left.headers, right.headers).allSatisfy { $0 == $1 }
  }

  package init(headers: [(name: String, value: String)], payload: [UInt8]) {
    self.headers = headers
    self.payload = payload
  }

  /// - Parameter type: the member of the operation's event stream, or `initial-response`.
  package static func event(
    _ type: String, _ payload: [UInt8], as encoding: WireEncoding
  ) -> EventMessage {
    EventMessage(
      headers: [
        (":event-type", type), (":content-type", encoding.contentType), (":message-type", "event"),
      ], payload: payload)
  }

  /// An error that ends the stream, as one of its operation's exceptions.
  package static func exception(_ error: AWSError, as encoding: WireEncoding) -> EventMessage {
    let payload =
      switch encoding {
      case .json: error.body(JSONWriter.self)
      case .cbor: error.body(CBORWriter.self)
      }
    return EventMessage(
      headers: [
        (":exception-type", error.type), (":content-type", encoding.contentType),
        (":message-type", "exception"),
      ], payload: payload)
  }

  private static let textType: UInt8 = 7

  package func encoded() -> [UInt8] {
    var head: [UInt8] = []
    for (name, value) in headers {
      // Names and values are ours, and short.
      let (name, value) = (Array(name.utf8.prefix(255)), Array(value.utf8.prefix(32_767)))
      head.append(UInt8(truncatingIfNeeded: name.count))
      head.append(contentsOf: name)
      head.append(Self.textType)
      head.append(UInt8(truncatingIfNeeded: value.count >> 8))
      head.append(UInt8(truncatingIfNeeded: value.count))
      head.append(contentsOf: value)
    }
    var message: [UInt8] = []
    let total = 16 + head.count + payload.count
    message.reserveCapacity(total)
    Self.append(UInt32(truncatingIfNeeded: total), to: &message)
    Self.append(UInt32(truncatingIfNeeded: head.count), to: &message)
    Self.append(CRC32.checksum(message), to: &message)
    message.append(contentsOf: head)
    message.append(contentsOf: payload)
    Self.append(CRC32.checksum(message), to: &message)
    return message
  }

  private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    for shift in [24, 16, 8, 0] as [UInt32] {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
