package import Core
import Dispatch
import Synchronization

/// A session with a PostgreSQL server, or with a Weir in another process, through libpq.
///
/// libpq blocks, so all of its calls run on a queue of their own. Rows are taken from the
/// socket as `receive` asks for them.
package final class RemoteSession: SQLSession {
  private let connection: LibpqConnection
  private let canceler: Canceler
  private let queue: DispatchQueue
  /// Cancels must not wait behind the statement that they cancel.
  private let cancelQueue: DispatchQueue
  private let turns = Turns()
  private let progress = Mutex(Progress.idle)

  private enum Progress {
    case idle
    case executing
    /// A cancel request is on its way.
    case canceling
  }

  private init(_ connection: LibpqConnection, _ queue: DispatchQueue) {
    self.connection = connection
    self.queue = queue
    canceler = connection.canceler
    cancelQueue = DispatchQueue(label: "weir.remote-session.cancel")
  }

  /// - Parameters:
  ///   - text: a connection string (`host=… port=… user=…`) or a URL (`postgresql://…`).
  ///   - timeout: in whole seconds, at least two; `connect_timeout` in the text wins.
  ///   - applicationName: what the session's `application_name` is; the text's own, or `weir`,
  ///     if none is given.
  /// - Throws: 28P01 for a wrong password, 53300 from a server that is full, 08004 if it
  ///   refused for another reason, 08006 if there was no answer.
  package static func connect(
    _ text: String, applicationName: String? = nil, timeout: Duration = .seconds(10)
  ) async throws(SQLError) -> RemoteSession {
    let queue = DispatchQueue(label: "weir.remote-session")
    let seconds = Int(clamping: timeout.components.seconds)
    let result = await onQueue(queue) { () -> Result<LibpqConnection, SQLError> in
      Result { () throws(SQLError) in
        try LibpqConnection(connecting: text, applicationName: applicationName, seconds: seconds)
      }
    }
    return RemoteSession(try result.get(), queue)
  }

  /// Whether libpq can read the text as a connection string or URL; does not connect.
  package static func isConnectionString(_ text: String) -> Bool {
    LibpqConnection.isConnectionString(text)
  }

  /// Whether the server has not closed the connection, as far as this side has heard. Waits for
  /// a statement that runs.
  package var isConnected: Bool {
    get async { await Self.onQueue(queue) { [connection] in connection.isConnected } }
  }

  package func execute(
    _ text: String, receive: @escaping @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    await turns.enter()
    defer { turns.leave() }
    progress.withLock { $0 = .executing }
    do {
      try await withTaskCancellationHandler {
        try await read(text, receive)
      } onCancel: {
        cancel()
      }
    } catch {
      await settle()
      throw error
    }
    await settle()
  }

  /// Waits for a cancel request that is on its way: it must not reach the next statement.
  private func settle() async {
    let wasCanceled = progress.withLock { progress in
      defer { progress = .idle }
      return progress == .canceling
    }
    if wasCanceled { await Self.onQueue(cancelQueue) {} }
  }

  private func read(
    _ text: String, _ receive: @Sendable (SQLOutput) async throws -> Void
  ) async throws {
    if Task.isCancelled { throw SQLError("57014", "canceling statement due to user request") }
    try await onQueue { connection throws(SQLError) in try connection.send(text) }
    while true {
      let outputs = try await onQueue { connection throws(SQLError) in
        try connection.nextOutputs()
      }
      if outputs.isEmpty { return }
      do {
        for output in outputs { try await receive(output) }
      } catch {
        cancel()
        await Self.onQueue(queue) { [connection] in connection.drain() }
        throw error
      }
    }
  }

  package func cancel() {
    progress.withLock { progress in
      guard progress == .executing else { return }
      progress = .canceling
      cancelQueue.async { [canceler] in canceler.cancel() }
    }
  }

  package var transactionStatus: TransactionStatus {
    get async {
      await Self.onQueue(queue) { [connection] in connection.transactionStatus }
    }
  }

  /// What runs is canceled first.
  package func close() async {
    cancel()
    await turns.enter()
    defer { turns.leave() }
    await Self.onQueue(queue) { [connection] in connection.close() }
  }

  private func onQueue<Value: Sendable>(
    _ body: @escaping @Sendable (LibpqConnection) throws(SQLError) -> Value
  ) async throws(SQLError) -> Value {
    let result = await Self.onQueue(queue) { [connection] () -> Result<Value, SQLError> in
      Result { () throws(SQLError) in try body(connection) }
    }
    return try result.get()
  }

  private static func onQueue<Value: Sendable>(
    _ queue: DispatchQueue, _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
