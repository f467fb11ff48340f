/// An error as the AWS clients know it: a type, which they turn into an exception, and a message.
package struct AWSError: Error, Equatable, Sendable {
  package var type: String
  package var message: String
  package var status: Int

  package init(_ type: String, _ message: String, status: Int = 400) {
    self.type = type
    self.message = message
    self.status = status
  }

  /// `1 validation error detected: Value 'x' at 'y' failed to satisfy constraint: …`
  package static func validation(
    value: String, at member: String, constraint: String
  ) -> AWSError {
    AWSError(
      "ValidationException",
      "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy "
        + "constraint: \(constraint)")
  }

  package static func serialization(_ message: String) -> AWSError {
    AWSError("SerializationException", message)
  }

  package static func invalidArgument(_ message: String) -> AWSError {
    AWSError("InvalidArgumentException", message)
  }
}
