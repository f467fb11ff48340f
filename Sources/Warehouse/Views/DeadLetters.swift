internal import Core
internal import DuckDB

/// The records of a view that no row could be made of: kept with their bytes, until they are
/// tried again with success or thrown away. A record is here or in the view or was filtered out,
/// and nowhere twice: all of that commits together.
struct DeadLetters {
  /// What is said of records beyond these: to learn why one fails, it is tried alone.
  static let reasonsMax = 1_000
  private static let columns =
    "arrived_at AS approximate_arrival_timestamp, partition_key, "
    + "printf('shardId-%012d', shard_index) AS shard_id, sequence_number, "
    + "now()::TIMESTAMP AS refresh_time, data AS kinesis_data, "
    + "TRY(decode(data)) AS weir_text, "
    + "shard_index::BIGINT AS weir_shard, ordinal AS weir_ordinal"

  let view: MaterializedView
  let connection: Connection

  /// Keeps records of a batch, within its transaction.
  ///
  /// - Parameter batch: the name of a scan that has them.
  func keep(_ records: [SkippedRecord], refresh: Int64, from batch: String) throws {
    var rest = records[...]
    while !rest.isEmpty {
      let rows = rest.prefix(500).compactMap { record in
        record.ordinal.map { "(\(record.shard), \($0), \(literal(record.reason)))" }
      }
      rest = rest.dropFirst(500)
      guard !rows.isEmpty else { continue }
      try connection.execute(
        """
        INSERT INTO weir.dead_letter (view_id, refresh_id, shard_index, ordinal, sequence_number,
            arrived_at, partition_key, data, reason, attempts)
          SELECT \(view.id), \(refresh), s.weir_shard, s.weir_ordinal, s.sequence_number,
                 s.approximate_arrival_timestamp, s.partition_key, s.kinesis_data, f.reason, 1
          FROM stream_scan(\(literal(batch))) s
          JOIN (VALUES \(rows.joined(separator: ", "))) f (shard, ordinal, reason)
            ON f.shard = s.weir_shard AND f.ordinal = s.weir_ordinal
        """)
    }
  }

  /// The kept records in the shape of a stream.
  var source: String {
    "(SELECT \(Self.columns) FROM weir.dead_letter WHERE view_id = \(view.id))"
  }

  func count() throws -> Int {
    Int(
      try connection.scalar(
        "SELECT count(*) FROM weir.dead_letter WHERE view_id = \(view.id)") ?? 0)
  }

  /// Forgets the records that `outcomes` has an outcome for; counts the attempt of the others.
  func settle(_ outcomes: String) throws {
    try connection.execute(
      """
      DELETE FROM weir.dead_letter d USING \(outcomes) o WHERE d.view_id = \(view.id)
        AND d.shard_index = o.shard AND d.ordinal = o.ordinal AND o.outcome IS NOT NULL;
      UPDATE weir.dead_letter SET attempts = attempts + 1 WHERE view_id = \(view.id)
      """)
  }

  /// Takes over, from a view that this one replaces, the records that the stream has no more;
  /// the others this view reads from there.
  func inherit(from old: Int64) throws {
    try connection.execute(
      """
      UPDATE weir.dead_letter SET view_id = \(view.id) WHERE view_id = \(old) AND NOT EXISTS (
        SELECT 1 FROM weir_stream_ends() e WHERE e.stream_name = \(literal(view.stream ?? ""))
          AND e.shard_index = dead_letter.shard_index
          AND dead_letter.ordinal BETWEEN e.first_ordinal AND e.next_ordinal - 1)
      """)
  }
}
