internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import StreamLog

/// Makes the refresher of a view that the catalog has.
struct RefresherFactory: Sendable {
  let database: Database
  let log: StreamLog
  let registry: ScanRegistry
  let dependents: Dependents
  let locks: RelationLocks
  let pace: RefreshPace
  let lags: LagHistory
  let clock: any WallClock
  let reporter: any Reporter

  @Sendable func make(_ view: MaterializedView) throws -> ViewRefresher {
    let connection = try Warehouse.connect(to: database)
    let work: any ViewWork
    var changesRows = false
    if let stream = view.stream {
      let plan = try StreamPlan(definition: view.definition)
      if case .groups = plan.shape { changesRows = true }
      work = StreamRefresh(
        view: view, stream: stream, plan: plan,
        connection: connection, probe: try Warehouse.connect(to: database), log: log,
        registry: registry, dependents: dependents, pace: pace, clock: clock)
    } else {
      work = RelationRefresh(
        view: view, plan: try Self.plan(of: view, on: connection), connection: connection,
        dependents: dependents, clock: clock)
    }
    return ViewRefresher(
      view: view, work: work, changesRows: changesRows, locks: locks, pace: pace, lags: lags,
      clock: clock, reporter: reporter)
  }

  /// The plan that the view was made with: its bases' columns are those of that time.
  private static func plan(
    of view: MaterializedView, on connection: Connection
  ) throws -> RelationPlan {
    let bases = view.bases
    let planner = RelationPlanner(
      on: connection,
      columns: { name throws(SQLError) in
        bases.first { $0.relation == name }?.columns ?? []
      })
    var plan = try planner.plan(try Parser.parseQuery(view.definition))
    if view.state == .recomputed || !plan.isIncremental {
      plan.makeRecomputed(
        columns: try Catalog(connection: connection).columns(of: view.relation))
    }
    return plan
  }
}
