/// A refusal in AWS's terms: what a client's SDK turns into its exception of that name.
package struct AWSError: Error, Equatable, Sendable {
  /// The exception's name on the wire: `__type`.
  package enum Kind: String, Sendable {
    case accessDenied = "AccessDeniedException"
    case expiredIterator = "ExpiredIteratorException"
    case expiredNextToken = "ExpiredNextTokenException"
    case incompleteSignature = "IncompleteSignatureException"
    case internalFailure = "InternalFailure"
    case invalidArgument = "InvalidArgumentException"
    case invalidSignature = "InvalidSignatureException"
    case limitExceeded = "LimitExceededException"
    case requestEntityTooLarge = "RequestEntityTooLargeException"
    case resourceInUse = "ResourceInUseException"
    case resourceNotFound = "ResourceNotFoundException"
    case serialization = "SerializationException"
    case serviceUnavailable = "ServiceUnavailableException"
    case throughputExceeded = "ProvisionedThroughputExceededException"
    case unknownOperation = "UnknownOperationException"
    case validation = "ValidationException"

    /// The HTTP status that goes with the kind.
    var status: Int {
      switch self {
      case .accessDenied: 403
      case .requestEntityTooLarge: 413
      case .internalFailure: 500
      case .serviceUnavailable: 503
      default: 400
      }
    }
  }

  /// One of `Kind`'s names, or one that a fault was set to.
  package var type: String
  package var message: String?
  package var status: Int
  /// What a person who looks for the fault wants to know and clients are not told.
  package var detail: String?

  package init(_ kind: Kind, _ message: String? = nil) {
    self.init(type: kind.rawValue, status: kind.status, message: message)
  }

  package init(type: String, status: Int, message: String?) {
    self.type = type
    self.status = status
    self.message = message
  }

  /// Bytes that are not what they should be; the service says no more than that.
  static func malformed(_ reason: String) -> AWSError {
    var error = AWSError(.serialization)
    error.detail = reason
    return error
  }

  /// nil for a type that is none of ours.
  package var kind: Kind? { Kind(rawValue: type) }
}
