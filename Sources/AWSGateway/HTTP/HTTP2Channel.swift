import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

/// A connection of HTTP/2, each of whose streams is a request.
///
/// Hummingbird has one of its own, which closes a connection after the third ping within half a
/// minute, as gRPC's servers do; the SDK for Java pings every five seconds, so a subscription
/// would not outlive its second event.
struct HTTP2Channel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    fileprivate let streams: NIOHTTP2Handler.AsyncStreamMultiplexer<HTTP2StreamChannel.Value>
    let channel: any Channel
  }

  private let stream: HTTP2StreamChannel
  private let idleTime: TimeAmount

  /// Requests of one connection at a time.
  private static let streamsMax = 256
  /// Bytes of one request, and of all of one connection, that may be under way: a put of some
  /// megabytes needs no round trips for its windows.
  private static let streamWindow = 1 << 20
  private static let connectionWindow = 8 << 20
  /// All headers of a request, as over HTTP/1.1.
  private static let headerBytesMax = 80 << 10

  init(
    responder: @escaping HTTPChannelHandler.Responder, idleTime: TimeAmount,
    unreadTime: TimeAmount, roster: ConnectionRoster
  ) {
    stream = HTTP2StreamChannel(
      responder: responder, idleTime: idleTime, unreadTime: unreadTime, roster: roster)
    self.idleTime = idleTime
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let handler = HTTP2ConnectionHandler(
        idleTime: idleTime, eventLoop: channel.eventLoop)
      let stream = stream
      let streams = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
        mode: .server, streamDelegate: handler.streamDelegate, configuration: Self.configuration
      ) { channel in
        stream.setup(channel: channel, logger: logger)
      }
      try channel.pipeline.syncOperations.addHandler(handler)
      return Value(streams: streams, channel: channel)
    }
  }

  private static var configuration: NIOHTTP2Handler.Configuration {
    var configuration = NIOHTTP2Handler.Configuration()
    configuration.connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: streamsMax),
      HTTP2Setting(parameter: .maxHeaderListSize, value: headerBytesMax),
      HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
    ]
    configuration.connection.targetWindowSize = connectionWindow
    configuration.stream.targetWindowSize = streamWindow
    return configuration
  }

  func handle(value: Value, logger: Logger) async {
    do {
      try await withThrowingDiscardingTaskGroup { group in
        for try await request in value.streams.inbound {
          group.addTask { await stream.handle(value: request, logger: logger) }
        }
      }
    } catch {
      logger.debug("a connection of HTTP/2 failed", metadata: ["error": "\(error)"])
    }
    // A server that is cancelled leaves here with the connection open.
    value.channel.close(promise: nil)
  }
}

/// One stream of a connection: one request and its response.
struct HTTP2StreamChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: HTTPChannelHandler.Responder
  private let idleTime: TimeAmount
  private let unreadTime: TimeAmount
  private let roster: ConnectionRoster

  init(
    responder: @escaping HTTPChannelHandler.Responder, idleTime: TimeAmount,
    unreadTime: TimeAmount, roster: ConnectionRoster
  ) {
    self.responder = responder
    self.idleTime = idleTime
    self.unreadTime = unreadTime
    self.roster = roster
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandlers([
        EmptyResponseHandler(), HTTP2FramePayloadToHTTPServerCodec(),
        RosterHandler(roster: roster, unreadTime: unreadTime, parent: channel.parent),
        HTTPConnectionStateHandler(idleTimeout: Duration(idleTime), logger: logger),
      ])
      return try Value(wrappingChannelSynchronously: channel)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}

/// Ends a response without body in its header frame, as AWS does. The SDK for Java takes a
/// response of length 0 for whole after its headers, and a frame that follows for an error.
private final class EmptyResponseHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private var held: (headers: HTTP2Frame.FramePayload.Headers, promise: EventLoopPromise<Void>?)?

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let payload = unwrapOutboundIn(data)
    switch payload {
    case .headers(let headers) where !headers.endStream && held == nil:
      held = (headers, promise)
    case .data(let data) where held != nil && data.endStream && data.data.readableBytes == 0:
      held?.headers.endStream = true
      if let first = held?.promise { promise?.futureResult.cascade(to: first) }
      let headers = held?.headers
      held = nil
      if let headers { context.write(wrapOutboundOut(.headers(headers)), promise: promise) }
    default:
      release(context)
      context.write(data, promise: promise)
    }
  }

  func flush(context: ChannelHandlerContext) {
    release(context)
    context.flush()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    release(context)
    context.close(mode: mode, promise: promise)
  }

  private func release(_ context: ChannelHandlerContext) {
    guard let (headers, promise) = held else { return }
    held = nil
    context.write(wrapOutboundOut(.headers(headers)), promise: promise)
  }
}

extension Duration {
  fileprivate init(_ amount: TimeAmount) {
    self = .nanoseconds(amount.nanoseconds)
  }
}
