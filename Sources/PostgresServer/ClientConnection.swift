import Core
import Logging
import NIOCore
import PostgresWire

/// One socket's life: feeds the machine with messages and carries out its actions.
actor ClientConnection {
  /// What is written goes to the socket when this much has gathered, or at the end of an
  /// answer.
  private static let flushByteCount = 32 << 10

  private let service: ConnectionService
  private let channel: any Channel
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private let input: InputQueue
  private let running: RunningSession
  private let startupTimer: Scheduled<Void>
  private let secrets: SessionMachine.Secrets

  private var decoder: FrontendDecoder
  private var machine: SessionMachine
  private var output = ByteBuffer()
  private var processID: Int32?

  init(
    service: ConnectionService, channel: any Channel,
    outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, input: InputQueue,
    running: RunningSession
  ) {
    self.service = service
    self.channel = channel
    self.outbound = outbound
    self.input = input
    self.running = running
    secrets = .random(nobodySecret: service.nobodySecret)
    machine = SessionMachine(secrets: secrets)
    decoder = FrontendDecoder(limits: .init(message: service.limits.messageByteCount))
    startupTimer = channel.eventLoop.scheduleTask(in: TimeAmount(service.limits.startupTime)) {
      channel.end(
        with: SQLError("57014", "canceling authentication due to timeout"))
    }
  }

  /// Serves the client until it leaves or fails; never throws.
  func run() async {
    do {
      while let message = try await nextMessage() {
        var action = machine.received(message)
        while let next = try await carryOut(action) { action = next }
        if machine.state == .closed { break }
      }
    } catch {
      service.logger.debug("connection ended", metadata: ["reason": "\(error)"])
    }
    startupTimer.cancel()
    await endSession()
  }

  private func nextMessage() async throws -> FrontendMessage? {
    while true {
      do {
        if let message = try decoder.next() { return message }
      } catch {
        _ = try await carryOut(machine.failed(error))
        return nil
      }
      guard let bytes = await input.pop() else { return nil }
      decoder.append(bytes)
    }
  }

  /// - Returns: what the machine wants next, if the action had an outcome to tell it.
  private func carryOut(_ action: SessionMachine.Action) async throws -> SessionMachine.Action? {
    switch action {
    case .read, .close:
      return nil
    case .send(let messages):
      try await send(messages)
      return nil
    case .fail(let messages):
      try await send(messages)
      await linger()
      return nil
    case .findCredential(let user):
      return await findCredential(user)
    case .openSession(let start, let messages):
      return try await open(start, sending: messages)
    case .run(let text):
      return try await execute(text)
    case .cancel(let processID, let secret):
      let isKnown = service.registry.cancel(processID: processID, secret: secret)
      service.logger.debug("cancel request", metadata: ["known": "\(isKnown)"])
      return nil
    }
  }

  private func send(_ messages: [BackendMessage]) async throws {
    for message in messages { message.encode(into: &output) }
    try await flush()
  }

  private func flush() async throws {
    guard output.readableBytes > 0 else { return }
    let bytes = output
    output = ByteBuffer()
    try await outbound.write(bytes)
  }

  /// Closing a socket that holds unread bytes resets it, and the client may lose the error
  /// that it was just sent. So the client gets a moment to close first.
  private func linger() async {
    let deadline = channel.eventLoop.scheduleTask(in: .seconds(1)) { [input] in input.finish() }
    while await input.pop() != nil {}
    deadline.cancel()
  }
}

// MARK: - Start and end of the session

extension ClientConnection {
  private func findCredential(_ user: String) async -> SessionMachine.Action {
    let limit = service.limits.connectionCount
    let id = service.registry.add(
      running, on: channel, secret: secrets.cancelKey, limit: limit)
    guard let id else {
      return machine.failed(
        SQLError(
          "53300", "sorry, too many clients already", detail: "the limit is \(limit)"))
    }
    processID = id
    return machine.found(await service.credential(user))
  }

  private func open(
    _ start: SessionStart, sending messages: [BackendMessage]
  ) async throws -> SessionMachine.Action {
    startupTimer.cancel()
    decoder.isAuthenticated = true
    try await send(messages)
    guard let processID else { return .close }
    do {
      let session = try await service.makeSession(
        SessionRequest(
          user: start.user, database: start.database, applicationName: start.applicationName,
          parameters: start.parameters, processID: processID))
      running.set(session)
    } catch {
      return machine.failed(service.sqlError(for: error))
    }
    return machine.opened(processID: processID)
  }

  private func endSession() async {
    if let processID { service.registry.remove(processID: processID) }
    await running.take()?.close()
  }
}

// MARK: - Statements

extension ClientConnection {
  private func execute(_ text: String) async throws -> SessionMachine.Action {
    guard let session = running.begin() else { return .close }
    defer { running.end() }
    var failure: SQLError?
    do {
      try await session.execute(text) { [self] output in try await receive(output) }
    } catch let error as SQLError {
      failure = error
    } catch let error as WriteFailure {
      throw error.reason
    } catch {
      failure = service.sqlError(for: error)
    }
    return machine.finished(failure, status: await session.transactionStatus)
  }

  /// Sends a piece of output; returns when the socket takes more.
  private func receive(_ piece: SQLOutput) async throws {
    let message = try machine.produced(piece)
    switch message {
    case .dataRows(let batch):
      var rows = DataRowEncoder(batch)
      while true {
        let isMore = rows.encode(into: &output, byteCount: Self.flushByteCount)
        if output.readableBytes >= Self.flushByteCount { try await flushRows() }
        if !isMore { return }
      }
    case .notice:
      // Notices tell of progress: they are no use late.
      message.encode(into: &output)
      try await flushRows()
    default:
      message.encode(into: &output)
    }
  }

  private func flushRows() async throws {
    do {
      try await flush()
    } catch {
      throw WriteFailure(reason: error)
    }
  }

  /// The client cannot be written to: not the statement's fault.
  private struct WriteFailure: Error {
    var reason: any Error
  }
}

extension Channel {
  /// Tells the client why, and closes.
  func end(with error: SQLError) {
    var buffer = ByteBuffer()
    BackendMessage.error(error, severity: .fatal).encode(into: &buffer)
    writeAndFlush(buffer, promise: nil)
    // The close must not wait for a client that does not read.
    close(promise: nil)
  }
}
