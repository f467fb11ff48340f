import Core
import DuckDB
import Foundation
import LocalPostgres
import ObjectStore
import StreamLog
import Warehouse

/// The join of a live PostgreSQL, the warehouse and the archive, as users write it, beside the best
/// statement that was found by hand for DuckDB over the same server, rows and files.
struct ThreeTiers {
  static let rounds = 5
  static let months = 36
  private static let secret = "arn:aws:secretsmanager:us-east-1:account:secret:aurora-secret"
  private static let uri = "aurora-cluster.cluster-xyz.us-east-1.rds.amazonaws.com"

  let directory: String
  /// 1: 1 million live rows, 20 million in the warehouse, 100 million in the archive.
  let scale: Double

  private var live: Int { max(1_000, Int(1_000_000 * scale)) }
  private var current: Int { live * 20 }
  private var archived: Int { live * 100 }
  private var folder: String { directory + "/tiers" }
  private var files: String { folder + "/objects/lake/history" }

  private static let join = """
    SELECT
        live.customer_id,
        live.recent_orders,
        current.monthly_total,
        archive.historical_avg
    FROM postgres_live.customers live
    JOIN current_sales current ON live.customer_id = current.customer_id
    JOIN spectrum_archive.sales_history archive ON live.customer_id = archive.customer_id
    WHERE live.last_login >= CURRENT_DATE - 30
    """

  func run() async throws {
    guard LocalPostgres.isInstalled else {
      print("three tiers: left out, as PostgreSQL's server is not installed")
      return
    }
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    let home = FileManager.default.temporaryDirectory.path + "/wpg-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: home) }
    let server = try await LocalPostgres.start(in: home)
    do {
      try await measure(server)
    } catch {
      await server.stop(.kill)
      throw error
    }
    await server.stop(.kill)
    try FileManager.default.removeItem(atPath: folder)
  }

  private func measure(_ server: LocalPostgres) async throws {
    let peer = try Database(path: folder + "/peer.duckdb").connect()
    try await fill(server, peer)
    var federation = FederationConfiguration()
    federation.endpoints[Self.uri] = .init(host: "127.0.0.1", port: server.port)
    federation.secrets[Self.secret] = .init(user: LocalPostgres.user, password: server.password)
    let log = try StreamLog.open(directory: directory + "/tiers-streams")
    let warehouse = try Warehouse(
      directory: folder, log: log, objects: FolderStore(folder: folder + "/objects"),
      clock: SystemClock(), reporter: SilentReporter(), federation: federation)
    let session = try warehouse.makeSession(user: "weir")
    try await define(on: session)
    try peer.execute(
      """
      LOAD '\(federation.extensions)/postgres_scanner.duckdb_extension';
      ATTACH 'host=127.0.0.1 port=\(server.port) user=\(LocalPostgres.user) \
      password=\(server.password) dbname=aurora_db' AS pg (TYPE postgres, READ_ONLY)
      """)
    try await compare(session, peer)
    await session.close()
    await warehouse.close()
    await log.close()
  }

  // MARK: Rows

  /// Every customer of the server is once in the warehouse and once in the archive, among many
  /// that the server does not have.
  private func fill(_ server: LocalPostgres, _ peer: Connection) async throws {
    try await server.createDatabase("aurora_db")
    try await server.query(
      """
      CREATE TABLE customers (customer_id integer PRIMARY KEY, name text, recent_orders integer,
        last_login date);
      INSERT INTO customers SELECT i * 100, 'customer ' || i, i % 50,
        CURRENT_DATE - (i::bigint * 7919 % 365)::integer FROM generate_series(0, \(live - 1)) g(i);
      ANALYZE customers
      """, database: "aurora_db")
    try peer.execute("SET integer_division = true")
    try peer.execute(Self.currentSales(current))
    try peer.execute("CHECKPOINT")
    for month in 0..<Self.months {
      let part = "\(files)/year=\(2023 + month / 12)/month=\(month % 12 + 1)"
      try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
      let first = archived * month / Self.months
      let last = archived * (month + 1) / Self.months
      // A step that has no divisor in common with the count spreads the customers over the months.
      try peer.execute(
        """
        COPY (SELECT (i * 48271 % \(archived))::INTEGER AS customer_id,
                     (i % 9973 / 100)::DECIMAL(12, 2) AS historical_avg,
                     (i % 40)::INTEGER AS orders, md5((i % 100000)::VARCHAR)[:8] AS region
                FROM range(\(first), \(last)) t(i))
          TO '\(part)/data.parquet' (FORMAT parquet, COMPRESSION zstd)
        """)
    }
  }

