/// Why a target did not take an event: EventBridge's error codes, as its dead letters have them.
package struct DeliveryError: Error, Equatable, Sendable {
  package enum Code: String, Sendable, CaseIterable {
    case connectionFailure = "CONNECTION_FAILURE"
    case errorFromTarget = "ERROR_FROM_TARGET"
    case internalError = "INTERNAL_ERROR"
    case invalidJSON = "INVALID_JSON"
    case invalidParameter = "INVALID_PARAMETER"
    case noPermissions = "NO_PERMISSIONS"
    case noResource = "NO_RESOURCE"
    case resourceLimitExceeded = "RESOURCE_LIMIT_EXCEEDED"
    case sdkClientError = "SDK_CLIENT_ERROR"
    case throttling = "THROTTLING"
    case timeout = "TIMEOUT"
    case unknown = "UNKNOWN"
  }

  package var code: Code
  package var message: String
  /// Whether another attempt may do better.
  package var isRetryable: Bool

  package init(_ code: Code, _ message: String, isRetryable: Bool = true) {
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
  }
}
