internal import Core
internal import DuckDB
internal import StreamLog

/// A record, or a run of damaged ones, that did not become rows, and why.
struct SkippedRecord: Sendable, Equatable {
  /// What SYS_STREAM_SCAN_ERRORS calls the kinds.
  enum Code: Int, Sendable {
    case unfitForView = 1
    case damaged = 2
  }

  var shard: Int64
  /// Where in the shard: a sequence number, or for a damaged run the numbers of its records.
  var position: String
  var arrivedAt: Timestamp?
  var reason: String
  var code = Code.unfitForView
  var count = 1
  /// The record's place in its shard; nil for a damaged run, whose bytes nobody has.
  var ordinal: UInt64?

  init(
    shard: Int64, position: String, ordinal: UInt64? = nil, arrivedAt: Timestamp?, reason: String
  ) {
    self.ordinal = ordinal
    self.shard = shard
    self.position = position
    self.arrivedAt = arrivedAt
    self.reason = reason
  }

  /// A run of records that the disk does not have as they were written; nil if they are missed
  /// for another reason.
  init?(_ missed: MissedRecords) {
    guard case .damaged(let path, let offset, let reason) = missed.cause else { return nil }
    let ordinals = missed.ordinals
    self.init(
      shard: Int64(missed.shard.index),
      position: ordinals.count == 1
        ? "record \(ordinals.lowerBound)"
        : "records \(ordinals.lowerBound) to \(ordinals.upperBound - 1)",
      arrivedAt: nil,
      reason: "\(missed.count) \(missed.count == 1 ? "record" : "records") left out: \(path) is "
        + "damaged at byte \(offset): \(reason)")
    code = .damaged
    count = missed.count
  }

  init(_ skipped: ScanBatch.Skipped) {
    self.init(
      shard: Int64(skipped.shard.index), position: skipped.sequence.description,
      ordinal: skipped.ordinal, arrivedAt: skipped.arrivedAt, reason: skipped.reason)
  }
}

/// What is written down of a view's refreshes, in the transaction that holds their rows:
/// positions, history, scan states, skipped records.
final class RefreshLedger {
  struct Entry {
    var refresh: Int64
    var streamID: String
    var ends: [ShardID: UInt64]
    var tallies: [ShardID: ScanBatch.ShardTally]
    var skipped: [SkippedRecord]
    /// That became visible.
    var rows: Int
    var status: String
    var isAutomatic: Bool
    var session: Int
    var startedAt: Timestamp
    var endedAt: Timestamp
  }

  private let view: MaterializedView
  private let connection: Connection
  private var entriesSincePruning = 0
  private var stream: String { view.stream ?? "" }
  private var externalSchema: String {
    if case .stream(let schema, _) = view.source { return schema }
    return ""
  }

  init(view: MaterializedView, connection: Connection) {
    self.view = view
    self.connection = connection
  }

  /// Where the view stands in each shard. A stream that was deleted and made anew under the
  /// same name has another id, and starts at nothing.
  func positions(in streamID: String) throws -> [ShardID: UInt64] {
    let rows = try connection.query(
      """
      SELECT shard_index, next_ordinal FROM weir.view_position
      WHERE view_id = \(view.id) AND stream_id = \(literal(streamID))
      """)
    var positions: [ShardID: UInt64] = [:]
    while let chunk = try rows.nextChunk() {
      for row in 0..<chunk.rowCount {
        guard let shard = chunk.int64(row: row, column: 0),
          let next = chunk.int64(row: row, column: 1)
        else { continue }
        positions[ShardID(index: UInt32(clamping: shard))] = UInt64(clamping: next)
      }
    }
    return positions
  }

  /// The shards that were found to have lost records.
  func losses(in streamID: String) throws -> [ShardLoss] {
    let rows = try connection.query(
      """
      SELECT shard_index, end_ordinal, read_ordinal, epoch_us(found_at) FROM weir.view_loss
      WHERE view_id = \(view.id) AND stream_id = \(literal(streamID))
      """)
    var losses: [ShardLoss] = []
    while let chunk = try rows.nextChunk() {
      for row in 0..<chunk.rowCount {
        let values = (0..<4).compactMap { chunk.int64(row: row, column: $0) }
        guard values.count == 4 else { continue }
        losses.append(
          ShardLoss(
            stream: stream, shard: ShardID(index: UInt32(clamping: values[0])),
            end: UInt64(clamping: values[1]), read: UInt64(clamping: values[2]),
            foundAt: Timestamp(microseconds: values[3])))
      }
    }
    return losses
  }

  func note(_ loss: ShardLoss, streamID: String) throws {
    try connection.execute(
      """
      INSERT INTO weir.view_loss VALUES (\(view.id), \(literal(streamID)), \(loss.shard.index),
        \(loss.end), \(loss.read), \(timestamp(loss.foundAt)))
      """)
  }

  func forget(_ loss: ShardLoss, streamID: String) throws {
    try connection.execute(
      """
      DELETE FROM weir.view_loss WHERE view_id = \(view.id)
        AND stream_id = \(literal(streamID)) AND shard_index = \(loss.shard.index)
      """)
  }

