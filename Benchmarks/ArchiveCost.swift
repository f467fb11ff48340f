import Core
import DuckDB
import Foundation
import ObjectStore
import StreamLog
import Synchronization
import Warehouse

/// What UNLOAD and archiving cost: beside DuckDB's COPY of the same rows, beside UNLOAD of the same
/// months, and for the queries that run meanwhile.
struct ArchiveCost {
  static let rounds = 5
  static let months = 6

  let directory: String
  /// 1: 12 million rows, 6 old months of 1.5 million each and two that stay.
  let scale: Double

  private var perMonth: Int { max(10_000, Int(1_500_000 * scale)) }
  private var folder: String { directory + "/cost" }

  func run() async throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/copied", withIntermediateDirectories: true)
    let peer = try Database(path: folder + "/peer.duckdb").connect()
    try peer.execute("SET integer_division = true")
    try peer.execute(table)
    try peer.execute("CHECKPOINT")
    let log = try StreamLog.open(directory: directory + "/cost-streams")
    let warehouse = try Warehouse(
      directory: folder, log: log, objects: FolderStore(folder: folder + "/objects"),
      clock: SystemClock(), reporter: SilentReporter())
    let session = try warehouse.makeSession(user: "weir")
    try await session.execute(table) { _ in }
    try await session.execute(
      """
      CREATE EXTERNAL SCHEMA ext FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS
      """
    ) { _ in }
    print("archive's cost: \(perMonth * (Self.months + 2)) rows, \(perMonth) in a month")
    try await unload(session, peer)
    try await archive(session)
    try await queries(session, warehouse)
    await session.close()
    await warehouse.close()
    await log.close()
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Months 7 and 8 are this one and the one before.
  private var table: String {
    """
    CREATE TABLE sales AS
      SELECT i AS id, (i * 48271 % 1000003)::INTEGER AS customer_id,
             date_trunc('month', CURRENT_DATE)::TIMESTAMP
               - INTERVAL '1 month' * (\(Self.months + 1) - i / \(perMonth))::INTEGER
               + INTERVAL '1 second' * (i % 2000000) AS sold_at,
             (i % 99991 / 100)::DECIMAL(12, 2) AS amount, (i % 20)::SMALLINT AS quantity,
             'note ' || (i % 5000) AS note
        FROM range(\(perMonth * (Self.months + 2))) AS t(i)
    """
  }

  private func shown(_ seconds: Double) -> String { "\((seconds * 1_000).rounded() / 1_000) s" }

  // MARK: UNLOAD

  private func unload(_ session: WarehouseSession, _ peer: Connection) async throws {
    try await compare(
      "UNLOAD as Parquet", session, peer, "FORMAT AS PARQUET",
      "FORMAT parquet, COMPRESSION snappy, PER_THREAD_OUTPUT true")
    try await compare(
      "UNLOAD by quantity", session, peer, "FORMAT AS PARQUET PARTITION BY (quantity)",
      "FORMAT parquet, COMPRESSION snappy, PARTITION_BY (quantity)")
  }

