internal import Core
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One connection of DuckDB's libpq to a server, through a relay: a thread that passes bytes on.
final class RelayConnection: Sendable {
  struct Limits: Sendable {
    var connect: Duration
    /// How long the server may be silent while it is waited for.
    var silence: Duration
    /// Between asking the server to cancel and cutting the connection.
    var cancel = Duration.seconds(1)
  }

  private struct State {
    var owner: Int?
    var isWaiting = true
    var hasStarted = false
    var lastProgress = ContinuousClock.now
    var askedAt = ContinuousClock.now
    var cutAt: ContinuousClock.Instant?
    var isCut = false
    var key: (process: UInt32, secret: UInt32) = (0, 0)
  }

  private let client: Socket
  private let server = Mutex<Socket?>(nil)
  private let endpoint: FederationConfiguration.Endpoint
  private let limits: Limits
  private let ledger: RelayLedger
  private let state = Mutex(State())

  init(
    client: Socket, endpoint: FederationConfiguration.Endpoint, limits: Limits,
    ledger: RelayLedger
  ) {
    self.client = client
    self.endpoint = endpoint
    self.limits = limits
    self.ledger = ledger
  }

  var owner: Int? { state.withLock { $0.owner } }
  var isWaiting: Bool { state.withLock { $0.isWaiting } }

  // MARK: From other threads

  /// Asks the server to cancel what it does for the connection; one that does not within a second
  /// is left.
  func cancel() {
    let key = state.withLock { state -> (process: UInt32, secret: UInt32)? in
      guard state.isWaiting, state.cutAt == nil else { return nil }
      state.cutAt = .now + limits.cancel
      return state.key
    }
    // A server that has not let the connection in yet has nothing to cancel.
    guard let key else { return }
    if key.process == 0 { return cut() }
    CancelRequest(endpoint: endpoint, processID: key.process, secretKey: key.secret)
      .send(within: limits.cancel)
  }

  /// Cuts it, and has the server end the statement.
  func leave() {
    let key = state.withLock { $0.key }
    cut()
    if key.process != 0 {
      CancelRequest(endpoint: endpoint, processID: key.process, secretKey: key.secret)
        .send(within: limits.cancel)
    }
  }

  func cut() {
    state.withLock { $0.isCut = true }
    client.shutDown()
    server.withLock { $0?.shutDown() }
  }

  // MARK: The thread's work

  func run() {
    let deadline = ContinuousClock.now + limits.connect
    switch Socket.connect(host: endpoint.host, port: endpoint.port, until: deadline) {
    case .failure(let failure):
      ledger.fail(
        owner: nil,
        .init(
          state: "08001",
          message: failure.isTimeout
            ? "it did not answer within \(limits.connect.inSeconds) s" : failure.reason))
      client.shutDown()
    case .success(let socket):
      server.withLock { $0 = socket }
      if !state.withLock({ $0.isCut }) { pass(to: socket) }
      client.shutDown()
      socket.shutDown()
    }
  }

