import NIOCore
import NIOHTTPTypes
import Synchronization

/// The open connections, so that those on which nothing happens make room when there are too
/// many: clients that open connections and say nothing (or half a request) keep nobody out.
///
/// A connection waits while no whole request of it is being answered. Where all are being served,
/// new ones have to wait.
final class ConnectionRoster: Sendable {
  private struct Entry {
    let channel: any Channel
    /// When the client was heard last.
    var heardAt: NIODeadline
    /// Whole requests that are not answered yet.
    var requests = 0
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
        ? nil
        : entries.filter { $0.value.requests == 0 }.min { $0.value.heardAt < $1.value.heardAt }
      if let longest { entries[longest.key] = nil }
      entries[id] = Entry(channel: channel, heardAt: .now())
      return longest?.value.channel
    }
    evicted?.close(promise: nil)
    channel.closeFuture.whenComplete { [weak self] _ in
      self?.entries.withLock { _ = $0.removeValue(forKey: id) }
    }
  }

  /// A part of a request came.
  func heard(_ channel: any Channel) {
    note(channel, change: 0)
  }

  /// A whole request came.
  func began(_ channel: any Channel) {
    note(channel, change: 1)
  }

  /// Its response is done, or will not be.
  func ended(_ channel: any Channel) {
    note(channel, change: -1)
  }

  private func note(_ channel: any Channel, change: Int) {
    entries.withLock { entries in
      entries[ObjectIdentifier(channel)]?.heardAt = .now()
      entries[ObjectIdentifier(channel)]?.requests += change
    }
  }
}

/// Tells the roster about the requests of a connection of HTTP/1.1, or about the one of a stream
/// of HTTP/2.
final class RosterHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart

  private let roster: ConnectionRoster
  private let parent: (any Channel)?
  private var isServing = false
  /// A request may be refused before it has come whole.
  private var isAnswered = false

  /// - Parameter parent: the connection that a stream belongs to; nil for a connection.
  init(roster: ConnectionRoster, parent: (any Channel)? = nil) {
    self.roster = roster
    self.parent = parent
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let connection = connection(context)
    switch unwrapInboundIn(data) {
    case .head:
      isAnswered = false
      roster.heard(connection)
    case .body:
      roster.heard(connection)
    case .end:
      if !isAnswered && !isServing {
        isServing = true
        roster.began(connection)
      }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      isAnswered = true
      finish(context)
    }
    context.write(data, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(context)
    context.fireChannelInactive()
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard isServing else { return }
    isServing = false
    roster.ended(connection(context))
  }

  private func connection(_ context: ChannelHandlerContext) -> any Channel {
    parent ?? context.channel
  }
}