  private func compare(
    _ name: String, _ session: WarehouseSession, _ peer: Connection, _ own: String,
    _ direct: String
  ) async throws {
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      ours.append(
        try await Measuring.seconds {
          try await session.execute(
            "UNLOAD ('SELECT * FROM sales') TO 's3://lake/unload/' IAM_ROLE default \(own)"
          ) { _ in }
        })
      try clear(folder + "/objects/lake/unload")
      theirs.append(
        try await Measuring.seconds {
          try peer.execute(
            "COPY (SELECT * FROM sales) TO '\(folder)/copied/parts' (\(direct))")
        })
      try clear(folder + "/copied/parts")
    }
    let (weir, duck) = (Measuring.median(ours), Measuring.median(theirs))
    print(
      "  \(name): weir \(shown(weir)), DuckDB's COPY \(shown(duck)), "
        + "ratio \(Measuring.ratio(weir / duck)) (aim: at most 1.15)")
  }

  private func clear(_ path: String) throws {
    try FileManager.default.removeItem(atPath: path)
  }

  // MARK: Archiving

  private func month(_ place: Int) -> String {
    "dateadd(month, -\(Self.months + 1 - place), date_trunc('month', CURRENT_DATE))"
  }

  /// Within a literal.
  private func quoted(_ place: Int) -> String { month(place).replacing("'", with: "''") }

  private func archive(_ session: WarehouseSession) async throws {
    var unloads: [Double] = []
    for place in 0..<Self.months {
      unloads.append(
        try await Measuring.seconds {
          try await session.execute(
            """
            UNLOAD ('SELECT * FROM sales WHERE sold_at >= \(quoted(place))
                       AND sold_at < \(quoted(place + 1))')
            TO 's3://lake/month\(place)/' IAM_ROLE default FORMAT AS PARQUET
            """
          ) { _ in }
        })
    }
    try await session.execute(
      "CALL weir.create_archive_policy('sales', 'sales', 'sold_at', 1, 's3://lake/a', 'ext.a')"
    ) { _ in }
    try await session.execute("CALL weir.archive('sales')") { _ in }
    let archived = try await numbers(
      session,
      "SELECT duration / 1000000.0 FROM sys_weir_archive_runs WHERE row_count > 0 ORDER BY batch_id"
    )
    let (one, other) = (Measuring.median(archived), Measuring.median(unloads))
    print(
      "  archiving a month: \(shown(one)) of \(archived.count), its UNLOAD \(shown(other)), "
        + "ratio \(Measuring.ratio(one / other)) (aim: at most 2)")
    for place in 0..<archived.count { try clear(folder + "/objects/lake/month\(place)") }
  }

  private func numbers(_ session: WarehouseSession, _ sql: String) async throws -> [Double] {
    let found = Mutex<[Double]>([])
    try await session.execute(sql) { output in
      guard case .rows(let batch) = output else { return }
      found.withLock { values in
        for row in 0..<batch.rowCount {
          batch.text(row: row, column: 0).flatMap { Double($0) }.map { values.append($0) }
        }
      }
    }
    return found.withLock { $0 }
  }

  // MARK: Queries meanwhile

  /// Rows of the months that stay.
  private var query: String {
    """
    SELECT quantity, count(*), sum(amount) FROM sales
    WHERE sold_at >= \(month(Self.months + 1)) GROUP BY 1 ORDER BY 1
    """
  }

  private func queries(_ session: WarehouseSession, _ warehouse: Warehouse) async throws {
    for place in 0..<Self.months {
      try await session.execute(
        """
        INSERT INTO sales SELECT id, customer_id,
            dateadd(month, \(place - Self.months - 1), sold_at), amount, quantity, note
          FROM sales WHERE sold_at >= \(month(Self.months + 1))
        """
      ) { _ in }
    }
    var alone: [Double] = []
    for _ in 0..<300 { alone.append(try await time(session)) }
    let isOver = Mutex(false)
    let archiver = try warehouse.makeSession(user: "weir")
    let start = ContinuousClock.now
    let run = Task { try await archiver.execute("CALL weir.archive('sales')") { _ in } }
    let beside = Task {
      var times: [Double] = []
      while !isOver.withLock({ $0 }) { times.append(try await time(session)) }
      return times
    }
    try await run.value
    let took = (ContinuousClock.now - start) / .seconds(1)
    isOver.withLock { $0 = true }
    let with = try await beside.value
    await archiver.close()
    func p99(_ values: [Double]) -> Double { Measuring.percentile(0.99, of: values) }
    func line(_ values: [Double]) -> String {
      "median \(shown(Measuring.median(values))), p99 \(shown(p99(values))), \(values.count) queries"
    }
    print("  queries alone:           \(line(alone))")
    print("  queries while archiving: \(line(with)); \(Self.months) months in \(shown(took))")
    print(
      "  ratio of the p99s:       \(Measuring.ratio(p99(with) / p99(alone))) (aim: at most 1.3)")
  }

  private func time(_ session: WarehouseSession) async throws -> Double {
    try await Measuring.seconds { try await session.execute(query) { _ in } }
  }
}
