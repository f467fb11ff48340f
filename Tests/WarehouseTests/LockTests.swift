import Core
import Foundation
import TestSupport
import Testing

@testable import Warehouse

/// Who waits for whom, and who need not.
@Suite struct LockTests {
  private let first = RelationName(schema: "public", name: "a")
  private let second = RelationName(schema: "public", name: "b")

  @Test func `one that has a relation goes before those who wait to have two alone`() async throws {
    let locks = RelationLocks()
    try await locks.change(first, owner: 1)
    let waiting = Task { [first, second] in try await locks.holdAlone([first, second], owner: 2) }
    while !locks.isWaitedFor(second) { await Task.yield() }
    // Behind the waiter it would wait for itself.
    try await locks.change(second, owner: 1)
    locks.release(owner: 1)
    try await waiting.value
    locks.release(owner: 2)
  }

  @Test func `two that wait for each other are told at once`() async throws {
    let locks = RelationLocks()
    try await locks.change(first, owner: 1)
    try await locks.change(second, owner: 2)
    let waiting = Task { [second] in try await locks.change(second, owner: 1) }
    while !locks.isWaitedFor(second) { await Task.yield() }
    let failure = await #expect(throws: SQLError.self) {
      try await locks.change(first, owner: 2)
    }
    #expect(failure?.sqlState == "40P01")
    locks.release(owner: 2)
    try await waiting.value
    locks.release(owner: 1)
  }

  @Test(.timeLimit(.minutes(3)))
  func `cascades, inserts and views that come and go do not wait for each other for ever`()
    async throws
  {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE t (a int, b int)")
    try await fixture.run("INSERT INTO t VALUES (1, 1)")
    try await fixture.run(
      "CREATE MATERIALIZED VIEW v0 AUTO REFRESH YES AS SELECT a, sum(b) s FROM t GROUP BY a")
    let statements = [
      "REFRESH MATERIALIZED VIEW v0 CASCADE", "INSERT INTO t VALUES (2, 2)",
      "CREATE MATERIALIZED VIEW w2 AS SELECT a, s FROM v0", "DROP MATERIALIZED VIEW IF EXISTS w2",
    ]
    let warehouse = fixture.warehouse
    let refused = try await withThrowingTaskGroup(of: [String].self) { group in
      for worker in 0..<4 {
        group.addTask {
          var refused: [String] = []
          let session = try warehouse.makeSession(user: "weir")
          for turn in 0..<8 {
            let sql = statements[(worker + turn * 3) % statements.count]
            let failure = await session.failure(sql)
            if let state = failure?.sqlState, ["55P03", "40P01"].contains(state) {
              refused.append("\(sql): \(failure?.message ?? "")")
            }
          }
          await session.close()
          return refused
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(refused == [])
    await fixture.close()
  }

  @Test func `a subscription does not keep transactions from writing, and ends with its view`()
    async throws
  {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE y1 (a int)")
    try await fixture.run("INSERT INTO y1 VALUES (1)")
    try await fixture.run("CREATE MATERIALIZED VIEW v AS SELECT a FROM y1")
    let reader = try fixture.warehouse.makeSession(user: "weir")
    try await reader.execute("DECLARE st CURSOR FOR SUBSCRIBE TO y1") { _ in }
    try await reader.execute("DECLARE sv CURSOR FOR SUBSCRIBE TO v") { _ in }
    try await fixture.run("BEGIN")
    try await fixture.run("INSERT INTO y1 VALUES (8)")
    try await fixture.run("COMMIT")
    let rows = try await reader.rows("FETCH ALL FROM st")
    #expect(rows.map { $0.last } == ["8"])
    try await fixture.run("CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT a + 1 AS a FROM y1")
    #expect(await reader.failure("FETCH ALL FROM sv")?.sqlState == "55000")
    await reader.close()
    await fixture.close()
  }

  @Test func `a view with mutable functions is computed anew by every refresh`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE TABLE bt (k int)")
    try await fixture.run("INSERT INTO bt VALUES (1)")
    try await fixture.run("CREATE MATERIALIZED VIEW mut AS SELECT k, getdate() g FROM bt")
    let before = try await fixture.run("SELECT g FROM mut")
    let notices = try await fixture.session.notices("REFRESH MATERIALIZED VIEW mut")
    #expect(notices == ["INFO: Materialized view mut was recomputed successfully."])
    #expect(try await fixture.run("SELECT g FROM mut") != before)
    await fixture.close()
  }
}
