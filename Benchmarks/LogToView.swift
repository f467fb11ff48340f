import Core
import DuckDB
import Engine
import Foundation
import ObjectStore
import StreamLog
import Warehouse

/// Bytes per second from the log into a view, beside DuckDB's own reading of the same bytes.
struct LogToView {
  static let rounds = 3

  let records: Int
  let directory: String

  private static let columns = [
    ("order_id", "BIGINT"), ("customer_id", "VARCHAR"), ("amount", "DECIMAL(12, 2)"),
    ("city", "VARCHAR"), ("status", "VARCHAR"),
  ]

  func run() async throws {
    let log = try StreamLog.open(directory: directory + "/streams")
    let bytes = try await fill(log)
    try FileManager.default.createDirectory(
      atPath: directory + "/warehouse", withIntermediateDirectories: true)
    let warehouse = try Warehouse(
      directory: directory + "/warehouse", log: log,
      objects: FolderStore(folder: directory + "/objects"), clock: SystemClock(),
      reporter: SilentReporter())
    let session = try warehouse.makeSession(user: "weir")
    try await session.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default") { _ in }
    let peer = try Database(path: directory + "/peer.duckdb").connect()

    var weirSeconds: [Double] = []
    var peerSeconds: [Double] = []
    for _ in 0..<Self.rounds {
      weirSeconds.append(try await refresh(session))
      peerSeconds.append(try readJSON(peer))
    }
    report("log to view", bytes: bytes, weir: median(weirSeconds), peer: median(peerSeconds))
    await session.close()
    await warehouse.close()
    await log.close()
  }

  /// The same orders go into the stream and, one a line, into a file.
  private func fill(_ log: StreamLog) async throws -> Int {
    try await log.createStream("orders", shardCount: 5)
    _ = FileManager.default.createFile(atPath: directory + "/orders.json", contents: nil)
    guard let file = FileHandle(forWritingAtPath: directory + "/orders.json") else {
      throw EngineError("cannot write \(directory)/orders.json")
    }
    var generator = RetailOrderGenerator(seed: 1)
    let now = SystemClock().now()
    var bytes = 0
    var left = records
    while left > 0 {
      let orders = (0..<min(left, 5_000)).map { _ in generator.next(at: now) }
      var lines: [UInt8] = []
      for order in orders { lines += order.data + [0x0A] }
      try file.write(contentsOf: lines)
      bytes += lines.count - orders.count
      _ = try await log.append(
        orders.map { NewRecord(partitionKey: $0.partitionKey, data: $0.data) }, to: "orders")
      left -= orders.count
    }
    try file.close()
    return bytes
  }

  private func refresh(_ session: WarehouseSession) async throws -> Double {
    let items = Self.columns.map {
      "json_extract_path_text(kinesis_data, '\($0.0)')::\($0.1) AS \($0.0)"
    }
    try await session.execute(
      """
      DROP MATERIALIZED VIEW IF EXISTS v;
      CREATE MATERIALIZED VIEW v AS SELECT \(items.joined(separator: ", ")) FROM k.orders
      """
    ) { _ in }
    return try await seconds {
      try await session.execute("REFRESH MATERIALIZED VIEW v") { _ in }
    }
  }

  private func readJSON(_ connection: Connection) throws -> Double {
    let types = Self.columns.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    let fields = Self.columns.map { "\($0.0): '\($0.1)'" }.joined(separator: ", ")
    try connection.execute("CREATE OR REPLACE TABLE v (\(types))")
    let start = ContinuousClock.now
    try connection.execute(
      """
      INSERT INTO v SELECT * FROM read_json('\(directory)/orders.json',
        format = 'newline_delimited', columns = {\(fields)})
      """)
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
  }

  private func report(_ name: String, bytes: Int, weir: Double, peer: Double) {
    let megabytes = Double(bytes) / 1_000_000
    func rate(_ seconds: Double) -> String {
      "\(Int(megabytes / seconds)) MB/s (\((seconds * 1_000).rounded() / 1_000) s)"
    }
    print("\(name): \(records) records, \(Int(megabytes)) MB")
    print("  weir, log to view: \(rate(weir))")
    print("  DuckDB read_json:  \(rate(peer))")
    print("  ratio:             \((peer / weir * 100).rounded() / 100)")
  }
}
