internal import AWSGateway
package import Core
package import EventBus
internal import Foundation
package import Logging
internal import ObjectStore
internal import PostgresServer
internal import PostgresWire
internal import ServiceLifecycle
package import StreamLog
internal import Synchronization
package import Telemetry
package import Warehouse

/// Everything that runs in one process over one data directory.
///
/// `open` recovers and composes; `run` serves until shutdown is asked for, then ends the parts
/// in order: the edges first, the log last.
package final class Engine: Service {
  package static let version = "0.1.0"

  package let directory: DataDirectory
  package let log: StreamLog
  package let warehouse: Warehouse
  /// Buses, rules, and what is to be delivered.
  package let events: EventBroker
  package let telemetry: Telemetry
  /// What is to go wrong on purpose; set through SQL.
  package let faults: FaultTable
  private let configuration: EngineConfiguration
  let clock: any WallClock
  let logger: Logger
  let startedAt: Timestamp
  private let password: String
  private let credential: Credential
  private let state = Mutex(State())
  let publication: Mutex<Publication>

  private struct State {
    var ports = Ports()
    var server: PostgresServer?
    var onReady: [CheckedContinuation<EngineAddress, any Error>] = []
    var ended = false
  }

  struct Ports {
    var aws: Int?
    var sql: Int?
    var metrics: Int?
  }

  /// Blocking work (recovery, opening the database) runs on a queue of its own.
  ///
  /// - Throws: `EngineError`, `StreamLogError` or `SQLError`, each with what to do.
  package static func open(
    _ configuration: EngineConfiguration, clock: any WallClock = SystemClock(), logger: Logger
  ) async throws -> Engine {
    try await BlockingQueue(label: "weir.open").run {
      try Engine(configuration, clock: clock, logger: logger)
    }
  }

  private init(
    _ configuration: EngineConfiguration, clock: any WallClock, logger: Logger
  ) throws {
    self.configuration = configuration
    self.clock = clock
    self.logger = logger
    startedAt = clock.now()
    publication = Mutex(
      Publication(revisions: SnapshotRevisions(first: Int(startedAt.microseconds))))
    directory = try DataDirectory(claiming: configuration.dataDirectory)
    try configuration.checkPorts()
    password = try directory.password()
    credential = Credential(user: EngineAddress.user, password: password)
    telemetry = Telemetry(clock: clock)
    faults = FaultTable(clock: clock)
    var streams = configuration.log
    (streams.clock, streams.reporter) = (clock, telemetry)
    log = try StreamLog.open(directory: directory.streams, configuration: streams)
    let objects: any ObjectStore =
      if let s3 = configuration.s3 {
        try S3Store(s3, staging: directory.objects + "/.staging-s3")
      } else {
        try FolderStore(folder: directory.objects)
      }
    warehouse = try Warehouse(
      directory: directory.warehouse, log: log, objects: objects, clock: clock, reporter: telemetry,
      faults: faults, limits: configuration.workload, federation: configuration.federation,
      scanPrice: configuration.prices.scan, tierPrices: configuration.prices.storage)
    events = try Self.openEvents(configuration, directory, clock)
    logDamage()
    connectEvents(configuration)
    warehouse.provideSnapshots(
      whole: { [weak self] in self?.awaitSnapshotText() },
      changes: { [weak self] in await self?.changedSnapshot(since: $0) })
  }

  // MARK: Serving

  package func run() async throws {
    defer { end() }
    try await warehouse.start()
    let server = PostgresServer(
      host: "127.0.0.1", port: configuration.sqlPort,
      credential: { [credential] user in user == EngineAddress.user ? credential : nil },
      makeSession: { [warehouse] request in
        guard request.database == EngineAddress.database else {
          throw SQLError(
            "3D000", "database \"\(request.database)\" does not exist",
            hint: "it is called \(EngineAddress.database)")
        }
        let session = try warehouse.makeSession(
          user: request.user, processID: request.processID)
        do {
          try session.applyStartup(request.parameters)
        } catch {
          await session.close()
          throw error
        }
        return session
      },
      logger: logger,
      // A quarter of what this process may open: shards and the AWS port need files too.
      limits: ServerLimits(socketReserve: max(100, min(10_000, OpenFiles.limit / 4))))
    do {
      warehouse.onTerminate { [weak server] in server?.terminate(processID: $0) }
      let port = try await server.start()
      state.withLock { $0.server = server }
      note { $0.sql = port }
      try await serve(server)
    } catch {
      await close()
      throw error
    }
    await close()
  }

  /// Runs the edges until one ends; then ends the others.
  private func serve(_ server: PostgresServer) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      group.addTask { try await self.runGateway() }
      group.addTask { await self.events.run() }
      group.addTask { try await self.runMetrics() }
      group.addTask { try await self.takeSnapshots() }
      group.addTask { try await LogKeeper(log: self.log, reporter: self.telemetry).run() }
      do {
        try await group.next()
      } catch is CancellationError {
        // Asked to end.
      }
      group.cancelAll()
      while let result = await group.nextResult() {
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
      }
    }
  }

  private func runGateway() async throws {
    var limits = AWSGateway.Limits()
    // Each shard keeps a file open: more than fit could not be opened at the next start either.
    limits.shardsMax = min(limits.shardsMax, max(100, OpenFiles.limit / 2))
    let gateway = AWSGateway(
      log: log, host: "127.0.0.1", port: configuration.awsPort, clock: clock,
      reporter: telemetry, logger: logger, limits: limits, account: configuration.accountID,
      region: configuration.region, faults: faults, metrics: telemetry, events: events)
    do {
      try await gateway.run { [weak self] port in self?.note { $0.aws = port } }
    } catch AWSGatewayError.cannotListen(_, let port, let code) {
      throw EnginePort.aws.error(port, code: code)
    }
  }

  private func runMetrics() async throws {
    guard let port = configuration.metricsPort else {
      note { _ in }
      try await gracefulShutdown()
      return
    }
    let server = MetricsServer(port: port, logger: logger) { [weak self] in
      guard let self, let snapshot = await freshSnapshot() else { return "" }
      return telemetry.prometheus(snapshot)
    }
    try await server.run { [weak self] port in self?.note { $0.metrics = port } }
  }

  /// Notes a port; when all are known, the engine is ready.
  private func note(_ change: (inout Ports) -> Void) {
    let ready = state.withLock {
      state -> ([CheckedContinuation<EngineAddress, any Error>], EngineAddress)? in
      change(&state.ports)
      guard let address = address(of: state.ports) else { return nil }
      defer { state.onReady = [] }
      return (state.onReady, address)
    }
    guard let (waiters, address) = ready else { return }
    do {
      try directory.publish(address)
      for waiter in waiters { waiter.resume(returning: address) }
    } catch {
      for waiter in waiters { waiter.resume(throwing: error) }
    }
  }

  private func address(of ports: Ports) -> EngineAddress? {
    guard let aws = ports.aws, let sql = ports.sql,
      ports.metrics != nil || configuration.metricsPort == nil
    else { return nil }
    return EngineAddress(
      processID: ProcessInfo.processInfo.processIdentifier, awsPort: aws, sqlPort: sql,
      metricsPort: ports.metrics, password: password)
  }

  /// Waits until every port accepts.
  ///
  /// - Throws: `EngineError` if the engine ended before.
  package func ready() async throws -> EngineAddress {
    try await withCheckedThrowingContinuation { continuation in
      let known = state.withLock { state -> Result<EngineAddress, any Error>? in
        if let address = address(of: state.ports) { return .success(address) }
        if state.ended { return .failure(EngineError("the engine ended before it was ready")) }
        state.onReady.append(continuation)
        return nil
      }
      if let known { continuation.resume(with: known) }
    }
  }

  /// Ends the parts. For an engine that was opened and not run.
  package func close() async {
    directory.withdraw()
    await events.close()
    await warehouse.close()
    await log.close()
  }

  private func end() {
    let waiters = state.withLock { state in
      state.ended = true
      defer { state.onReady = [] }
      return state.onReady
    }
    for waiter in waiters {
      waiter.resume(throwing: EngineError("the engine ended before it was ready"))
    }
    endWatching()
  }

  var ports: Ports { state.withLock { $0.ports } }
  var connectionCount: Int? { state.withLock { $0.server }?.connectionCount }
  var hasEnded: Bool { state.withLock(\.ended) }
}
