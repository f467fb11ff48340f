package import Core
internal import DuckDB
internal import RedshiftSQL

/// A view as the catalog and its refresher know it now.
package struct ViewFacts: Sendable, Equatable {
  package enum Upkeep: Sendable, Equatable {
    case incremental
    /// Why the view is computed anew at every refresh.
    case recomputed(reason: String)
    /// Why it cannot be refreshed any more.
    case broken(reason: String)
  }

  package struct Base: Sendable, Equatable {
    package enum Kind: Sendable { case stream, table, view }
    package var schema: String
    package var name: String
    package var kind: Kind
  }

  package var id: Int64
  package var schema: String
  package var name: String
  /// The stream, or the bases with commas between them.
  package var stream: String
  package var bases: [Base]
  package var autoRefresh: Bool
  package var upkeep: Upkeep
  package var rows: Int?
  /// Nil for a view that reads no stream, and where the stream is gone.
  package var recordsBehind: Int?
  /// Whether a refresh would find something to do; nil where the stream is gone.
  package var isStale: Bool?
  /// Records that no row was made of, since the view was made.
  package var skippedRecords: Int
  /// Those of them that are kept.
  package var deadLetters: Int
  package var lastReport: RefreshReport?
}

extension Warehouse {
  /// What the dashboard shows of the views.
  package func viewFacts() async throws -> [ViewFacts] {
    var facts = try await queue.run { [housekeeping] in try ViewFacts.all(on: housekeeping) }
    for index in facts.indices {
      facts[index].lastReport = await supervisor.refresher(of: facts[index].id)?.lastReport
    }
    return facts
  }
}

extension ViewFacts {
  /// Of every view. Blocking.
  fileprivate static func all(on connection: Connection) throws -> [ViewFacts] {
    let views = try Catalog(connection: connection).views()
    guard !views.isEmpty else { return [] }
    let lags = try connection.rows(
      """
      SELECT l.id, l.records_behind, s.is_stale
        FROM weir.sys_weir_view_lag l JOIN weir.view_staleness s USING (id)
      """)
    let skipped = try numbers(
      "SELECT view_id, sum(record_count)::BIGINT FROM weir.scan_error GROUP BY view_id",
      on: connection)
    let dead = try numbers(
      "SELECT view_id, count(*) FROM weir.dead_letter GROUP BY view_id", on: connection)
    return try views.map { view in
      let rows = try connection.scalar("SELECT count(*) FROM \(view.publicName)")
      let lag = lags.first { $0[0] == String(view.id) }
      return ViewFacts(
        id: view.id, schema: view.schema, name: view.name, stream: view.sourceText,
        bases: view.baseFacts, autoRefresh: view.autoRefresh, upkeep: view.upkeep,
        rows: rows.map { Int($0) }, recordsBehind: lag?[1].flatMap { Int($0) },
        isStale: lag?[2].map { $0 == "t" }, skippedRecords: skipped[view.id] ?? 0,
        deadLetters: dead[view.id] ?? 0)
    }
  }

  /// The second column by the first.
  private static func numbers(_ sql: String, on connection: Connection) throws -> [Int64: Int] {
    var numbers: [Int64: Int] = [:]
    for row in try connection.rows(sql) {
      if let id = row[0].flatMap(Int64.init), let number = row[1].flatMap({ Int($0) }) {
        numbers[id] = number
      }
    }
    return numbers
  }
}

extension MaterializedView {
  fileprivate var baseFacts: [ViewFacts.Base] {
    switch source {
    case .stream(let externalSchema, let name):
      [ViewFacts.Base(schema: externalSchema, name: name, kind: .stream)]
    case .relations(let bases):
      bases.map {
        ViewFacts.Base(
          schema: $0.relation.schema, name: $0.relation.name,
          kind: $0.viewID == nil ? .table : .view)
      }
    }
  }

  fileprivate var upkeep: ViewFacts.Upkeep {
    if let failure = state.failure { return .broken(reason: failure) }
    guard state == .recomputed else { return .incremental }
    let query = try? Parser.parseQuery(definition)
    return .recomputed(
      reason: query.map(RelationPlanner.obstacle) ?? "an expression that cannot be maintained")
  }
}
