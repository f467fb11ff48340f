internal import Core
internal import DuckDB

/// The table functions that the system views on statements, sessions and capacity are over.
enum WorkloadFunctions {
  static func all(_ workload: Workload) -> [TableFunction] {
    [statements(workload), sessions(workload), capacity(workload), usage(workload)]
  }

  // MARK: weir_statements()

  private static let statementColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("query_id", .bigint), ("session_id", .integer), ("transaction_id", .bigint),
    ("username", .varchar), ("label", .varchar), ("query_type", .varchar), ("status", .varchar),
    ("is_query", .boolean), ("start_time", .timestamp), ("end_time", .timestamp),
    ("elapsed", .bigint), ("queue", .bigint), ("execution", .bigint), ("planning", .bigint),
    ("lock_wait", .bigint), ("error", .varchar), ("returned_rows", .bigint),
    ("returned_bytes", .bigint), ("query_text", .varchar), ("priority", .varchar),
    ("is_short", .boolean), ("text_hash", .varchar), ("generic_hash", .varchar),
  ]

  private static func statements(_ workload: Workload) -> TableFunction {
    TableFunction(name: "weir_statements", parameters: []) { _ in
      RowTable(statementColumns, rows: workload.statements.all.map(row))
    }
  }

  private static func row(_ facts: StatementFacts) -> [RowTable.Cell] {
    let elapsed = facts.elapsed.inMicroseconds
    // In whole microseconds, so that the parts add up.
    let other = [facts.planning, facts.queued, facts.locked].map(\.inMicroseconds).reduce(0, +)
    return [
      .bigint(count(facts.id)), .integer(facts.session), .bigint(count(facts.transaction)),
      .text(facts.user), .text(facts.label), .text(facts.type.rawValue),
      .text(facts.status.rawValue), .flag(facts.type.isQuery), .time(facts.startedAt),
      .time(optional: facts.endedAt), .bigint(UInt64(clamping: elapsed)), time(facts.queued),
      .bigint(UInt64(clamping: elapsed - other)), time(facts.planning), time(facts.locked),
      .text(facts.error),
      .bigint(count(facts.rows)), .bigint(count(facts.bytes)), .text(facts.text),
      .text(facts.priority.rawValue), .flag(facts.isShort), .text(QueryHash.of(facts.text)),
      .text(QueryHash.withoutLiterals(facts.text)),
    ]
  }

  private static func count(_ value: Int) -> UInt64 { UInt64(clamping: value) }
  private static func time(_ value: Duration) -> RowTable.Cell {
    .bigint(UInt64(clamping: value.inMicroseconds))
  }

  // MARK: weir_sessions()

  private static let sessionColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("session_id", .integer), ("username", .varchar), ("application", .varchar),
    ("start_time", .timestamp), ("end_time", .timestamp),
  ]

  private static func sessions(_ workload: Workload) -> TableFunction {
    TableFunction(name: "weir_sessions", parameters: []) { _ in
      RowTable(
        sessionColumns,
        rows: workload.sessions.all.map { facts in
          [
            .integer(facts.id), .text(facts.user), .text(facts.application),
            .time(facts.startedAt), .time(optional: facts.endedAt),
          ]
        })
    }
  }

  // MARK: weir_capacity(), weir_usage()

  private static let capacityColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("slots", .integer), ("slots_min", .integer), ("slots_max", .integer),
    ("running", .integer), ("waiting", .integer), ("queue_max", .integer),
    ("threads", .integer), ("refresh_share", .double), ("is_busy", .boolean),
  ]

  private static func capacity(_ workload: Workload) -> TableFunction {
    TableFunction(name: "weir_capacity", parameters: []) { _ in
      let facts = workload.admission.facts
      let limits = workload.limits
      return RowTable(
        capacityColumns,
        rows: [
          [
            .integer(facts.slots), .integer(limits.slotsMin), .integer(limits.slotsMax),
            .integer(facts.running), .integer(facts.waiting), .integer(limits.queueMax),
            .integer(limits.threads(at: facts.slots)), .double(limits.refreshShare),
            .flag(workload.pace.isBusy),
          ]
        ])
    }
  }

  private static let usageColumns: [(name: String, type: TableFunction.ColumnType)] = [
    ("start_time", .timestamp), ("end_time", .timestamp), ("compute_seconds", .double),
    ("compute_capacity", .double),
  ]

  private static func usage(_ workload: Workload) -> TableFunction {
    TableFunction(name: "weir_usage", parameters: []) { _ in
      RowTable(
        usageColumns,
        rows: workload.admission.facts.minutes.map { minute in
          let start = Timestamp(microseconds: minute.minute * 60_000_000)
          let capacity = minute.busySeconds > 0 ? minute.slotSeconds / minute.busySeconds : 0
          return [
            .time(start), .time(start.advanced(bySeconds: 60)), .double(minute.slotSeconds),
            .double(capacity),
          ]
        })
    }
  }
}
