internal import Core
internal import DuckDB
internal import RedshiftSQL

// REFRESH MATERIALIZED VIEW.
extension WarehouseSession {
  func refresh(_ name: ObjectName, isCascade: Bool, _ receive: Receive) async throws {
    guard status == .idle else {
      throw SQLError(
        "25001", "REFRESH MATERIALIZED VIEW cannot run inside a transaction block",
        position: name.position)
    }
    let view = try await find(name)
    let outcome = isCascade ? try await cascade(from: view) : try await refreshAlone(view)
    try await receive(
      .notice(SQLNotice(severity: "INFO", message: message(of: outcome, view))))
    try await receive(.complete(tag: "REFRESH MATERIALIZED VIEW"))
  }

  private func refreshAlone(_ view: MaterializedView) async throws -> ViewRefresher.Result {
    guard let refresher = await warehouse.refresher(of: view) else {
      throw SQLError("42P01", "materialized view \"\(view.name)\" does not exist")
    }
    let id = id
    return try await waiting { try await refresher.refresh(session: id) }
  }

  private func message(of outcome: ViewRefresher.Result, _ view: MaterializedView) -> String {
    let name = "Materialized view \(view.name)"
    if outcome.status.hasPrefix("MV was already updated") {
      return outcome.status.hasSuffix("not up to date.")
        ? "\(name) is already up to date.  However, it depends on another materialized view that "
          + "is not up to date."
        : "\(name) is already up to date."
    }
    if outcome.isRecomputed { return "\(name) was recomputed successfully." }
    if view.stream != nil, outcome.rows == 0, outcome.skipped == 0 {
      return "\(name) is already up to date."
    }
    if outcome.damaged > 0 {
      return
        "\(name) was incrementally updated, but not with all records: "
        + "\(outcome.damaged) records of the stream are damaged and were left out"
        + (outcome.skipped > outcome.damaged
          ? ", and \(outcome.skipped - outcome.damaged) records were skipped" : "")
        + ": see SYS_STREAM_SCAN_ERRORS."
    }
    return "\(name) was incrementally updated successfully."
      + (outcome.skipped > 0
        ? " \(outcome.skipped) records were skipped: see SYS_STREAM_SCAN_ERRORS." : "")
  }

  // MARK: Cascades

  /// Brings the view, what it is made of, and all that is made of it up to date. Views over
  /// streams go first, batch by batch; all others in one transaction, which ends with nothing
  /// changed if one of them fails.
  private func cascade(from view: MaterializedView) async throws -> ViewRefresher.Result {
    let all = try await queue.run { [self] in try catalog.views() }
    let dependents = view.withDependents(among: all)
    let ancestors = dependents.flatMap { $0.ancestors(among: all) }
    var names: Set<Int64> = []
    let views = (ancestors + dependents).filter { names.insert($0.id).inserted }.inOrder()
    var result = ViewRefresher.Result()
    for streaming in views where streaming.stream != nil {
      let outcome = try await refreshAlone(streaming)
      if streaming.id == view.id { result = outcome }
    }
    let others = views.filter { $0.stream == nil }
    guard !others.isEmpty else { return result }
    let outcomes = try await refreshTogether(others)
    if let outcome = outcomes[view.id] {
      result.rows = outcome.report.rows
      result.isRecomputed = outcome.isRecomputed
      result.status = outcome.report.status
    }
    return result
  }

  /// In one transaction on the session's connection, each view kept from its own refresher
  /// meanwhile.
  private func refreshTogether(
    _ views: [MaterializedView]
  ) async throws -> [Int64: RefreshOutcome] {
    var works: [(view: MaterializedView, work: RelationRefresh)] = []
    var refreshers: [ViewRefresher] = []
    for view in views {
      guard let refresher = await warehouse.refresher(of: view), let work = refresher.relationWork
      else { continue }
      refreshers.append(refresher)
      works.append((view, work))
    }
    let id = id
    let turns = works
    let (pausing, locks) = (refreshers, warehouse.locks)
    let outcomes = try await waiting {
      try await ViewRefresher.pausing(pausing, locks) { [self] in
        try await queue.run { [self] in
          try checkCancellation()
          var outcomes: [Int64: RefreshOutcome] = [:]
          try atomically {
            for (view, work) in turns {
              do {
                outcomes[view.id] = try work.run(on: connection, isAutomatic: false, session: id)
              } catch {
                throw Self.stopped(by: view, error)
              }
            }
          }
          return outcomes
        }
      }
    }
    for (view, _) in works where outcomes[view.id]?.isUpToDate == false {
      if let report = outcomes[view.id]?.report { warehouse.reporter.report(.refreshed(report)) }
    }
    warehouse.dependents.wake(over: views.map(\.relation))
    return outcomes
  }

  private static func stopped(by view: MaterializedView, _ error: any Error) -> any Error {
    guard (error as? DuckDBError)?.kind != .interrupt else { return error }
    var failure = sqlError(from: error)
    failure.detail =
      "Cascade refresh failed because materialized view \(view.schema).\(view.name) was not "
      + "refreshed."
    return failure
  }
}
