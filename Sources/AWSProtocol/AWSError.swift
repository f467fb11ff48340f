/// A refusal in AWS's terms: what a client's SDK turns into its exception of that name.
package struct AWSError: Error, Equatable, Sendable {
  /// The exception's name on the wire: `__type`.
  package enum Kind: String, Sendable {
    case accessDenied = "AccessDeniedException"
    case expiredIterator = "ExpiredIteratorException"
    case expiredNextToken = "ExpiredNextTokenException"
    case internalFailure = "InternalFailure"
    case invalidArgument = "InvalidArgumentException"
    case limitExceeded = "LimitExceededException"
    case requestEntityTooLarge = "RequestEntityTooLargeException"
    case resourceInUse = "ResourceInUseException"
    case resourceNotFound = "ResourceNotFoundException"
    case serialization = "SerializationException"
    case serviceUnavailable = "ServiceUnavailableException"
    case throughputExceeded = "ProvisionedThroughputExceededException"
    case unknownOperation = "UnknownOperationException"
    case validation = "ValidationException"
  }

  package var kind: Kind
  package var message: String?

  package init(_ kind: Kind, _ message: String? = nil) {
    self.kind = kind
    self.message = message
  }

  /// The HTTP status that goes with the kind.
  package var status: Int {
    switch kind {
    case .accessDenied: 403
    case .requestEntityTooLarge: 413
    case .internalFailure: 500
    case .serviceUnavailable: 503
    default: 400
    }
  }
}
