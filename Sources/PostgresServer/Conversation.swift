internal import Core
internal import NIOCore
internal import PostgresWire

/// One client's connection: feeds its bytes to the state machine and does what that says.
///
/// While a statement runs, bytes are still read, so that a client that goes away is noticed;
/// what it sends meanwhile waits.
actor Conversation {
  private let server: PostgresServer
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var machine = SessionMachine()
  private var decoder: FrontendDecoder
  private var buffer = ByteBuffer()
  private var session: (any SQLSession)?
  private var processID: Int32 = 0
  private var running: Task<Void, Never>?
  /// Messages that came while a statement ran.
  private var waiting: [FrontendMessage] = []
  private var isBusy = false
  private var isClosed = false
  private(set) var hasStarted = false

  private static let waitingMax = 1_000

  init(
    server: PostgresServer, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
    limits: PostgresServer.Limits
  ) {
    self.server = server
    self.outbound = outbound
    decoder = FrontendDecoder(bytesMax: limits.messageBytesMax)
  }

  /// - Returns: false when the connection is to be closed.
  func receive(_ bytes: ByteBuffer) async throws -> Bool {
    buffer.writeImmutableBuffer(bytes)
    do throws(ProtocolError) {
      while let message = try decoder.next(&buffer) { waiting.append(message) }
    } catch {
      try await perform(machine.received(error))
      return false
    }
    buffer.discardReadBytes()
    if waiting.count > Self.waitingMax {
      try await perform(
        machine.received(ProtocolError(message: "too many messages wait for a statement's end")))
      return false
    }
    try await handleWaiting()
    return !isClosed
  }

  private func handleWaiting() async throws {
    guard !isBusy else { return }
    isBusy = true
    while !isClosed, running == nil, !waiting.isEmpty {
      try await perform(machine.received(waiting.removeFirst()))
    }
    isBusy = false
  }

  private func perform(_ action: SessionMachine.Action) async throws {
    switch action {
    case .none: break
    case .send(let messages): try await send(messages)
    case .refuseEncryption: try await outbound.write(ByteBuffer(bytes: [UInt8(ascii: "N")]))
    case .findCredential(let user):
      let credential = await server.findCredential(user)
      try await perform(machine.authenticate(with: credential))
    case .startSession(let user, let database, let parameters):
      try await start(user, database, parameters)
    case .run(let text): run(text)
    case .cancel(let processID, let secret):
      server.cancel(processID: processID, secret: secret)
      isClosed = true
    case .close(let messages):
      try await send(messages)
      isClosed = true
    }
  }

  private func send(_ messages: [BackendMessage]) async throws {
    guard !messages.isEmpty else { return }
    var bytes = ByteBuffer()
    for message in messages { message.write(to: &bytes) }
    try await outbound.write(bytes)
  }

  func refuse() async throws {
    try await send([.error(SQLError("53300", "sorry, too many clients already"), severity: "FATAL")]
    )
  }

  // MARK: The session

  private func start(
    _ user: String, _ database: String, _ parameters: [String: String]
  ) async throws {
    do {
      let opened = try await server.openSession(
        user: user, database: database, parameters: parameters)
      session = opened.session
      processID = opened.processID
      hasStarted = true
      try await perform(machine.started(processID: opened.processID, secret: opened.secret))
    } catch let error as SQLError {
      try await perform(machine.failed(error))
    }
  }

  private func run(_ text: String) {
    guard let session else { return }
    running = Task {
      var failure: SQLError?
      do {
        let outbound = outbound
        try await session.execute(text) { output in
          var bytes = ByteBuffer()
          output.message?.write(to: &bytes)
          // Waits until the client has taken what was written before.
          if bytes.readableBytes > 0 { try await outbound.write(bytes) }
        }
      } catch let error as SQLError {
        failure = error
      } catch {
        failure = SQLError("XX000", "\(error)")
      }
      await self.finished(failure, status: await session.transactionStatus)
    }
  }

  private func finished(_ failure: SQLError?, status: TransactionStatus) async {
    do {
      try await perform(machine.finished(failure, status: status))
      running = nil
      try await handleWaiting()
    } catch {
      isClosed = true
      running = nil
    }
  }

  /// The client is gone: stops what runs for it.
  func end() async {
    isClosed = true
    session?.cancel()
    await running?.value
    if let session { await server.closeSession(session, processID: processID) }
    session = nil
  }
}

extension SQLOutput {
  /// The message that carries it to the client.
  fileprivate var message: BackendMessage? {
    switch self {
    case .columns(let columns): .rowDescription(columns)
    case .rows(let batch): .dataRows(batch)
    case .complete(let tag): .commandComplete(tag)
    case .empty: .emptyQuery
    case .notice(let notice): .notice(notice)
    case .parameter(let name, let value): .parameterStatus(name: name, value: value)
    }
  }
}
