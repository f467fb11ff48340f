internal import Core
internal import DuckDB
internal import RedshiftSQL

extension WarehouseSession {
  typealias Receive = @Sendable (SQLOutput) async throws -> Void

  /// - Returns: rows that the statement returned or changed.
  func perform(_ parsed: ParsedStatement, receive: @escaping Receive) async throws -> Int {
    try checkWritable(parsed.statement)
    let parsed = try await queue.run { [self] in try resolvingNames(in: parsed) }
    if status == .idle { externalMark = warehouse.pendingFiles.mark }
    if let rows = try await writeExternal(parsed, receive) { return rows }
    return try await withFederation(of: parsed.statement, receive) { receive in
      try await performHere(parsed, receive: receive)
    }
  }

  private func performHere(
    _ parsed: ParsedStatement, receive: @escaping Receive
  ) async throws -> Int {
    if let tag = try await defineExternal(parsed.statement) {
      try await receive(.complete(tag: tag))
      return 0
    }
    switch parsed.statement {
    case .query(let query):
      if case .select(let select) = query.body, let target = select.into {
        return try await selectInto(
          target, isTemporary: select.isIntoTemporary, query, receive)
      }
      if let call = procedureCall(in: query) {
        return try await self.call(call, asSelect: true, receive)
      }
      return try await withSnapshot(of: parsed.statement) {
        try await stream(parsed.statement, receive)
      }
    case .explain:
      return try await withSnapshot(of: parsed.statement) {
        try await explain(parsed.statement, receive)
      }
    case .insert, .update, .delete: return try await change(parsed.statement, receive)
    case .merge: return try await change(parsed.statement, receive)
    case .createTable, .createTableAs, .createView, .createSchema, .drop, .truncate, .alterTable,
      .comment:
      return try await define(parsed.statement, receive)
    case .access(let access): try await apply(access, receive)
    case .maintenance(let word, let table): try await maintain(word, table, receive)
    case .createFunction(let function): try await create(function, receive)
    case .dropFunction(let function): try await drop(function, receive)
    case .lock:
      // Every transaction has a snapshot of its own; two that write the same rows collide.
      try await receive(.complete(tag: "LOCK TABLE"))
    case .prepare(let name, let statement): try await prepare(name, statement, receive)
    case .execute(let name, let arguments):
      var bound = parsed
      bound.statement = try self.bound(name, arguments)
      return try await perform(bound, receive: receive)
    case .deallocate(let name): try await deallocate(name, receive)
    case .declareCursor(let name, let query): try await declare(name, query, receive)
    case .subscribe(let cursor, let relation, let hasSnapshot):
      try await subscribe(cursor, to: relation, hasSnapshot: hasSnapshot, receive)
    case .fetch(let name, let rows, let seconds):
      if let subscription = subscription(name) {
        return try await fetch(
          subscription, rowsMax: rows, seconds: Double(seconds), receive)
      }
      return try await fetch(name, rows: rows, receive)
    case .closeCursor(let name):
      let subscriptions = takeSubscriptions(name)
      for subscription in subscriptions { try await end(subscription) }
      if name != nil, !subscriptions.isEmpty {
        try await receive(.complete(tag: "CLOSE CURSOR"))
      } else {
        try await closeCursor(name, receive)
      }
    case .begin, .commit, .rollback: try await transaction(parsed.statement, receive)
    case .set("session_authorization", let value): try await authorize(value, receive)
    case .set(let name, let value): try await set(name, value, receive)
    case .reset(let name):
      try withSettings { try $0.reset(name) }
      try await receive(.complete(tag: "RESET"))
    case .show(let name): return try await show(name, receive)
    case .showDefinition(let name, let isView):
      return try await showDefinition(of: name, isView: isView, receive)
    case .call(let call): return try await self.call(call, receive)
    case .copy(let copy): return try await self.copy(copy, receive)
    case .unload(let unload):
      return try await withSnapshot(of: parsed.statement) {
        try await self.unload(unload, receive)
      }
    case .cancel(let processID, let message, let position):
      try await cancel(processID, message: message, at: position, receive)
    case .createExternalSchema(let schema): try await create(schema, receive)
    case .createExternalTable: break
    case .createMaterializedView(let view): try await create(view, receive)
    case .alterMaterializedView(let name, let on):
      try await setAutoRefresh(on, of: name, receive)
    case .alterMaterializedViewAttributes(let name, let attributes):
      try await setAttributes(attributes, of: name, receive)
    case .renameSchema(let name, let new): try await renameSchema(name, to: new, receive)
    case .schemaQuota(let name, let quota): try await setQuota(quota, of: name, receive)
    case .refreshMaterializedView(let name, let isCascade):
      try await refresh(name, isCascade: isCascade, receive)
    case .dropMaterializedView(let names, let ifExists, let isCascade):
      try await dropViews(names, ifExists: ifExists, isCascade: isCascade, receive)
    }
    return 0
  }

