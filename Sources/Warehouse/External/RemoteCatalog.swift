internal import Core
internal import DuckDB
internal import Foundation
internal import Synchronization

/// What tables the servers of external schemas have: the functions that SVV_EXTERNAL_TABLES and
/// SVV_EXTERNAL_COLUMNS are over.
///
/// A server that does not answer has no rows, and is not asked again for some seconds: programs
/// that draw trees of schemas ask often.
final class RemoteCatalog: Sendable {
  private static let patience = Duration.seconds(2)
  private static let forgiveness = Duration.seconds(10)
  /// Transactions of sessions have smaller numbers.
  private static let firstOwner = 1 << 40

  /// How long the sizes of tables stand: the tiers screen asks for them all the time.
  private static let sizesStand = Duration.seconds(15)

  private struct State {
    var sizes: (rows: [[String?]], at: ContinuousClock.Instant)?
    var failed: [String: ContinuousClock.Instant] = [:]
    var looks = 0
  }

  private let federation: Federation
  private let database: Database
  private let state = Mutex(State())

  init(federation: Federation, database: Database) {
    self.federation = federation
    self.database = database
  }

  var functions: [TableFunction] {
    [
      function(
        "weir_federated_tables", ["schemaname", "tablename", "tabletype"], number: nil,
        query: Self.tables),
      function(
        "weir_federated_columns",
        ["schemaname", "tablename", "columnname", "external_type", "columnnum", "is_nullable"],
        number: 4, query: Self.columns),
      sizes,
    ]
  }

  /// - Parameter number: the column that is an integer.
  private func function(
    _ name: String, _ columns: [String], number: Int?, query: @escaping @Sendable (String) -> String
  ) -> TableFunction {
    TableFunction(name: name, parameters: []) { [weak self] _ in
      let rows = self?.rows(query) ?? []
      return RowTable(
        columns.enumerated().map { ($1, $0 == number ? .integer : .varchar) },
        rows: rows.map { row in
          row.enumerated().map { place, value in
            place == number ? .integer(value.flatMap { Int($0) } ?? 0) : .text(value)
          }
        })
    }
  }

  /// What the tables of each schema hold, as the server reckons; no row for one that is down.
  private var sizes: TableFunction {
    TableFunction(name: "weir_federated_sizes", parameters: []) { [weak self] _ in
      RowTable(
        [("schemaname", .varchar), ("row_count", .varchar), ("byte_count", .varchar)],
        rows: (self?.sizeRows() ?? []).map { $0.map { .text($0) } })
    }
  }

  private func sizeRows() -> [[String?]] {
    if let known = state.withLock({ $0.sizes }), .now - known.at < Self.sizesStand {
      return known.rows
    }
    let rows = rows(Self.sizes)
    state.withLock { $0.sizes = (rows, .now) }
    return rows
  }

  private func rows(_ query: (String) -> String) -> [[String?]] {
    guard let connection = try? database.connect(),
      let sources = try? Catalog(connection: connection).federatedSources()
    else { return [] }
    return sources.flatMap { source in
      let failed = state.withLock { $0.failed[source.attachment] }
      if let failed, .now - failed < Self.forgiveness { return [[String?]]() }
      do {
        let rows = try look(at: source, query(source.remoteSchema), connection)
        state.withLock { $0.failed[source.attachment] = nil }
        return rows.map { [source.schema] + $0 }
      } catch {
        state.withLock { $0.failed[source.attachment] = .now }
        return []
      }
    }
  }

  private func look(
    at source: FederatedSource, _ query: String, _ connection: Connection
  ) throws -> [[String?]] {
    let owner = state.withLock { state in
      state.looks += 1
      return Self.firstOwner + state.looks
    }
    let limit = DispatchWorkItem { [federation] in federation.cancel(owner: owner) }
    DispatchQueue.global().asyncAfter(
      deadline: .now() + .seconds(Int(Self.patience.components.seconds)), execute: limit)
    defer {
      limit.cancel()
      connection.rollBack()
      federation.release(owner: owner)
    }
    try connection.execute("BEGIN TRANSACTION")
    try federation.prepare(source, owner: owner, on: connection)
    return try connection.rows(
      "FROM postgres_query(\(literal(source.attachment)), \(literal(query)))")
  }

  // MARK: Questions

  private static let tables: @Sendable (String) -> String = { schema in
    """
    SELECT c.relname::text, CASE c.relkind WHEN 'v' THEN 'VIEW'
             WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END::text
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = \(literal(schema)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
     ORDER BY 1
    """
  }

  /// Rows as of the last ANALYZE; NULL where one of the tables has not had one.
  private static let sizes: @Sendable (String) -> String = { schema in
    """
    SELECT CASE WHEN min(c.reltuples) >= 0 THEN sum(c.reltuples)::bigint END::text,
           sum(pg_catalog.pg_total_relation_size(c.oid))::bigint::text
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = \(literal(schema)) AND c.relkind IN ('r', 'm')
    """
  }

  private static let columns: @Sendable (String) -> String = { schema in
    """
    SELECT c.relname::text, a.attname::text,
           pg_catalog.format_type(a.atttypid, a.atttypmod)::text, a.attnum::text,
           CASE WHEN a.attnotnull THEN 'false' ELSE 'true' END::text
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = \(literal(schema)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND a.attnum > 0 AND NOT a.attisdropped
       AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
     ORDER BY 1, a.attnum
    """
  }
}
