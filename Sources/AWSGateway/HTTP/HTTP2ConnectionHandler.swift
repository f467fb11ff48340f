import NIOCore
import NIOHTTP2

/// Says goodbye on a connection of HTTP/2 that has had no request for a while, or whose server
/// stops: no more requests are taken, those that were begun are answered, then it closes.
///
/// Source: RFC 9113, section 6.8: a first GOAWAY with the greatest stream id, a ping to learn
/// that the client has it, then one with the last stream that was taken.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias InboundOut = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  private enum State {
    case serving
    /// The first GOAWAY was sent.
    case parting
    /// The second one was sent.
    case ending
  }

  /// How long a client has to let go once it was told to.
  private static let partingTime = TimeAmount.seconds(10)
  private static let pingData = HTTP2PingData(withInteger: 0x7765_6972_2062_7965)

  private let idleTime: TimeAmount
  private let eventLoop: any EventLoop
  private var context: ChannelHandlerContext?
  private var state = State.serving
  private var openStreams = 0
  private var lastStream = HTTP2StreamID.rootStream
  private var timer: Scheduled<Void>?

  init(idleTime: TimeAmount, eventLoop: any EventLoop) {
    self.idleTime = idleTime
    self.eventLoop = eventLoop
  }

  var streamDelegate: any NIOHTTP2StreamDelegate {
    StreamDelegate(handler: NIOLoopBound(self, eventLoop: eventLoop))
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    startIdleTimer()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .ping(Self.pingData, ack: true) = unwrapInboundIn(data).payload, state == .parting {
      end(context)
    }
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      part(context)
    } else if event as? ChannelEvent == .inputClosed {
      // No stream can be answered in full to a client that is gone.
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  // MARK: Streams

  fileprivate func opened(_ stream: HTTP2StreamID) {
    openStreams += 1
    lastStream = max(lastStream, stream)
    if state == .serving { timer?.cancel() }
  }

  fileprivate func closed() {
    openStreams -= 1
    guard openStreams == 0 else { return }
    switch state {
    case .serving: startIdleTimer()
    case .parting: break
    case .ending: context?.close(promise: nil)
    }
  }

  // MARK: Parting

  private func startIdleTimer() {
    schedule(in: idleTime) { $0.part($1) }
  }

  private func part(_ context: ChannelHandlerContext) {
    guard state == .serving else { return }
    state = .parting
    send(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil), context)
    send(.ping(Self.pingData, ack: false), context)
    context.flush()
    schedule(in: Self.partingTime) { $0.end($1) }
  }

  private func end(_ context: ChannelHandlerContext) {
    guard state == .parting else { return }
    state = .ending
    send(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil), context)
    context.flush()
    if openStreams == 0 {
      context.close(promise: nil)
    } else {
      schedule(in: Self.partingTime) { $1.close(promise: nil) }
    }
  }

  private func send(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
    context.write(
      wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
  }

  private func schedule(
    in time: TimeAmount,
    _ action: @escaping @Sendable (HTTP2ConnectionHandler, ChannelHandlerContext) -> Void
  ) {
    timer?.cancel()
    let handler = NIOLoopBound(self, eventLoop: eventLoop)
    timer = eventLoop.scheduleTask(in: time) {
      let handler = handler.value
      if let context = handler.context { action(handler, context) }
    }
  }
}

/// Counts the streams; told on the connection's event loop.
private struct StreamDelegate: NIOHTTP2StreamDelegate {
  let handler: NIOLoopBound<HTTP2ConnectionHandler>

  func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
    channel.eventLoop.execute { handler.value.opened(id) }
  }

  func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
    channel.eventLoop.execute { handler.value.closed() }
  }
}