  private static func currentSales(_ count: Int) -> String {
    """
    CREATE TABLE current_sales AS
      SELECT (i * 5)::INTEGER AS customer_id, (i % 100003 / 100)::DECIMAL(12, 2) AS monthly_total,
             (i % 12 + 1)::INTEGER AS orders
        FROM range(\(count)) AS t(i)
    """
  }

  private func define(on session: WarehouseSession) async throws {
    let parts = (0..<Self.months).map { month in
      let (year, number) = (2023 + month / 12, month % 12 + 1)
      return "PARTITION (year=\(year), month=\(number)) "
        + "LOCATION 's3://lake/history/year=\(year)/month=\(number)/'"
    }
    try await session.execute(
      """
      \(Self.currentSales(current));
      CREATE EXTERNAL SCHEMA postgres_live FROM POSTGRES DATABASE 'aurora_db' SCHEMA 'public'
        URI '\(Self.uri)' IAM_ROLE 'arn:aws:iam::account:role/RedshiftRole'
        SECRET_ARN '\(Self.secret)';
      CREATE EXTERNAL SCHEMA spectrum_archive FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
        CREATE EXTERNAL DATABASE IF NOT EXISTS;
      CREATE EXTERNAL TABLE spectrum_archive.sales_history (customer_id int,
        historical_avg decimal(12,2), orders int, region varchar(8))
      PARTITIONED BY (year int, month int) STORED AS PARQUET LOCATION 's3://lake/history/';
      ALTER TABLE spectrum_archive.sales_history ADD \(parts.joined(separator: " "))
      """
    ) { _ in }
  }

  // MARK: Times

  /// By hand: with the server's filter left to DuckDB, and written for the server.
  private var direct: [String] {
    let rest = """
      JOIN current_sales c ON live.customer_id = c.customer_id
      JOIN read_parquet('\(files)/*/*/*.parquet', hive_partitioning = true) archive
        ON live.customer_id = archive.customer_id
      """
    let items =
      "SELECT live.customer_id, live.recent_orders, c.monthly_total, archive.historical_avg"
    return [
      """
      \(items) FROM pg.public.customers live \(rest)
      WHERE live.last_login >= CURRENT_DATE - 30
      """,
      """
      \(items) FROM postgres_query('pg', 'SELECT customer_id, recent_orders FROM customers
        WHERE last_login >= CURRENT_DATE - 30') live \(rest)
      """,
    ]
  }

  private func compare(_ session: WarehouseSession, _ peer: Connection) async throws {
    var ours: [Double] = []
    var theirs: [[Double]] = direct.map { _ in [] }
    var rows = 0
    for _ in 0..<Self.rounds {
      ours.append(try await Measuring.seconds { try await session.execute(Self.join) { _ in } })
      for (place, statement) in direct.enumerated() {
        rows = 0
        theirs[place].append(
          try await Measuring.seconds {
            let result = try peer.stream(statement)
            while let chunk = try result.nextChunk() { rows += chunk.rowCount }
          })
      }
    }
    let weir = Measuring.median(ours)
    let best = theirs.map(Measuring.median).min() ?? 0
    func shown(_ seconds: Double) -> String { "\((seconds * 1_000).rounded() / 1_000) s" }
    print(
      "three tiers: \(live) live rows, \(current) in the warehouse, \(archived) in the archive in "
        + "\(Self.months) months; \(rows) rows come out")
    print("  weir, as written:        \(shown(weir))")
    print("  DuckDB, its own filter:  \(shown(Measuring.median(theirs[0])))")
    print("  DuckDB, postgres_query:  \(shown(Measuring.median(theirs[1])))")
    print("  ratio to the best:       \(Measuring.ratio(weir / best)) (aim: at most 1.1)")
  }
}
