internal import Core
internal import Foundation
internal import Synchronization

/// Stands between DuckDB's libpq and a PostgreSQL server, on a port of loopback.
///
/// DuckDB waits for a server in calls that nothing can end but the connection's own end. Here that
/// can be had: by a cancel, and when a server is silent for too long. And what DuckDB really sent,
/// and how many rows came back, is read off the wire.
final class PostgresRelay: Sendable {
  let port: Int
  let ledger = RelayLedger()
  private let listener: Socket
  let endpoint: FederationConfiguration.Endpoint
  private let limits: RelayConnection.Limits
  private let connections = Mutex<[ObjectIdentifier: RelayConnection]>([:])

  init(
    to endpoint: FederationConfiguration.Endpoint, limits: RelayConnection.Limits
  ) throws(SQLError) {
    self.endpoint = endpoint
    self.limits = limits
    (listener, port) = try Socket.listen()
    Thread.detachNewThread { [listener, weak self] in
      while let client = listener.accept() { self?.take(client) }
    }
  }

  deinit { stop() }

  private func take(_ client: Socket) {
    let connection = RelayConnection(
      client: client, endpoint: endpoint, limits: limits, ledger: ledger)
    connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    Thread.detachNewThread { [weak self] in
      connection.run()
      self?.connections.withLock { $0[ObjectIdentifier(connection)] = nil }
    }
  }

  /// Ends what a transaction waits for: its own connection's statement, and connections that are
  /// being made, of which nobody can know whose they are; whoever else waits for one makes another.
  func cancel(owner: Int) {
    let all = connections.withLock { Array($0.values) }
    for connection in all
    where connection.isWaiting && (connection.owner == owner || connection.owner == nil) {
      connection.cancel()
    }
  }

  func cut(owner: Int) {
    let all = connections.withLock { Array($0.values) }
    for connection in all where connection.owner == owner { connection.cut() }
  }

  /// Cuts those whose answer was not read to its end: libpq would read all of it first.
  func leaveUnfinished(owner: Int) {
    let all = connections.withLock { Array($0.values) }
    for connection in all where connection.isWaiting && connection.owner == owner {
      connection.leave()
    }
  }

  /// Takes no more connections; those that serve a transaction go on.
  func close() {
    listener.shutDown()
    let all = connections.withLock { Array($0.values) }
    for connection in all where connection.owner == nil { connection.cut() }
  }

  func stop() {
    listener.shutDown()
    let all = connections.withLock { Array($0.values) }
    for connection in all { connection.cut() }
  }
}

/// What relayed connections tell of the transactions that they serve.
final class RelayLedger: Sendable {
  struct Failure: Sendable, Equatable {
    var state: String
    var message: String
    var time = ContinuousClock.now

    static func == (left: Failure, right: Failure) -> Bool {
      left.state == right.state && left.message == right.message
    }
  }

  struct Entry: Sendable {
    var exchange: PostgresTraffic.Exchange
    var start: ContinuousClock.Instant
    var time: Duration

    var age: Duration { .now - start }
  }

  private struct State {
    /// Done, by transaction.
    var entries: [Int: [Entry]] = [:]
    /// Not done yet.
    var current: [Int: Entry] = [:]
    var failures: [Int: Failure] = [:]
    /// Of a connection that nobody had claimed.
    var unclaimed: Failure?
  }

  private let state = Mutex(State())

  func add(_ entry: Entry, owner: Int) {
    state.withLock { state in
      state.current[owner] = nil
      state.entries[owner, default: []].append(entry)
    }
  }

  /// The one that is not done yet.
  func set(_ entry: Entry, owner: Int) {
    state.withLock { $0.current[owner] = entry }
  }

  /// - Parameter isWeak: the end of a connection, which says less than what came before it.
  func fail(owner: Int?, _ failure: Failure, isWeak: Bool = false) {
    state.withLock { state in
      if let owner {
        if isWeak, state.failures[owner] != nil { return }
        state.failures[owner] = failure
      } else {
        if isWeak, let known = state.unclaimed, .now - known.time < .seconds(1) { return }
        state.unclaimed = failure
      }
    }
  }

  /// Why the transaction's statement failed, if the server was at fault.
  func failure(owner: Int, since start: ContinuousClock.Instant) -> Failure? {
    state.withLock { state in
      [state.failures[owner], state.unclaimed].compactMap { $0 }
        .first { $0.time >= start }
    }
  }

  /// What went over the wire for the transaction since this was last asked.
  func take(owner: Int) -> [Entry] {
    state.withLock { state in
      let current = state.current.removeValue(forKey: owner)
      return (state.entries.removeValue(forKey: owner) ?? []) + (current.map { [$0] } ?? [])
    }
  }

  func forget(owner: Int) {
    state.withLock { state in
      state.entries[owner] = nil
      state.current[owner] = nil
      state.failures[owner] = nil
    }
  }
}

/// PostgreSQL's way to cancel: another connection that carries the first one's key.
struct CancelRequest: Sendable {
  var endpoint: FederationConfiguration.Endpoint
  var processID: UInt32
  var secretKey: UInt32

  /// On a thread of its own: a server that is stuck takes connections and does nothing with them.
  func send(within time: Duration) {
    Thread.detachNewThread {
      let deadline = ContinuousClock.now + time
      guard
        case .success(let socket) = Socket.connect(
          host: endpoint.host, port: endpoint.port, until: deadline)
      else { return }
      var bytes: [UInt8] = []
      for value in [UInt32(16), 80_877_102, processID, secretKey] {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
      }
      _ = bytes.withUnsafeBytes { socket.write($0) }
      // The server closes it when it has passed the request on.
      _ = socket.wait(until: deadline)
    }
  }
}
