/// What a server puts up with.
package struct ServerLimits: Sendable {
  /// Sessions at a time; the next one is refused with 53300.
  package var connectionCount: Int
  /// From accepting a socket to the end of authentication.
  package var startupTime: Duration
  /// Bytes of the longest message.
  package var messageByteCount: Int

  package init(
    connectionCount: Int = 500, socketReserve: Int = 100, startupTime: Duration = .seconds(10),
    messageByteCount: Int = 64 << 20
  ) {
    self.connectionCount = connectionCount
    self.socketReserve = socketReserve
    self.startupTime = startupTime
    self.messageByteCount = messageByteCount
  }

  /// Sockets at a time: sessions, and room for cancel requests and for those that are not known
  /// yet. The room is large, since one that finds no room is closed without a word, while a
  /// client that gives its name can be told that there are too many.
  package var socketCount: Int { connectionCount + socketReserve }
  /// To be chosen by how many files the process may have open.
  package var socketReserve: Int
}
