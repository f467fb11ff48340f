internal import Core
internal import DuckDB
internal import RedshiftSQL

// What a session's statements change in relations that materialized views are over.
extension WarehouseSession {
  /// Runs `INSERT`, `UPDATE`, `DELETE`, `MERGE` or `TRUNCATE`.
  ///
  /// - Returns: rows that it changed.
  func changeRows(_ statement: Statement) async throws -> Int {
    try await changeRows(inOrder: [statement])
  }

  /// Runs several of them in one transaction.
  @discardableResult
  func changeRows(inOrder statements: [Statement]) async throws -> Int {
    let relations = Set(statements.compactMap(Self.relation)).sorted()
    defer { releaseIfIdle() }
    for relation in relations { try await lock(relation, for: statements) }
    let rows = try await queue.run { [self] in
      guard statements.count > 1 else { return try statements.map(change).reduce(0, +) }
      var rows = 0
      try atomically { rows = try statements.map(change).reduce(0, +) }
      return rows
    }
    if status == .idle {
      warehouse.locks.noteCommit(owner: lockOwner)
      warehouse.dependents.wake(over: relations)
    }
    return rows
  }

  /// Adds the rows of a SELECT in DuckDB's SQL to a table.
  func insertRows(
    _ select: String, into table: ObjectName, columns: [String]
  ) async throws -> Int {
    let relation = RelationName(schema: table.schema ?? "public", name: table.name)
    defer { releaseIfIdle() }
    try await lock(relation, for: [])
    let names = columns.map(Writer.quoted).joined(separator: ", ")
    let rows = try await queue.run { [self] in
      let target = try rewriter().tableName(table)
      return try insert("INSERT INTO \(target) (\(names)) \(select)", into: relation)
    }
    if status == .idle {
      warehouse.locks.noteCommit(owner: lockOwner)
      warehouse.dependents.wake(over: [relation])
    }
    return rows
  }

  private func insert(_ statement: String, into relation: RelationName) throws -> Int {
    let dependents = warehouse.dependents.of(relation)
    guard !dependents.isEmpty, try catalog.kind(of: relation) == .table else {
      return try connection.execute(statement)
    }
    let notes = ChangeNotes(relation: relation, dependents: dependents, connection: connection)
    var rows = 0
    try atomically {
      try checkKnown(dependents)
      rows = try connection.execute(statement)
      if status == .idle { try notes.beforeCommit() } else { keep(notes) }
    }
    return rows
  }

  private static func relation(of statement: Statement) -> RelationName? {
    target(of: statement).map {
      RelationName(schema: $0.schema ?? "public", name: $0.name)
    }
  }

  private func change(_ statement: Statement) throws -> Int {
    guard let relation = Self.relation(of: statement) else { return 0 }
    let dependents = warehouse.dependents.of(relation)
    if let view = try catalog.view(schema: relation.schema, name: relation.name) {
      return try deleteRows(statement, of: view, dependents)
    }
    guard !dependents.isEmpty, try catalog.kind(of: relation) == .table else {
      return try run(statement)
    }
    let notes = ChangeNotes(relation: relation, dependents: dependents, connection: connection)
    return try changeAndNote(statement, notes)
  }

  /// Without a wait where there is none.
  ///
  /// - Throws: `SQLError` 40001 if others have changed rows since the transaction took its picture
  ///   of the database: what it would note for views of what they were is not true any more.
  private func lock(_ relation: RelationName, for statements: [Statement]) async throws {
    let onlyAdds = statements.allSatisfy { statement in
      if case .insert = statement { true } else { Self.relation(of: statement) != relation }
    }
    try await waitingForLock { [self] in
      if onlyAdds {
        try await warehouse.locks.share(relation, owner: lockOwner)
      } else {
        try await warehouse.locks.change(relation, owner: lockOwner)
      }
    }
    noteHeldRelation()
    try checkCancellation()
    guard !onlyAdds, !warehouse.dependents.of(relation).isEmpty, let start = commitsAtStart,
      warehouse.locks.hasChanged(relation, since: start)
    else { return }
    throw SQLError(
      "40001",
      "1023: Serializable isolation violation on table \"\(relation)\": another transaction "
        + "changed it meanwhile",
      hint: "ROLLBACK and try again")
  }

