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
    case .streamBusy(let name): SQLError("55006", "stream \"\(name)\" is being changed")
    case .invalidArgument(let reason): SQLError("22023", reason)
    case .limitExceeded(let reason): SQLError("54000", reason)
    case .throttled(let stream, let shard):
      SQLError("53400", "shard \"\(shard)\" of stream \"\(stream)\" is at its limit")
    case .io(let operation, let path, let code):
      SQLError("58030", "could not \(operation) \(path) (errno \(code))")
    case .corrupt(let path, let offset, let reason):
      SQLError("XX001", "\(path) is damaged at byte \(offset): \(reason)")
    case .unknownVersion(let path, let version):
      SQLError("0A000", "\(path) has format version \(version), which this Weir does not know")
    case .closed: SQLError("57P01", "the stream log is closed")
    }
  }
}
