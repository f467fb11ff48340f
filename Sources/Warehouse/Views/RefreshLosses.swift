internal import Core
internal import StreamLog

/// A shard that ends before what a view has read of it: records are gone from the disk.
struct ShardLoss: Sendable, Equatable {
  var stream: String
  var shard: ShardID
  /// Where the shard ended when this was found.
  var end: UInt64
  /// Where the view goes on.
  var read: UInt64
  /// Before this the shard took no record in the place of one that is gone.
  var foundAt: Timestamp
}

extension [ShardLoss] {
  var text: String {
    map {
      "\($0.shard) of stream \($0.stream) ends at record \($0.end), but the view has read "
        + "\($0.read): records are gone from the disk"
    }.joined(separator: "; ")
  }

  /// Goes before the status of a refresh that read the other shards; empty for no loss.
  var statusPrefix: String { isEmpty ? "" : "Refresh failed in part. \(text). Other shards: " }

  /// What a person who asked for the refresh gets, after the other shards were read.
  var sqlError: SQLError? {
    isEmpty
      ? nil
      : SQLError(
        "XX001", text + "; the other shards were read",
        hint: "put the files of the stream back, or drop the view and create it again")
  }
}

extension [MissedRecords] {
  var damagedCount: Int { reduce(0) { $0 + ($1.cause == .expired ? 0 : $1.count) } }

  /// How many records a view missed, and why, as an addition to a refresh's status; empty for
  /// none.
  var text: String {
    let expired = filter { $0.cause == .expired }.reduce(0) { $0 + $1.count }
    let damaged = damagedCount
    return (expired > 0 ? ". \(expired) records expired before they were read" : "")
      + (damaged > 0 ? ". \(damaged) records are damaged and were left out" : "")
  }
}
