import Core
import Foundation
import StreamLog
import TestSupport
import Testing

/// A log in a folder of its own, which can be opened again and again.
struct LogFixture {
  let directory: TemporaryDirectory
  let clock: ManualClock
  let files = FaultyFileSystem()
  let reports = Reports()

  init(clock: ManualClock = ManualClock()) throws {
    directory = try TemporaryDirectory()
    self.clock = clock
  }

  func open(
    segmentBytesMax: Int = 1 << 20, usesLocalFiles: Bool = false,
    _ change: (inout StreamLog.Configuration) -> Void = { _ in }
  ) throws -> StreamLog {
    var configuration = StreamLog.Configuration(
      segmentBytesMax: segmentBytesMax, clock: clock,
      fileSystem: usesLocalFiles ? LocalFileSystem() : files, reporter: reports)
    change(&configuration)
    return try StreamLog.open(directory: directory.path, configuration: configuration)
  }

  /// The segment files of a shard, in order.
  func segments(_ stream: String, _ shard: UInt32) throws -> [String] {
    let folder = directory.path + "/\(stream).stream/\(ShardID(index: shard))"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".segment") }.sorted().map { folder + "/" + $0 }
  }
}

/// What the log reports.
final class Reports: Reporter {
  private let all = Locked<[Report]>([])

  func report(_ report: Report) { all.withLock { $0.append(report) } }

  var messages: [String] {
    all.withLock { reports in
      reports.compactMap { report in
        if case .message(_, _, let text) = report { return text }
        return nil
      }
    }
  }

  var scalings: [ScalingReport] {
    all.withLock { reports in
      reports.compactMap { report in
        if case .scaled(let scaling) = report { return scaling }
        return nil
      }
    }
  }

  /// The reasons, nil where a shard came back.
  var degradations: [String?] {
    all.withLock { reports in
      reports.compactMap { report -> String?? in
        if case .degraded(_, _, let reason) = report { return .some(reason) }
        return nil
      }
    }
  }
}

func records(_ range: Range<Int>, keys: Int = 1_000_000) -> [NewRecord] {
  range.map { NewRecord(partitionKey: "key-\($0 % keys)", data: Array("record \($0)".utf8)) }
}

func number(of record: StoredRecord) -> Int? {
  Int(String(decoding: record.data, as: UTF8.self).dropFirst(7))
}

extension StreamLog {
  /// Everything that a shard has, from its horizon on.
  func all(_ stream: String, _ shard: ShardID) throws -> [StoredRecord] {
    var all: [StoredRecord] = []
    var next: UInt64 = 0
    while true {
      let page = try read(
        stream: stream, shard: shard, from: next, recordsMax: 1_000, bytesMax: 1 << 20)
      if page.records.isEmpty { return all }
      all += page.records
      next = page.next
    }
  }

  func all(_ stream: String) throws -> [StoredRecord] {
    try summary(of: stream).shards.flatMap { try all(stream, $0.id) }
  }

  func numbers(_ stream: String) throws -> [Int] { try all(stream).compactMap(number(of:)) }

  /// Reads as a consumer does: parents to their end, then their children.
  func inOrder(_ stream: String) throws -> [StoredRecord] {
    var positions: [ShardID: UInt64] = [:]
    var all: [StoredRecord] = []
    while true {
      let scan = try scan(stream: stream, from: positions, bytesMax: 100_000)
      for slice in scan.slices {
        var cursor = try slice.makeCursor()
        while let record = try cursor.next() {
          all.append(
            StoredRecord(
              sequence: record.sequence, arrivedAt: record.arrivedAt,
              partitionKey: String(decoding: record.partitionKey, as: UTF8.self),
              data: Array(record.data)))
        }
      }
      positions = scan.ends
      if scan.reachedTip { return all }
    }
  }
}
