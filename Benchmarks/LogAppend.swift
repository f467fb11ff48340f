import Core
import Foundation
import StreamLog

/// Records that are appended and synced, beside plain `write` and `fdatasync` of the same bytes
/// in the same sizes.
///
/// A disk's speed changes from one moment to the next, so the two take turns in short rounds, each
/// going on with its own files, neither of which has room set aside. Each round gives a ratio.
struct LogAppend {
  static let rounds = 40
  /// Of one round.
  static let batches = 20
  static let batchRecords = 500
  static let recordBytes = 1_024

  let directory: String

  func run() async throws {
    print(
      "log append: batches of \(Self.batchRecords) records of 1 KiB, synced; \(Self.rounds) rounds "
        + "of \(Self.batches) batches, in turns with write and fdatasync")
    for (shards, producers) in [(1, 1), (1, 4), (4, 1), (4, 4)] {
      try await run(shards: shards, producers: producers)
    }
  }

  private func run(shards: Int, producers: Int) async throws {
    let folder = directory + "/append-\(shards)-\(producers)"
    let log = try StreamLog.open(directory: folder)
    try await log.createStream("s", shardCount: shards)
    let batch = (0..<Self.batchRecords).map { index in
      NewRecord(
        partitionKey: "customer-\(index)",
        data: (0..<Self.recordBytes).map { UInt8(truncatingIfNeeded: $0 &* (index | 1)) })
    }
    // What the log writes of a record: 52 bytes, its key and its data.
    let bytes = batch.reduce(0) { $0 + 52 + $1.partitionKey.utf8.count + $1.data.count }
    let plain = try PlainFile(path: folder + "/plain", blockBytes: bytes)
    var (weir, peer): ([Double], [Double]) = ([], [])
    for round in 0..<Self.rounds {
      if round % 2 == 0 { peer.append(try plain.write(times: Self.batches)) }
      weir.append(
        try await Measuring.seconds { try await append(batch, to: log, producers: producers) })
      if round % 2 != 0 { peer.append(try plain.write(times: Self.batches)) }
    }
    await log.close()
    try FileManager.default.removeItem(atPath: folder)
    report(shards, producers, bytes: bytes * Self.batches, weir: weir, peer: peer)
  }

  private func report(
    _ shards: Int, _ producers: Int, bytes: Int, weir: [Double], peer: [Double]
  ) {
    let ratios = zip(peer, weir).map { $0 / $1 }.sorted()
    let weirRate = Measuring.rate(bytes: bytes, Measuring.median(weir))
    let peerRate = Measuring.rate(bytes: bytes, Measuring.median(peer))
    print(
      "  \(shards) shards, \(producers) producers: \(weirRate); write and fdatasync: \(peerRate)")
    print(
      "    ratio: \(Measuring.ratio(Measuring.median(ratios))); of the rounds, four fifths from "
        + "\(Measuring.ratio(ratios[ratios.count / 10])) to "
        + "\(Measuring.ratio(ratios[ratios.count * 9 / 10]))")
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
}

/// One file, one writer, a block at a time.
private final class PlainFile {
  private let descriptor: Int32
  private let block: [UInt8]

  init(path: String, blockBytes: Int) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(.EIO) }
    block = (0..<blockBytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  }

  deinit { close(descriptor) }

  /// Writes and syncs the block so often; returns the seconds that it took.
  func write(times: Int) throws -> Double {
    let start = ContinuousClock.now
    for _ in 0..<times {
      guard Foundation.write(descriptor, block, block.count) == block.count,
        fdatasync(descriptor) == 0
      else { throw POSIXError(.EIO) }
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
