internal import Core
internal import DuckDB
internal import RedshiftSQL

// DECLARE c CURSOR FOR SUBSCRIBE TO relation: a cursor over what changes.
extension WarehouseSession {
  /// Rows of one FETCH at most.
  private static let fetchMax = 100_000

  func subscribe(
    _ cursor: Identifier, to name: ObjectName, hasSnapshot: Bool, _ receive: Receive
  ) async throws {
    guard status == .idle else {
      throw SQLError(
        "25001", "a subscription cannot begin inside a transaction block",
        hint: "COMMIT first", position: name.position)
    }
    guard subscription(cursor) == nil else {
      throw SQLError("42P03", "cursor \"\(cursor.name)\" already exists")
    }
    let relation = RelationName(schema: name.schema ?? "public", name: name.name)
    try await warehouse.locks.holdAlone([relation], owner: lockOwner)
    defer { warehouse.locks.release(owner: lockOwner) }
    let subscription = try await queue.run { [self] in
      let view = try catalog.view(schema: relation.schema, name: relation.name)
      if view == nil, try catalog.kind(of: relation) != .table {
        throw SQLError(
          "42P01", "there is no table or materialized view \"\(name.name)\" to subscribe to",
          position: name.position)
      }
      return try Subscription(
        id: try catalog.nextObjectID(), relation: relation, viewID: view?.id,
        hasSnapshot: hasSnapshot, connection: try Warehouse.connect(to: warehouse.database))
    }
    warehouse.dependents.add(subscription.dependent)
    keep(subscription, as: cursor)
    try await receive(.complete(tag: "DECLARE CURSOR"))
  }

  /// - Parameter seconds: how long to wait for the first row.
  func fetch(
    _ subscription: Subscription, rowsMax: Int?, seconds: Double, _ receive: Receive
  ) async throws -> Int {
    let commits = warehouse.dependents.commits(of: subscription.relation)
    let count = min(max(rowsMax ?? Self.fetchMax, 1), Self.fetchMax)
    var taken = try await take(count, from: subscription)
    if taken.rows.isEmpty, seconds > 0 {
      let waiting = Task {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { for await _ in commits { return } }
          group.addTask { try await Task.sleep(for: .seconds(seconds)) }
          try await group.next()
          group.cancelAll()
        }
      }
      try await cancelling(with: { waiting.cancel() }, { try await waiting.value })
      taken = try await take(count, from: subscription)
    }
    try await receive(.columns(taken.columns))
    if !taken.rows.isEmpty { try await receive(.rows(taken.rows)) }
    try await receive(.complete(tag: "FETCH \(taken.rows.rowCount)"))
    return taken.rows.rowCount
  }

  private func take(
    _ count: Int, from subscription: Subscription
  ) async throws -> (columns: [SQLColumn], rows: RowBatch, left: Int) {
    guard isAlive(subscription) else { throw Self.hasEnded(subscription) }
    do {
      return try await queue.run { try subscription.take(rowsMax: count) }
    } catch {
      // It may have ended just now.
      guard isAlive(subscription) else { throw Self.hasEnded(subscription) }
      throw error
    }
  }

  private func isAlive(_ subscription: Subscription) -> Bool {
    warehouse.dependents.of(subscription.relation)
      .contains { $0.viewID == subscription.dependent.viewID }
  }

  private static func hasEnded(_ subscription: Subscription) -> SQLError {
    SQLError(
      "55000",
      "the subscription has ended: \"\(subscription.relation.name)\" was dropped, replaced or "
        + "changed its shape", hint: "CLOSE it and subscribe again")
  }

  func end(_ subscription: Subscription) async throws {
    warehouse.dependents.remove(subscription.dependent)
    // Nobody writes to its table any more, once those who do now have ended.
    let owner = warehouse.locks.newOwner()
    defer { warehouse.locks.release(owner: owner) }
    try? await warehouse.locks.holdAlone([subscription.relation], owner: owner)
    try await queue.run { try subscription.close() }
  }
}
