import NIOCore
import NIOHTTPTypes
import Synchronization

/// The open connections, so that those on which nothing happens make room when there are too
/// many: clients that open connections and say nothing (or half a request) keep nobody out.
///
/// A connection waits from its start until a whole request has come, and again from the end of
/// the response on. Where all are being served, new ones have to wait.
final class ConnectionRoster: Sendable {
  private struct Entry {
    let channel: any Channel
    /// When the client was heard last; nil while it is served.
    var waitingSince: NIODeadline?
  }

  /// Connections beyond the limit that are accepted, to take the place of waiting ones.
  static let spareConnections = 32

  private let connectionsMax: Int
  private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

  init(connectionsMax: Int) {
    self.connectionsMax = connectionsMax
  }

  func enter(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    let evicted = entries.withLock { entries -> (any Channel)? in
      let longest =
        entries.count < connectionsMax
        ? nil : entries.filter { $0.value.waitingSince != nil }.min(by: Self.waitsLonger)
      if let longest { entries[longest.key] = nil }
      entries[id] = Entry(channel: channel, waitingSince: .now())
      return longest?.value.channel
    }
    evicted?.close(promise: nil)
    channel.closeFuture.whenComplete { [weak self] _ in
      self?.entries.withLock { _ = $0.removeValue(forKey: id) }
    }
  }

  private static func waitsLonger(
    _ left: Dictionary<ObjectIdentifier, Entry>.Element,
    _ right: Dictionary<ObjectIdentifier, Entry>.Element
  ) -> Bool {
    (left.value.waitingSince ?? .distantFuture) < (right.value.waitingSince ?? .distantFuture)
  }

  /// A part of a request came, or a response is done.
  func waits(_ channel: any Channel) {
    set(.now(), for: channel)
  }

  /// A whole request came.
  func serves(_ channel: any Channel) {
    set(nil, for: channel)
  }

  private func set(_ since: NIODeadline?, for channel: any Channel) {
    entries.withLock { $0[ObjectIdentifier(channel)]?.waitingSince = since }
  }
}

/// Tells the roster about a connection of HTTP/1.1.
final class RosterHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart

  private let roster: ConnectionRoster

  init(roster: ConnectionRoster) {
    self.roster = roster
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head, .body: roster.waits(context.channel)
    case .end: roster.serves(context.channel)
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { roster.waits(context.channel) }
    context.write(data, promise: promise)
  }
}
