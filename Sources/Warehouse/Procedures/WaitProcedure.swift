internal import Core
internal import DuckDB
internal import StreamLog

extension ViewProcedures {
  private static let secondsDefault = 30.0
  private static let secondsMax = 3_600.0

  /// Read your write: waits until a record can be seen in every view that refreshes by itself.
  static func waitFor(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "wait_for",
      [
        .init("stream", .text), .init("shard", .text), .init("sequence", .text),
        .init("seconds", .number, isOptional: true),
      ],
      summary: "Waits until a record is in all views over its stream that refresh by themselves"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw SQLError("57P01", "the warehouse is closing") }
      let record = try record(arguments, warehouse.log)
      let seconds = arguments.number("seconds") ?? secondsDefault
      guard seconds > 0, seconds <= secondsMax else {
        throw arguments.error("seconds", "seconds go from 0 to \(Int(secondsMax))")
      }
      let views = try await waiting(for: record, warehouse)
      let start = ContinuousClock.now
      try await withTimeout(seconds, record) {
        for view in views { try await warehouse.waitUntil(view, has: record) }
      }
      let passed = ContinuousClock.now - start
      let milliseconds =
        passed.components.seconds * 1_000
        + passed.components.attoseconds / 1_000_000_000_000_000
      return ProcedureOutcome(
        columns: [
          SQLColumn(name: "wait_for", type: .boolean), SQLColumn(name: "views", type: .bigint),
          SQLColumn(name: "waited_ms", type: .bigint),
        ],
        rows: [["t", "\(views.count)", "\(milliseconds)"]])
    }
  }

  private static func record(
    _ arguments: ProcedureArguments, _ log: StreamLog
  ) throws -> RecordPlace {
    let stream = arguments.text("stream") ?? ""
    let (shardText, text) = (arguments.text("shard") ?? "", arguments.text("sequence") ?? "")
    guard let sequence = SequenceNumber(text), sequence.index > 0 else {
      throw arguments.error("sequence", "\"\(text)\" is no sequence number of a record")
    }
    let shard = ShardID(index: sequence.shardIndex)
    guard (ShardID(shardText) ?? UInt32(shardText).map { ShardID(index: $0) }) == shard else {
      throw arguments.error("shard", "the record is in \(shard), not in \"\(shardText)\"")
    }
    let summary: StreamSummary
    do throws(StreamLogError) {
      summary = try log.summary(of: stream)
    } catch {
      throw error.sqlError
    }
    guard let found = summary.shards.first(where: { $0.id == shard }),
      sequence.index <= found.recordCount
    else {
      throw arguments.error("sequence", "stream \"\(stream)\" has no record \"\(text)\"")
    }
    return RecordPlace(
      stream: stream, streamID: summary.id, shard: shard, ordinal: sequence.index - 1)
  }

  /// The views that will show the record by themselves, bases first.
  private static func waiting(
    for record: RecordPlace, _ warehouse: Warehouse
  ) async throws -> [MaterializedView] {
    let all = try await warehouse.queue.run { [connection = warehouse.housekeeping] in
      try Catalog(connection: connection).views()
    }
    var views = all.filter { $0.stream == record.stream && $0.autoRefresh }
    guard !views.isEmpty else {
      throw SQLError(
        "55000", "no view over stream \"\(record.stream)\" refreshes by itself",
        hint: "ALTER MATERIALIZED VIEW … AUTO REFRESH YES")
    }
    for view in all.inOrder() where view.autoRefresh && view.stream == nil {
      if views.contains(where: { view.isOver($0.relation) }) { views.append(view) }
    }
    return views
  }

  private static func withTimeout(
    _ seconds: Double, _ record: RecordPlace, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await body()
        return true
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        return false
      }
      defer { group.cancelAll() }
      guard try await group.next() == true else {
        throw SQLError(
          "57014", "the record was not in every view after \(seconds) seconds",
          hint: "SELECT * FROM sys_weir_view_lag")
      }
    }
  }
}

/// A record's place in the log.
struct RecordPlace: Sendable {
  var stream: String
  var streamID: String
  var shard: ShardID
  var ordinal: UInt64
}

extension Warehouse {
  /// Waits until the view has read the record, or what its bases made of it.
  fileprivate func waitUntil(_ view: MaterializedView, has record: RecordPlace) async throws {
    // The watch comes before the first look, so that nothing is missed in between.
    let commits = dependents.commits(of: view.relation)
    let goal = try await versions(under: view)
    if try await isThere(view, record, goal) { return }
    for await _ in commits where try await isThere(view, record, goal) { return }
    try Task.checkCancellation()
    throw SQLError("42P01", "materialized view \"\(view.name)\" does not exist")
  }

  /// The newest refresh of each view that the view is over: those have the record already.
  private func versions(under view: MaterializedView) async throws -> [Int64: Int64] {
    guard view.stream == nil else { return [:] }
    let rows = try await queue.run { [housekeeping] in
      try housekeeping.rows(
        """
        SELECT b.base_view_id, max(v.refresh_id) FROM weir.view_base b
          JOIN weir.view_version v ON v.view_id = b.base_view_id
         WHERE b.view_id = \(view.id) GROUP BY 1
        """)
    }
    let pairs = rows.compactMap { row -> (Int64, Int64)? in
      guard let base = row[0].flatMap(Int64.init), let version = row[1].flatMap(Int64.init)
      else { return nil }
      return (base, version)
    }
    return Dictionary(pairs) { first, _ in first }
  }

  private func isThere(
    _ view: MaterializedView, _ record: RecordPlace, _ goal: [Int64: Int64]
  ) async throws -> Bool {
    try await queue.run { [housekeeping] in
      guard view.stream == nil else {
        let next = try housekeeping.scalar(
          """
          SELECT max(next_ordinal) FROM weir.view_position WHERE view_id = \(view.id)
            AND stream_id = \(literal(record.streamID)) AND shard_index = \(record.shard.index)
          """)
        return UInt64(clamping: next ?? 0) > record.ordinal
      }
      for (base, version) in goal {
        let seen = try housekeeping.scalar(
          """
          SELECT max(refresh_id) FROM weir.view_seen
           WHERE view_id = \(view.id) AND base_id = \(base)
          """)
        if seen ?? 0 < version { return false }
      }
      return true
    }
  }
}