  // MARK: DuckDB's SQL

  /// On the session's queue.
  ///
  /// - Parameter references: where the external tables go that the statement names.
  func rewriter(
    for statement: Statement? = nil, _ references: ExternalReferences? = nil
  ) -> Rewriter {
    let resolver = TableResolver(catalog: catalog, references: references) {
      [self] query throws(SQLError) in
      try rewriter(for: nil, references).tree(query)
    }
    let values = SessionValues(session: self, statement: statement)
    let parsesToNull = (try? withSettings { try $0.isOn("parse_super_null_on_error") }) ?? false
    return Rewriter(
      resolveTable: { table throws(SQLError) in try resolver.resolve(table) },
      rewriteExpression: { value throws(SQLError) in
        try values.rewrite(value) ?? StreamText.rewrite(value)
          ?? references?.withoutSchema(value)
          ?? (parsesToNull ? JSONParseRule.orNull(value) : nil)
      },
      storedColumns: { [self] table throws(SQLError) in
        do {
          return try storedColumns(of: table)
        } catch {
          throw sqlError(from: error)
        }
      },
      marks: references?.marks,
      nextObjectID: { [self] () throws(SQLError) in
        do {
          return try catalog.nextObjectID()
        } catch {
          throw sqlError(from: error)
        }
      }, readsDocuments: true, readsServers: readsServers(statement))
  }

  /// Tells DuckDB the session's zone, if it changed.
  private func applyZone() throws {
    guard let zone = try takeChangedZone() else { return }
    try connection.execute("SET TimeZone = \(literal(zone))")
  }

  func rewrite(_ statement: Statement) throws -> String {
    try applyZone()
    let start = ContinuousClock.now
    defer { addTime(ContinuousClock.now - start, to: .planning) }
    return try rewriteWithScans(statement)
  }

  /// Runs the statement on the session's queue.
  private func onConnection<Value: Sendable>(
    _ statement: Statement, _ body: @escaping @Sendable (Connection, String) throws -> Value
  ) async throws -> Value {
    try await queue.run { [self] in
      let sql = try rewrite(statement)
      do {
        return try body(connection, sql)
      } catch let error as DuckDBError {
        throw LocatedError(error: error, statement: sql)
      }
    }
  }

  /// A result that is being read. @unchecked Sendable: made and read on the session's queue only.
  private final class OpenResult: @unchecked Sendable {
    let result: Result
    let statement: String
    private let zoneOffset: ((Int64) -> Int)?

    init(_ result: Result, statement: String, zone: String) {
      self.result = result
      self.statement = statement
      zoneOffset = zone == "UTC" ? nil : { SessionZone.offset(of: zone, at: $0) }
    }

    /// Some rows (about `bytesMax` of text), or nil behind the last.
    func nextBatch(bytesMax: Int) throws -> RowBatch? {
      var batch = RowBatch(columnCount: result.columns.count)
      do {
        while batch.byteCount < bytesMax, batch.rowCount < 20_000,
          let chunk = try result.nextChunk()
        {
          chunk.appendText(to: &batch, zoneOffset: zoneOffset)
        }
      } catch {
        throw LocatedError(error: error, statement: statement)
      }
      return batch.isEmpty ? nil : batch
    }
  }

  private func stream(_ statement: Statement, _ receive: @escaping Receive) async throws -> Int {
    let open = try await onConnection(statement) { [self] connection, sql in
      OpenResult(
        try connection.stream(sql), statement: sql,
        zone: try withSettings { try $0.value(of: "timezone") })
    }
    try await receive(.columns(try named(open.result.columns)))
    var rows = 0
    while true {
      try checkCancellation()
      // The first batch is small, so that something shows soon.
      let bytesMax = rows == 0 ? 16 << 10 : 256 << 10
      guard let batch = try await queue.run({ try open.nextBatch(bytesMax: bytesMax) }) else {
        break
      }
      rows += batch.rowCount
      try await receive(.rows(batch))
    }
    try await receive(.complete(tag: "SELECT \(rows)"))
    return rows
  }

