package import Core
internal import DuckDB
package import StreamLog

/// How far a view has read a shard.
package struct ViewPosition: Sendable, Equatable {
  package var schema: String
  package var view: String
  package var autoRefresh: Bool
  package var stream: String
  package var shard: ShardID
  package var recordsBehind: Int
  /// When the oldest record arrived that the view has not read; nil where it has read all, or
  /// that record cannot be read.
  package var oldestUnreadAt: Timestamp?
}

extension Warehouse {
  /// Looks that are taken into shards for the arrival of their oldest unread record, each time.
  private static let looksMax = 256

  /// Every view's position in every shard of its stream that is still listed.
  package func viewPositions() async throws -> [ViewPosition] {
    try await queue.run { [housekeeping, log] in
      let rows = try housekeeping.rows(
        """
        SELECT m.schema_name, m.name, m.auto_refresh, m.stream_name, e.shard_index,
               greatest(coalesce(p.next_ordinal, 0), e.first_ordinal), e.next_ordinal
          FROM weir.materialized_view m
          JOIN weir_stream_ends() e ON e.stream_name = m.stream_name
          LEFT JOIN weir.view_position p ON p.view_id = m.id AND p.stream_id = e.stream_id
                                        AND p.shard_index = e.shard_index
         ORDER BY m.id, e.shard_index
        """)
      var looks = 0
      return rows.compactMap { row -> ViewPosition? in
        guard row.count == 7, let index = row[4].flatMap(UInt32.init),
          let next = row[5].flatMap(UInt64.init), let end = row[6].flatMap(UInt64.init)
        else { return nil }
        var position = ViewPosition(
          schema: row[0] ?? "", view: row[1] ?? "", autoRefresh: row[2] == "t",
          stream: row[3] ?? "", shard: ShardID(index: index),
          recordsBehind: Int(clamping: end - min(end, next)), oldestUnreadAt: nil)
        if position.recordsBehind > 0, looks < Self.looksMax {
          looks += 1
          position.oldestUnreadAt = Self.arrival(of: next, position, in: log)
        }
        return position
      }
    }
  }

  private static func arrival(
    of ordinal: UInt64, _ position: ViewPosition, in log: StreamLog
  ) -> Timestamp? {
    try? log.read(
      stream: position.stream, shard: position.shard, from: ordinal, recordsMax: 1, bytesMax: 1
    ).records.first?.arrivedAt
  }
}
