import NIOCore
import Synchronization

/// The open connections, so that those on which nothing happens make room when there are too
/// many: clients that open connections and say nothing (or half a request) keep nobody out, and
/// clients that send half of large requests or fetch no answers do not fill the memory.
///
/// A connection waits while no whole request of it is being answered. Where all are being served,
/// new ones have to wait.
final class ConnectionRoster: Sendable {
  private struct Entry {
    let channel: any Channel
    /// When the client sent or fetched something last, or was given an answer.
    var heardAt: NIODeadline
    /// Whole requests that are not answered yet.
    var requests = 0
    /// Bytes of bodies that are in memory for it.
    var heldBytes = 0
  }

  private struct State {
    var entries: [ObjectIdentifier: Entry] = [:]
    var heldBytes = 0

    mutating func remove(_ id: ObjectIdentifier) {
      guard let entry = entries.removeValue(forKey: id) else { return }
      heldBytes -= entry.heldBytes
    }
  }

  /// Connections beyond the limit that are accepted, to take the place of waiting ones.
  static let spareConnections = 32
  /// A connection that moved within this time is not closed for the bytes of others, unless these
  /// are twice the limit.
  private static let patience = TimeAmount.seconds(1)
  /// Who holds less is not what fills the memory.
  private static let heldBytesMin = 64 << 10

  private let connectionsMax: Int
  private let heldBytesMax: Int
  private let state = Mutex(State())

  init(connectionsMax: Int, heldBytesMax: Int) {
    self.connectionsMax = connectionsMax
    self.heldBytesMax = heldBytesMax
  }

  func enter(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    let evicted = state.withLock { state -> (any Channel)? in
      let longest =
        state.entries.count < connectionsMax
        ? nil
        : state.entries.filter { $0.value.requests == 0 }
          .min { $0.value.heardAt < $1.value.heardAt }
      if let longest { state.remove(longest.key) }
      state.entries[id] = Entry(channel: channel, heardAt: .now())
      return longest?.value.channel
    }
    evicted?.close(promise: nil)
    channel.closeFuture.whenComplete { [weak self] _ in
      self?.state.withLock { $0.remove(id) }
    }
  }

  /// A part of a request came, or the client took a part of an answer.
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
    state.withLock { state in
      state.entries[ObjectIdentifier(channel)]?.heardAt = .now()
      state.entries[ObjectIdentifier(channel)]?.requests += change
    }
  }

  /// More bytes are in memory for a connection, which are told back with `release`. Closes the
  /// connection that stalled first if that is too much: this one has just moved.
  func hold(_ bytes: Int, for channel: any Channel) {
    let stalled = state.withLock { state -> (any Channel)? in
      let now = NIODeadline.now()
      let id = ObjectIdentifier(channel)
      guard state.entries[id] != nil else { return nil }
      state.entries[id]?.heardAt = now
      state.entries[id]?.heldBytes += bytes
      state.heldBytes += bytes
      guard state.heldBytes > heldBytesMax,
        let first = state.entries.filter({ $0.value.heldBytes >= Self.heldBytesMin })
          .min(by: { $0.value.heardAt < $1.value.heardAt }),
        first.value.heardAt + Self.patience < now || state.heldBytes / 2 > heldBytesMax
      else { return nil }
      state.remove(first.key)
      return first.value.channel
    }
    stalled?.close(promise: nil)
  }

  func release(_ bytes: Int, of channel: any Channel) {
    guard bytes > 0 else { return }
    state.withLock { state in
      let id = ObjectIdentifier(channel)
      guard state.entries[id] != nil else { return }
      state.entries[id]?.heldBytes -= bytes
      state.heldBytes -= bytes
    }
  }
}
