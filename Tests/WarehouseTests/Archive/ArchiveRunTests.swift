import Core
import TestSupport
import Testing
import Warehouse

/// How runs of the archive are seen, timed and ended by others than who began them.
@Suite struct ArchiveRunTests {
  private static let progress = """
    SELECT policy_name, kind, month, month_number, month_count, step FROM sys_weir_archive_progress
    """

  @Test func `a run tells its caller of every month, as it is done`() async throws {
    let fixture = try await ArchiveFixture.make()
    let told = Locked<[SQLNotice]>([])
    try await fixture.warehouse.session.execute("CALL weir.archive('sales')") { output in
      if case .notice(let notice) = output { told.withLock { $0.append(notice) } }
    }
    let months = ArchiveFixture.oldMonths
    #expect(told.value.allSatisfy { $0.severity == "INFO" })
    #expect(
      told.value.map(\.message)
        == months.indices.map { "\(months[$0]) (\($0 + 1) of \(months.count)): 200 rows, 1 file" })
    await fixture.close()
  }

  @Test(arguments: ["rate(1 day)", "cron(30 3 * * ? *)"])
  func `a policy runs by its schedule, is seen as it does, and can be ended`(
    schedule: String
  ) async throws {
    let fixture = try await ArchiveFixture.make()
    let warehouse = fixture.warehouse.warehouse
    let expected = try await fixture.digest()
    try await fixture.warehouse.run(
      "CALL weir.alter_archive_policy('sales', NULL, '\(schedule)')")
    // Not yet.
    await warehouse.keepArchive()
    #expect(fixture.objects().isEmpty)
    fixture.clock.advance(seconds: 86_400)
    // It stays at a step until it is cancelled.
    warehouse.onArchiveStep { step in
      guard step == .verified else { return }
      while !Task.isCancelled { await moment() }
    }
    let run = Task { await warehouse.keepArchive() }
    let isSeen = await eventually {
      (try? await fixture.warehouse.run(Self.progress))
        == [["sales", "archive", "2025-06", "1", "5", "verified"]]
    }
    #expect(isSeen)
    #expect(
      try await fixture.warehouse.run("SELECT month, state FROM sys_weir_archive_runs")
        == [["2025-06", "running"]])
    try await fixture.warehouse.run("CALL weir.cancel_archive('sales')")
    await run.value
    #expect(try await fixture.warehouse.run(Self.progress).isEmpty)
    #expect(
      try await fixture.warehouse.run("SELECT month, state FROM sys_weir_archive_runs")
        == [["2025-06", "undone"]])
    #expect(fixture.objects().isEmpty)
    #expect(try await fixture.digest() == expected)
    let idle = await fixture.warehouse.session.failure("CALL weir.cancel_archive('sales')")
    #expect(idle?.sqlState == "55000")
    // Tomorrow is another day.
    warehouse.onArchiveStep { _ in }
    await warehouse.keepArchive()
    #expect(fixture.objects().isEmpty)
    fixture.clock.advance(seconds: 86_400)
    await warehouse.keepArchive()
    #expect(fixture.objects().count == ArchiveFixture.oldMonths.count)
    #expect(try await fixture.digest() == expected)
    await fixture.close()
  }

  @Test func `whoever called a run hears that another one ended it`() async throws {
    let fixture = try await ArchiveFixture.make()
    let warehouse = fixture.warehouse.warehouse
    warehouse.onArchiveStep { step in
      guard step == .published else { return }
      while !Task.isCancelled { await moment() }
    }
    let session = fixture.warehouse.session
    let run = Task { await session.failure("CALL weir.archive('sales')") }
    let other = try warehouse.makeSession(user: "weir")
    let isThere = await eventually {
      (try? await other.rows("SELECT step FROM sys_weir_archive_progress")) == [["published"]]
    }
    #expect(isThere)
    _ = try await other.rows("CALL weir.cancel_archive('sales')")
    #expect(await run.value?.sqlState == "57014")
    #expect(fixture.objects().isEmpty)
    await other.close()
    await fixture.close()
  }
}
