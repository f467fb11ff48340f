import Core
import Foundation
import ObjectStore
import StreamLog
import Synchronization
import Warehouse

/// From acknowledged to visible, while records flow: of a view over the stream, and of one with
/// aggregates over that view. The limits are the goals of the project.
struct Freshness {
  static let recordsPerSecond = 20_000
  static let seconds = 20.0
  private static let batchSize = 200

  let directory: String

  func run() async throws {
    let log = try StreamLog.open(directory: directory + "/fresh-streams")
    try FileManager.default.createDirectory(
      atPath: directory + "/fresh-warehouse", withIntermediateDirectories: true)
    let warehouse = try Warehouse(
      directory: directory + "/fresh-warehouse", log: log,
      objects: FolderStore(folder: directory + "/fresh-objects"), clock: SystemClock(),
      reporter: SilentReporter())
    let session = try warehouse.makeSession(user: "weir")
    try await log.createStream("orders", shardCount: 4)
    try await warehouse.start()
    try await session.execute(
      """
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS
        SELECT json_extract_path_text(kinesis_data, 'n')::bigint AS n,
               json_extract_path_text(kinesis_data, 'city') AS city,
               json_extract_path_text(kinesis_data, 'amount')::int AS amount FROM k.orders;
      CREATE MATERIALIZED VIEW w AUTO REFRESH YES AS
        SELECT city, count(*) AS c, sum(amount) AS s, max(n) AS n FROM v GROUP BY city;
      """
    ) { _ in }
    let acknowledged = Acknowledged()
    async let view = watch("SELECT max(n) FROM v", warehouse, acknowledged)
    async let aggregate = watch("SELECT max(n) FROM w", warehouse, acknowledged)
    try await produce(into: log, acknowledged)
    report("view over the stream", try await view, limit: 0.25)
    report("aggregates over the view", try await aggregate, limit: 1)
    await session.close()
    await warehouse.close()
    await log.close()
  }

  /// When the record of each number was acknowledged.
  private final class Acknowledged: Sendable {
    private let state = Mutex((times: [ContinuousClock.Instant](), isDone: false))

    func add() { state.withLock { $0.times.append(.now) } }
    func finish() { state.withLock { $0.isDone = true } }
    var count: Int { state.withLock { $0.times.count } }
    var isDone: Bool { state.withLock { $0.isDone } }
    func times(_ range: Range<Int>) -> [ContinuousClock.Instant] {
      state.withLock { Array($0.times[range]) }
    }
  }

  private func produce(into log: StreamLog, _ acknowledged: Acknowledged) async throws {
    let cities = ["Berlin", "Paris", "Ankara", "Oslo", "Lima"]
    let start = ContinuousClock.now
    let batches = Int(Self.seconds) * Self.recordsPerSecond / Self.batchSize
    let pause = Duration.seconds(Double(Self.batchSize) / Double(Self.recordsPerSecond))
    for batch in 0..<batches {
      let records = (0..<Self.batchSize).map { place in
        let number = batch * Self.batchSize + place
        let text =
          #"{"n":\#(batch),"city":"\#(cities[number % 5])","amount":\#(number % 90),"#
          + #""order_id":"o-\#(number)","note":"\#(String(repeating: "x", count: 220))"}"#
        return NewRecord(partitionKey: "k\(number % 997)", data: Array(text.utf8))
      }
      _ = try await log.append(records, to: "orders")
      acknowledged.add()
      try await Task.sleep(until: start + pause * (batch + 1), clock: .continuous)
    }
    acknowledged.finish()
  }

  /// Asks again and again which batch can be seen; a batch's freshness ends with the first
  /// answer that has it.
  private func watch(
    _ query: String, _ warehouse: Warehouse, _ acknowledged: Acknowledged
  ) async throws -> [Double] {
    let session = try warehouse.makeSession(user: "weir")
    var seen = 0
    var delays: [Double] = []
    let deadline = ContinuousClock.now + .seconds(Self.seconds + 30)
    while ContinuousClock.now < deadline {
      let newest = Mutex<Int?>(nil)
      try await session.execute(query) { output in
        if case .rows(let batch) = output {
          newest.withLock { $0 = batch.text(row: 0, column: 0).flatMap { Int($0) } }
        }
      }
      let now = ContinuousClock.now
      if let found = newest.withLock({ $0 }), found >= seen {
        // A batch can be seen before its producer was told.
        let end = min(found + 1, acknowledged.count)
        delays += acknowledged.times(seen..<max(end, seen)).map {
          ($0.duration(to: now)) / .seconds(1)
        }
        seen = max(end, seen)
      }
      if acknowledged.isDone, seen >= acknowledged.count { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    await session.close()
    return delays
  }

  private func report(_ name: String, _ delays: [Double], limit: Double) {
    let sorted = delays.sorted()
    func quantile(_ share: Double) -> Double {
      sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
    func milliseconds(_ value: Double) -> String { "\(Int(value * 1_000)) ms" }
    print("freshness at \(Self.recordsPerSecond) records/s, \(name): \(delays.count) batches")
    print(
      "  acknowledged to visible: p50 \(milliseconds(quantile(0.5))), "
        + "p99 \(milliseconds(quantile(0.99))), max \(milliseconds(sorted.last ?? .nan))")
    print("  limit / p99:       \((limit / quantile(0.99) * 100).rounded() / 100)")
  }
}
