internal import Core
internal import DuckDB

/// The table function `weir_faults()`, which `SYS_WEIR_FAULTS` shows.
enum FaultsFunction {
  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("fault_id", .bigint), ("kind", .varchar), ("value", .varchar), ("operation", .varchar),
    ("stream_name", .varchar), ("shard_id", .varchar), ("probability", .double),
    ("strikes_max", .bigint), ("requests_matched", .bigint), ("requests_struck", .bigint),
    ("records_failed", .bigint), ("set_at", .timestamp),
  ]

  static func make(_ faults: FaultTable) -> TableFunction {
    TableFunction(name: "weir_faults", parameters: []) { _ in
      RowTable(columns, rows: faults.entries.map(row))
    }
  }

  private static func row(_ entry: FaultTable.Entry) -> [RowTable.Cell] {
    let rule = entry.rule
    return [
      .bigint(UInt64(entry.id)), .text(rule.effect.kind), .text(rule.effect.value),
      .text(rule.operation), .text(rule.stream), .text(rule.shard), .double(rule.probability),
      rule.limit.map { .bigint(UInt64($0)) } ?? .null, .bigint(UInt64(entry.matched)),
      .bigint(UInt64(entry.struck)), .bigint(UInt64(entry.recordsFailed)), .time(entry.setAt),
    ]
  }
}

/// The table function `weir_procedures()`, which `SYS_WEIR_PROCEDURES` shows.
enum ProceduresFunction {
  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("procedure_name", .varchar), ("signature", .varchar), ("description", .varchar),
  ]

  static func make(_ procedures: ProcedureTable) -> TableFunction {
    TableFunction(name: "weir_procedures", parameters: []) { _ in
      RowTable(
        columns,
        rows: procedures.all.map { [.text($0.name), .text($0.signature), .text($0.summary)] })
    }
  }
}