  static func target(of statement: Statement) -> ObjectName? {
    switch statement {
    case .insert(let insert): insert.table
    case .update(let update): update.table.name
    case .delete(let delete): delete.table.name
    case .merge(let merge): merge.target.name
    case .truncate(let name): name
    default: nil
    }
  }

  func run(_ statement: Statement) throws -> Int {
    guard try readsExternal(statement) else { return try runHere(statement) }
    var rows = 0
    try atomically { rows = try runHere(statement) }
    return rows
  }

  private func runHere(_ statement: Statement) throws -> Int {
    let sql = try rewrite(statement)
    do {
      // This one is several statements.
      if case .merge(let merge) = statement {
        var rows = 0
        try atomically { rows = try connection.execute(sql) }
        // The last one says nothing of the rows.
        return merge.removesDuplicates ? 0 : rows
      }
      return try connection.execute(sql)
    } catch let error as DuckDBError {
      throw LocatedError(error: error, statement: sql)
    }
  }

  private func changeAndNote(_ statement: Statement, _ notes: ChangeNotes) throws -> Int {
    var rows = 0
    try atomically {
      try checkKnown(notes.dependents)
      let places = try places(changedBy: statement, notes)
      if let places { try notes.beforeChange(of: places) }
      rows = try run(statement)
      switch statement {
      case .insert: break
      case .delete where places != nil: break
      case .update where places != nil: try notes.afterChange()
      case .truncate where places != nil: break
      default:
        guard !notes.hasSubscription else {
          throw SQLError(
            "0A000",
            "the changes of this statement cannot be told to those who subscribe to "
              + "\"\(notes.relation.name)\"")
        }
        try notes.noteUnfollowed()
      }
      if status == .idle { try notes.beforeCommit() } else { keep(notes) }
    }
    return rows
  }

  /// A view that was made after the transaction took its picture of the database cannot be told
  /// of what the transaction changes.
  private func checkKnown(_ dependents: [Dependent]) throws {
    guard status != .idle else { return }
    let known = Set(try catalog.views().map(\.id))
    let unknown = try dependents.first { dependent in
      if dependent.isSubscription {
        return try dependent.base.changeTable.map { try !catalog.hasChanges($0) } ?? false
      }
      return !known.contains(dependent.viewID)
    }
    guard let unknown else { return }
    let what = unknown.isSubscription ? "a subscription to" : "a materialized view over"
    throw SQLError(
      "40001",
      "could not serialize access: \(what) "
        + "\"\(unknown.base.relation.name)\" was made after the transaction began",
      hint: "ROLLBACK and try again")
  }

  /// Selects the numbers of the rows that the statement is about to change; nil where they
  /// cannot be known before, and for what adds rows only.
  private func places(changedBy statement: Statement, _ notes: ChangeNotes) throws -> String? {
    let table: TableReference
    let others: [TableSource]
    let condition: Expression?
    switch statement {
    case .update(let update):
      (table, others, condition) = (update.table, update.from, update.condition)
    case .delete(let delete):
      (table, others, condition) = (delete.table, delete.using, delete.condition)
    case .truncate(let name) where notes.hasSubscription:
      (table, others, condition) = (TableReference(name: name), [], nil)
    default: return nil
    }
    var select = Select(items: [
      SelectItem(
        Expression(.column([Identifier(table.callName), Identifier("rowid")])),
        alias: Identifier("weir_place"))
    ])
    select.from = [.table(table)] + others
    select.condition = condition
    let query = Query(body: .select(select))
    if ViewRules.isMutable(query) {
      guard !notes.hasSubscription else {
        throw SQLError(
          "0A000",
          "rows cannot be chosen by mutable functions while a session subscribes to "
            + "\"\(notes.relation.name)\"")
      }
      return nil
    }
    return try rewrite(.query(query))
  }

  // MARK: Rows of a materialized view