  /// Quoted names are folded too, unless `enable_case_sensitive_identifier` keeps their case:
  /// DuckDB finds them in any.
  func named(_ columns: [SQLColumn]) throws -> [SQLColumn] {
    let (keepsCase, inUppercase) = try withSettings { settings in
      (
        try settings.isOn("enable_case_sensitive_identifier"),
        try settings.isOn("describe_field_name_in_uppercase")
      )
    }
    return columns.map { column in
      var column = column
      if inUppercase {
        column.name = column.name.uppercased()
      } else if !keepsCase {
        column.name = column.name.lowercased()
      }
      return column
    }
  }

  /// The plan, a line a row.
  private func explain(_ statement: Statement, _ receive: @escaping Receive) async throws -> Int {
    let plan = try await onConnection(statement) { connection, sql in
      try connection.rows(sql)
    }
    var batch = RowBatch(columnCount: 1)
    for line in plan.compactMap(\.last).compactMap({ $0 }).joined(separator: "\n").split(
      separator: "\n")
    {
      batch.append(String(line))
    }
    try await receive(.columns([SQLColumn(name: "QUERY PLAN", type: .varchar)]))
    try await receive(.rows(batch))
    try await receive(.complete(tag: "EXPLAIN"))
    return batch.rowCount
  }

  private func change(_ statement: Statement, _ receive: @escaping Receive) async throws -> Int {
    try checkTargets(of: statement)
    let rows = try await changeRows(statement)
    let tag =
      switch statement {
      case .merge: "MERGE \(rows)"
      case .insert: "INSERT 0 \(rows)"
      case .update: "UPDATE \(rows)"
      default: "DELETE \(rows)"
      }
    try await receive(.complete(tag: tag))
    return rows
  }

  private func selectInto(
    _ target: ObjectName, isTemporary: Bool, _ query: Query,
    _ receive: @escaping Receive
  ) async throws -> Int {
    let statement = Statement.createTableAs(
      CreateTableAs(
        name: target, isTemporary: isTemporary || target.name.hasPrefix("#"), query: query))
    try checkTargets(of: statement)
    let rows = try await queue.run { [self] in try run(statement) }
    try await receive(.complete(tag: "SELECT \(rows)"))
    return rows
  }

  private func define(_ statement: Statement, _ receive: @escaping Receive) async throws -> Int {
    switch statement {
    case .drop(let drop) where drop.kind == .schema: try await dropSchemas(drop)
    case .truncate:
      try checkTargets(of: statement)
      _ = try await changeRows(statement)
      // It commits what the transaction did so far. Source: the page TRUNCATE.
      if status == .inTransaction {
        try await commitTransaction()
        try await beginTransaction()
      }
    default:
      try await queue.run { [self] in try checkNotMaterialized(statement) }
      try checkTargets(of: statement)
      try await dropDependents(of: statement)
      defer { warehouse.noteDefinition() }
      try await reshape(statement)
    }
    try await receive(.complete(tag: tag(of: statement)))
    return 0
  }

  /// What a table's views read of it changes with it.
  private func reshape(_ statement: Statement) async throws {
    guard case .alterTable(let name, let action) = statement else {
      return try await queue.run { [self] in
        try atomically {
          if case .drop(let drop) = statement, drop.isCascade { try dropViews(overAll: drop) }
          if try !defineHere(statement) { _ = try run(statement) }
        }
      }
    }
    if case .appendFrom(let source, let fillsTarget, let ignoresExtra) = action {
      return try await append(
        to: name, from: source, fillsTarget: fillsTarget, ignoresExtra: ignoresExtra)
    }
    let relation = RelationName(schema: name.schema ?? "public", name: name.name)
    try await queue.run { [self] in try checkAlteration(action, of: name) }
    warehouse.dependents.endSubscriptions(of: relation)
    let isBase = !warehouse.dependents.of(relation).isEmpty
    defer { releaseIfIdle() }
    if isBase {
      try await waitingForLock { [self] in
        try await warehouse.locks.holdAlone([relation], owner: lockOwner)
      }
    }
    try await queue.run { [self] in
      try atomically {
        let views = try viewsToFollow(action, of: name)
        if try !defineHere(statement) { _ = try run(statement) }
        try follow(action, of: name, views)
        if isBase { try noteAlteration(action, of: relation) }
      }
    }
    if isBase { try await noteCatalogChange() }
  }

