internal import Core

extension StreamLog {
  /// Appends records, in order within each shard, and tells of each what became of it.
  ///
  /// - Returns: after all that could be made durable is, one outcome per record, in the same
  ///   order.
  /// - Throws: `.invalidArgument` before anything is written; `.streamNotFound`, also while the
  ///   stream is being created or deleted; `.io` if the stream as a whole takes no record;
  ///   `.closed`.
  package func appendEach(
    _ records: [NewRecord], to stream: String
  ) async throws(StreamLogError) -> [AppendOutcome] {
    let state = try self.stream(stream)
    let bytesMax = state.content.description.recordBytesMax
    for index in records.indices {
      try check(
        records[index].partitionKey, dataCount: records[index].data.count, bytesMax: bytesMax)
    }
    guard !records.isEmpty else { return [] }
    let keys = PartitionHash.hashes(of: records)
    return try await withCheckedContinuation { continuation in
      committer.submit(
        Committer.Request(
          stream: state, records: records, hashKeys: keys, answer: continuation))
    }.get()
  }

  /// Appends records that belong together.
  ///
  /// - Returns: after all of them are durable, one per record, in the same order.
  /// - Throws: as `appendEach`, and the first error of a record: `.throttled` or what its disk
  ///   said. Then the others may be in the stream: whoever appends again doubles these.
  package func append(
    _ records: [NewRecord], to stream: String
  ) async throws(StreamLogError) -> [AppendedRecord] {
    var appended: [AppendedRecord] = []
    appended.reserveCapacity(records.count)
    for outcome in try await appendEach(records, to: stream) {
      switch outcome {
      case .appended(let record): appended.append(record)
      case .throttled(let shard): throw .throttled(stream: stream, shard: shard.description)
      case .failed(_, let error): throw error
      }
    }
    return appended
  }

  private func check(
    _ partitionKey: String, dataCount: Int, bytesMax: Int
  ) throws(StreamLogError) {
    let length = partitionKey.utf8.count
    // A character of Unicode has at least one byte: most keys need no count.
    guard length > 0, length <= 256 || partitionKey.unicodeScalars.count <= 256 else {
      throw .invalidArgument("a partition key has 1 to 256 characters")
    }
    guard dataCount + length <= bytesMax else {
      throw .invalidArgument(
        "a record (data and partition key) has at most \(bytesMax) bytes, "
          + "not \(dataCount + length)")
    }
  }
}
