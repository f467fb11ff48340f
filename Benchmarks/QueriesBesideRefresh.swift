import Core
import Foundation
import ObjectStore
import StreamLog
import Synchronization
import Warehouse

/// The same analytic query with a view that refreshes in the background and without, while as
/// many records arrive: latencies, and how fresh the view is meanwhile.
struct QueriesBesideRefresh {
  static let recordsPerSecond = 20_000
  static let rounds = 8
  static let roundTime = Duration.seconds(6)
  /// Rows of the table that is queried.
  static let rows = 4_000_000
  static let query = """
    SELECT k % 1000 AS key, count(*), sum(amount), avg(price), max(day)
    FROM facts WHERE amount > 10 GROUP BY 1 ORDER BY 3 DESC LIMIT 10
    """

  let directory: String

  func run() async throws {
    let folder = directory + "/queries"
    for part in ["streams", "warehouse"] {
      try FileManager.default.createDirectory(
        atPath: folder + "/" + part, withIntermediateDirectories: true)
    }
    let log = try StreamLog.open(directory: folder + "/streams")
    let latencies = Latencies()
    let warehouse = try Warehouse(
      directory: folder + "/warehouse", log: log,
      objects: FolderStore(folder: folder + "/objects"), clock: SystemClock(),
      reporter: latencies)
    try await log.createStream("orders", shardCount: 5)
    try await warehouse.start()
    let session = try warehouse.makeSession(user: "weir")
    try await prepare(session)

    let producer = Task { try await produce(into: log) }
    defer { producer.cancel() }
    var times: (without: [Double], with: [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      times.without += try await round(session)
      try await session.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH YES") { _ in }
      // What gathered meanwhile is read first.
      let start = ContinuousClock.now
      while ContinuousClock.now - start < .seconds(20), try await lag(session) > 20_000 {
        try await Task.sleep(for: .milliseconds(20))
      }
      latencies.isOn.withLock { $0 = true }
      times.with += try await round(session)
      latencies.isOn.withLock { $0 = false }
      try await session.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH NO") { _ in }
    }
    report(times.without, times.with, latencies.all)
    producer.cancel()
    await session.close()
    await warehouse.close()
    await log.close()
    try FileManager.default.removeItem(atPath: folder)
  }

  private func prepare(_ session: WarehouseSession) async throws {
    try await session.execute(
      """
      CREATE TABLE facts AS
        SELECT r.i AS k, (r.i * 7919) % 1000 AS amount,
               ((r.i * 31) % 10007)::double precision AS price,
               dateadd(day, (r.i % 365)::int, '2025-01-01'::date) AS day
        FROM range(\(Self.rows)) AS r(i);
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AS
        SELECT json_extract_path_text(kinesis_data, 'order_id')::BIGINT AS order_id,
               json_extract_path_text(kinesis_data, 'customer_id') AS customer_id,
               json_extract_path_text(kinesis_data, 'amount')::DECIMAL(12, 2) AS amount,
               json_extract_path_text(kinesis_data, 'city') AS city,
               approximate_arrival_timestamp
        FROM k.orders
      """
    ) { _ in }
  }

  /// The same number of records each 25 ms, until cancelled.
  private func produce(into log: StreamLog) async throws {
    let city = String(repeating: "x", count: 180)
    let size = Self.recordsPerSecond / 40
    var next = ContinuousClock.now
    var order = 0
    while !Task.isCancelled {
      let records = (0..<size).map { index in
        order += 1
        let document =
          "{\"order_id\":\(order),\"customer_id\":\"customer-\(order % 977)\","
          + "\"amount\":\(order % 500).25,\"city\":\"\(city)\",\"status\":\"new\"}"
        return NewRecord(partitionKey: "k\(index)", data: Array(document.utf8))
      }
      _ = try await log.append(records, to: "orders")
      next += .milliseconds(25)
      try await Task.sleep(until: next)
    }
  }

  private func round(_ session: WarehouseSession) async throws -> [Double] {
    var times: [Double] = []
    let start = ContinuousClock.now
    // The first tells more of what came before.
    try await session.execute(Self.query) { _ in }
    while ContinuousClock.now - start < Self.roundTime {
      times.append(
        try await Measuring.seconds { try await session.execute(Self.query) { _ in } })
    }
    return times
  }

  private func lag(_ session: WarehouseSession) async throws -> Int {
    let found = Mutex(0)
    try await session.execute("SELECT records_behind FROM sys_weir_view_lag") { output in
      if case .rows(let batch) = output {
        found.withLock { $0 = batch.text(row: 0, column: 0).flatMap { Int($0) } ?? 0 }
      }
    }
    return found.withLock { $0 }
  }

  private func report(_ without: [Double], _ with: [Double], _ latencies: [Double]) {
    func milliseconds(_ seconds: Double) -> String { "\((seconds * 10_000).rounded() / 10) ms" }
    func line(_ values: [Double]) -> String {
      "median \(milliseconds(Measuring.percentile(0.5, of: values))), "
        + "p99 \(milliseconds(Measuring.percentile(0.99, of: values))), "
        + "most \(milliseconds(values.max() ?? 0)); \(values.count) queries"
    }
    let (before, beside) = (
      Measuring.percentile(0.99, of: without), Measuring.percentile(0.99, of: with)
    )
    print(
      "queries beside refresh: \(Self.recordsPerSecond) records of 300 bytes a second arrive in "
        + "5 shards")
    print("  without refresh:     \(line(without))")
    print("  with auto refresh:   \(line(with))")
    print("  ratio of the p99s:   \(Measuring.ratio(beside / before))")
    print(
      "  arrival to visible:  median \(milliseconds(Measuring.percentile(0.5, of: latencies))), "
        + "p99 \(milliseconds(Measuring.percentile(0.99, of: latencies))), the oldest record of "
        + "each of \(latencies.count) refreshes")
  }
}

/// Keeps how long the oldest record of each refresh had waited, while it is on.
private final class Latencies: Reporter {
  let isOn = Mutex(false)
  private let values = Mutex<[Double]>([])

  var all: [Double] { values.withLock { $0 } }

  func report(_ report: Report) {
    guard case .refreshed(let refresh) = report, let latency = refresh.latencyMax,
      isOn.withLock({ $0 })
    else { return }
    values.withLock { $0.append(latency) }
  }
}
