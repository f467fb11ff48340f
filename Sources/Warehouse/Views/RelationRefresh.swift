internal import Core
internal import DuckDB

/// Brings a view over tables and other views up to date, from what changed in them or anew.
///
/// The view's rows, what was read of the changes, and the history commit in one transaction.
/// @unchecked Sendable: as `StreamRefresh`.
final class RelationRefresh: ViewWork, @unchecked Sendable {
  private let view: MaterializedView
  private let plan: RelationPlan
  private let storage: ViewStorage
  private let connection: Connection
  let ledger: RefreshLedger
  private let dependents: Dependents
  private let clock: any WallClock

  init(
    view: MaterializedView, plan: RelationPlan, connection: Connection, dependents: Dependents,
    clock: any WallClock
  ) {
    self.view = view
    self.plan = plan
    storage = ViewStorage(view: view, shape: plan.shape)
    self.connection = connection
    ledger = RefreshLedger(view: view, connection: connection)
    self.dependents = dependents
    self.clock = clock
  }

  func interrupt() { connection.interrupt() }

  func changes() -> AsyncStream<Void> { dependents.changes(for: view.id) }

  func runBatch(isAutomatic: Bool, session: Int) throws -> RefreshOutcome {
    do {
      try connection.execute("BEGIN TRANSACTION")
      do {
        let outcome = try run(on: connection, isAutomatic: isAutomatic, session: session)
        try connection.execute("COMMIT")
        if !outcome.isUpToDate { dependents.wake(over: [view.relation]) }
        return outcome
      } catch {
        connection.rollBack()
        throw error
      }
    } catch let error as DuckDBError {
      throw error.sqlError
    }
  }

  /// Within a transaction, on any connection.
  ///
  /// - Throws: `SQLError` 55000 for a view that can be refreshed no more.
  func run(on connection: Connection, isAutomatic: Bool, session: Int) throws -> RefreshOutcome {
    let startedAt = clock.now()
    let ledger =
      connection === self.connection ? ledger : RefreshLedger(view: view, connection: connection)
    if let failure = view.state.failure {
      throw SQLError("55000", failure, hint: "drop the view and create it again")
    }
    var news = try news(on: connection)
    // What its functions say changes though no row does.
    if plan.isMutable { (news.isStale, news.mustRecompute) = (true, true) }
    var status = "MV was already updated"
    var rows = 0
    let refresh = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
    let isRecomputed = news.mustRecompute || (news.isStale && !plan.isIncremental)
    if isRecomputed {
      status = "Refresh successfully recomputed MV from scratch"
      rows = try storage.replace(
        with: plan.rows, refresh: refresh, dependents: dependents.of(view.relation),
        on: connection)
    } else if news.isStale {
      status = "Refresh successfully updated MV incrementally"
      rows = try update(from: news, refresh: refresh, on: connection)
    }
    if news.isStale || news.mustRecompute {
      try forget(news, on: connection)
      try ledger.noteVersion(refresh)
    }
    let dependsOnStale = try hasStaleBase(on: connection)
    if dependsOnStale { status += ", but MV depends on an MV that is not up to date." }
    let now = clock.now()
    if !isAutomatic || news.isStale || news.mustRecompute {
      try ledger.writeHistory(
        refresh: refresh, rows: rows, status: status, isAutomatic: isAutomatic, session: session,
        startedAt: startedAt, endedAt: now)
      try ledger.prune()
    }
    let waited = dependents.takeWaitingTime(of: view.id)
    return RefreshOutcome(
      report: RefreshReport(
        schema: view.schema, view: view.name, isAutomatic: isAutomatic, startedAt: startedAt,
        endedAt: now, rows: rows, skippedRecords: 0, bytes: 0, latencyMax: waited,
        latencyMin: waited, status: status, failed: false),
      reachedTip: true, isRecomputed: isRecomputed,
      isUpToDate: !news.isStale && !news.mustRecompute)
  }

  // MARK: What is new

  private struct News {
    /// What this view knows of each base that is a view, and what there is.
    var seen: [Int64: Int64] = [:]
    var versions: [Int64: Int64] = [:]
    var mustRecompute = false
    var isStale = false
  }

  private func news(on connection: Connection) throws -> News {
    var news = News()
    let marks = try connection.rows(
      "SELECT DISTINCT mark FROM weir.view_mark WHERE view_id = \(view.id)")
    for mark in marks {
      news.isStale = true
      if mark[0] == ChangeNotes.Mark.recompute.rawValue { news.mustRecompute = true }
    }
    let versions = try connection.rows(
      """
      SELECT b.base_view_id, coalesce(max(v.refresh_id), 0), coalesce(max(s.refresh_id), 0)
        FROM weir.view_base b
        LEFT JOIN weir.view_version v ON v.view_id = b.base_view_id
        LEFT JOIN weir.view_seen s ON s.view_id = b.view_id AND s.base_id = b.base_view_id
       WHERE b.view_id = \(view.id) AND b.base_view_id IS NOT NULL GROUP BY 1
      """)
    for row in versions {
      guard let base = row[0].flatMap(Int64.init), let version = row[1].flatMap(Int64.init),
        let seen = row[2].flatMap(Int64.init)
      else { continue }
      news.versions[base] = version
      news.seen[base] = seen
      if version > seen { news.isStale = true }
    }
    return news
  }