  /// A table goes with the views over it, or not at all.
  private func dropDependents(of statement: Statement) async throws {
    guard case .drop(let drop) = statement else { return }
    if !drop.isCascade {
      try await queue.run { [self] in for name in drop.names { try checkViews(over: name, drop) } }
    }
    guard drop.kind == .table else { return }
    let all = try await queue.run { [self] in try catalog.views() }
    for name in drop.names {
      let relation = RelationName(schema: name.schema ?? "public", name: name.name)
      warehouse.dependents.endSubscriptions(of: relation)
      let direct = all.filter { $0.isOver(relation) }
      guard let first = direct.first else { continue }
      guard drop.isCascade else {
        throw Self.hasDependent("table \(name.name)", first, at: name.position)
      }
      var seen: Set<Int64> = []
      let doomed = direct.flatMap { $0.withDependents(among: all) }
        .filter { seen.insert($0.id).inserted }.inOrder()
      try await dropAll(doomed)
    }
  }

  /// - Returns: false for what DuckDB's own statements do.
  private func defineHere(_ statement: Statement) throws -> Bool {
    switch statement {
    case .createTable(let table):
      guard let parent = table.like else { return false }
      try createLike(table, parent)
    case .createTableAs(let table): try createAs(table)
    case .createView(let view): try create(view)
    case .drop(let drop) where drop.kind == .view:
      for name in drop.names { try forgetText(of: name) }
      return false
    case .createSchema(let name, let ifNotExists, let quota?):
      _ = try run(.createSchema(name, ifNotExists: ifNotExists))
      try keepQuota(quota, of: name)
    case .alterTable(let view, .rename(let new))
    where try catalog.kind(of: RelationName(schema: view.schema ?? "public", name: view.name))
      == .view:
      try rename(view: view, to: new)
    case .alterTable(let table, .alterType(let column, let type)):
      try alterType(table, column, type)
    case .alterTable(let table, let action):
      switch action {
      case .attributes, .encode, .constraint: try alterFacts(table, action)
      default: return false
      }
    case .comment(let comment): try self.comment(comment)
    default: return false
    }
    return true
  }

  private func tag(of statement: Statement) -> String {
    switch statement {
    case .createTable: "CREATE TABLE"
    case .createTableAs: "CREATE TABLE AS"
    case .createView: "CREATE VIEW"
    case .createSchema: "CREATE SCHEMA"
    case .drop(let drop): "DROP \(drop.kind.rawValue.uppercased())"
    case .truncate: "TRUNCATE TABLE"
    case .comment: "COMMENT"
    default: "ALTER TABLE"
    }
  }

  // MARK: Schemas and views

  private func checkNotMaterialized(_ statement: Statement) throws {
    let targets: [ObjectName] =
      switch statement {
      case .drop(let drop): drop.names
      case .createView(let view) where view.replaces: [view.name]
      case .alterTable(let name, _): [name]
      default: []
      }
    for target in targets
    where try catalog.view(schema: target.schema ?? "public", name: target.name) != nil {
      throw SQLError(
        "42809", "\"\(target.name)\" is a materialized view",
        hint: "use DROP MATERIALIZED VIEW or ALTER MATERIALIZED VIEW", position: target.position)
    }
  }

  private func dropSchemas(_ drop: Drop) async throws {
    var external = false
    for name in drop.names {
      let wasExternal = try await queue.run { [self] in try dropExternalSchema(name, drop) }
      external = external || wasExternal
      if wasExternal { continue }
      guard !["public", "weir"].contains(name.name) else {
        throw SQLError(
          "2BP01", "cannot drop schema \(name.name)", position: name.position)
      }
      if drop.isCascade { try await queue.run { [self] in try dropContents(ofSchema: name) } }
      try await queue.run { [self] in
        if let view = try catalog.views().first(where: { $0.schema == name.name }) {
          throw SQLError(
            "2BP01",
            "cannot drop schema \(name.name): materialized view \(view.name) is in it",
            position: name.position)
        }
      }
      try await queue.run { [self] in
        _ = try connection.execute(
          "DELETE FROM weir.late_binding_view WHERE schema_name = \(literal(name.name))")
      }
      warehouse.noteDefinition()
      var one = drop
      one.names = [name]
      _ = try await onConnection(.drop(one)) { connection, sql in try connection.execute(sql) }
    }
    if external { try await noteCatalogChange() }
  }

