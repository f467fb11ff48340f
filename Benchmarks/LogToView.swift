import Core
import DuckDB
import Engine
import Foundation
import ObjectStore
import StreamLog
import Warehouse

/// Bytes per second from the log into a view, beside DuckDB's own reading of the same bytes; for
/// each way to write the view.
struct LogToView {
  static let rounds = 5

  let records: Int
  let directory: String

  private static let columns = [
    ("order_id", "BIGINT"), ("customer_id", "VARCHAR"), ("amount", "DECIMAL(12, 2)"),
    ("city", "VARCHAR"), ("status", "VARCHAR"),
  ]

  private enum Form: String, CaseIterable {
    case pathText = "JSON_EXTRACT_PATH_TEXT"
    case dots = "JSON_PARSE and dots"
    case derived = "JSON_PARSE in a subquery"

    var query: String {
      func items(_ field: (String) -> String) -> String {
        LogToView.columns.map { "\(field($0.0))::\($0.1) AS \($0.0)" }.joined(separator: ", ")
      }
      return switch self {
      case .pathText:
        "SELECT \(items { "json_extract_path_text(kinesis_data, '\($0)')" }) FROM k.orders"
      case .dots: "SELECT \(items { "json_parse(kinesis_data).\($0)" }) FROM k.orders"
      case .derived:
        "SELECT \(items { "d.\($0)" }) FROM (SELECT json_parse(kinesis_data) AS d FROM k.orders "
          + "WHERE can_json_parse(kinesis_data)) t"
      }
    }
  }

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

    var weirSeconds: [Form: [Double]] = [:]
    var peerSeconds: [Double] = []
    for _ in 0..<Self.rounds {
      for form in Form.allCases {
        weirSeconds[form, default: []].append(try await refresh(session, form))
      }
      peerSeconds.append(try readJSON(peer))
    }
    report(bytes: bytes, weir: weirSeconds, peer: peerSeconds)
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

  private func refresh(_ session: WarehouseSession, _ form: Form) async throws -> Double {
    try await session.execute(
      "DROP MATERIALIZED VIEW IF EXISTS v; CREATE MATERIALIZED VIEW v AS \(form.query)"
    ) { _ in }
    return try await Measuring.seconds {
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

  private func report(bytes: Int, weir: [Form: [Double]], peer: [Double]) {
    print("log to view: \(records) records, \(bytes / 1_000_000) MB")
    print("  DuckDB read_json:  \(Measuring.rate(bytes: bytes, Measuring.median(peer)))")
    for form in Form.allCases {
      let seconds = weir[form] ?? []
      // Each refresh beside the reading of its turn: a machine's speed changes.
      let ratios = zip(peer, seconds).map { $0 / $1 }
      print("  \(form.rawValue): \(Measuring.rate(bytes: bytes, Measuring.median(seconds)))")
      print(
        "    ratio:           \(Measuring.ratio(Measuring.median(ratios))) (of the turns: "
          + ratios.map(Measuring.ratio).joined(separator: ", ") + ")")
    }
  }
}
