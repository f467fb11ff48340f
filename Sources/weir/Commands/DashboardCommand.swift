import ArgumentParser
import Core
import Dashboard
import Engine
import Foundation
import Logging
import PostgresClient
import ServiceLifecycle
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
      if let address = DataDirectory.running(in: options.directory) {
        try await attach(to: address.sqlURL)
        return
      }
      let configuration = try EngineConfiguration.load(
        flags: EngineConfiguration.Flags(file: config, data: options.data),
        environment: ProcessInfo.processInfo.environment)
      let engine = try await Engine.open(configuration, logger: makeLogger(level: .error))
      try await withRunning(engine) { _ in
        let session = try engine.warehouse.makeSession(user: EngineAddress.user)
        try await DashboardProgram(
          session: session, snapshots: events(of: engine), isRemote: false
        ).run()
        await session.close()
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

  func run() async throws {
    try await reportingFailure {
      try await attach(to: try url ?? options.running().sqlURL)
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

/// The dashboard over an engine behind its SQL port.
private func attach(to url: String) async throws {
  let session = ReconnectingSession(url, first: try await RemoteSession.connect(url))
  let watcher = try await RemoteSession.connect(url)
  let snapshots = AsyncStream<Event> { continuation in
    let pump = Task { await watch(url, first: watcher, continuation) }
    continuation.onTermination = { _ in pump.cancel() }
  }
  let program = DashboardProgram(session: session, snapshots: snapshots, isRemote: true)
  do {
    try await program.run()
  } catch {
    await session.close()
    throw error
  }
  await session.close()
}

/// Asks for a snapshot every second; connects anew when the engine comes back.
private func watch(
  _ url: String, first: RemoteSession, _ continuation: AsyncStream<Event>.Continuation
) async {
  let session = ReconnectingSession(url, first: first)
  while !Task.isCancelled {
    do {
      // Said each time, since the connection may be a new one.
      let text = """
        SET application_name TO '\(EngineAddress.watcher)'; \
        SELECT snapshot FROM sys_weir_snapshot
        """
      try await session.execute(text) { output in
        guard case .rows(let batch) = output, let json = batch.text(row: 0, column: 0) else {
          return
        }
        let snapshot = try JSONDecoder().decode(Snapshot.self, from: Data(json.utf8))
        continuation.yield(.snapshot(snapshot))
      }
    } catch {
      continuation.yield(.disconnected(describe(error)))
    }
    try? await Task.sleep(for: .seconds(1))
  }
  await session.close()
}