  /// - Returns: whether the name is an external schema's.
  private func dropExternalSchema(_ name: ObjectName, _ drop: Drop) throws -> Bool {
    guard try catalog.externalSchema(name.name) != nil else { return false }
    let views = try catalog.views(over: name.name)
    let all = try catalog.views()
    var seen: Set<Int64> = []
    let doomed = views.flatMap { $0.withDependents(among: all) }
      .filter { seen.insert($0.id).inserted }.inOrder()
    if let view = views.first, !drop.isCascade {
      throw SQLError(
        "2BP01", "cannot drop schema \(name.name) because other objects depend on it",
        detail: "materialized view \(view.name) reads from it",
        hint: "use DROP SCHEMA … CASCADE to drop the dependent objects too",
        position: name.position)
    }
    try atomically {
      for view in doomed.reversed() {
        try catalog.drop(view)
        try catalog.forgetDeadLetters(of: view)
      }
      try dropCatalog(of: name, drop)
      try catalog.dropExternalSchema(name.name)
    }
    noteDropped(schema: name.name)
    return true
  }

  /// Runs several statements in one transaction: the open one, that of a call around this one, or
  /// one of their own. On the session's queue.
  func atomically(_ body: () throws -> Void) throws {
    guard status == .idle, beginAtomic() else { return try body() }
    defer { endAtomic() }
    try connection.execute("BEGIN TRANSACTION")
    do {
      try body()
      try connection.execute("COMMIT")
    } catch {
      connection.rollBack()
      throw error
    }
  }

  // MARK: Transactions and settings

  private func transaction(_ statement: Statement, _ receive: Receive) async throws {
    switch (statement, status) {
    case (.begin(let isReadOnly), .idle):
      try await beginTransaction()
      self.isReadOnly = isReadOnly
      try await receive(.complete(tag: "BEGIN"))
    case (.begin, _):
      try await warn("25001", "there is already a transaction in progress", receive)
      try await receive(.complete(tag: "BEGIN"))
    case (_, .idle):
      try await warn("25P01", "there is no transaction in progress", receive)
      try await receive(.complete(tag: statement == .commit ? "COMMIT" : "ROLLBACK"))
    case (.commit, .inTransaction): try await commit(receive)
    default:
      try await rollback()
      try await receive(.complete(tag: "ROLLBACK"))
    }
  }

  func commit(_ receive: Receive) async throws {
    try await commitTransaction()
    try await receive(.complete(tag: "COMMIT"))
  }

  func commitTransaction() async throws {
    do {
      let notes = takeNotes()
      _ = try await queue.run { [connection] in
        do {
          for notes in notes { try notes.beforeCommit() }
        } catch {
          connection.rollBack()
          throw error
        }
        try connection.execute("COMMIT")
      }
    } catch {
      // DuckDB has rolled back what it could not commit.
      status = .idle
      _ = takeCatalogChange()
      endTransaction(isCommitted: false)
      throw error
    }
    status = .idle
    defer { endTransaction(isCommitted: true) }
    warehouse.noteDefinition()
    if takeCatalogChange() { try await warehouse.catalogChanged() }
  }

  func rollback() async throws {
    status = .idle
    warehouse.noteDefinition()
    _ = takeCatalogChange()
    defer { endTransaction(isCommitted: false) }
    // After some errors the transaction is gone already; then there is nothing to roll back.
    _ = try? await queue.run { [connection] in connection.rollBack() }
  }

  private func warn(_ sqlState: String, _ message: String, _ receive: Receive) async throws {
    try await receive(
      .notice(SQLNotice(severity: "WARNING", sqlState: sqlState, message: message)))
  }

  private func set(_ name: String, _ value: String, _ receive: Receive) async throws {
    let reported = try withSettings { try $0.set(name, to: value) }
    if name == "application_name" { noteApplication() }
    if let reported { try await receive(.parameter(name: reported, value: value)) }
    try await receive(.complete(tag: "SET"))
  }

  private func show(_ name: String, _ receive: Receive) async throws -> Int {
    if name == "all" {
      var batch = RowBatch(columnCount: 2)
      for (name, value) in try withSettings({ $0.all }) {
        batch.append(name)
        batch.append(value)
      }
      try await receive(
        .columns([
          SQLColumn(name: "name", type: .varchar), SQLColumn(name: "setting", type: .varchar),
        ]))
      try await receive(.rows(batch))
      try await receive(.complete(tag: "SHOW"))
      return batch.rowCount
    }
    let value = try withSettings { try $0.value(of: name) }
    var batch = RowBatch(columnCount: 1)
    batch.append(value)
    try await receive(.columns([SQLColumn(name: name, type: .varchar)]))
    try await receive(.rows(batch))
    try await receive(.complete(tag: "SHOW"))
    return 1
  }
}
