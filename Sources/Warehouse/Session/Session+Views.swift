internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import StreamLog

// External schemas and materialized views: what the warehouse does itself.
extension WarehouseSession {
  func create(_ schema: CreateExternalSchema, _ receive: Receive) async throws {
    guard schema.source == "KINESIS" else {
      throw SQLError(
        "0A000", "CREATE EXTERNAL SCHEMA FROM \(schema.source) is not supported",
        hint: "FROM KINESIS is", position: schema.sourcePosition)
    }
    let name = schema.name.name
    let created = try await queue.run { [self] in
      let isTaken = try catalog.externalSchema(name) != nil || catalog.schemaExists(name)
      if isTaken {
        if schema.ifNotExists { return false }
        throw SQLError(
          "42P06", "schema \"\(name)\" already exists", position: schema.name.position)
      }
      try catalog.createExternalSchema(
        name, kind: schema.source, options: schema.clauses.map { ($0.name, $0.value) },
        owner: user, at: warehouse.clock.now())
      return true
    }
    if !created {
      try await receive(
        .notice(
          SQLNotice(
            severity: "NOTICE", sqlState: "42P06",
            message: "schema \"\(name)\" already exists, skipping")))
    }
    try await receive(.complete(tag: "CREATE EXTERNAL SCHEMA"))
  }

  // MARK: Creating and dropping views

  func create(_ view: CreateMaterializedView, _ receive: Receive) async throws {
    try await queue.run { [self] in
      let plan = try plan(of: view)
      guard let source = ViewPlan.source(of: view.query) else { return }
      let new = StreamingView(
        id: try catalog.nextObjectID(), schema: view.name.schema ?? "public",
        name: view.name.name, externalSchema: source.name.schema ?? "",
        stream: source.name.name, definition: view.queryText, autoRefresh: view.autoRefresh,
        owner: user, createdAt: warehouse.clock.now())
      try checkNameIsFree(new, at: view.name.position)
      let scan = try emptyScan(of: source)
      do {
        try warehouse.registry.withBatch(
          ScanBatch(scan: scan, startedAt: warehouse.clock.now())
        ) { batch in
          try atomically {
            try catalog.createView(new, plan: plan, batch: batch)
          }
        }
      } catch let error as DuckDBError {
        throw LocatedError(error: error, statement: plan.select(from: "@0"))
      }
    }
    try await noteCatalogChange()
    try await receive(.complete(tag: "CREATE MATERIALIZED VIEW"))
  }

  private func plan(of view: CreateMaterializedView) throws -> ViewPlan {
    guard let source = ViewPlan.source(of: view.query), let schema = source.name.schema,
      let external = try catalog.externalSchema(schema), external.kind == "KINESIS"
    else {
      let table = ViewPlan.source(of: view.query)
      if let schema = table?.name.schema, try !catalog.schemaExists(schema) {
        throw SQLError(
          "3F000", "schema \"\(schema)\" does not exist",
          hint: "CREATE EXTERNAL SCHEMA \(schema) FROM KINESIS IAM_ROLE default",
          position: table?.name.position)
      }
      throw SQLError(
        "0A000", "a materialized view must select from one stream of an external schema",
        position: table?.name.position)
    }
    return try ViewPlan(query: view.query)
  }

  private func checkNameIsFree(_ view: StreamingView, at position: Int) throws {
    guard try catalog.schemaExists(view.schema), view.schema != "weir" else {
      throw SQLError(
        "3F000", "schema \"\(view.schema)\" does not exist", position: position)
    }
    let taken = try connection.scalar(
      """
      SELECT count(*) FROM information_schema.tables
      WHERE table_schema = \(literal(view.schema)) AND table_name = \(literal(view.name))
      """)
    if taken ?? 0 > 0 {
      throw SQLError(
        "42P07", "relation \"\(view.name)\" already exists", position: position)
    }
  }

  /// A scan of no records, to learn the types of a view's columns from.
  private func emptyScan(of source: TableReference) throws -> StreamScan {
    do {
      let ends = try warehouse.log.ends(of: source.name.name)
      return try warehouse.log.scan(stream: source.name.name, from: ends, bytesMax: 1)
    } catch {
      var failure = error.sqlError
      failure.position = source.name.position
      throw failure
    }
  }

  func dropViews(_ names: [ObjectName], ifExists: Bool, _ receive: Receive) async throws {
    for name in names {
      let found = try await queue.run { [self] in
        guard let view = try catalog.view(schema: name.schema ?? "public", name: name.name) else {
          return false
        }
        try atomically { try catalog.dropView(view) }
        return true
      }
      guard !found else { continue }
      guard ifExists else { throw missing(name) }
      try await receive(
        .notice(
          SQLNotice(
            severity: "NOTICE",
            message: "materialized view \"\(name.name)\" does not exist, skipping")))
    }
    try await noteCatalogChange()
    try await receive(.complete(tag: "DROP MATERIALIZED VIEW"))
  }

  private func missing(_ name: ObjectName) -> SQLError {
    SQLError(
      "42P01", "materialized view \"\(name.name)\" does not exist", position: name.position)
  }

  private func find(_ name: ObjectName) async throws -> StreamingView {
    let view = try await queue.run { [self] in
      try catalog.view(schema: name.schema ?? "public", name: name.name)
    }
    guard let view else { throw missing(name) }
    return view
  }

  // MARK: Refreshing

  func setAutoRefresh(_ on: Bool, of name: ObjectName, _ receive: Receive) async throws {
    let view = try await find(name)
    try await queue.run { [self] in try catalog.setAutoRefresh(on, of: view) }
    try await noteCatalogChange()
    try await receive(.complete(tag: "ALTER MATERIALIZED VIEW"))
  }

  func refresh(_ name: ObjectName, _ receive: Receive) async throws {
    guard status == .idle else {
      throw SQLError(
        "25001", "REFRESH MATERIALIZED VIEW cannot run inside a transaction block",
        position: name.position)
    }
    let view = try await find(name)
    guard let refresher = await warehouse.refresher(of: view) else { throw missing(name) }
    let id = id
    let work = Task { try await refresher.refresh(session: id) }
    let outcome = try await cancelling(
      with: { work.cancel() }, { try await work.value })
    var message = "Materialized view \(view.name) was incrementally updated successfully."
    if outcome.rows == 0, outcome.skipped == 0 {
      message = "Materialized view \(view.name) is already up to date."
    } else if outcome.damaged > 0 {
      message =
        "Materialized view \(view.name) was incrementally updated, but not with all records: "
        + "\(outcome.damaged) records of the stream are damaged and were left out"
        + (outcome.skipped > outcome.damaged
          ? ", and \(outcome.skipped - outcome.damaged) records were skipped" : "")
        + ": see SYS_STREAM_SCAN_ERRORS."
    } else if outcome.skipped > 0 {
      message +=
        " \(outcome.skipped) records were skipped: see SYS_STREAM_SCAN_ERRORS."
    }
    try await receive(.notice(SQLNotice(severity: "INFO", message: message)))
    try await receive(.complete(tag: "REFRESH MATERIALIZED VIEW"))
  }
}
