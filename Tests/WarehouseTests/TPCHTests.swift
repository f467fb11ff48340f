import Core
import DuckDB
import Foundation
import TestSupport
import Testing
import Warehouse

/// TPC-H's 22 queries in Redshift's dialect, beside the same questions written straight for DuckDB.
///
/// The rows are of our own making, by hashes: each database makes the same.
@Suite struct TPCHTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "TPCH")

  private struct Pair {
    var number: String
    var redshift: String
    var duckDB: String
  }

  private static func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  private static func pairs() throws -> [Pair] {
    var pairs: [Pair] = []
    var lines = try text("queries.sql").split(separator: "\n")[...]
    while let head = lines.popFirst(), let sql = lines.popFirst() {
      let words = head.split(separator: " ")
      if words.last == "Redshift" {
        pairs.append(Pair(number: String(words[1]), redshift: String(sql), duckDB: ""))
      } else if !pairs.isEmpty {
        pairs[pairs.count - 1].duckDB = String(sql)
      }
    }
    return pairs
  }

  @Test func `TPC-H's 22 queries in Redshift's dialect answer as DuckDB does`() async throws {
    let fixture = try WarehouseFixture()
    let queue = BlockingQueue(label: "tpch")
    let pairs = try Self.pairs()
    #expect(pairs.count == 22)
    let data = try Self.text("data.sql")
    try await fixture.run(data)
    let expected = try await queue.run {
      let connection = try Database(path: nil).connect()
      try connection.execute(data)
      return try pairs.map { try connection.rows($0.duckDB).map { $0.map { $0 ?? "NULL" } } }
    }
    for (pair, rows) in zip(pairs, expected) {
      let found = try await fixture.run(pair.redshift)
      #expect(!rows.isEmpty && Self.isEqual(found, rows), "query \(pair.number)")
    }
    await fixture.close()
  }

  /// Sums of floating-point numbers depend on their order. Quotients of DECIMALs are DECIMALs in
  /// Redshift, cut behind their scale, where DuckDB gives doubles.
  private static func isEqual(_ left: [[String]], _ right: [[String]]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).allSatisfy { one, other in
      one.count == other.count
        && zip(one, other).allSatisfy { value, wanted in
          if value == wanted { return true }
          let places = value.split(separator: ".").dropFirst().first?.count ?? 0
          guard let value = Double(value), let wanted = Double(wanted) else { return false }
          return abs(value - wanted) <= max(1e-9 * max(1, abs(wanted)), pow(0.1, Double(places)))
        }
    }
  }
}
