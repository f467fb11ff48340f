internal import Core
internal import StreamLog

/// Changes of a stream's shards, and a look into one, through SQL.
enum StreamProcedures {
  static func all(_ log: StreamLog) -> [Procedure] {
    [split(log), merge(log), scale(log), peek(log)]
  }

  private static let stream = Procedure.Parameter("stream", .text)
  private static let shard = Procedure.Parameter("shard", .text)

  private static func split(_ log: StreamLog) -> Procedure {
    Procedure(
      "split_shard", [stream, shard, .init("hash_key", .text, isOptional: true)],
      summary: "Splits a shard at a hash key, or in the middle"
    ) { arguments in
      let (name, parent) = try target(arguments, log)
      let range = parent.hashRange
      let middle = range.lowerBound + (range.upperBound - range.lowerBound) / 2 + 1
      var key = middle
      if let text = arguments.text("hash_key") {
        guard let given = UInt128(text) else {
          throw arguments.error("hash_key", "\"\(text)\" is no hash key from 0 to 2^128 - 1")
        }
        key = given
      }
      return try await changed(log, name) { () throws(StreamLogError) in
        try await log.splitShard(stream: name, shard: parent.id, newStartingHashKey: key)
      }
    }
  }

  private static func merge(_ log: StreamLog) -> Procedure {
    Procedure(
      "merge_shards", [stream, shard, .init("adjacent", .text)],
      summary: "Merges two shards whose hash keys follow each other"
    ) { arguments in
      let (name, first) = try target(arguments, log)
      let second = try find("adjacent", of: name, arguments, log)
      return try await changed(log, name) { () throws(StreamLogError) in
        try await log.mergeShards(stream: name, shard: first.id, adjacent: second.id)
      }
    }
  }

  private static func scale(_ log: StreamLog) -> Procedure {
    Procedure(
      "update_shard_count", [stream, .init("shards", .integer)],
      summary: "Splits and merges until so many shards of equal parts are open: half to double"
    ) { arguments in
      let name = arguments.text("stream") ?? ""
      let target = arguments.integer("shards") ?? 0
      let summary = try mapped { () throws(StreamLogError) in try log.summary(of: name) }
      let current = summary.openShards.count
      let reachable = ShardScaling.reachable(from: current)
      guard reachable.contains(target) else {
        throw arguments.error(
          "shards",
          "update_shard_count goes from half to double of the open shards at a time: stream "
            + "\"\(name)\" has \(current), so \(reachable.lowerBound) to "
            + "\(reachable.upperBound), not \(target)")
      }
      return try await changed(log, name) { () throws(StreamLogError) in
        _ = try await log.updateShardCount(stream: name, target: target)
      }
    }
  }

  // MARK: Parts of them

  static func target(
    _ arguments: ProcedureArguments, _ log: StreamLog
  ) throws(SQLError) -> (stream: String, shard: ShardSummary) {
    let name = arguments.text("stream") ?? ""
    return (name, try find("shard", of: name, arguments, log))
  }

  /// `shardId-000000000003`, or its number alone.
  private static func find(
    _ parameter: String, of stream: String, _ arguments: ProcedureArguments, _ log: StreamLog
  ) throws(SQLError) -> ShardSummary {
    let text = arguments.text(parameter) ?? ""
    let summary = try mapped { () throws(StreamLogError) in try log.summary(of: stream) }
    let id = ShardID(text) ?? UInt32(text).map { ShardID(index: $0) }
    guard let shard = summary.shards.first(where: { $0.id == id }) else {
      throw arguments.error(parameter, "stream \"\(stream)\" has no shard \"\(text)\"")
    }
    return shard
  }

  private static func mapped<Value>(
    _ body: () throws(StreamLogError) -> Value
  ) throws(SQLError) -> Value {
    do throws(StreamLogError) {
      return try body()
    } catch {
      throw error.sqlError
    }
  }

  /// Makes the change; tells which shards closed and which opened.
  private static func changed(
    _ log: StreamLog, _ stream: String, _ change: () async throws(StreamLogError) -> Void
  ) async throws(SQLError) -> ProcedureOutcome {
    let before = try mapped { () throws(StreamLogError) in try log.summary(of: stream) }
    do throws(StreamLogError) {
      try await change()
    } catch {
      throw error.sqlError
    }
    let after = try mapped { () throws(StreamLogError) in try log.summary(of: stream) }
    let known = Set(before.shards.map(\.id))
    let wasOpen = Set(before.openShards.map(\.id))
    let closed = after.shards.filter { wasOpen.contains($0.id) && !$0.isOpen }
    let opened = after.shards.filter { !known.contains($0.id) && $0.isOpen }
    let rows = closed.map { ["\($0.id)", "CLOSED"] } + opened.map { ["\($0.id)", "OPEN"] }
    return ProcedureOutcome(
      columns: [
        SQLColumn(name: "shard_id", type: .varchar), SQLColumn(name: "state", type: .varchar),
      ], rows: rows,
      notices: [
        closed.isEmpty
          ? "\(stream) has \(after.openShards.count) open shards already"
          : "\(closed.count) closed, \(opened.count) opened: "
            + "\(stream) has \(after.openShards.count) open shards"
      ])
  }
}
