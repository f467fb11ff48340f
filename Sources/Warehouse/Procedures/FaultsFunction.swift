internal import Core
internal import DuckDB

/// The table function `weir_faults()`, which `SYS_WEIR_FAULTS` shows.
enum FaultsFunction {
  static func make(_ faults: FaultTable) -> TableFunction {
    let columns = [
      TableColumn(name: "fault_id", type: .bigint), TableColumn(name: "kind", type: .varchar),
      TableColumn(name: "value", type: .varchar), TableColumn(name: "operation", type: .varchar),
      TableColumn(name: "stream_name", type: .varchar),
      TableColumn(name: "shard_id", type: .varchar),
      TableColumn(name: "probability", type: .double),
      TableColumn(name: "strikes_max", type: .bigint),
      TableColumn(name: "requests_matched", type: .bigint),
      TableColumn(name: "requests_struck", type: .bigint),
      TableColumn(name: "records_failed", type: .bigint),
      TableColumn(name: "set_at", type: .timestamp),
    ]
    return RowsFunction.make("weir_faults", columns) {
      faults.entries.map { entry in
        let rule = entry.rule
        return [
          .init(entry.id), .init(rule.effect.kind), .init(rule.effect.value),
          .init(rule.operation), .init(rule.stream), .init(rule.shard), .init(rule.probability),
          .init(rule.limit), .init(entry.matched), .init(entry.struck),
          .init(entry.recordsFailed), .timestamp(entry.setAt.microseconds),
        ]
      }
    }
  }
}

/// The table function `weir_procedures()`, which `SYS_WEIR_PROCEDURES` shows.
enum ProceduresFunction {
  static func make(_ procedures: ProcedureTable) -> TableFunction {
    let columns = [
      TableColumn(name: "procedure_name", type: .varchar),
      TableColumn(name: "signature", type: .varchar),
      TableColumn(name: "description", type: .varchar),
    ]
    return RowsFunction.make("weir_procedures", columns) {
      procedures.all.map { [.text($0.name), .text($0.signature), .text($0.summary)] }
    }
  }
}
