import Core
import Foundation
import Synchronization
import TestSupport
import Testing
import Warehouse

/// What a kill leaves is what is on the disk at that moment: the tests copy the folder after every
/// step, and open each copy.
@Suite struct ArchiveKillTests {
  private let copies: TemporaryDirectory

  init() throws { copies = try TemporaryDirectory() }

  /// Runs the statement, and gives the folders that a kill after each of its steps would leave.
  private func kills(
    of statement: String, in fixture: WarehouseFixture
  ) async throws -> [(step: ArchiveStep, directory: String)] {
    let made = Locked<[(step: ArchiveStep, directory: String)]>([])
    let (from, to) = (fixture.directory.path, copies.path)
    fixture.warehouse.onArchiveStep { step in
      try await BlockingQueue(label: "test.copy").run {
        let target = "\(to)/\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: from, toPath: target)
        made.withLock { $0.append((step, target)) }
      }
    }
    try await fixture.run(statement)
    fixture.warehouse.onArchiveStep { _ in }
    return made.withLock { $0 }
  }

  /// Opens what is left, checks it, has the next run go on, and checks again.
  private func check(
    _ directory: String, after step: ArchiveStep, then statement: String, _ expected: [[String]]
  ) async throws {
    let left = try WarehouseFixture(
      directory: TemporaryDirectory(adopting: directory), clock: ManualClock(ArchiveFixture.today))
    #expect(try await left.run(ArchiveFixture.digest) == expected, "killed after \(step)")
    // It shows as cut short at once.
    let cut = try await left.run(
      "SELECT DISTINCT state FROM sys_weir_archive_runs WHERE state <> 'done'")
    #expect(cut == (step == .committed ? [] : [["interrupted"]]), "\(step)")
    try await left.run(statement)
    #expect(try await left.run(ArchiveFixture.digest) == expected, "resumed after \(step)")
    let unsettled = try await left.run(
      "SELECT count(*) FROM sys_weir_archive_runs WHERE state IN ('running', 'interrupted')")
    #expect(unsettled == [["0"]])
    let (named, there) = try await files(of: left)
    #expect(named == there, "after \(step)")
    await left.close()
  }

  /// Files that the archive's table names, and files that there are.
  private func files(of fixture: WarehouseFixture) async throws -> (Set<String>, Set<String>) {
    await fixture.warehouse.keepArchive()
    let named = try await fixture.run("SELECT DISTINCT \"$path\" FROM spectrum.sales_history")
    let folder = fixture.directory.file("objects/lake/sales")
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return (
      Set(named.map { $0[0].replacing("s3://lake/sales/", with: "") }),
      Set(paths.filter { $0.hasSuffix(".parquet") })
    )
  }

  @Test(arguments: ["month", "day"])
  func `a kill between any two steps of archiving loses and doubles nothing`(
    partitions: String
  ) async throws {
    let fixture = try await ArchiveFixture.make(partitions: partitions)
    let expected = try await fixture.digest()
    let kills = try await kills(of: "CALL weir.archive('sales')", in: fixture.warehouse)
    await fixture.close()
    #expect(kills.count == ArchiveStep.allCases.count * ArchiveFixture.oldMonths.count)
    // The first month's steps, and all those of one that has others before and behind it.
    for kill in kills.prefix(ArchiveStep.allCases.count * 2) {
      try await check(
        kill.directory, after: kill.step, then: "CALL weir.archive('sales')", expected)
    }
  }

  @Test func `a kill between any two steps of bringing a month back or of making files one`()
    async throws
  {
    let fixture = try await ArchiveFixture.make()
    try await fixture.warehouse.run(
      """
      CALL weir.archive('sales');
      INSERT INTO sales VALUES (90001, '2025-07-15', 1.00, 'late', true, 0);
      CALL weir.archive('sales')
      """)
    let expected = try await fixture.digest()
    let compacting = try await kills(
      of: "CALL weir.compact_archive('sales')", in: fixture.warehouse)
    let restoring = try await kills(
      of: "CALL weir.restore_archive('sales', '2025-07')", in: fixture.warehouse)
    await fixture.close()
    #expect(compacting.count == ArchiveStep.allCases.count)
    for kill in compacting + restoring {
      try await check(
        kill.directory, after: kill.step, then: "CALL weir.compact_archive('sales')", expected)
    }
  }

  @Test func `a batch that fails leaves everything as it was`() async throws {
    let fixture = try await ArchiveFixture.make()
    let expected = try await fixture.digest()
    for step in ArchiveStep.allCases where step != .committed {
      fixture.warehouse.warehouse.onArchiveStep { reached in
        if reached == step { throw SQLError("58030", "no more disk") }
      }
      let error = await fixture.warehouse.session.failure("CALL weir.archive('sales')")
      #expect(error?.sqlState == "58030", "\(step)")
      #expect(try await fixture.digest() == expected, "\(step)")
      #expect(fixture.objects().isEmpty, "\(step)")
    }
    let states = try await fixture.warehouse.run(
      "SELECT DISTINCT state, message FROM sys_weir_archive_runs")
    #expect(states == [["failed", "no more disk"]])
    await fixture.close()
  }

  @Test func `readers see every row once while months leave and writers write`() async throws {
    let fixture = try await ArchiveFixture.make()
    let warehouse = fixture.warehouse.warehouse
    let isOver = Locked(false)
    let written = Locked(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let session = try warehouse.makeSession(user: "weir")
        var id = 500_000
        while !isOver.value {
          // Also into the months that leave just now.
          try await session.execute(
            """
            INSERT INTO sales VALUES (\(id), '2025-0\(6 + id % 4)-10', 1.00, 'new', true, 0),
              (\(id + 1), '2026-02-10', 1.00, 'new', true, 0)
            """
          ) { _ in }
          written.withLock { $0 += 2 }
          id += 2
        }
        await session.close()
      }
      group.addTask {
        let session = try warehouse.makeSession(user: "weir")
        let base = ArchiveFixture.rowsPerMonth * ArchiveFixture.months.count
        while !isOver.value {
          let before = written.value
          let rows = try await session.rows("SELECT count(*), count(DISTINCT id) FROM all_sales")
          let (count, distinct) = (Int(rows[0][0]) ?? -1, Int(rows[0][1]) ?? -1)
          #expect(count == distinct)
          #expect(count >= base + before && count <= base + written.value + 2)
        }
        await session.close()
      }
      for _ in 1...4 { try await fixture.warehouse.run("CALL weir.archive('sales')") }
      isOver.withLock { $0 = true }
      try await group.waitForAll()
    }
    try await fixture.warehouse.run("CALL weir.archive('sales')")
    let total = ArchiveFixture.rowsPerMonth * ArchiveFixture.months.count + written.value
    #expect(try await fixture.count("all_sales") == total)
    #expect(try await fixture.count("sales", "sold_at < '2025-11-01'") == 0)
    await fixture.close()
  }
}