  private func forget(_ news: News, on connection: Connection) throws {
    for base in view.bases {
      if let changes = base.changes { try connection.execute("DELETE FROM \(changes)") }
    }
    try connection.execute("DELETE FROM weir.view_mark WHERE view_id = \(view.id)")
    guard !news.versions.isEmpty else { return }
    let rows = news.versions.map { "(\(view.id), \($0.key), \($0.value))" }
    try connection.execute(
      """
      DELETE FROM weir.view_seen WHERE view_id = \(view.id);
      INSERT INTO weir.view_seen VALUES \(rows.joined(separator: ", "))
      """)
  }

  /// Whether a base that is a view over relations waits for a refresh itself.
  private func hasStaleBase(on connection: Connection) throws -> Bool {
    let stale = try connection.scalar(
      """
      SELECT count(*) FROM weir.view_base b JOIN weir.view_staleness s ON s.id = b.base_view_id
       WHERE b.view_id = \(view.id) AND s.is_stale
      """)
    return stale ?? 0 > 0
  }

  // MARK: Keeping

  /// What changed in a base, as a temporary table with weights.
  private struct Delta {
    var table: String
    var hasAdditions: Bool
    var hasRemovals: Bool
    var isEmpty: Bool { !hasAdditions && !hasRemovals }
  }

  private func update(
    from news: News, refresh: Int64, on connection: Connection
  ) throws -> Int {
    guard case .incremental(let template, let tables) = plan.maintenance else { return 0 }
    var deltas: [RelationName: Delta] = [:]
    for (index, base) in view.bases.enumerated() {
      deltas[base.relation] = try delta(
        of: base, seen: base.viewID.flatMap { news.seen[$0] }, index: index, on: connection)
    }
    defer {
      for delta in deltas.values { _ = try? connection.execute("DROP TABLE \(delta.table)") }
    }
    let terms = terms(template, tables, deltas)
    guard !terms.isEmpty else { return 0 }
    let mine = dependents.of(view.relation)
    let hasRemovals = deltas.values.contains(where: \.hasRemovals)
    let rows = terms.joined(separator: " UNION ALL ")
    if case .groups(let fold) = plan.shape, hasRemovals {
      return try storage.recompute(
        fold, touched: rows, rows: plan.rows, refresh: refresh, dependents: mine, on: connection)
    }
    guard terms.count > 1 || hasRemovals else {
      return try storage.add(
        plan.unweighted(rows), refresh: refresh, dependents: mine, on: connection)
    }
    return try storage.add(
      weighted: rows, refresh: refresh, dependents: mine, on: connection)
  }

  private func delta(
    of base: ViewBase, seen: Int64?, index: Int, on connection: Connection
  ) throws -> Delta {
    let table = "weir_delta_\(view.id)_\(index)"
    let columns = base.usedColumnList
    let changes = base.changes ?? ""
    let source =
      if let id = base.viewID, let seen {
        """
        SELECT \(columns)1 AS weir_weight FROM weir.\(quoted("mv_rows_\(id)"))
         WHERE \(ViewBase.refreshColumn) > \(seen)
        UNION ALL SELECT \(columns)weir_weight FROM \(changes)
         WHERE \(ViewBase.refreshColumn) <= \(seen)
        """
      } else {
        "SELECT \(columns)weir_weight FROM \(changes)"
      }
    try connection.execute("CREATE OR REPLACE TEMP TABLE \(table) AS \(source)")
    let rows = try connection.rows(
      """
      SELECT coalesce(bool_or(weir_weight > 0), false), coalesce(bool_or(weir_weight < 0), false)
      FROM temp.\(table)
      """)
    return Delta(
      table: "temp.\(table)", hasAdditions: rows.first?[0] == "t",
      hasRemovals: rows.first?[1] == "t")
  }

  /// What the changes make of the join: with B the bases as they are now and d what changed,
  /// the sum over all nonempty sets of bases, of the join of their d and the others' B, with
  /// alternating signs.
  private func terms(
    _ template: String, _ tables: [RelationPlan.Table], _ deltas: [RelationName: Delta]
  ) -> [String] {
    let changed = tables.indices.filter { deltas[tables[$0].relation].map { !$0.isEmpty } ?? false }
    var terms: [String] = []
    for mask in 1..<(1 << changed.count) {
      var sources = tables.map(\.relation.sql)
      var weights: [String] = []
      for (bit, index) in changed.enumerated() where mask & (1 << bit) != 0 {
        guard let delta = deltas[tables[index].relation] else { continue }
        sources[index] = delta.table
        weights.append("\(quoted(tables[index].callName)).weir_weight")
      }
      let sign = weights.count.isMultiple(of: 2) ? "-1" : "1"
      terms.append(
        RelationPlan.fill(
          template, with: sources, weight: "(\(([sign] + weights).joined(separator: " * ")))"))
    }
    return terms
  }
}
