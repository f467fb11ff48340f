import NIOCore
import PostgresWire
import Synchronization

/// The open sessions by process id: to count them, cancel them and end them.
final class ConnectionRegistry: Sendable {
  private struct Entry {
    var secret: [UInt8]
    var session: RunningSession
    var channel: any Channel
  }

  private struct State {
    var entries: [Int32: Entry] = [:]
    var lastID: Int32 = 0
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isStopping = false
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.entries.count } }

  /// Remembers a socket until it is closed, so that a shutdown can end it.
  ///
  /// - Returns: false if there are `limit` already, or the server is stopping.
  func add(_ channel: any Channel, limit: Int) -> Bool {
    let key = ObjectIdentifier(channel)
    let isWelcome = state.withLock {
      guard $0.channels.count < limit, !$0.isStopping else { return false }
      $0.channels[key] = channel
      return true
    }
    if isWelcome {
      channel.closeFuture.whenComplete { [self] _ in
        state.withLock { $0.channels[key] = nil }
      }
    }
    return isWelcome
  }

  /// Whether the socket was added and is not closed yet.
  func contains(_ channel: any Channel) -> Bool {
    state.withLock { $0.channels[ObjectIdentifier(channel)] != nil }
  }

  /// The sockets to end; none is added any more.
  func stop() -> [any Channel] {
    state.withLock {
      $0.isStopping = true
      return Array($0.channels.values)
    }
  }

  /// Gives a session the next free id; nil if there are `limit` already.
  func add(
    _ session: RunningSession, on channel: any Channel, secret: [UInt8], limit: Int
  ) -> Int32? {
    state.withLock { state in
      guard state.entries.count < limit else { return nil }
      repeat {
        state.lastID = state.lastID == .max ? 1 : state.lastID + 1
      } while state.entries[state.lastID] != nil
      state.entries[state.lastID] = Entry(
        secret: secret, session: session, channel: channel)
      return state.lastID
    }
  }

  /// The socket of the session with that id.
  func channel(of processID: Int32) -> (any Channel)? {
    state.withLock { $0.entries[processID]?.channel }
  }

  func remove(processID: Int32) {
    state.withLock { $0.entries[processID] = nil }
  }

  /// Cancels what that session runs, if the secret is its own.
  func cancel(processID: Int32, secret: [UInt8]) -> Bool {
    guard let entry = state.withLock({ $0.entries[processID] }), isEqual(entry.secret, secret)
    else { return false }
    entry.session.cancel()
    return true
  }
}
