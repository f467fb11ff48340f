import Core
import DuckDB
import Foundation
import ObjectStore
import StreamLog
import Synchronization
import Warehouse

/// Queries over an external table of daily partitions, beside DuckDB's own reader over the files
/// that they need, chosen by hand.
struct ArchiveScan {
  static let days = 400
  static let rowsPerDay = 25_000
  static let rounds = 7

  let directory: String

  func run() async throws {
    let folder = directory + "/archive"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let peer = try Database(path: nil).connect()
    let bytes = try write(folder + "/objects/lake/sales", with: peer)
    let log = try StreamLog.open(directory: directory + "/archive-streams")
    let warehouse = try Warehouse(
      directory: folder, log: log, objects: FolderStore(folder: folder + "/objects"),
      clock: SystemClock(), reporter: SilentReporter())
    let session = try warehouse.makeSession(user: "weir")
    try await define(on: session)
    print("archive: \(Self.days) partitions, \(Self.days * Self.rowsPerDay) rows, \(bytes) bytes")
    try await oneDay(session, peer, folder, bytes)
    try await compare(
      "one year grouped by customer", session, peer,
      "SELECT customer, avg(amount) FROM ext.sales WHERE day >= '2024-01-01' GROUP BY 1",
      "SELECT customer, avg(amount) FROM read_parquet('\(folder)/objects/lake/sales/*/*.parquet', "
        + "hive_partitioning = true) WHERE day >= DATE '2024-01-01' GROUP BY 1")
    await session.close()
    await warehouse.close()
    await log.close()
  }

  /// - Returns: bytes of all files.
  private func write(_ folder: String, with connection: Connection) throws -> Int {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try connection.execute(
      """
      COPY (SELECT i AS id, (i % 1000)::INTEGER AS customer, (i % 97 * 1.5)::DECIMAL(12, 2) AS amount,
                   md5(i::VARCHAR) AS note, md5((i * 7)::VARCHAR) AS address, random() AS discount,
                   (random() * 100)::INTEGER AS quantity, random() AS tax, i // 3 AS invoice,
                   DATE '2024-01-01' + (i // \(Self.rowsPerDay))::INTEGER AS day
              FROM range(\(Self.days * Self.rowsPerDay)) t(i))
        TO '\(folder)' (FORMAT parquet, PARTITION_BY (day), OVERWRITE_OR_IGNORE)
      """)
    let bytes = try connection.scalar(
      "SELECT sum(size)::BIGINT FROM read_blob('\(folder)/*/*.parquet')")
    return Int(bytes ?? 0)
  }

  private func define(on session: WarehouseSession) async throws {
    try await session.execute(
      """
      CREATE EXTERNAL SCHEMA ext FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      CREATE EXTERNAL TABLE ext.sales (id bigint, customer int, amount decimal(12,2),
        note varchar(40), address varchar(40), discount double precision, quantity int,
        tax double precision, invoice bigint)
      PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/sales/'
      """
    ) { _ in }
    let start = Timestamp(microseconds: 1_704_067_200_000_000)
    let days = (0..<Self.days).map { day in
      String(
        Date(timeIntervalSince1970: start.seconds + Double(day) * 86_400).ISO8601Format().prefix(10)
      )
    }
    let partitions = days.map { "PARTITION (day='\($0)') LOCATION 's3://lake/sales/day=\($0)/'" }
    try await session.execute(
      "ALTER TABLE ext.sales ADD \(partitions.joined(separator: " "))"
    ) { _ in }
  }

  private func oneDay(
    _ session: WarehouseSession, _ peer: Connection, _ folder: String, _ all: Int
  ) async throws {
    try await compare(
      "one day, two columns", session, peer,
      "SELECT sum(amount), max(quantity) FROM ext.sales WHERE day = '2024-06-01'",
      "SELECT sum(amount), max(quantity) FROM "
        + "read_parquet('\(folder)/objects/lake/sales/day=2024-06-01/*.parquet')")
    let scanned = Mutex(0)
    try await session.execute(
      "SELECT bytes_scanned FROM sys_weir_scan_cost ORDER BY query_id DESC LIMIT 1"
    ) { output in
      guard case .rows(let batch) = output else { return }
      scanned.withLock { $0 = batch.text(row: 0, column: 0).flatMap { Int($0) } ?? 0 }
    }
    let bytes = scanned.withLock { $0 }
    let part = Double(bytes) / Double(max(1, all)) * 100
    print("  bytes scanned:     \(bytes), \(Measuring.ratio(part)) % of all (aim: below 1 %)")
  }

  private func compare(
    _ name: String, _ session: WarehouseSession, _ peer: Connection, _ own: String,
    _ direct: String
  ) async throws {
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      ours.append(try await Measuring.seconds { try await session.execute(own) { _ in } })
      theirs.append(try await Measuring.seconds { _ = try peer.rows(direct) })
    }
    let (weir, duck) = (Measuring.median(ours), Measuring.median(theirs))
    func milliseconds(_ seconds: Double) -> String { "\((seconds * 10_000).rounded() / 10) ms" }
    print(
      "  \(name): weir \(milliseconds(weir)), DuckDB \(milliseconds(duck)), "
        + "ratio \(Measuring.ratio(weir / duck))")
  }
}
