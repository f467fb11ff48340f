internal import Core

/// From partition keys to shards, as Kinesis does it.
package enum PartitionHash {
  /// MD5 of the key's UTF-8, as an unsigned number of 128 bits, big endian.
  package static func hash(_ partitionKey: String) -> UInt128 {
    var key = partitionKey
    return key.withUTF8 { MD5.number(UnsafeRawBufferPointer($0)) }
  }

  /// The hash keys of records: what each names, or its partition key's.
  static func hashes(of records: [NewRecord]) -> [UInt128] {
    var hashes: [UInt128] = []
    hashes.reserveCapacity(records.count)
    var eight = MD5.Eight()
    // By index: a loop over the records would hold on to each one's data.
    for index in records.indices {
      if let hashKey = records[index].explicitHashKey {
        hashes.append(hashKey)
      } else if records[index].partitionKey.utf8.count <= MD5.Eight.bytesMax {
        eight.add(records[index].partitionKey, place: hashes.count)
        hashes.append(0)
        if eight.isFull { eight.finish(into: &hashes) }
      } else {
        hashes.append(hash(records[index].partitionKey))
      }
    }
    eight.finish(into: &hashes)
    return hashes
  }

  /// All hash keys in `count` even parts; the last takes what does not divide.
  package static func evenRanges(_ count: Int) -> [ClosedRange<UInt128>] {
    let shards = UInt128(max(1, count))
    let width = UInt128.max / shards + (shards.nonzeroBitCount == 1 && shards > 1 ? 1 : 0)
    return (0..<shards).map { index in
      let start = index * width
      return start...(index == shards - 1 ? UInt128.max : start + width - 1)
    }
  }
}
