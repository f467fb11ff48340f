internal import Core
internal import DuckDB
internal import StreamLog

/// The table function `weir_stream_ends()`: every shard as it is right now, which lag is
/// measured against.
enum StreamEndsFunction {
  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("stream_name", .varchar), ("stream_id", .varchar), ("shard_index", .integer),
    ("first_ordinal", .bigint), ("next_ordinal", .bigint), ("bytes", .bigint),
    ("state", .varchar), ("parents", .varchar), ("hash_start", .varchar),
    ("hash_end", .varchar), ("starting_sequence", .varchar), ("ending_sequence", .varchar),
    ("created_at", .timestamp), ("closed_at", .timestamp), ("oldest_record", .timestamp),
    ("newest_record", .timestamp), ("degraded", .varchar),
  ]

  static func make(log: StreamLog) -> TableFunction {
    TableFunction(name: "weir_stream_ends", parameters: []) { _ in
      let streams = log.streamNames().compactMap { try? log.summary(of: $0) }
      return RowTable(
        columns, rows: streams.flatMap { stream in stream.shards.map { row(stream, $0) } })
    }
  }

  private static func row(_ stream: StreamSummary, _ shard: ShardSummary) -> [RowTable.Cell] {
    let parents = [shard.parent, shard.adjacentParent].compactMap { $0?.description }
    return [
      .text(stream.name), .text(stream.id), .integer(Int(shard.id.index)),
      .bigint(shard.firstOrdinal), .bigint(shard.recordCount), .bigint(shard.byteCount),
      .text(shard.isOpen ? "OPEN" : "CLOSED"),
      .text(parents.isEmpty ? nil : parents.joined(separator: ",")),
      .text(shard.hashRange.lowerBound), .text(shard.hashRange.upperBound),
      .text(shard.startingSequence), .text(shard.endingSequence), .time(shard.createdAt),
      .time(optional: shard.closedAt), .time(optional: shard.oldestArrivedAt),
      .time(optional: shard.newestArrivedAt), .text(shard.degraded),
    ]
  }
}

/// The table function `weir_scaling_events()`: the newest changes of every stream's shards.
enum ScalingEventsFunction {
  private static let columns: [(name: String, type: TableFunction.ColumnType)] = [
    ("event_time", .timestamp), ("stream_name", .varchar), ("action", .varchar),
    ("parents", .varchar), ("children", .varchar), ("reason", .varchar),
    ("is_automatic", .boolean),
  ]

  static func make(log: StreamLog) -> TableFunction {
    TableFunction(name: "weir_scaling_events", parameters: []) { _ in
      let rows = log.streamNames().flatMap { name in
        ((try? log.reshardings(of: name)) ?? []).map { row(name, $0) }
      }
      return RowTable(columns, rows: rows)
    }
  }

  private static func row(_ stream: String, _ event: Resharding) -> [RowTable.Cell] {
    func list(_ shards: [ShardID]) -> RowTable.Cell {
      .text(shards.map(\.description).joined(separator: ","))
    }
    return [
      .time(event.at), .text(stream), .text(event.action.rawValue), list(event.parents),
      list(event.children), .text(event.reason), .flag(event.isAutomatic),
    ]
  }
}
