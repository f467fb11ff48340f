internal import Core
internal import DuckDB
internal import RedshiftSQL

// Statements that read external tables over a data catalog.
extension WarehouseSession {
  /// A scan of an external table that a statement is about to make.
  struct Scan: Sendable {
    var name: String
    var table: ExternalTable
    var partitionsTotal: Int
    var partitionsQualified: Int
    var files: [ExternalFile]
    var planned: [PlannedScan]
    /// What the names of the columns begin with in the planned conditions.
    var prefix: String
    var startedAt: Timestamp
  }

  /// On the session's queue.
  func externalNames() throws -> ExternalNames {
    let generation = warehouse.definitions
    let known = knownExternalNames
    if known.generation == generation { return known }
    var names = ExternalNames(generation: generation)
    for row in try connection.rows(
      """
      SELECT name, options ->> '$.DATABASE' FROM weir.external_schema WHERE kind = 'DATA CATALOG'
      """)
    {
      names.databases[row[0] ?? ""] = row[1] ?? ""
    }
    for row in try connection.rows(
      """
      SELECT schema_name, name, array_to_string(column_names, chr(1)), definition
      FROM weir.late_binding_view
      """)
    {
      names.views[RelationName(schema: row[0] ?? "", name: row[1] ?? "")] = .init(
        columns: (row[2] ?? "").split(separator: "\u{1}").map(String.init),
        definition: row[3] ?? "")
    }
    names.followViews()
    knownExternalNames = names
    return names
  }

  /// Whether the statement names an external table, or a view that reads one.
  func readsExternal(_ statement: Statement) throws -> Bool {
    let names = try externalNames()
    guard !names.isEmpty else { return false }
    var reads = false
    var map = TreeMap(table: { table throws(SQLError) in
      if names.has(table.name) { reads = true }
      return nil
    })
    try? map.visitSources(of: statement)
    return reads
  }

  /// Runs `body` with one picture of the catalog for the statement's plan, its files and its rows.
  func withSnapshot(
    of statement: Statement, _ body: () async throws -> Int
  ) async throws -> Int {
    guard status == .idle,
      try await queue.run({ [self] in try readsExternal(statement) }), beginAtomic()
    else { return try await body() }
    defer { endAtomic() }
    try await queue.run { [connection] in _ = try connection.execute("BEGIN TRANSACTION") }
    do {
      let rows = try await body()
      try await queue.run { [connection] in _ = try connection.execute("COMMIT") }
      return rows
    } catch {
      _ = try? await queue.run { [connection] in connection.rollBack() }
      throw error
    }
  }

  // MARK: Rewriting

  /// DuckDB's SQL for the statement, with scans of the files that it needs. On the session's queue.
  func rewriteWithScans(_ statement: Statement) throws -> String {
    let names = try externalNames()
    var references = ExternalReferences(names: names)
    var text = try rewriter(for: statement, references).statement(statement)
    guard !references.all.isEmpty else { return text }
    if references.marks.namesPseudoColumns,
      try withSettings({ try $0.isOn("spectrum_enable_pseudo_columns") })
    {
      references = ExternalReferences(
        names: names, hasPseudoColumns: true, tables: references.tables)
      text = try rewriter(for: statement, references).statement(statement)
    }
    let scans = try scans(of: statement, references)
    // To explain reads nothing.
    if case .explain(_, isAnalyze: false) = statement {} else { addScans(scans.map(\.scan)) }
    return references.replacing(in: text) { scans[$0].source.sql }
  }

  /// The statement with stand-ins: the shape of what it reads, and none of its rows.
  func rewriteWithStandIns(_ statement: Statement) throws -> String {
    let references = ExternalReferences(names: try externalNames())
    let text = try rewriter(for: statement, references).statement(statement)
    return references.replacing(in: text) {
      references.standIn(for: $0, emptyFile: warehouse.emptyFile)
    }
  }

