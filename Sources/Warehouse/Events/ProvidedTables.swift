internal import Core
internal import DuckDB
internal import Synchronization

/// Tables whose rows another part of the engine has: of event buses, of which the warehouse knows
/// the columns only.
package struct ProvidedTable: Sendable {
  package enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case double(Double)
    /// Microseconds since 1970.
    case time(Int64)
    case flag(Bool)
    case null

    package static func text(optional text: String?) -> Value { text.map { .text($0) } ?? .null }
    package static func time(optional time: Int64?) -> Value { time.map { .time($0) } ?? .null }
  }

  let function: String
  let columns: [(name: String, type: TableFunction.ColumnType)]

  package static let events = ProvidedTable(
    function: "weir_events",
    columns: [
      ("event_number", .bigint), ("event_id", .varchar), ("event_bus", .varchar),
      ("source", .varchar), ("detail_type", .varchar), ("event_time", .timestamp),
      ("accept_time", .timestamp), ("replay_name", .varchar), ("rules_matched", .bigint),
      ("deliveries_pending", .bigint), ("event", .varchar),
    ])
  package static let rules = ProvidedTable(
    function: "weir_event_rules",
    columns: [
      ("event_bus", .varchar), ("rule_name", .varchar), ("state", .varchar),
      ("event_pattern", .varchar), ("schedule_expression", .varchar), ("targets", .bigint),
      ("deliveries_pending", .bigint), ("dead_letters", .bigint), ("delivered", .bigint),
      ("attempts_failed", .bigint), ("last_delivery_time", .timestamp),
      ("last_delivery_ms", .double),
    ])
  package static let deliveries = ProvidedTable(
    function: "weir_event_deliveries",
    columns: [
      ("delivery_id", .bigint), ("event_id", .varchar), ("event_bus", .varchar),
      ("rule_name", .varchar), ("target_id", .varchar), ("target_arn", .varchar),
      ("attempts", .bigint), ("accept_time", .timestamp), ("next_attempt_time", .timestamp),
      ("error_code", .varchar), ("error_message", .varchar),
    ])
  package static let deadLetters = ProvidedTable(
    function: "weir_event_dead_letters",
    columns: [
      ("dead_letter_id", .bigint), ("event_id", .varchar), ("event_bus", .varchar),
      ("rule_name", .varchar), ("target_id", .varchar), ("target_arn", .varchar),
      ("source", .varchar), ("detail_type", .varchar), ("event_time", .timestamp),
      ("accept_time", .timestamp), ("dead_time", .timestamp), ("attempts", .bigint),
      ("error_code", .varchar), ("error_message", .varchar), ("exhausted", .varchar),
      ("event", .varchar),
    ])

  static let all = [events, rules, deliveries, deadLetters]
}

/// Who has the rows of each provided table. Without anybody a table is empty.
final class ProvidedRows: Sendable {
  typealias Provider = @Sendable () async throws -> [[ProvidedTable.Value]]

  private let providers = Mutex<[String: Provider]>([:])

  func set(_ table: ProvidedTable, _ provider: @escaping Provider) {
    providers.withLock { $0[table.function] = provider }
  }

  /// The rows are read when a statement is planned, on a thread of DuckDB's.
  func function(_ table: ProvidedTable) -> TableFunction {
    TableFunction(name: table.function, parameters: []) { _ in
      guard let provider = self.providers.withLock({ $0[table.function] }) else {
        return RowTable(table.columns, rows: [])
      }
      let rows = try BlockingWait.run { try await provider() }
      return RowTable(table.columns, rows: rows.map { $0.map(Self.cell) })
    }
  }

  private static func cell(_ value: ProvidedTable.Value) -> RowTable.Cell {
    switch value {
    case .text(let text): .text(text)
    case .integer(let number): .bigint(UInt64(clamping: number))
    case .double(let number): .double(number)
    case .time(let microseconds): .time(Timestamp(microseconds: microseconds))
    case .flag(let flag): .flag(flag)
    case .null: .null
    }
  }
}

extension Warehouse {
  /// Says where a table's rows come from.
  ///
  /// - Parameter rows: each with a value for each column; called when the table is read.
  package func provide(
    _ table: ProvidedTable,
    rows: @escaping @Sendable () async throws -> [[ProvidedTable.Value]]
  ) {
    provided.set(table, rows)
  }
}

extension SystemTables {
  /// What is on event buses. Names of Weir's own; EventBridge has no SQL.
  static let eventViews = ProvidedTable.all.map { table in
    "CREATE OR REPLACE VIEW weir.sys_\(table.function) AS SELECT * FROM \(table.function)()"
  }
}