  /// Within the batch's transaction.
  func write(_ entry: Entry) throws {
    try writePositions(entry.ends, streamID: entry.streamID)
    try writeStates(entry)
    try writeErrors(entry)
    try writeHistory(
      refresh: entry.refresh, rows: entry.rows, status: entry.status,
      isAutomatic: entry.isAutomatic,
      session: entry.session, startedAt: entry.startedAt, endedAt: entry.endedAt)
    try prune()
  }

  func writeHistory(
    refresh: Int64, rows: Int, status: String, isAutomatic: Bool, session: Int,
    startedAt: Timestamp, endedAt: Timestamp
  ) throws {
    try connection.execute(
      """
      INSERT INTO weir.refresh_history VALUES (\(refresh), \(view.id), \(literal(view.schema)),
        \(literal(view.name)), '\(isAutomatic ? "Auto" : "Manual")', \(literal(status)),
        \(session), \(timestamp(startedAt)), \(timestamp(endedAt)), \(rows))
      """)
  }

  /// Within a transaction of its own.
  func writeFailure(_ status: String, isAutomatic: Bool, session: Int, at time: Timestamp) throws {
    let refresh = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
    try writeHistory(
      refresh: refresh, rows: 0, status: status, isAutomatic: isAutomatic, session: session,
      startedAt: time, endedAt: time)
  }

  /// Says that the view is another one now; what was said before is of no more use.
  func noteVersion(_ refresh: Int64) throws {
    try connection.execute(
      "INSERT INTO weir.view_version VALUES (\(view.id), \(refresh))")
  }

  private func writePositions(_ ends: [ShardID: UInt64], streamID: String) throws {
    guard !ends.isEmpty else { return }
    try connection.execute("DELETE FROM weir.view_position WHERE view_id = \(view.id)")
    let rows = ends.map { "(\(view.id), \(literal(streamID)), \($0.key.index), \($0.value))" }
    try connection.execute("INSERT INTO weir.view_position VALUES \(rows.joined(separator: ", "))")
  }

  private func writeStates(_ entry: Entry) throws {
    let skipped = Dictionary(entry.skipped.map { ($0.shard, $0.count) }, uniquingKeysWith: +)
    // A shard that gave nothing but damage has no tally.
    let damaged = skipped.keys.map { ShardID(index: UInt32(clamping: $0)) }
    let shards = Set(entry.tallies.keys).union(damaged).sorted()
    guard !shards.isEmpty else { return }
    let rows = shards.map { shard in
      let tally = entry.tallies[shard] ?? ScanBatch.ShardTally()
      return
        """
        (\(entry.refresh), \(view.id), \(literal(externalSchema)), \(literal(stream)),
         \(literal(view.name)), \(timestamp(entry.endedAt)), \(shard.index),
         \(tally.last.map { literal($0.description) } ?? "NULL"), \(tally.rows),
         \(skipped[Int64(shard.index)] ?? 0), \(tally.bytes), \(timestamp(tally.oldest)),
         \(timestamp(tally.newest)))
        """
    }
    try connection.execute("INSERT INTO weir.scan_state VALUES \(rows.joined(separator: ", "))")
  }

  private func writeErrors(_ entry: Entry) throws {
    var rest = entry.skipped[...]
    while !rest.isEmpty {
      let rows = rest.prefix(500).map { record in
        """
        (\(entry.refresh), \(view.id), \(literal(externalSchema)), \(literal(stream)),
         \(literal(view.name)), \(timestamp(entry.endedAt)), \(timestamp(record.arrivedAt)),
         \(record.shard), \(literal(record.position)), \(record.code.rawValue),
         \(literal(record.reason)), \(record.count))
        """
      }
      try connection.execute("INSERT INTO weir.scan_error VALUES \(rows.joined(separator: ", "))")
      rest = rest.dropFirst(500)
    }
  }

  /// Keeps the newest of each, so that a view that refreshes for months stays small.
  func prune() throws {
    entriesSincePruning += 1
    guard entriesSincePruning >= 500 else { return }
    entriesSincePruning = 0
    try connection.execute(
      """
      DELETE FROM weir.view_version WHERE view_id = \(view.id) AND refresh_id < (
        SELECT max(refresh_id) FROM weir.view_version WHERE view_id = \(view.id))
      """)
    for table in ["refresh_history", "scan_state", "scan_error"] {
      try connection.execute(
        """
        DELETE FROM weir.\(table) WHERE view_id = \(view.id) AND refresh_id < (
          SELECT min(refresh_id) FROM (
            SELECT DISTINCT refresh_id FROM weir.\(table) WHERE view_id = \(view.id)
            ORDER BY refresh_id DESC LIMIT \(SystemTables.historyMax)))
        """)
    }
  }

  private func timestamp(_ time: Timestamp?) -> String {
    time.map { "make_timestamp(\($0.microseconds))" } ?? "NULL"
  }
}
