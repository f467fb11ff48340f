package import Core

/// What the server sends.
package enum BackendMessage: Equatable, Sendable {
  /// The lone byte that answers SSLRequest and GSSENCRequest with no.
  case encryptionRefused

  case authenticationOk
  case authenticationMD5(salt: [UInt8])
  case authenticationSASL(mechanisms: [String])
  case authenticationSASLContinue([UInt8])
  case authenticationSASLFinal([UInt8])
  /// The newest version that the server speaks, and the options that it does not know.
  case negotiateProtocolVersion(newest: UInt32, unknownOptions: [String])
  case parameterStatus(name: String, value: String)
  case backendKeyData(processID: Int32, secret: [UInt8])

  case readyForQuery(TransactionStatus)
  case rowDescription([SQLColumn])
  /// One DataRow for each row of the batch.
  case dataRows(RowBatch)
  case commandComplete(tag: String)
  case emptyQueryResponse
  case error(SQLError, severity: Severity)
  case notice(SQLNotice)

  package enum Severity: String, Sendable {
    /// The statement failed.
    case error = "ERROR"
    /// The session ends.
    case fatal = "FATAL"
  }
}
