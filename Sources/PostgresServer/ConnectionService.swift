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

  /// Serves a socket until it is closed, by either side.
  func serve(_ socket: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
    let channel = socket.channel
    let isWelcome = registry.add(channel, limit: limits.socketCount)
    defer { registry.remove(channel) }
    do {
      try await socket.executeThenClose { inbound, outbound in
        guard isWelcome else { return }
        await serve(channel, inbound, outbound)
      }
    } catch {
      logger.debug("closing a connection failed", metadata: ["error": "\(error)"])
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
