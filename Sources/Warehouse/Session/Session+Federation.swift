internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import Synchronization

/// What a session knows of federated schemas, until a definition changes.
struct FederatedNames: Sendable {
  var generation = -1
  var sources: [String: FederatedSource] = [:]
  /// Schemas that ordinary views read, by the views.
  var views: [RelationName: Set<String>] = [:]
}

// Statements that read tables of PostgreSQL servers.
extension WarehouseSession {
  /// Runs a statement with the servers ready that it reads from.
  ///
  /// Outside a transaction it gets one of its own, which has one connection to each server and ends
  /// it with the statement.
  func withFederation(
    of statement: Statement, _ receive: @escaping Receive,
    _ body: (@escaping Receive) async throws -> Int
  ) async throws -> Int {
    let sources = try await queue.run { [self] in try federatedSources(of: statement) }
    guard !sources.isEmpty else { return try await body(receive) }
    guard status == .idle else { return try await reading(sources) { try await body(receive) } }
    let held = HeldTags(receive)
    do {
      try await beginFederated(sources)
      let rows = try await reading(sources) { try await body(held.receive) }
      if case .query = statement {
        // Nothing was changed here, and nothing can be there.
        warehouse.federation.leaveUnfinished(owner: id)
        try await rollback()
      } else {
        try await commitTransaction()
      }
      try await held.release()
      return rows
    } catch {
      try? await rollback()
      throw error
    }
  }

  /// A connection that lay in the pool may be gone, or cut for somebody else's sake: what has done
  /// nothing yet begins again, once.
  private func beginFederated(_ sources: [FederatedSource]) async throws {
    for isLast in [false, true] {
      _ = try await queue.run { [connection] in try connection.execute("BEGIN TRANSACTION") }
      status = .inTransaction
      noteFirstStatement(.begin(isReadOnly: false))
      do {
        return try await prepare(sources)
      } catch let error as SQLError where !isLast && ["08006", "57014"].contains(error.sqlState) {
        try checkCancellation()
        try await rollback()
      }
    }
  }

  private func prepare(_ sources: [FederatedSource]) async throws {
    try await queue.run { [self] in
      for source in sources {
        try warehouse.federation.prepare(
          source, owner: id, on: connection, check: { try checkCancellation() })
      }
    }
  }

  private func reading(
    _ sources: [FederatedSource], _ body: () async throws -> Int
  ) async throws -> Int {
    let federation = warehouse.federation
    let start = ContinuousClock.now
    do {
      try await prepare(sources)
      for source in sources { _ = federation.takeQueries(of: source, owner: id) }
      let rows = try await body()
      let suspects = note(sources, isAborted: false)
      if !suspects.isEmpty {
        try await queue.run { [connection] in
          for (source, exchange) in suspects {
            try federation.checkNumbers(
              of: exchange.query, table: exchange.table ?? "", in: source, on: connection)
          }
        }
      }
      return rows
    } catch {
      note(sources, isAborted: true)
      try checkCancellation()
      let failure = (error as? LocatedError)?.error ?? error as? DuckDBError
      // The columns of a table are asked for while the statement is rewritten.
      let refusal = (error as? SQLError).flatMap {
        ["58030", "XX000"].contains($0.sqlState) ? $0 : nil
      }
      guard failure != nil || refusal != nil else { throw error }
      if let reason = federation.reason(sources, owner: id, since: start) { throw reason }
      // The extension saw the end of a connection before anybody else did.
      let isPlain = failure.map { [.io, .invalid, .other].contains($0.kind) } ?? true
      let message = failure?.message ?? refusal?.message ?? ""
      if isPlain, message.contains(/(?i)connection|postgres|server|execute query|\bcopy\b/) {
        throw SQLError("08006", "the server of an external schema: \(message)")
      }
      throw error
    }
  }

  /// - Returns: queries whose results have to be looked into.
  @discardableResult
  private func note(
    _ sources: [FederatedSource], isAborted: Bool
  ) -> [(FederatedSource, PostgresTraffic.Exchange)] {
    var suspects: [(FederatedSource, PostgresTraffic.Exchange)] = []
    let now = warehouse.clock.now()
    var sequence = 0
    for source in sources {
      for entry in warehouse.federation.takeQueries(of: source, owner: id) {
        sequence += 1
        if entry.exchange.mayHoldOddNumber { suspects.append((source, entry.exchange)) }
        warehouse.externalQueries.add(
          ExternalQueryFacts(
            statement: currentStatement, transaction: transactionID(orNew: currentStatement),
            session: id, sequence: sequence, source: .postgres,
            table: entry.exchange.table.map { "\(source.schema).\($0)" },
            startedAt: Timestamp(microseconds: now.microseconds - entry.age.inMicroseconds),
            duration: entry.time, isAborted: isAborted, rows: entry.exchange.rows,
            bytes: entry.exchange.rowBytes, text: entry.exchange.query))
      }
    }
    return suspects
  }

  // MARK: Which servers

