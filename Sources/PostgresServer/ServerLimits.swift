/// What a server puts up with.
package struct ServerLimits: Sendable {
  /// Sessions at a time; the next one is refused with 53300.
  package var connectionCount: Int
  /// From accepting a socket to the end of authentication.
  package var startupTime: Duration
  /// Bytes of the longest message.
  package var messageByteCount: Int

  package init(
    connectionCount: Int = 500, startupTime: Duration = .seconds(10),
    messageByteCount: Int = 64 << 20
  ) {
    self.connectionCount = connectionCount
    self.startupTime = startupTime
    self.messageByteCount = messageByteCount
  }

  /// Sockets at a time: sessions, and some room for those that are not known yet and for
  /// cancel requests.
  var socketCount: Int { connectionCount + 100 }
}
