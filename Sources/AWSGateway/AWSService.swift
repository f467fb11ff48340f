import AWSProtocol
import NIOCore

/// One of AWS's services behind the endpoint.
protocol AWSService: Sendable {
  /// Whether the request is for this service, by its target, path or content type.
  func owns(_ head: RequestHead) -> Bool

  /// Answers a request that it owns. Errors are answers, too, in the service's own protocol.
  func answer(_ head: RequestHead, _ body: ByteBuffer) async -> ServiceReply
}

/// What a service answers.
enum ServiceReply: Sendable {
  case whole(AWSReply)
  case events(EventReply)
}

/// An answer that goes on: status 200, and events in the order in which they happen.
struct EventReply: Sendable {
  var contentType: String
  /// Gives the events' bytes to `send` until there are no more; ends early if `send` throws,
  /// which it does when the client is gone.
  var run: @Sendable (_ send: (ByteBuffer) async throws -> Void) async throws -> Void
}
