internal import Core
internal import DuckDB
internal import Foundation
internal import Synchronization

/// The PostgreSQL databases that external schemas stand for, as DuckDB reads them.
///
/// Each schema that was used has an attachment in DuckDB, hidden from its catalog functions, which
/// reaches the server through a relay. DuckDB's transaction has one connection to it, in a
/// transaction REPEATABLE READ READ ONLY that ends with DuckDB's: all that a statement reads there
/// is of one moment. To hold that, scans are not split over several connections.
final class Federation: Sendable {
  let configuration: FederationConfiguration
  private let database: Database
  private let state = Mutex(State())
  private let loading = NSLock()

  private struct Attached {
    var endpoint: FederationConfiguration.Endpoint
    var credentials: FederationConfiguration.Credentials
    var source: FederatedSource
    var relay: PostgresRelay
  }

  private struct State {
    var isLoaded = false
    var attached: [String: Attached] = [:]
    /// Those that are being attached, too.
    var relays: [ObjectIdentifier: PostgresRelay] = [:]
    /// Attachments that a transaction has a connection of.
    var claimed: [Int: Set<String>] = [:]
    var locks: [String: NSLock] = [:]
  }

  init(configuration: FederationConfiguration, database: Database) {
    self.configuration = configuration
    self.database = database
  }

  // MARK: Transactions

  /// Gives the open transaction of `connection` a connection to the server. Blocking.
  ///
  /// - Parameters:
  ///   - owner: by which the transaction is cancelled and its traffic told.
  ///   - check: throws if the statement was cancelled while this waited.
  /// - Throws: `SQLError`, in the server's words where it has any.
  func prepare(
    _ source: FederatedSource, owner: Int, on connection: Connection,
    check: () throws -> Void = {}
  ) throws {
    let isClaimed = state.withLock {
      $0.claimed[owner]?.contains(source.attachment) ?? false
    }
    if isClaimed { return }
    let lock = state.withLock { state in
      let lock = state.locks[source.attachment] ?? NSLock()
      state.locks[source.attachment] = lock
      return lock
    }
    let relay = try lock.withLock {
      try check()
      return try attach(source)
    }
    try check()
    let start = ContinuousClock.now
    do {
      _ = try connection.prepare(
        "FROM postgres_query(\(literal(source.attachment)), "
          + "\(literal(PostgresTraffic.marker(of: owner))))")
    } catch {
      if let reason = reason(relay, source, owner: owner, since: start) { throw reason }
      guard [.io, .invalid, .other].contains(error.kind) else { throw error.sqlError }
      // The extension saw the end of a connection before anybody else did.
      throw SQLError(
        "08006", "external schema \"\(source.schema)\": lost the connection: \(error.message)")
    }
    state.withLock { _ = $0.claimed[owner, default: []].insert(source.attachment) }
  }

  /// Ends what a transaction waits for on any server.
  func cancel(owner: Int) {
    for relay in state.withLock({ Array($0.relays.values) }) { relay.cancel(owner: owner) }
  }

  /// Leaves what a statement did not read to its end; its transaction is over then.
  func leaveUnfinished(owner: Int) {
    for relay in state.withLock({ Array($0.relays.values) }) { relay.leaveUnfinished(owner: owner) }
  }

  /// To be called when DuckDB's transaction has ended. A connection that still serves it is cut: it
  /// would keep a transaction open on the server.
  func release(owner: Int) {
    let relays = state.withLock { state -> [PostgresRelay] in
      guard state.claimed.removeValue(forKey: owner) != nil else { return [] }
      return Array(state.relays.values)
    }
    for relay in relays {
      relay.cut(owner: owner)
      relay.ledger.forget(owner: owner)
    }
  }

  // MARK: What went over the wire

  /// Queries of the transaction on the schema's server since this was last asked.
  func takeQueries(of source: FederatedSource, owner: Int) -> [RelayLedger.Entry] {
    let relay = state.withLock { $0.attached[source.attachment]?.relay }
    return relay?.ledger.take(owner: owner).filter { $0.exchange.isScan } ?? []
  }

  /// Why a statement failed, if a server was at fault.
  func reason(
    _ sources: [FederatedSource], owner: Int, since start: ContinuousClock.Instant
  ) -> SQLError? {
    for source in sources {
      if let relay = state.withLock({ $0.attached[source.attachment]?.relay }),
        let known = reason(relay, source, owner: owner, since: start)
      {
        return known
      }
    }
    return nil
  }

  private func reason(
    _ relay: PostgresRelay, _ source: FederatedSource, owner: Int,
    since start: ContinuousClock.Instant
  ) -> SQLError? {
    guard let failure = relay.ledger.failure(owner: owner, since: start) else { return nil }
    let place = "external schema \"\(source.schema)\""
    let server = "\(relay.endpoint.host):\(relay.endpoint.port)"
    switch failure.state {
    case "08001", "57P03":
      return SQLError("08001", "\(place): cannot connect to \(server): \(failure.message)")
    case "08006", "57P01", "57P02", "57P05", "25P03":
      return SQLError("08006", "\(place): lost the connection to \(server): \(failure.message)")
    default: return SQLError(failure.state, "\(place): \(server): \(failure.message)")
    }
  }

  // MARK: Attaching

