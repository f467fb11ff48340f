import Core
import Foundation
import StreamLog

/// Records that are appended and synced, beside plain `write` and `fdatasync` of the same bytes
/// in the same sizes.
struct LogAppend {
  static let rounds = 5
  static let batches = 400
  static let batchRecords = 500
  static let recordBytes = 1_024

  let directory: String

  func run() async throws {
    for (shards, producers) in [(1, 1), (1, 4), (4, 4)] {
      try await run(shards: shards, producers: producers)
    }
  }

  private func run(shards: Int, producers: Int) async throws {
    var weir: [Double] = []
    var peer: [Double] = []
    var bytes = 0
    for round in 0..<Self.rounds {
      let folder = directory + "/append-\(shards)-\(producers)-\(round)"
      let log = try StreamLog.open(directory: folder)
      try await log.createStream("s", shardCount: shards)
      let batch = (0..<Self.batchRecords).map { index in
        NewRecord(
          partitionKey: "customer-\(index)",
          data: (0..<Self.recordBytes).map { UInt8(truncatingIfNeeded: $0 &* (index | 1)) })
      }
      weir.append(
        try await Measuring.seconds { try await append(batch, to: log, producers: producers) })
      let size = try log.summary(of: "s").shards.reduce(0) { sum, shard in
        // Data, and 52 bytes and the key for each record.
        sum + Int(shard.byteCount) + Int(shard.recordCount) * (52 + 12)
      }
      bytes = size
      await log.close()
      try FileManager.default.removeItem(atPath: folder)
      peer.append(try writePlainly(bytes: size, writes: Self.batches))
    }
    let (weirTime, peerTime) = (Measuring.median(weir), Measuring.median(peer))
    print(
      "log append: \(Self.batches) batches of \(Self.batchRecords) records of 1 KiB, synced; "
        + "\(shards) shards, \(producers) producers at once")
    print("  weir, append:        \(Measuring.rate(bytes: bytes, weirTime))")
    print("  write and fdatasync: \(Measuring.rate(bytes: bytes, peerTime))")
    print("  ratio:               \(Measuring.ratio(peerTime / weirTime))")
  }

  private func append(_ batch: [NewRecord], to log: StreamLog, producers: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<producers {
        group.addTask {
          for _ in 0..<(Self.batches / producers) { _ = try await log.append(batch, to: "s") }
        }
      }
      try await group.waitForAll()
    }
  }

  /// One file, one writer, as many bytes in as many writes.
  private func writePlainly(bytes: Int, writes: Int) throws -> Double {
    let path = directory + "/plain"
    defer { unlink(path) }
    let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { throw POSIXError(.EIO) }
    defer { close(file) }
    let block = (0..<(bytes / writes)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let start = ContinuousClock.now
    for _ in 0..<writes {
      guard write(file, block, block.count) == block.count, fdatasync(file) == 0 else {
        throw POSIXError(.EIO)
      }
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
