import Core
import Dispatch
import Foundation
import StreamLog
import Synchronization

/// Records that are appended and synced, beside plain `write` and `fdatasync` of the same bytes
/// in the same sizes, in as many files as there are shards.
///
/// A disk's speed changes from one moment to the next, so all take turns in short rounds, each
/// going on with its own files, none of which has room set aside. Each round gives a ratio.
struct LogAppend {
  static let rounds = 40
  /// Of one round.
  static let batches = 20
  static let batchRecords = 500
  static let recordBytes = 1_024

  let directory: String
  var combinations = [(1, 1), (1, 4), (4, 1), (4, 4)]

  func run() async throws {
    print(
      "log append: batches of \(Self.batchRecords) records of 1 KiB, synced; \(Self.rounds) rounds "
        + "of \(Self.batches) batches, in turns with write and fdatasync")
    for (shards, producers) in combinations {
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
    let sizes = sizes(of: batch, shards: shards)
    let bytes = sizes.reduce(0, +)
    let plain = try PlainFiles(path: folder + "/plain", blocks: sizes)
    // What it costs to have files of their own: no bound for the log, which must write as many.
    let single = shards == 1 ? nil : try PlainFiles(path: folder + "/single", blocks: [bytes])
    var (weir, peer, one): ([Double], [Double], [Double]) = ([], [], [])
    for round in 0..<Self.rounds {
      if round % 2 == 0 { peer.append(try plain.write(times: Self.batches)) }
      weir.append(
        try await Measuring.seconds { try await append(batch, to: log, producers: producers) })
      if round % 2 != 0 { peer.append(try plain.write(times: Self.batches)) }
      if let single { one.append(try single.write(times: Self.batches)) }
    }
    await log.close()
    try FileManager.default.removeItem(atPath: folder)
    let total = bytes * Self.batches
    print(
      "  \(shards) shards, \(producers) producers: \(rate(total, weir)); write and fdatasync: "
        + rate(total, peer) + (single == nil ? "" : "; to one file: \(rate(total, one))"))
    report("ratio", peer, weir)
    if single != nil { report("to one file", one, weir) }
  }

  /// What the log writes of a batch into each shard: 52 bytes, the key and the data of each record.
  private func sizes(of batch: [NewRecord], shards: Int) -> [Int] {
    let ranges = PartitionHash.evenRanges(shards)
    var sizes = [Int](repeating: 0, count: shards)
    for record in batch {
      let hash = PartitionHash.hash(record.partitionKey)
      let shard = ranges.firstIndex { $0.contains(hash) } ?? 0
      sizes[shard] += 52 + record.partitionKey.utf8.count + record.data.count
    }
    return sizes
  }

  private func rate(_ bytes: Int, _ seconds: [Double]) -> String {
    Measuring.rate(bytes: bytes, Measuring.median(seconds))
  }

  private func report(_ name: String, _ peer: [Double], _ weir: [Double]) {
    let ratios = zip(peer, weir).map { $0 / $1 }.sorted()
    print(
      "    \(name): \(Measuring.ratio(Measuring.median(ratios))); of the rounds, four fifths from "
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

/// Some files; each takes a block at a time. Several are written and synced side by side, each on
/// a thread of its own, which is by far the fastest way to sync several files with `fdatasync`.
private final class PlainFiles: Sendable {
  private let descriptors: [Int32]
  private let blocks: [[UInt8]]
  /// For every file but the first.
  private let queues: [DispatchQueue]

  init(path: String, blocks sizes: [Int]) throws {
    descriptors = try sizes.indices.map { index in
      let descriptor = open(path + "-\(index)", O_RDWR | O_CREAT | O_TRUNC, 0o600)
      guard descriptor >= 0 else { throw POSIXError(.EIO) }
      return descriptor
    }
    blocks = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) } }
    queues = sizes.indices.dropFirst().map { DispatchQueue(label: "plain.\($0)") }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// Writes and syncs the blocks so often; returns the seconds that it took.
  func write(times: Int) throws -> Double {
    let failed = Mutex(false)
    let start = ContinuousClock.now
    for _ in 0..<times {
      let left = DispatchGroup()
      for index in queues.indices {
        queues[index].async(group: left) { [self] in
          if !write(index + 1) { failed.withLock { $0 = true } }
        }
      }
      if !write(0) { failed.withLock { $0 = true } }
      left.wait()
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if failed.withLock({ $0 }) { throw POSIXError(.EIO) }
    return seconds
  }

  private func write(_ index: Int) -> Bool {
    let (descriptor, block) = (descriptors[index], blocks[index])
    return Foundation.write(descriptor, block, block.count) == block.count
      && fdatasync(descriptor) == 0
  }
}
