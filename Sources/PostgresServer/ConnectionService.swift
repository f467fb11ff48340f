import Core
import Logging
import NIOCore
import PostgresWire

/// What all connections of a server share, and how one of them is served.
struct ConnectionService: Sendable {
  let credential: @Sendable (_ user: String) async -> Credential?
  let makeSession: @Sendable (SessionRequest) async throws -> any SQLSession
  let logger: Logger
  let limits: ServerLimits
  let registry = ConnectionRegistry()
  let nobodySecret = randomBytes(32)

  /// Serves a socket, which does not read yet, until it is closed by either side.
  func serve(_ channel: any Channel) async {
    do {
      let socket = try await wrap(channel).get()
      try await socket?.executeThenClose { inbound, outbound in
        await serve(channel, inbound, outbound)
      }
    } catch {
      logger.debug("closing a connection failed", metadata: ["error": "\(error)"])
    }
  }

  /// The socket for async code; nil if it is closed.
  ///
  /// Not done when the socket is accepted: NIO traps on an async channel that nobody runs, and
  /// a server that stops may leave accepted sockets unserved. For the same reason a closed
  /// one is not wrapped.
  private func wrap(
    _ channel: any Channel
  ) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>?> {
    channel.eventLoop.submit {
      guard registry.contains(channel) else { return nil }
      let socket = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
        wrappingChannelSynchronously: channel)
      channel.setOption(.autoRead, value: true).whenFailure { error in
        logger.debug("reading could not begin", metadata: ["error": "\(error)"])
      }
      return socket
    }
  }

  private func serve(
    _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
    _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) async {
    let input = InputQueue()
    let running = RunningSession()
    let connection = ClientConnection(
      service: self, channel: channel, outbound: outbound, input: input, running: running)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          for try await bytes in inbound { await input.push(bytes) }
        } catch is CancellationError {
        } catch {
          logger.debug("reading ended", metadata: ["reason": "\(error)"])
        }
        input.finish()
        await running.cancelForGood()
      }
      await connection.run()
      input.finish()
      group.cancelAll()
    }
  }

  /// An engine throws `SQLError`; anything else is a fault of ours, which the client is told
  /// and the log keeps.
  func sqlError(for error: any Error) -> SQLError {
    if let error = error as? SQLError { return error }
    logger.error("a session failed in an unexpected way", metadata: ["error": "\(error)"])
    return SQLError("XX000", "internal error: \(error)")
  }
}
