import Core
import Foundation
import TestSupport
import Testing
import Warehouse

/// Random histories of changes and refreshes: whatever happened, a view that was refreshed holds
/// what its definition gives when it is run afresh.
@Suite struct ViewDifferentialTests {
  private static let views: [(name: String, query: String)] = [
    ("v_filter", "SELECT id, a, b FROM t WHERE a > 3"),
    ("v_bag", "SELECT b FROM t"),
    (
      "v_groups",
      "SELECT b, count(*) AS n, count(a) AS na, sum(a) AS s, min(a) AS lo, max(a) AS hi FROM t GROUP BY b"
    ),
    ("v_global", "SELECT count(*) AS n, sum(a) AS s, max(id) AS m FROM t"),
    ("v_having", "SELECT b, sum(a) AS s FROM t GROUP BY b HAVING sum(a) > 10"),
    ("v_join", "SELECT t.id, u.w FROM t JOIN u ON t.b = u.b"),
    (
      "v_join_groups",
      "SELECT u.w, count(*) AS n, sum(t.a) AS s, min(t.a) AS lo FROM t, u WHERE t.b = u.b GROUP BY u.w"
    ),
    ("v_self", "SELECT x.id AS i, y.id AS j FROM t x JOIN t y ON x.a = y.a AND x.id < y.id"),
    ("v_distinct", "SELECT DISTINCT b FROM t"),
    ("v_outer", "SELECT t.id, u.w FROM t LEFT JOIN u ON t.b = u.b"),
    ("w_over_groups", "SELECT n, count(*) AS groups, sum(s) AS total FROM v_groups GROUP BY n"),
    ("w_over_filter", "SELECT b, count(*) AS n FROM v_filter GROUP BY b"),
    ("w_over_distinct", "SELECT count(*) AS n FROM v_distinct"),
    ("x_mixed", "SELECT w.n, g.b FROM w_over_filter w JOIN v_groups g ON w.b = g.b"),
  ]

  @Test(arguments: 1...4)
  func `every view equals its definition after a random history`(_ seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let directory = try TemporaryDirectory()
    var fixture = try WarehouseFixture(directory: directory)
    try await fixture.warehouse.start()
    try await fixture.run(
      """
      CREATE TABLE t (id INT \(seed.isMultiple(of: 2) ? "PRIMARY KEY" : ""), a INT, b VARCHAR(5));
      CREATE TABLE u (b VARCHAR(5), w INT);
      INSERT INTO t VALUES (1, 4, 'p'), (2, 5, 'q'); INSERT INTO u VALUES ('p', 1), ('r', 2);
      """)
    for view in Self.views {
      try await fixture.run("CREATE MATERIALIZED VIEW \(view.name) AS \(view.query)")
    }
    var nextID = 10
    for _ in 0..<40 {
      try await step(fixture, &random, &nextID)
      if Int.random(in: 0..<8, using: &random) == 0 {
        await fixture.close()
        fixture = try WarehouseFixture(directory: directory)
        try await fixture.warehouse.start()
      }
    }
    for view in Self.views {
      try await fixture.run("REFRESH MATERIALIZED VIEW \(view.name)")
    }
    for view in Self.views {
      let kept = try await fixture.run("SELECT * FROM \(view.name)")
      let fresh = try await fixture.run(view.query)
      #expect(Self.sorted(kept) == Self.sorted(fresh), "\(view.name), seed \(seed)")
    }
    await fixture.close()
  }

  private static func sorted(_ rows: [[String]]) -> [String] {
    rows.map { $0.joined(separator: "|") }.sorted()
  }

  private func step(
    _ fixture: WarehouseFixture, _ random: inout SeededRandom, _ nextID: inout Int
  ) async throws {
    let count = Int.random(in: 1...3, using: &random)
    var statements: [String] = []
    for _ in 0..<count { statements.append(statement(&random, &nextID)) }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: try await fixture.run("BEGIN; \(statements.joined(separator: "; ")); COMMIT")
    case 1: try await fixture.run("BEGIN; \(statements.joined(separator: "; ")); ROLLBACK")
    default: for one in statements { try await fixture.run(one) }
    }
    guard let view = Self.views.randomElement(using: &random) else { return }
    let cascade = Bool.random(using: &random) ? "CASCADE" : ""
    try await fixture.run("REFRESH MATERIALIZED VIEW \(view.name) \(cascade)")
  }

  private func statement(_ random: inout SeededRandom, _ nextID: inout Int) -> String {
    let key = ["p", "q", "r", "s"].randomElement(using: &random) ?? "p"
    let number = Int.random(in: 0..<8, using: &random)
    nextID += 1
    switch Int.random(in: 0..<11, using: &random) {
    case 0...3: return "INSERT INTO t VALUES (\(nextID), \(number), '\(key)')"
    case 4: return "INSERT INTO t SELECT id + 1000 * \(nextID), a, b FROM t WHERE a = \(number)"
    case 5: return "INSERT INTO t VALUES (\(nextID), NULL, '\(key)')"
    case 6: return "UPDATE t SET a = coalesce(a, 0) + 1 WHERE b = '\(key)'"
    case 7: return "UPDATE t SET b = u.b FROM u WHERE t.a = u.w"
    case 8: return "DELETE FROM t WHERE a = \(number)"
    case 9: return "INSERT INTO u VALUES ('\(key)', \(number))"
    default:
      return number == 0 ? "TRUNCATE u" : "DELETE FROM u USING t WHERE u.w = t.a AND t.b = '\(key)'"
    }
  }
}
