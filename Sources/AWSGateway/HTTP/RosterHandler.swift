import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Tells the roster about the requests of a connection of HTTP/1.1, or about the one of a stream
/// of HTTP/2, and what they hold in memory. Closes it if the client fetches nothing of an answer
/// for a while, or goes on sending what was refused.
final class RosterHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// Bodies go out in parts of this size, so that a client that is slow can be told from one that
  /// has stopped.
  private static let partBytes = 64 << 10
  /// Bytes of a body that are read and thrown away after its request was refused, so that clients
  /// that send all of it before they look get to read the refusal.
  private static let refusedBytesMax = 64 << 20

  private let roster: ConnectionRoster
  private let unreadTime: TimeAmount
  private let parent: (any Channel)?
  private var isServing = false
  /// A request may be refused before it has come whole.
  private var isAnswered = false
  private var refusedBytes = 0
  /// Of requests that are not answered.
  private var requestBytes = 0
  /// Of answers that the client has not fetched.
  private var answerBytes = 0
  private var writesPending = 0
  private var fetchedAt = NIODeadline.now()
  private var timer: Scheduled<Void>?

  /// - Parameters:
  ///   - unreadTime: who fetches nothing for so long is gone.
  ///   - parent: the connection that a stream belongs to; nil for a connection.
  init(roster: ConnectionRoster, unreadTime: TimeAmount, parent: (any Channel)? = nil) {
    self.roster = roster
    self.unreadTime = unreadTime
    self.parent = parent
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    finish(context)
    timer?.cancel()
    timer = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(context)
    roster.release(answerBytes, of: connection(context))
    answerBytes = 0
    context.fireChannelInactive()
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let connection = connection(context)
    switch unwrapInboundIn(data) {
    case .head:
      isAnswered = false
      refusedBytes = 0
      roster.heard(connection)
    case .body(let part):
      if isAnswered {
        refuse(part.readableBytes, context)
      } else {
        requestBytes += part.readableBytes
        roster.hold(part.readableBytes, for: connection)
      }
    case .end:
      if !isAnswered && !isServing {
        isServing = true
        roster.began(connection)
      }
    }
    context.fireChannelRead(data)
  }

  private func refuse(_ bytes: Int, _ context: ChannelHandlerContext) {
    refusedBytes += bytes
    roster.heard(connection(context))
    if refusedBytes > Self.refusedBytesMax { context.close(promise: nil) }
  }

  private func finish(_ context: ChannelHandlerContext) {
    roster.release(requestBytes, of: connection(context))
    requestBytes = 0
    guard isServing else { return }
    isServing = false
    roster.ended(connection(context))
  }

  // MARK: Answers

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .body(let body):
      write(body, context, promise)
      return
    case .end:
      isAnswered = true
      finish(context)
    case .head:
      break
    }
    context.write(data, promise: promise)
  }

  private func write(
    _ body: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) {
    let whole = body.readableBytes
    answerBytes += whole
    roster.hold(whole, for: connection(context))
    var rest = body
    while rest.readableBytes > Self.partBytes, let part = rest.readSlice(length: Self.partBytes) {
      write(part, freeing: 0, context, nil)
    }
    // The parts share the memory of the whole.
    write(rest, freeing: whole, context, promise)
  }

  private func write(
    _ part: ByteBuffer, freeing bytes: Int, _ context: ChannelHandlerContext,
    _ promise: EventLoopPromise<Void>?
  ) {
    if writesPending == 0 { fetchedAt = .now() }
    writesPending += 1
    let promise = promise ?? context.eventLoop.makePromise()
    let connection = connection(context)
    promise.futureResult.assumeIsolated().whenComplete { [self] _ in
      writesPending -= 1
      fetchedAt = .now()
      roster.heard(connection)
      guard answerBytes > 0 else { return }
      answerBytes -= bytes
      roster.release(bytes, of: connection)
    }
    context.write(wrapOutboundOut(.body(part)), promise: promise)
  }

  func flush(context: ChannelHandlerContext) {
    context.flush()
    // What the socket took at once needs no timer.
    if writesPending > 0, timer == nil { watch(context, for: unreadTime) }
  }

  private func watch(_ context: ChannelHandlerContext, for time: TimeAmount) {
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
      guard let self else { return }
      timer = nil
      guard writesPending > 0 else { return }
      let end = fetchedAt + unreadTime
      if end <= .now() {
        context.close(promise: nil)
      } else {
        watch(context, for: end - .now())
      }
    }
  }

  private func connection(_ context: ChannelHandlerContext) -> any Channel {
    parent ?? context.channel
  }
}