  /// On the session's queue.
  ///
  /// - Throws: `SQLError` 0A000 for a statement that writes to one.
  private func federatedSources(of statement: Statement) throws -> [FederatedSource] {
    guard Self.mayRead(statement) else { return [] }
    let names = try federatedNames()
    guard !names.sources.isEmpty else { return [] }
    for target in Self.targets(of: statement) {
      guard let source = target.schema.flatMap({ names.sources[$0] }) else { continue }
      throw SQLError(
        "0A000", "Operation not supported on external tables",
        detail: "the external schema \"\(source.schema)\" is read only", position: target.position)
    }
    var found: Set<String> = []
    for table in FederatedReferences.tables(of: statement) {
      let parts = table.name.parts.suffix(2).map(\.name)
      let relation = RelationName(
        schema: parts.count == 2 ? parts[0] : "public", name: parts.last ?? "")
      if names.sources[relation.schema] != nil { found.insert(relation.schema) }
      found.formUnion(names.views[relation] ?? [])
    }
    return found.sorted().compactMap { names.sources[$0] }
  }

  /// Whether the statement reads a server's tables, or may: nothing is known of nil.
  func readsServers(_ statement: Statement?) -> Bool {
    guard let names = try? federatedNames(), !names.sources.isEmpty else { return false }
    guard let statement else { return true }
    return FederatedReferences.tables(of: statement).contains { table in
      let parts = table.name.parts.suffix(2).map(\.name)
      let relation = RelationName(
        schema: parts.count == 2 ? parts[0] : "public", name: parts.last ?? "")
      return names.sources[relation.schema] != nil || names.views[relation] != nil
    }
  }

  private static func mayRead(_ statement: Statement) -> Bool {
    switch statement {
    case .query, .explain, .insert, .update, .delete, .merge, .createTable, .createTableAs,
      .createView, .drop, .truncate, .alterTable, .comment, .declareCursor, .unload:
      true
    default: false
    }
  }

  private func federatedNames() throws -> FederatedNames {
    let generation = warehouse.definitions
    let known = knownFederatedNames
    if known.generation == generation { return known }
    var names = FederatedNames(generation: generation)
    for source in try catalog.federatedSources() { names.sources[source.schema] = source }
    if !names.sources.isEmpty { names.views = try federatedViews(Array(names.sources.values)) }
    knownFederatedNames = names
    return names
  }

  /// Views whose text names an attachment or, of a late-binding one, the schema; and those over
  /// them.
  private func federatedViews(_ sources: [FederatedSource]) throws -> [RelationName: Set<String>] {
    let rows = try connection.rows(
      """
      SELECT schema_name, view_name, sql FROM duckdb_views()
       WHERE NOT internal AND schema_name <> 'weir' AND database_name <> 'system'
      """)
    let lateBinding = try connection.rows(
      "SELECT schema_name, name, definition FROM weir.late_binding_view")
    let views = (rows + lateBinding).map { row in
      (RelationName(schema: row[0] ?? "", name: row[1] ?? ""), row[2] ?? "")
    }
    var found: [RelationName: Set<String>] = [:]
    for row in lateBinding {
      let words = Self.words(of: (row[2] ?? "").lowercased())
      let read = sources.filter { words.contains($0.schema.lowercased()) }.map(\.schema)
      if !read.isEmpty {
        found[RelationName(schema: row[0] ?? "", name: row[1] ?? "")] = Set(read)
      }
    }
    for (name, sql) in views {
      let read = sources.filter { sql.contains($0.attachment + ".") }.map(\.schema)
      if !read.isEmpty { found[name, default: []].formUnion(read) }
    }
    guard !found.isEmpty else { return [:] }
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (name, sql) in views {
        let words = Self.words(of: sql)
        for (other, schemas) in found where other != name && words.contains(other.name) {
          let before = found[name] ?? []
          found[name] = before.union(schemas)
          isGrowing = isGrowing || found[name] != before
        }
      }
    }
    return found
  }

  private static func words(of sql: String) -> Set<String> {
    Set(sql.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
  }
}

/// Passes output on, but for the tags that say that a statement is done: what is done is told when
/// its transaction is.
private final class HeldTags: Sendable {
  private let target: WarehouseSession.Receive
  private let tags = Mutex<[SQLOutput]>([])

  init(_ target: @escaping WarehouseSession.Receive) {
    self.target = target
  }

  var receive: WarehouseSession.Receive {
    { [self] output in
      if case .complete = output {
        tags.withLock { $0.append(output) }
      } else {
        try await target(output)
      }
    }
  }

  func release() async throws {
    for tag in tags.withLock({ $0 }) { try await target(tag) }
  }
}

/// The tables that a statement reads.
private enum FederatedReferences {
  static func tables(of statement: Statement) -> [TableReference] {
    var found: [TableReference] = []
    var map = TreeMap(
      table: { table throws(SQLError) in
        found.append(table)
        return nil
      })
    // What cannot be mapped fails later, with its reason.
    try? map.visitSources(of: statement)
    return found
  }
}