  private func pass(to server: Socket) {
    var traffic = PostgresTraffic()
    var toServer = ByteQueue()
    var toClient = ByteQueue()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      var polls = [
        pollfd(
          fd: client.descriptor,
          events: Int16((toServer.isEmpty ? POLLIN : 0) | (toClient.isEmpty ? 0 : POLLOUT)),
          revents: 0),
        pollfd(
          fd: server.descriptor,
          events: Int16((toClient.isEmpty ? POLLIN : 0) | (toServer.isEmpty ? 0 : POLLOUT)),
          revents: 0),
      ]
      let found = pollOnce(&polls, 2, pause(isBlocked: !toClient.isEmpty))
      if found < 0, errno != EINTR { return }
      if isOver(isQuiet: found == 0, isBlocked: !toClient.isEmpty) { return }
      // Nothing is read while what was read before is still here: a slow reader holds the writer.
      if toServer.isEmpty, polls[0].revents != 0 {
        guard let bytes = read(from: client, buffer, isServer: false) else { return }
        traffic.sent(bytes) { note($0) }
        toServer.append(bytes)
      }
      if toClient.isEmpty, polls[1].revents != 0 {
        guard let bytes = read(from: server, buffer, isServer: true) else { return }
        receive(bytes, &traffic)
        toClient.append(bytes)
      }
      guard toServer.flush(to: server), toClient.flush(to: client) else { return }
    }
  }

  /// - Returns: what there was, perhaps nothing; nil at the end.
  private func read(
    from socket: Socket, _ buffer: UnsafeMutableRawBufferPointer, isServer: Bool
  ) -> UnsafeRawBufferPointer? {
    switch socket.read(into: buffer) {
    case .bytes(let count): return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    case .wouldBlock: return UnsafeRawBufferPointer(rebasing: buffer[..<0])
    case .ended(let code):
      let (isCut, isWaiting, owner, hasStarted) = state.withLock {
        ($0.isCut, $0.isWaiting, $0.owner, $0.hasStarted)
      }
      if isServer, !isCut, isWaiting || owner != nil {
        ledger.fail(
          owner: owner,
          .init(
            state: hasStarted ? "08006" : "08001",
            message: code == 0
              ? "the server closed the connection" : Socket.reason(code)), isWeak: true)
      }
      return nil
    }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer, _ traffic: inout PostgresTraffic) {
    guard !bytes.isEmpty else { return }
    var isReady = false
    var failure: (state: String, message: String)?
    traffic.received(bytes) { event in
      switch event {
      case .ready: isReady = true
      case .failed(let state, let message): failure = (state, message)
      default: break
      }
    }
    let (owner, start) = state.withLock { state in
      state.lastProgress = .now
      state.key = (traffic.processID, traffic.secretKey)
      state.hasStarted = traffic.hasStarted
      if isReady {
        state.isWaiting = false
        state.cutAt = nil
      }
      return (state.owner, state.askedAt)
    }
    if let failure {
      ledger.fail(owner: owner, .init(state: failure.state, message: failure.message))
    }
    if isReady, let exchange = traffic.takeExchange(), let owner {
      ledger.add(.init(exchange: exchange, start: start, time: .now - start), owner: owner)
    } else if let exchange = traffic.exchange, let owner {
      ledger.set(.init(exchange: exchange, start: start, time: .now - start), owner: owner)
    }
  }

  private func note(_ event: PostgresTraffic.Event) {
    state.withLock { state in
      switch event {
      case .asked:
        state.isWaiting = true
        state.lastProgress = .now
        state.askedAt = .now
      case .claimed(let owner): state.owner = owner
      case .released: state.owner = nil
      case .ready, .failed: break
      }
    }
  }

  // MARK: Limits

  private func limit(_ state: State) -> ContinuousClock.Instant {
    let silence = state.lastProgress + (state.hasStarted ? limits.silence : limits.connect)
    return state.cutAt.map { min($0, silence) } ?? silence
  }

  private func pause(isBlocked: Bool) -> Int32 {
    state.withLock { state in
      // Another thread may ask for a cancel at any moment of a wait.
      guard state.isWaiting, !isBlocked else { return 1_000 }
      return min(50, Socket.milliseconds(until: limit(state)))
    }
  }

  /// Whether the server has been silent for too long, or does not heed a cancel. While DuckDB does
  /// not take what is here, it is not the server that is waited for.
  private func isOver(isQuiet: Bool, isBlocked: Bool) -> Bool {
    let failure = state.withLock { state -> (Int?, RelayLedger.Failure)? in
      if isBlocked { state.lastProgress = .now }
      let isCanceled = state.cutAt.map { $0 <= .now } ?? false
      guard state.isWaiting, !isBlocked, .now >= limit(state), isQuiet || isCanceled else {
        return nil
      }
      let time = state.hasStarted ? limits.silence : limits.connect
      return (
        state.owner,
        RelayLedger.Failure(
          state: state.hasStarted ? "57014" : "08001",
          message: isCanceled
            ? "canceled; the server did not react to it"
            : "it did not answer within \(time.inSeconds) s")
      )
    }
    guard let (owner, reason) = failure else { return false }
    ledger.fail(owner: owner, reason)
    let key = state.withLock { $0.key }
    if key.process != 0 {
      CancelRequest(endpoint: endpoint, processID: key.process, secretKey: key.secret)
        .send(within: limits.cancel)
    }
    return true
  }
}

/// Bytes on their way.
private struct ByteQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  var isEmpty: Bool { start == bytes.count }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    if isEmpty {
      bytes.removeAll(keepingCapacity: true)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// Writes what the socket takes now.
  ///
  /// - Returns: false if it takes nothing any more.
  mutating func flush(to socket: Socket) -> Bool {
    while !isEmpty {
      let outcome = bytes.withUnsafeBytes {
        socket.write(UnsafeRawBufferPointer(rebasing: $0[start...]))
      }
      switch outcome {
      case .bytes(let count): start += count
      case .wouldBlock: return true
      case .ended: return false
      }
    }
    return true
  }
}

extension Duration {
  var inSeconds: String {
    let tenths = inMicroseconds / 100_000
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
