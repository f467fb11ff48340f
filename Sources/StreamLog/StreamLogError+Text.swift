#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The one wording of what went wrong, for messages, logs and the reason why a shard is degraded.
extension StreamLogError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .streamNotFound(let name): "stream \(name) does not exist"
    case .streamExists(let name): "stream \(name) already exists"
    case .shardNotFound(let stream, let shard): "stream \(stream) has no shard \(shard)"
    case .shardClosed(let stream, let shard): "shard \(shard) of stream \(stream) is closed"
    case .streamBusy(let name): "stream \(name) is being changed"
    case .invalidArgument(let reason), .limitExceeded(let reason): reason
    case .throttled(let stream, let shard): "\(shard) of stream \(stream) is at its limit"
    case .io(let operation, let path, let code):
      "\(systemReason(code)), \(Self.doing(operation)) \(path)"
    case .stalled(let path): "the disk does not answer, writing to \(path)"
    case .corrupt(let path, let offset, let reason):
      "\(path) is damaged at byte \(offset): \(reason)"
    case .unknownVersion(let path, let version):
      "\(path) has format version \(version), which this weir does not know"
    case .closed: "the stream log is closed"
    }
  }

  /// What the log was doing to a file: `writing` for the operation `write`.
  private static func doing(_ operation: String) -> String {
    switch operation {
    case "make the folder": "making the folder"
    case "map": "mapping"
    case _ where operation.hasSuffix("e"): operation.dropLast() + "ing"
    default: operation + "ing"
    }
  }

  /// `strerror`, as part of a sentence: `no space left on device`.
  private func systemReason(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
