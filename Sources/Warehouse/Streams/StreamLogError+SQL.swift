internal import Core
internal import StreamLog

extension StreamLogError {
  /// The error as a SQL client sees it.
  var sqlError: SQLError {
    switch self {
    case .streamNotFound(let name):
      SQLError(
        "42P01", "stream \"\(name)\" does not exist",
        hint: "Create it: aws kinesis create-stream --stream-name \(name) --shard-count 5")
    case .streamExists(let name): SQLError("42P07", "stream \"\(name)\" already exists")
    case .shardNotFound(let stream, let shard):
      SQLError("42P01", "stream \"\(stream)\" has no shard \"\(shard)\"")
    case .shardClosed: SQLError("55000", description)
    case .streamBusy(let name): SQLError("55006", "stream \"\(name)\" is being changed")
    case .invalidArgument(let reason): SQLError("22023", reason)
    case .limitExceeded(let reason): SQLError("54000", reason)
    case .throttled(let stream, let shard):
      SQLError("53400", "shard \"\(shard)\" of stream \"\(stream)\" is at its limit")
    case .io where description.contains("No space left on device"):
      SQLError("53100", description)
    case .io, .stalled: SQLError("58030", description)
    case .corrupt: SQLError("XX001", description)
    case .unknownVersion: SQLError("0A000", description)
    case .closed: SQLError("57P01", description)
    }
  }
}
