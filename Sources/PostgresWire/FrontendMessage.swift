/// What a client may send, decoded.
package enum FrontendMessage: Equatable, Sendable {
  // Before the session: without a type byte.
  case sslRequest
  case gssEncryptionRequest
  case cancelRequest(processID: Int32, secret: [UInt8])
  case startup(StartupMessage)

  /// A password or a step of SASL; which of them, only the session's state tells.
  case authentication([UInt8])

  case query(String)
  case terminate

  // The extended protocol.
  case parse(name: String, query: String, parameterTypes: [UInt32])
  case bind(BindMessage)
  case describe(PreparedObject, name: String)
  case execute(portal: String, rowCountMax: Int32)
  case close(PreparedObject, name: String)
  case flush
  case sync

  case functionCall
  case copyData([UInt8])
  case copyDone
  case copyFail(String)

  /// SQL text that is not UTF-8, in `query` or (if `isExtended`) in `parse`. The framing was
  /// good, so the session can go on.
  case invalidText(isExtended: Bool)
}

package enum PreparedObject: Equatable, Sendable {
  case statement
  case portal
}

/// The first message of a session: who wants what.
package struct StartupMessage: Equatable, Sendable {
  package var major: UInt16
  package var minor: UInt16
  /// `user`, `database`, `application_name`, … as the client named them.
  package var parameters: [String: String]
  /// Names of the protocol options that the client asks for (`_pq_.…`).
  package var protocolOptions: [String]

  package init(
    major: UInt16 = 3, minor: UInt16 = 0, parameters: [String: String],
    protocolOptions: [String] = []
  ) {
    self.major = major
    self.minor = minor
    self.parameters = parameters
    self.protocolOptions = protocolOptions
  }
}

package struct BindMessage: Equatable, Sendable {
  package var portal: String
  package var statement: String
  package var parameterFormats: [Int16]
  package var parameters: [[UInt8]?]
  package var resultFormats: [Int16]

  package init(
    portal: String, statement: String, parameterFormats: [Int16], parameters: [[UInt8]?],
    resultFormats: [Int16]
  ) {
    self.portal = portal
    self.statement = statement
    self.parameterFormats = parameterFormats
    self.parameters = parameters
    self.resultFormats = resultFormats
  }
}
