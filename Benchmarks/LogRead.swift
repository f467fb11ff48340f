import Core
import Foundation
import StreamLog

/// A stream read back as GetRecords does, beside `cat` of its files.
struct LogRead {
  static let rounds = 3
  static let bytes = 1 << 30

  let directory: String

  func run() async throws {
    let folder = directory + "/read"
    let log = try StreamLog.open(directory: folder)
    try await log.createStream("s", shardCount: 4)
    let batch = (0..<2_000).map { index in
      NewRecord(
        partitionKey: "customer-\(index)",
        data: (0..<1_024).map { UInt8(truncatingIfNeeded: $0 &* (index | 1)) })
    }
    for _ in 0..<(Self.bytes / (batch.count * 1_024)) { _ = try await log.append(batch, to: "s") }
    await log.close()

    let opening = ContinuousClock.now
    let again = try StreamLog.open(directory: folder)
    let openTime = (ContinuousClock.now - opening) / .seconds(1)
    let files = try segmentFiles(in: folder)
    var (weir, peer): ([Double], [Double]) = ([], [])
    var bytes = 0
    for _ in 0..<Self.rounds {
      peer.append(try concatenate(files))
      let start = ContinuousClock.now
      bytes = try readBack(again)
      weir.append((ContinuousClock.now - start) / .seconds(1))
    }
    let (weirTime, peerTime) = (Measuring.median(weir), Measuring.median(peer))
    print("log read: \(bytes / 1_000_000) MB of records of 1 KiB, checksums verified")
    print("  weir, read:          \(Measuring.rate(bytes: bytes, weirTime))")
    print("  cat of the files:    \(Measuring.rate(bytes: bytes, peerTime))")
    print("  ratio:               \(Measuring.ratio(peerTime / weirTime))")
    print("  recovery at open:    \(Measuring.rate(bytes: bytes, openTime)), checksums verified")
    await again.close()
    try FileManager.default.removeItem(atPath: folder)
  }

  private func readBack(_ log: StreamLog) throws -> Int {
    var bytes = 0
    for shard in try log.summary(of: "s").shards {
      var next: UInt64 = 0
      while true {
        let page = try log.read(
          stream: "s", shard: shard.id, from: next, recordsMax: 10_000, bytesMax: 10 << 20)
        if page.records.isEmpty { break }
        for record in page.records { bytes += record.dataCount }
        next = page.next
      }
    }
    return bytes
  }

  private func segmentFiles(in folder: String) throws -> [String] {
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".segment") }.sorted().map { folder + "/" + $0 }
  }

  private func concatenate(_ files: [String]) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "cat \"$@\" >/dev/null", "cat"] + files
    let start = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
