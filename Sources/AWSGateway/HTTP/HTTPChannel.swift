import HummingbirdCore
import Logging
import NIOCore

/// A connection that speaks HTTP/1.1, or HTTP/2 from its first byte on ("prior knowledge", which
/// is how the SDKs for Java open a connection without TLS): told apart by the client's preface.
struct HTTPChannel: ServerChildChannel {
  /// What the first bytes said.
  enum Connection: Sendable {
    case http1(HTTP1Channel.Value)
    case http2(HTTP2Channel.Value)
  }

  struct Value: ServerChildChannelValue {
    let connection: EventLoopFuture<Connection>
    let channel: any Channel
  }

  private let http1: HTTP1Channel
  private let http2: HTTP2Channel
  private let idleTime: TimeAmount
  private let roster: ConnectionRoster

  /// - Parameters:
  ///   - idleTime: a connection without a request is closed after it, as is one whose request
  ///     stalls.
  ///   - unreadTime: so is one whose client reads nothing of its answer.
  ///   - roster: makes room where there are too many connections, or too much is held for them.
  init(
    responder: @escaping HTTPChannelHandler.Responder, idleTime: TimeAmount,
    unreadTime: TimeAmount, roster: ConnectionRoster
  ) {
    http1 = HTTP1Channel(
      responder: responder,
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [
          ContinueHandler(), RosterHandler(roster: roster, unreadTime: unreadTime),
        ],
        idleTimeout: idleTime))
    http2 = HTTP2Channel(
      responder: responder, idleTime: idleTime, unreadTime: unreadTime, roster: roster)
    self.roster = roster
    self.idleTime = idleTime
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let promise = channel.eventLoop.makePromise(of: Connection.self)
      let (http1, http2, idleTime) = (http1, http2, idleTime)
      let handler = PrefaceHandler(timeout: idleTime, promise: promise) { preface in
        switch preface {
        case .http1:
          return http1.setup(channel: channel, logger: logger).map { .http1($0) }
        case .http2:
          return http2.setup(channel: channel, logger: logger).map { .http2($0) }
        }
      }
      try channel.pipeline.syncOperations.addHandler(handler)
      roster.enter(channel)
      return Value(connection: promise.futureResult, channel: channel)
    }
  }

  func handle(value: Value, logger: Logger) async {
    do {
      let connection = try await withTaskCancellationHandler {
        try await value.connection.get()
      } onCancel: {
        value.channel.close(promise: nil)
      }
      switch connection {
      case .http1(let value): await http1.handle(value: value, logger: logger)
      case .http2(let value): await http2.handle(value: value, logger: logger)
      }
    } catch {
      logger.debug("a connection ended before its first request", metadata: ["error": "\(error)"])
    }
  }
}
