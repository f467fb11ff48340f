internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import StreamLog

// Materialized views: making and dropping them.
extension WarehouseSession {
  func create(_ view: CreateMaterializedView, _ receive: Receive) async throws {
    let isOverStream = try await queue.run { [self] () -> Bool in
      try self.isOverStream(view)
    }
    let warning: String?
    if isOverStream {
      try await queue.run { [self] in try createOverStream(view) }
      warning = nil
    } else {
      warning = try await createOverRelations(view)
    }
    if view.replaces {
      warehouse.dependents.endSubscriptions(
        of: RelationName(schema: view.name.schema ?? "public", name: view.name.name))
    }
    try await noteCatalogChange()
    if status == .idle { warehouse.locks.release(owner: lockOwner) }
    if let warning {
      try await receive(
        .notice(SQLNotice(severity: "WARNING", sqlState: "01000", message: warning)))
    }
    try await receive(.complete(tag: "CREATE MATERIALIZED VIEW"))
  }

  /// - Throws: `SQLError` 0A000 for a query that reads a stream and something else.
  private func isOverStream(_ view: CreateMaterializedView) throws -> Bool {
    let tables = RelationPlanner.references(in: view.query)
    let streams = try tables.filter { table in
      guard let schema = table.name.schema else { return false }
      return try catalog.externalSchema(schema)?.kind == "KINESIS"
    }
    guard let stream = streams.first else { return false }
    if tables.count > 1 {
      throw SQLError(
        "0A000", "a materialized view over a stream can read nothing else",
        hint: "make one over the stream, and another that joins it",
        position: stream.name.position)
    }
    return true
  }

  private func new(
    _ view: CreateMaterializedView, source: MaterializedView.Source,
    state: MaterializedView.State
  ) throws -> MaterializedView {
    MaterializedView(
      id: try catalog.nextObjectID(), schema: view.name.schema ?? "public",
      name: view.name.name, source: source, definition: view.queryText,
      autoRefresh: view.autoRefresh, owner: currentUser, createdAt: warehouse.clock.now(),
      state: state)
  }

  // MARK: Over a stream