  private func attach(_ source: FederatedSource) throws -> PostgresRelay {
    let endpoint = try source.endpoint(configuration)
    let credentials = try source.credentials(configuration)
    let known = state.withLock { $0.attached[source.attachment] }
    if let known, known.source == source { return known.relay }
    try load()
    let relay = try PostgresRelay(
      to: endpoint,
      limits: .init(
        connect: configuration.connectTimeout, silence: configuration.statementTimeout))
    state.withLock { $0.relays[ObjectIdentifier(relay)] = relay }
    let start = ContinuousClock.now
    do {
      let connection = try database.connect()
      try connection.execute(secret(source, credentials, port: relay.port))
      try connection.execute(
        """
        ATTACH OR REPLACE \(literal(options(endpoint))) AS \(source.attachment) \
        (TYPE postgres, READ_ONLY, HIDDEN, SECRET \(source.attachment))
        """)
    } catch {
      forget(relay)
      throw reason(relay, source, owner: 0, since: start)
        ?? SQLError("08001", "external schema \"\(source.schema)\" cannot be attached")
    }
    let attached = Attached(
      endpoint: endpoint, credentials: credentials, source: source, relay: relay)
    state.withLock { $0.attached[source.attachment] = attached }
    if let known { forget(known.relay) }
    return relay
  }

  private func forget(_ relay: PostgresRelay) {
    state.withLock { $0.relays[ObjectIdentifier(relay)] = nil }
    relay.stop()
  }

  /// The password is in a secret, because DuckDB repeats a connection string where it fails.
  private func secret(
    _ source: FederatedSource, _ credentials: FederationConfiguration.Credentials, port: Int
  ) -> String {
    """
    CREATE OR REPLACE TEMPORARY SECRET \(source.attachment) (TYPE postgres, HOST '127.0.0.1', \
    PORT \(port), DATABASE \(literal(source.database)), USER \(literal(credentials.user)), \
    PASSWORD \(literal(credentials.password)))
    """
  }

  /// On this machine the relay has to read the traffic; to another one it goes encrypted only. The
  /// password itself is sent to no server, whatever it asks for.
  private func options(_ endpoint: FederationConfiguration.Endpoint) -> String {
    let encryption = FederatedSource.isLoopback(endpoint.host) ? "disable" : "require"
    let seconds = configuration.connectTimeout.components.seconds + 2
    return "sslmode=\(encryption) gssencmode=disable "
      + "require_auth=scram-sha-256,md5,none connect_timeout=\(seconds) "
      + "application_name=weir"
  }

  private func load() throws(SQLError) {
    loading.lock()
    defer { loading.unlock() }
    guard !state.withLock({ $0.isLoaded }) else { return }
    let path = configuration.postgresExtension
    guard FileManager.default.fileExists(atPath: path) else {
      throw SQLError(
        "58P01", "DuckDB's extension for PostgreSQL is missing: \(path)",
        hint: "run: make deps; or set WEIR_DUCKDB_EXTENSIONS to the folder that holds it")
    }
    do {
      let connection = try database.connect()
      try connection.execute("LOAD \(literal(path))")
      // Tables that change their columns are seen at once; arrays are text, as in Redshift.
      try connection.execute(
        """
        SET GLOBAL pg_use_ctid_scan = false; SET GLOBAL pg_array_as_varchar = true;
        SET GLOBAL pg_staleness_query_enabled = true
        """)
    } catch {
      throw SQLError(
        "58P01", "DuckDB's extension for PostgreSQL cannot be loaded: \(error.message)",
        hint: "run: make deps")
    }
    state.withLock { $0.isLoaded = true }
  }

  /// Forgets a schema that was dropped. Statements that read it go on to their ends.
  func detach(schema: String) {
    let source = FederatedSource(schema: schema, options: [:])
    guard let known = state.withLock({ $0.attached.removeValue(forKey: source.attachment) })
    else { return }
    if let connection = try? database.connect() {
      _ = try? connection.execute("DETACH DATABASE IF EXISTS \(source.attachment)")
      _ = try? connection.execute("DROP TEMPORARY SECRET IF EXISTS \(source.attachment)")
    }
    state.withLock { $0.relays[ObjectIdentifier(known.relay)] = nil }
    known.relay.close()
  }

  /// Ends every connection.
  func close() {
    let relays = state.withLock { state in
      defer {
        state.relays = [:]
        state.attached = [:]
      }
      return Array(state.relays.values)
    }
    for relay in relays { relay.stop() }
  }
}

extension PostgresTraffic.Exchange {
  /// Whether DuckDB read a table with it, and not what the server has.
  var isScan: Bool { isBinaryCopy && !text.contains("AS __unnamed_subquery") }

  /// The query itself: `COPY (…) TO STDOUT` is how DuckDB has its rows sent.
  var query: String {
    guard isBinaryCopy, let end = text.range(of: ") TO STDOUT", options: .backwards) else {
      return text
    }
    return text[text.index(text.startIndex, offsetBy: 6)..<end.lowerBound]
      .trimmingCharacters(in: .whitespaces)
  }

  /// The table that was read, without its schema.
  var table: String? {
    query.firstMatch(of: #/ FROM "(?:[^"]|"")*"\."((?:[^"]|"")*)"/#)
      .map { $0.1.replacingOccurrences(of: "\"\"", with: "\"") }
  }
}
