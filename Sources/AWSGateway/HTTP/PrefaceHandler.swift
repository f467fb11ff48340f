import NIOCore

/// Holds a connection's first bytes back until they tell the protocol, has the handlers of that
/// protocol put in place, hands the bytes on and leaves.
final class PrefaceHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// The connection ended, or stayed silent for too long, before it told.
  struct Undecided: Error {}

  private let timeout: TimeAmount
  private let promise: EventLoopPromise<HTTPChannel.Connection>
  private let install: (Preface) -> EventLoopFuture<HTTPChannel.Connection>
  private var held = ByteBuffer()
  private var deadline: Scheduled<Void>?
  private var isDecided = false

  init(
    timeout: TimeAmount, promise: EventLoopPromise<HTTPChannel.Connection>,
    install: @escaping (Preface) -> EventLoopFuture<HTTPChannel.Connection>
  ) {
    self.timeout = timeout
    self.promise = promise
    self.install = install
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    giveUp()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    held.writeBuffer(&bytes)
    guard !isDecided, let preface = Preface(held.readableBytesView) else { return }
    isDecided = true
    deadline?.cancel()
    let connection = install(preface)
    let held = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    connection.whenSuccess { _ in
      let (handler, context) = held.value
      handler.pass(context)
    }
    connection.cascade(to: promise)
  }

  private func pass(_ context: ChannelHandlerContext) {
    let bytes = held
    held = ByteBuffer()
    context.fireChannelRead(wrapInboundOut(bytes))
    context.fireChannelReadComplete()
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A server that stops, or a client that closes, has nothing to wait for here.
    if event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed, !isDecided {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    giveUp()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isDecided {
      context.fireErrorCaught(error)
    } else {
      context.close(promise: nil)
    }
  }

  private func giveUp() {
    deadline?.cancel()
    guard !isDecided else { return }
    isDecided = true
    promise.fail(Undecided())
  }
}