  private func createOverStream(_ view: CreateMaterializedView) throws {
    guard let source = try StreamPlan.source(of: view.query) else {
      throw StreamPlan.unsupported("joins and subqueries")
    }
    let plan = try StreamPlan(query: view.query)
    let new = try new(
      view,
      source: .stream(externalSchema: source.name.schema ?? "", name: source.name.name),
      state: .incremental)
    let scan = try emptyScan(of: source)
    do {
      try warehouse.registry.withBatch(
        ScanBatch(scan: scan, startedAt: warehouse.clock.now())
      ) { batch in
        try atomically {
          let old = try makeRoom(for: new, view)
          try catalog.insert(new)
          if let old {
            try DeadLetters(view: new, connection: connection).inherit(from: old.id)
            try catalog.forgetDeadLetters(of: old)
          }
          let storage = ViewStorage(view: new, shape: plan.shape)
          try storage.create(
            rows: plan.select(from: batch), refresh: 0,
            facts: RedshiftSQL.ColumnFacts.json(
              of: try TableChecks.checked(view.attributes, columns: plan.columns.map(\.name))),
            on: connection)
        }
      }
    } catch let error as DuckDBError {
      throw LocatedError(error: error, statement: plan.select(from: "@0"))
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

  // MARK: Over tables and views

  /// - Returns: what to warn of.
  private func createOverRelations(_ view: CreateMaterializedView) async throws -> String? {
    guard status == .idle else {
      throw SQLError(
        "25001", "CREATE MATERIALIZED VIEW cannot run inside a transaction block",
        hint: "COMMIT first", position: view.name.position)
    }
    let references = RelationPlanner.references(in: view.query)
    let names = Set(references.map(RelationPlanner.relation))
    let mine = RelationName(schema: view.name.schema ?? "public", name: view.name.name)
    defer { if status == .idle { warehouse.locks.release(owner: lockOwner) } }
    try await waitingForLock { [self] in
      try await warehouse.locks.holdAlone(Array(names.union([mine])), owner: lockOwner)
    }
    let warning = try await queue.run { [self] in
      for reference in references { try checkBase(reference) }
      let planner = RelationPlanner(
        on: connection,
        columns: { [catalog] name throws(SQLError) in
          do { return try catalog.columns(of: name) } catch { throw sqlError(from: error) }
        })
      var plan = try planner.plan(view.query)
      let warning = try settle(&plan, for: view)
      let source = MaterializedView.Source.relations(try bases(of: plan))
      var new = try new(
        view, source: source, state: plan.isIncremental ? .incremental : .recomputed)
      if plan.isIncremental { new.source = .relations(Self.withChangeTables(new)) }
      try atomically {
        if let old = try makeRoom(for: new, view) { try catalog.forgetDeadLetters(of: old) }
        try catalog.insert(new)
        let refresh = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
        try ViewStorage(view: new, shape: plan.shape)
          .create(
            rows: plan.rows, refresh: refresh,
            facts: RedshiftSQL.ColumnFacts.json(of: view.attributes), on: connection)
        _ = try TableChecks.checked(
          view.attributes, columns: try catalog.columns(of: new.relation))
        try RefreshLedger(view: new, connection: connection).noteVersion(refresh)
      }
      return warning
    }
    // Writers must know of the view before they go on.
    try await noteCatalogChange()
    return warning
  }

  private func checkBase(_ table: TableReference) throws {
    let relation = RelationPlanner.relation(table)
    func refused(_ why: String) -> SQLError {
      SQLError(
        "0A000", "a materialized view cannot read \(why) \"\(relation.name)\"",
        position: table.name.position)
    }
    if try catalog.view(schema: relation.schema, name: relation.name) != nil { return }
    if ["weir", "pg_catalog", "information_schema"].contains(relation.schema)
      || (table.name.schema == nil && SystemTables.names.contains(relation.name))
    {
      throw refused("the system view")
    }
    switch try catalog.kind(of: relation) {
    case .table: break
    case .view: throw refused("the view")
    case .temporaryTable: throw refused("the temporary table")
    case nil:
      if try catalog.externalSchema(relation.schema) != nil {
        throw refused("the external table")
      }
      if try !catalog.schemaExists(relation.schema) {
        throw SQLError(
          "3F000", "schema \"\(relation.schema)\" does not exist",
          hint: "CREATE EXTERNAL SCHEMA \(relation.schema) FROM KINESIS IAM_ROLE default",
          position: table.name.position)
      }
      throw SQLError(
        "42P01", "relation \"\(relation.name)\" does not exist", position: table.name.position)
    }
  }

  /// Has DuckDB bind the plan; one that it cannot keep by changes is computed anew.
  private func settle(
    _ plan: inout RelationPlan, for view: CreateMaterializedView
  ) throws -> String? {
    if plan.isIncremental {
      do {
        let sketch = try new(view, source: .relations([]), state: .incremental)
        let storage = ViewStorage(view: sketch, shape: plan.shape)
        for statement in storage.checks(rows: plan.rows) { _ = try connection.prepare(statement) }
        // What a subquery does not show must not be seen behind it.
        _ = try connection.prepare(plan.query)
        return nil
      } catch {}
    }
    do {
      let result = try connection.query("SELECT * FROM (\(plan.query)) LIMIT 0").columns
      try Self.checkNames(result.map(\.name), at: view.name.position)
      plan.makeRecomputed(columns: result.map(\.name))
    } catch let error as DuckDBError {
      throw LocatedError(error: error, statement: plan.query)
    }
    if view.autoRefresh, plan.isMutable {
      throw SQLError(
        "0A000", "a materialized view with mutable functions cannot refresh by itself",
        hint: "leave AUTO REFRESH YES out, and REFRESH it", position: view.name.position)
    }
    return
      "An incrementally maintained materialized view could not be created, reason: "
      + "\(RelationPlanner.obstacle(in: view.query)). The materialized view created, "
      + "\(view.name.name), will be recomputed from scratch for every REFRESH."
  }

  private static func checkNames(_ names: [String], at position: Int) throws {
    var seen: Set<String> = []
    for name in names where !seen.insert(name.lowercased()).inserted {
      throw SQLError(
        "42701", "column \"\(name)\" specified more than once", hint: "name the columns with AS",
        position: position)
    }
  }

  private func bases(of plan: RelationPlan) throws -> [ViewBase] {
    try plan.relations.map { relation in
      let columns = try catalog.columns(of: relation)
      return ViewBase(
        relation: relation,
        viewID: try catalog.view(schema: relation.schema, name: relation.name)?.id,
        columns: columns,
        usedColumns: columns.filter { plan.columnNames?.contains($0) ?? true })
    }
  }

  private static func withChangeTables(_ view: MaterializedView) -> [ViewBase] {
    view.bases.enumerated().map { place, base in
      var base = base
      base.changeTable = "mv_changes_\(view.id)_\(place)"
      return base
    }
  }

  // MARK: Names

  /// Drops what the view replaces, but for its dead letters; refuses a name that is taken.
  private func makeRoom(
    for view: MaterializedView, _ statement: CreateMaterializedView
  ) throws -> MaterializedView? {
    let position = statement.name.position
    guard try catalog.schemaExists(view.schema), view.schema != "weir" else {
      throw SQLError(
        "3F000", "schema \"\(view.schema)\" does not exist", position: position)
    }
    var replaced: MaterializedView?
    if statement.replaces, let old = try catalog.view(schema: view.schema, name: view.name) {
      if let dependent = try catalog.views().first(where: { $0.isOver(old.relation) }) {
        throw Self.hasDependent("materialized view \(old.name)", dependent, at: position)
      }
      try checkNotArchived(old, at: position)
      try catalog.drop(old)
      replaced = old
    }
    if try catalog.kind(of: view.relation) != nil {
      throw SQLError(
        "42P07", "relation \"\(view.name)\" already exists", position: position)
    }
    return replaced
  }

  /// A view over a stream that is made anew reads the stream from its start, also what has left for
  /// the archive: those rows would be in two tiers.
  private func checkNotArchived(_ view: MaterializedView, at position: Int) throws {
    let policies = try ArchiveCatalog(connection: connection).policies()
    guard let policy = policies.first(where: { $0.table == view.relation }) else { return }
    throw SQLError(
      "2BP01",
      "cannot drop or replace materialized view \(view.name) because archive policy "
        + "\"\(policy.name)\" moves its rows",
      detail: "the new view would have the archived rows again",
      hint: "CALL weir.drop_archive_policy('\(policy.name)') first; the archive stays as it is",
      position: position)
  }

  static func hasDependent(
    _ what: String, _ dependent: MaterializedView, at position: Int
  ) -> SQLError {
    SQLError(
      "2BP01", "cannot drop \(what) because other objects depend on it",
      detail: "materialized view \(dependent.name) depends on \(what)",
      hint: "use DROP … CASCADE to drop the dependent objects too", position: position)
  }

  // MARK: Dropping

  func dropViews(
    _ names: [ObjectName], ifExists: Bool, isCascade: Bool, _ receive: Receive
  ) async throws {
    for name in names {
      let relation = RelationName(schema: name.schema ?? "public", name: name.name)
      let view = try await queue.run { [self] in
        try catalog.view(schema: relation.schema, name: relation.name)
      }
      guard let view else {
        try await skip(name, relation, ifExists: ifExists, receive)
        continue
      }
      try await drop(view, isCascade: isCascade, at: name.position)
    }
    try await noteCatalogChange()
    try await receive(.complete(tag: "DROP MATERIALIZED VIEW"))
  }

  private func skip(
    _ name: ObjectName, _ relation: RelationName, ifExists: Bool, _ receive: Receive
  ) async throws {
    let kind = try await queue.run { [self] in try catalog.kind(of: relation) }
    if let kind {
      throw SQLError(
        "42809", "\"\(name.name)\" is not a materialized view",
        hint: "use DROP \(kind == .view ? "VIEW" : "TABLE")", position: name.position)
    }
    guard ifExists else { throw missing(name) }
    try await receive(
      .notice(
        SQLNotice(
          severity: "INFO",
          message: "Materialized View \"\(name.name)\" does not exist and will be skipped")))
  }

  private func drop(_ view: MaterializedView, isCascade: Bool, at position: Int) async throws {
    let all = try await queue.run { [self] in try catalog.views() }
    let doomed = view.withDependents(among: all)
    if doomed.count > 1, !isCascade {
      throw Self.hasDependent("materialized view \(view.name)", doomed[1], at: position)
    }
    try await queue.run { [self] in
      for view in doomed { try checkNotArchived(view, at: position) }
    }
    try await dropAll(doomed)
  }

  /// Drops views with those who change their bases kept out.
  func dropAll(_ views: [MaterializedView]) async throws {
    let names = views.flatMap { [$0.relation] + $0.bases.map(\.relation) }
    do {
      try await waitingForLock { [self] in
        try await warehouse.locks.holdAlone(Array(Set(names)), owner: lockOwner)
      }
      for view in views { warehouse.dependents.endSubscriptions(of: view.relation) }
      try await queue.run { [self] in
        try atomically {
          for view in views.reversed() {
            try catalog.drop(view)
            try catalog.forgetDeadLetters(of: view)
          }
        }
      }
      try await noteCatalogChange()
    } catch {
      if status == .idle { warehouse.locks.release(owner: lockOwner) }
      throw error
    }
    if status == .idle { warehouse.locks.release(owner: lockOwner) }
  }
}

extension MaterializedView {
  func isOver(_ relation: RelationName) -> Bool {
    bases.contains { $0.relation == relation }
  }

  /// The view, then the views over it, each behind all that it reads.
  func withDependents(among views: [MaterializedView]) -> [MaterializedView] {
    var found = [self]
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for view in views where !found.contains(where: { $0.id == view.id }) {
        if found.contains(where: { view.isOver($0.relation) }) {
          found.append(view)
          isGrowing = true
        }
      }
    }
    return found.inOrder()
  }

  /// The views that this one is made of, each behind all that it reads; without this one.
  func ancestors(among views: [MaterializedView]) -> [MaterializedView] {
    var found: [MaterializedView] = []
    var waiting = bases.map(\.relation)
    while let relation = waiting.popLast() {
      guard let view = views.first(where: { $0.relation == relation }),
        !found.contains(where: { $0.id == view.id })
      else { continue }
      found.append(view)
      waiting += view.bases.map(\.relation)
    }
    return found.inOrder()
  }
}

extension [MaterializedView] {
  /// Bases before the views over them.
  func inOrder() -> [MaterializedView] {
    var rest = self
    var ordered: [MaterializedView] = []
    while !rest.isEmpty {
      let ready = rest.filter { view in !rest.contains { view.isOver($0.relation) } }
      guard !ready.isEmpty else { return ordered + rest }
      ordered += ready
      rest.removeAll { view in ready.contains { $0.id == view.id } }
    }
    return ordered
  }
}
