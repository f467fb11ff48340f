import Core
import DuckDB
import Foundation
import ObjectStore
import StreamLog
import Synchronization
import Warehouse

/// TPC-H's 22 queries through a session, beside DuckDB on a copy of the same database.
///
/// Needs DuckDB's `tpch` extension, which `Benchmarks/run tpch` downloads.
struct TPCH {
  static let scaleFactor = 1
  static let rounds = 3

  let directory: String

  func run() async throws {
    guard let path = ProcessInfo.processInfo.environment["WEIR_TPCH_EXTENSION"] else {
      print("tpch: left out, as WEIR_TPCH_EXTENSION names no extension; Benchmarks/run sets it")
      return
    }
    let folder = directory + "/tpch"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let queries = try generate(folder + "/peer.duckdb", extension: path)
    try FileManager.default.copyItem(
      atPath: folder + "/peer.duckdb", toPath: folder + "/dev.duckdb")
    let peer = try Database(path: folder + "/peer.duckdb").connect()
    try peer.execute("SET search_path = 'public'")
    let log = try StreamLog.open(directory: directory + "/tpch-streams")
    let warehouse = try Warehouse(
      directory: folder, log: log, objects: FolderStore(folder: folder + "/objects"),
      clock: SystemClock(), reporter: SilentReporter())
    let session = try warehouse.makeSession(user: "weir")

    var weirTotal = 0.0
    var peerTotal = 0.0
    var worst = (query: 0, ratio: 0.0)
    for (number, query) in queries {
      var weirTimes: [Double] = []
      var peerTimes: [Double] = []
      for _ in 0..<Self.rounds {
        weirTimes.append(try await time { try await session.execute(query) { _ in } })
        peerTimes.append(try await time { _ = try peer.rows(query) })
      }
      let (weir, direct) = (weirTimes.sorted()[1], peerTimes.sorted()[1])
      weirTotal += weir
      peerTotal += direct
      if weir / direct > worst.ratio { worst = (number, weir / direct) }
    }
    print("tpch, scale factor \(Self.scaleFactor): 22 queries")
    print("  weir session:      \(Int(weirTotal * 1_000)) ms")
    print("  DuckDB:            \(Int(peerTotal * 1_000)) ms")
    print("  ratio:             \(rounded(weirTotal / peerTotal)) (aim: at most 1.1)")
    print("  slowest beside it: query \(worst.query), \(rounded(worst.ratio))")
    await session.close()
    await warehouse.close()
    await log.close()
  }

  private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private func time(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// Blocking: makes the tables in the schema `public`.
  private func generate(
    _ file: String, extension path: String
  ) throws -> [(number: Int, query: String)] {
    let connection = try Database(path: file).connect()
    try connection.execute(
      """
      LOAD '\(path)'; CREATE SCHEMA public;
      CALL dbgen(sf = \(Self.scaleFactor), schema = 'public')
      """)
    let rows = try connection.rows("SELECT query_nr, query FROM tpch_queries() ORDER BY 1")
    try connection.execute("CHECKPOINT")
    return rows.compactMap { row in
      guard let number = row[0].flatMap({ Int($0) }), let query = row[1] else { return nil }
      return (number, query)
    }
  }
}
