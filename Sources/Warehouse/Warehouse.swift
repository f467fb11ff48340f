package import Core
internal import DuckDB
internal import Foundation
package import ObjectStore
package import StreamLog
internal import Synchronization

/// The SQL engine: a DuckDB database, the catalog in it, and the views that it keeps fresh.
package final class Warehouse: Sendable {
  let database: Database
  let log: StreamLog
  /// Where UNLOAD, COPY and external tables find objects.
  let objects: any ObjectStore
  let clock: any WallClock
  let reporter: any Reporter
  let registry = ScanRegistry()
  let procedures = ProcedureTable()
  let dependents = Dependents()
  let locks = RelationLocks()
  let workload: Workload
  let lags = LagHistory()
  let unloads = Ring<UnloadRecord>(countMax: 2_000)
  let loads = Ring<LoadRecord>(countMax: 2_000)
  let loadSources = LoadRegistry()
  let archiveState = ArchiveState()
  let scans = ScanLog()
  let pendingFiles = PendingFiles()
  private let onExternalWrite = Mutex<@Sendable () async throws -> Void>({})
  let provided = ProvidedRows()
  let footers: FooterCache
  /// What a scan of an external table would cost.
  package let scanPrice: ScanPrice
  /// A file of no rows: what stands for external tables while a statement is planned.
  let emptyFile: String
  let federation: Federation
  /// What external schemas over PostgreSQL are resolved by.
  package var federationConfiguration: FederationConfiguration { federation.configuration }
  let externalQueries = ExternalQueryLog()
  let supervisor: RefreshSupervisor
  let housekeeping: Connection
  let queue = BlockingQueue(label: "weir.warehouse")
  private let counters = Mutex(Counters())
  private let snapshots = SnapshotSource()
  private let writeAhead: WriteAhead
  let tierFacts: TierFacts
  private let remoteCatalog: RemoteCatalog
  private let keeper = Mutex<Task<Void, Never>?>(nil)
  private let upkeep = Mutex<Task<Void, any Error>?>(nil)

  private struct Counters {
    var query = 0
    var definitions = 0
  }

  /// Blocking: opens (or makes) `<directory>/dev.duckdb`, which also replays what a crash left.
  ///
  /// - Parameter faults: what `SYS_WEIR_FAULTS` and its procedures speak of.
  /// - Throws: `SQLError`.
  package init(
    directory: String, log: StreamLog, objects: any ObjectStore, clock: any WallClock,
    reporter: any Reporter,
    faults: FaultTable = FaultTable(), limits: WorkloadLimits = WorkloadLimits(),
    federation: FederationConfiguration = FederationConfiguration(),
    scanPrice: ScanPrice = ScanPrice(), tierPrices: TierPrices = TierPrices()
  ) throws {
    let workload = Workload(limits: limits, clock: clock)
    self.workload = workload
    self.log = log
    self.objects = objects
    self.clock = clock
    self.reporter = reporter
    self.scanPrice = scanPrice
    emptyFile = directory + "/no-rows.csv"
    guard FileManager.default.createFile(atPath: emptyFile, contents: nil) else {
      throw SQLError("58030", "\(emptyFile) cannot be written")
    }
    do {
      let path = directory + "/dev.duckdb"
      let options = [
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "default_null_order": "nulls_last_on_asc_first_on_desc",
        // A checkpoint takes the cores for a while: fewer, when nothing else happens.
        "checkpoint_threshold": "\(WriteAhead.bytesMax >> 20)MiB",
        // Files and servers are reached through the catalog only: see FileGuard.
        "enable_external_access": "true",
      ]
      let database = try WriteAhead.open(path, options: options)
      self.database = database
      try database.register(
        StreamScanFunction.make(log: log, registry: registry, clock: clock))
      try database.register(StreamEndsFunction.make(log: log))
      try database.register(ScalingEventsFunction.make(log: log))
      try database.register(SnapshotFunction.make(snapshots))
      try database.register(LagMinutesFunction.make(lags))
      try database.register(FaultsFunction.make(faults))
      try database.register(ProceduresFunction.make(procedures))
      try database.register(loadSources.function)
      try database.register(ScalarFunctions.all)
      for function in WorkloadFunctions.all(workload) { try database.register(function) }
      for function in UnloadFunctions.all(unloads) + LoadFunctions.all(loads) {
        try database.register(function)
      }
      try database.register(externalQueries.function)
      try database.register(scans.function)
      try database.register(archiveState.function)
      for table in ProvidedTable.all { try database.register(provided.function(table)) }
      try database.register(TierPrices.function(tierPrices, scanPrice))
      tierFacts = try TierFacts(connection: database.connect())
      try database.register(tierFacts.function)
      footers = FooterCache(connection: try database.connect())
      self.federation = Federation(configuration: federation, database: database)
      remoteCatalog = RemoteCatalog(federation: self.federation, database: database)
      for function in remoteCatalog.functions { try database.register(function) }
      try database.register(SignalFunctions.all(workload.sessions))
      housekeeping = try database.connect()
      writeAhead = WriteAhead(
        path: directory + "/dev.duckdb", connection: try database.connect(),
        isBusy: { [.running, .busy].contains(workload.admission.activity) })
      try SystemTables.prepare(on: housekeeping)
      pendingFiles.adopt(
        try housekeeping.rows("SELECT location FROM weir.external_pending").compactMap { $0[0] })
      if let access = objects.access { try S3Reading.prepare(access, on: housekeeping) }
      // What a crash left in the log was replayed: not again by the next start. That of a long log
      // takes longer than to replay it, and can wait until nobody else does.
      if !writeAhead.isLong { try housekeeping.execute("CHECKPOINT") }
      supervisor = RefreshSupervisor(
        makeRefresher: RefresherFactory(
          database: database, log: log, registry: registry, dependents: dependents, locks: locks,
          pace: workload.pace, lags: lags, clock: clock, reporter: reporter
        ).make)
    } catch let error as DuckDBError {
      throw error.sqlError
    }
    try followCapacity()
    for procedure in FaultProcedures.all(faults) + StreamProcedures.all(log) {
      register(procedure)
    }
    for procedure in ViewProcedures.all(of: self) + ArchiveProcedures.all(of: self) {
      register(procedure)
    }
  }

  /// A connection with the settings that make DuckDB's semantics Redshift's.
  static func connect(to database: Database) throws -> Connection {
    let connection = try database.connect()
    try connection.execute(
      """
      SET search_path = 'public,weir'; SET TimeZone = 'UTC'; SET integer_division = true
      """)
    return connection
  }

  // MARK: Use

  /// Says where the dashboard's snapshots come from, as JSON.
  ///
  /// - Parameters:
  ///   - whole: for `SYS_WEIR_SNAPSHOT`; called on DuckDB's threads, and may block.
  ///   - changes: for `CALL weir.snapshot_since(…)`, which gives what has changed since the
  ///     snapshot of a number.
  package func provideSnapshots(
    whole: @escaping @Sendable () -> String?,
    changes: @escaping @Sendable (_ since: Int) async -> String?
  ) {
    snapshots.provider.withLock { $0 = whole }
    register(
      Procedure(
        "snapshot_since", [.init("revision", .integer)],
        summary: "The dashboard's snapshot as JSON, without streams unchanged since a revision"
      ) { arguments in
        ProcedureOutcome(
          columns: [SQLColumn(name: "snapshot", type: .varchar)],
          rows: [[await changes(arguments.integer("revision") ?? 0)]])
      })
  }

  /// Begins to refresh the views that refresh by themselves. To be called before the streams take
  /// records: losses are looked for.
  package func start() async throws {
    keeper.withLock { keeper in
      keeper = keeper ?? Task { [writeAhead] in await writeAhead.run() }
    }
    try await catalogChanged()
    await supervisor.noteLosses()
    let task = Task { [weak self] in
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(20))
        await self?.storeLags(isClosing: false)
        await self?.keepArchive()
      }
    }
    upkeep.withLock { $0 = task }
  }

  /// Puts the minutes that are over on the disk.
  private func storeLags(isClosing: Bool) async {
    _ = try? await queue.run { [housekeeping, lags, clock] in
      try lags.store(upTo: isClosing ? nil : clock.now(), on: housekeeping)
    }
  }

  /// - Parameters:
  ///   - user: whose name the session's objects get.
  ///   - processID: what its client was told, unique among the open sessions; nil for a session
  ///     of this process, which gets one of its own.
  package func makeSession(user: String, processID: Int32? = nil) throws -> WarehouseSession {
    do {
      let session = WarehouseSession(
        warehouse: self, connection: try Self.connect(to: database),
        id: processID.map { Int($0) } ?? workload.sessions.nextOwnID(), user: user)
      workload.sessions.add(session, at: clock.now())
      return session
    } catch let error as DuckDBError {
      throw error.sqlError
    }
  }

  /// Rises when a definition may have changed.
  var definitions: Int { counters.withLock { $0.definitions } }

  func noteDefinition() {
    counters.withLock { $0.definitions += 1 }
  }

  /// Has `body` called with the process id of a session that another one ends: whoever has its
  /// client's connection closes that.
  package func onTerminate(_ body: @escaping @Sendable (Int32) -> Void) {
    workload.sessions.onTerminate { id in
      if let processID = Int32(exactly: id) { body(processID) }
    }
  }

  /// Has `body` called when the files of an INSERT into an external table are objects, and before
  /// they are the table's; for tests.
  package func onExternalWrite(_ body: @escaping @Sendable () async throws -> Void) {
    onExternalWrite.withLock { $0 = body }
  }

  func externalWriteReached() async throws {
    try await onExternalWrite.withLock { $0 }()
  }

  func nextQueryID() -> Int {
    counters.withLock { counters in
      counters.query += 1
      return counters.query
    }
  }

  /// Ends refreshes, then closes the database. Sessions must be closed by their owners.
  package func close() async {
    let keeper = keeper.withLock { $0 }
    keeper?.cancel()
    await keeper?.value
    await supervisor.close()
    upkeep.withLock { $0 }?.cancel()
    await storeLags(isClosing: true)
    federation.close()
    _ = try? await queue.run { [housekeeping] in try housekeeping.execute("CHECKPOINT") }
  }

  // MARK: Views

  /// Makes the refreshers follow what the catalog says now.
  func catalogChanged() async throws {
    let views = try await queue.run { [housekeeping] in
      try Catalog(connection: housekeeping).views()
    }
    dependents.follow(views)
    await supervisor.reconcile(with: views, reporter: reporter)
  }

  func refresher(of view: MaterializedView) async -> ViewRefresher? {
    await supervisor.refresher(of: view.id)
  }
}
