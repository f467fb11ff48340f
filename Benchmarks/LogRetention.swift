import Core
import Foundation
import StreamLog

/// Memory and disk while ten times as much flows through a stream as it may keep.
struct LogRetention {
  static let bytesMax = 1 << 30
  static let factor = 10

  let directory: String

  func run() async throws {
    let folder = directory + "/retention"
    var configuration = StreamLog.Configuration()
    configuration.retentionBytesMax = Self.bytesMax
    let log = try StreamLog.open(directory: folder, configuration: configuration)
    try await log.createStream("s", shardCount: 4)
    let batch = (0..<2_000).map { index in
      NewRecord(
        partitionKey: "customer-\(index)",
        data: (0..<1_024).map { UInt8(truncatingIfNeeded: $0 &* (index | 1)) })
    }
    let batches = Self.bytesMax / (batch.count * 1_024) * Self.factor
    print("log retention: \(Self.factor) GiB through a stream that keeps 1 GiB, and a scan of it")
    var positions: [ShardID: UInt64] = [:]
    var diskMax = 0
    var scanned = 0
    let start = ContinuousClock.now
    for number in 1...batches {
      _ = try await log.append(batch, to: "s")
      if number % 8 == 0 { scanned += try scan(log, &positions) }
      if number % 64 == 0 { diskMax = max(diskMax, diskBytes(folder)) }
      if number % (batches / Self.factor) == 0 {
        let memory = Measuring.memory()
        print(
          "  after \(number / (batches / Self.factor)) GiB: \(memory.resident) MiB resident "
            + "(\(memory.anonymous) MiB not of files), \(diskBytes(folder) >> 20) MiB on disk")
      }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print("  most on disk: \(diskMax >> 20) MiB; records scanned: \(scanned); \(Int(seconds)) s")
    await log.close()
    try FileManager.default.removeItem(atPath: folder)
  }

  private func scan(_ log: StreamLog, _ positions: inout [ShardID: UInt64]) throws -> Int {
    var count = 0
    while true {
      let scan = try log.scan(stream: "s", from: positions, bytesMax: 32 << 20)
      for slice in scan.slices {
        var cursor = try slice.makeCursor()
        while try cursor.next() != nil { count += 1 }
      }
      positions = scan.ends
      if scan.reachedTip { return count }
    }
  }

  private func diskBytes(_ folder: String) -> Int {
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return all.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      return sum + (name.hasSuffix(".segment") ? attributes?[.size] as? Int ?? 0 : 0)
    }
  }
}