  /// Redshift lets rows of a view over a stream be deleted; the stream is not read again.
  private func deleteRows(
    _ statement: Statement, of view: MaterializedView, _ dependents: [Dependent]
  ) throws -> Int {
    guard view.stream != nil else { throw Self.isMaterialized(statement, view) }
    let places: String
    switch statement {
    case .truncate: places = "SELECT weir_row FROM \(view.rowsName)"
    case .delete(var delete):
      delete.table.alias = delete.table.alias ?? Alias(name: Identifier(view.name))
      let alias = delete.table.callName
      var select = Select(items: [
        SelectItem(Expression(.column([Identifier(alias), Identifier("weir_row")])))
      ])
      var rows = delete.table
      rows.name = ObjectName([Identifier("weir"), Identifier("mv_rows_\(view.id)")])
      select.from = [.table(rows)] + delete.using
      select.condition = delete.condition
      places = try rewrite(.query(Query(body: .select(select))))
    default: throw Self.isMaterialized(statement, view)
    }
    var rows = 0
    try atomically {
      try checkKnown(dependents)
      let storage = ViewStorage(
        view: view, shape: try StreamPlan(definition: view.definition).shape)
      do {
        rows = try storage.remove(places, dependents: dependents, on: connection)
      } catch let error as DuckDBError {
        throw LocatedError(error: error, statement: places)
      }
      let notes = ChangeNotes(
        relation: view.relation, dependents: dependents, connection: connection)
      if rows > 0 { try notes.markAll() }
      if status != .idle { noteChanged(view.relation) }
    }
    return rows
  }

  /// Gives a view over a stream rows back that have left it. Views over it are computed anew: a
  /// refresh that ran meanwhile may have a later number than these rows, and be known to them.
  func addRows(_ select: String, to view: MaterializedView) async throws -> Int {
    defer { releaseIfIdle() }
    try await lock(view.relation, for: [])
    return try await queue.run { [self] in
      let dependents = warehouse.dependents.of(view.relation)
      let plan = try StreamPlan(definition: view.definition)
      var rows = 0
      try atomically {
        try checkKnown(dependents)
        let refresh = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
        rows = try ViewStorage(view: view, shape: plan.shape)
          .add(select, refresh: refresh, dependents: dependents, on: connection)
        try RefreshLedger(view: view, connection: connection).noteVersion(refresh)
        try ChangeNotes(relation: view.relation, dependents: dependents, connection: connection)
          .noteUnfollowed()
        if status != .idle { noteChanged(view.relation) }
      }
      return rows
    }
  }

  private static func isMaterialized(_ statement: Statement, _ view: MaterializedView) -> SQLError {
    SQLError(
      "42809", "cannot change materialized view \"\(view.name)\"",
      hint: view.stream == nil
        ? "change the tables that it reads, and REFRESH it"
        : "only DELETE and TRUNCATE can change a view over a stream",
      position: target(of: statement)?.position)
  }

  // MARK: Tables that change their shape

  /// Says to the views over a table what becomes of them; within the statement's transaction.
  func noteAlteration(_ action: AlterAction, of relation: RelationName) throws {
    for dependent in warehouse.dependents.of(relation) {
      let uses = { (name: Identifier) in dependent.base.usedColumns.contains(name.name) }
      switch action {
      case .dropColumn(let name, _) where uses(name):
        try disable(dependent, .columnDropped)
      case .renameColumn(let name, _) where uses(name):
        try disable(dependent, .columnRenamed)
      case .rename: try disable(dependent, .tableRenamed)
      case .alterType(let name, _) where uses(name):
        try disable(dependent, .columnTypeChanged)
      case .attributes:
        // As Redshift does after ALTER DISTKEY and SORTKEY.
        let notes = ChangeNotes(
          relation: relation, dependents: [dependent], connection: connection)
        try notes.noteUnfollowed()
      default: break
      }
    }
  }

  private func disable(_ dependent: Dependent, _ state: MaterializedView.State) throws {
    try catalog.setState(state, of: dependent.viewID)
    try connection.execute(
      "UPDATE weir.view_base SET change_table = NULL WHERE view_id = \(dependent.viewID)")
    let view = try catalog.views().first { $0.id == dependent.viewID }
    for place in 0..<(view?.bases.count ?? 0) {
      try connection.execute("DROP TABLE IF EXISTS weir.mv_changes_\(dependent.viewID)_\(place)")
    }
  }
}