  private func scans(
    of statement: Statement, _ references: ExternalReferences
  ) throws -> [(scan: Scan, source: ScanSource)] {
    let startedAt = warehouse.clock.now()
    let (planned, plan) = try plan(statement, references)
    let pruning = PartitionPruning(references: plan, connection: connection)
    let (pending, mark) = (warehouse.pendingFiles, externalMark)
    let finder = ScanFiles(
      objects: warehouse.objects, connection: connection,
      isUnsettled: { pending.hides($0, since: mark) }, check: { [self] in try checkCancellation() })
    var found: [(Scan, ScanSource)] = []
    for (index, reference) in references.all.enumerated() {
      let own = planned.filter { $0.reference == index }
      let (partitions, total) = try pruning.partitions(of: index, scans: own)
      let files = try finder.files(of: reference.table, partitions)
      try checkCancellation()
      found.append(
        (
          Scan(
            name: reference.name, table: reference.table, partitionsTotal: total,
            partitionsQualified: partitions.count, files: files, planned: own,
            prefix: plan.prefix, startedAt: startedAt),
          ScanSource(
            table: reference.table, partitions: partitions, files: files,
            hasPseudoColumns: references.marks.hasPseudoColumns)
        ))
    }
    return found
  }

  /// Asks DuckDB what it would read, with stand-ins in place of the tables.
  private func plan(
    _ statement: Statement, _ references: ExternalReferences
  ) throws -> (scans: [PlannedScan], plan: ExternalReferences) {
    let marked = ExternalReferences(
      names: references.names, marksConditions: true,
      hasPseudoColumns: references.marks.hasPseudoColumns, tables: references.tables)
    let text = try rewriter(for: Self.readingPart(of: statement), marked).statement(
      Self.readingPart(of: statement))
    let sql = marked.replacing(in: text) {
      marked.standIn(for: $0, emptyFile: warehouse.emptyFile)
    }
    var reader = ScanPlanReader(references: marked)
    do {
      for row in try connection.rows("EXPLAIN (FORMAT json) \(sql)") {
        if let json = row.last ?? nil { try reader.read(json) }
      }
    } catch let error as DuckDBError {
      throw LocatedError(error: error, statement: sql)
    }
    guard reader.isComplete, marked.all.count == references.all.count else {
      let whole = references.all.indices.map { index in
        PlannedScan(
          reference: index, columns: Set(references.all[index].table.allColumns.indices),
          conditions: [])
      }
      return (whole, marked)
    }
    return (reader.scans, marked)
  }

  /// What of a statement reads tables, as one that DuckDB explains.
  private static func readingPart(of statement: Statement) -> Statement {
    switch statement {
    case .explain(let inner, _): readingPart(of: inner)
    case .createTableAs(let table): .query(table.query)
    case .createView(let view): .query(view.query)
    case .insert(let insert): insert.query.map(Statement.query) ?? statement
    default: statement
    }
  }
}

extension TreeMap {
  /// Visits what a statement reads.
  mutating func visitSources(of statement: Statement) throws(SQLError) {
    switch statement {
    case .query(let query), .declareCursor(_, let query): _ = try map(query)
    case .explain(let inner, _): try visitSources(of: inner)
    case .unload(let unload): _ = try map(unload.query)
    case .createTableAs(let table): _ = try map(table.query)
    case .createView(let view): _ = try map(view.query)
    case .insert(let insert): if let query = insert.query { _ = try map(query) }
    case .update(let update):
      for source in update.from { _ = try map(source) }
      for assignment in update.assignments { _ = try map(assignment.value) }
      if let condition = update.condition { _ = try map(condition) }
    case .delete(let delete):
      for source in delete.using { _ = try map(source) }
      if let condition = delete.condition { _ = try map(condition) }
    case .merge(let merge):
      _ = try map(merge.source)
      _ = try map(merge.condition)
    default: break
    }
  }
}
