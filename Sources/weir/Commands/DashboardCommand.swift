import ArgumentParser
import Core
import Dashboard
import Engine
import Foundation
import Logging
import PostgresClient
import ServiceLifecycle
import Synchronization
import Telemetry
import Warehouse

struct DashboardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard",
    abstract: "Show the dashboard over the data directory (the default).")

  @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String?
  @OptionGroup var options: DataOptions

  func run() async throws {
    try await reportingFailure {
      if DataDirectory.running(in: options.directory) != nil {
        return try await attach(to: nil, options)
      }
      let configuration = try EngineConfiguration.load(
        flags: EngineConfiguration.Flags(file: config, data: options.data),
        environment: ProcessInfo.processInfo.environment)
      let engine = try await Engine.open(configuration, logger: makeLogger(level: .error))
      try await withRunning(engine) { _ in
        let sessions = try await DashboardSessions.local(engine)
        try await DashboardProgram(
          sessions: sessions, snapshots: events(of: engine), isRemote: false
        ).run()
        await sessions.close()
      }
    }
  }
}

struct AttachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Show the dashboard over a running engine.")

  @Argument(help: "The engine's SQL address; the data directory's engine if none is given.")
  var url: String?
  @OptionGroup var options: DataOptions

  func validate() throws { try validateSQLAddress(url) }

  func run() async throws {
    try await reportingFailure {
      try await attach(to: url, options)
    }
  }
}

/// The snapshots of an engine in this process, as the dashboard's events.
func events(of engine: Engine) -> AsyncStream<Event> {
  AsyncStream { continuation in
    let pump = Task {
      for await snapshot in engine.snapshots() { continuation.yield(.snapshot(snapshot)) }
      continuation.yield(.disconnected("the engine has ended"))
      continuation.finish()
    }
    continuation.onTermination = { _ in pump.cancel() }
  }
}

/// Runs the engine for as long as `body` runs, then ends it in order.
func withRunning(
  _ engine: Engine, _ body: @escaping @Sendable (EngineAddress) async throws -> Void
) async throws {
  let services = ServiceGroup(services: [engine], logger: makeLogger(level: .error))
  let running = Task { try await services.run() }
  do {
    let address: EngineAddress
    do {
      address = try await engine.ready()
    } catch {
      // Why the engine ended says more than that it did.
      try await running.value
      throw error
    }
    try await body(address)
  } catch {
    await services.triggerGracefulShutdown()
    _ = await running.result
    throw error
  }
  await services.triggerGracefulShutdown()
  try await running.value
}

/// The dashboard over an engine behind its SQL port: the one at the URL, or the one that holds
/// the data directory, wherever it listens after a restart.
private func attach(to url: String?, _ options: DataOptions) async throws {
  let directory = options.directory
  let locate: @Sendable () throws -> String = {
    if let url { return url }
    return try DataDirectory.requireRunning(in: directory).sqlURL
  }
  let session = ReconnectingSession(locate: locate)
  // The name keeps its statements out of those that it shows.
  let watcher = ReconnectingSession(applicationName: EngineAddress.watcher, locate: locate)
  try await session.connect()
  let snapshots = AsyncStream<Event> { continuation in
    let pump = Task { await watch(watcher, continuation) }
    continuation.onTermination = { _ in pump.cancel() }
  }
  // They connect when they are first used.
  let sessions = DashboardSessions(
    editor: session, actions: ReconnectingSession(locate: locate),
    inspection: ReconnectingSession(applicationName: EngineAddress.watcher, locate: locate))
  let program = DashboardProgram(sessions: sessions, snapshots: snapshots, isRemote: true)
  do {
    try await program.run()
  } catch {
    await sessions.close()
    throw error
  }
  await sessions.close()
}

/// Asks for a snapshot every second; connects anew when the engine comes back.
private func watch(
  _ session: ReconnectingSession, _ continuation: AsyncStream<Event>.Continuation
) async {
  let known = Mutex<(revision: Int, snapshot: Snapshot)?>(nil)
  while !Task.isCancelled {
    do {
      let revision = known.withLock { $0?.revision ?? 0 }
      try await session.execute("CALL weir.snapshot_since(\(revision))") { output in
        guard case .rows(let batch) = output, let json = batch.text(row: 0, column: 0) else {
          return
        }
        let changes = try JSONDecoder().decode(SnapshotChanges.self, from: Data(json.utf8))
        let whole = known.withLock { known in
          let base = changes.base == nil ? nil : known?.snapshot
          let whole = changes.applied(to: base)
          known = whole.map { (changes.revision, $0) }
          return whole
        }
        if let whole { continuation.yield(.snapshot(whole)) }
      }
    } catch {
      continuation.yield(.disconnected(shortReason(error)))
    }
    try? await Task.sleep(for: .seconds(1))
  }
  await session.close()
}

/// A few words: there is half a line for them.
private func shortReason(_ error: any Error) -> String {
  switch error {
  case is DataDirectory.NotRunning: "not running, retrying"
  case let error as SQLError where error.sqlState == "28P01": "wrong password"
  case let error as SQLError where error.sqlState == "53300": "it is full, retrying"
  case let error as SQLError where error.isConnectionLost: "no answer, retrying"
  case is DecodingError: "it is another version"
  default: describe(error)
  }
}
