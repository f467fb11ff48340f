import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct AdmissionTests {
  private static func limits(_ slots: ClosedRange<Int>) -> WorkloadLimits {
    var limits = WorkloadLimits()
    limits.slotsMin = slots.lowerBound
    limits.slotsMax = slots.upperBound
    return limits
  }

  private static let endless =
    "SELECT count(*) FROM t a, t b, t c, t d WHERE a.i + b.i + c.i + d.i = -1"

  private static func fixture(_ limits: WorkloadLimits) async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture(limits: limits)
    try await fixture.run("CREATE TABLE t AS SELECT * FROM range(10000) AS r(i)")
    return fixture
  }

  private static func capacity(_ fixture: WarehouseFixture) async -> [String] {
    let rows = try? await fixture.run(
      "SELECT capacity, running, waiting FROM sys_weir_capacity")
    return rows?.first ?? []
  }

  @Test func `many sessions share few slots, and every statement gets its turn`() async throws {
    let fixture = try await Self.fixture(Self.limits(2...2))
    var sessions: [WarehouseSession] = []
    for _ in 0..<40 { sessions.append(try fixture.warehouse.makeSession(user: "weir")) }
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for session in sessions {
        group.addTask {
          var count = 0
          for _ in 0..<5 {
            if try await session.rows("SELECT count(*) FROM t") == [["10000"]] { count += 1 }
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(counts == 200)
    #expect(await Self.capacity(fixture) == ["2", "0", "0"])
    let queued = try await fixture.run(
      "SELECT count(*) > 0 FROM sys_query_history WHERE queue_time > 0")
    #expect(queued == [["t"]])
    for session in sessions { await session.close() }
    await fixture.close()
  }

  @Test func `those who wait go by priority, then in the order in which they came`()
    async throws
  {
    let fixture = try await Self.fixture(Self.limits(1...1))
    let blocker = try fixture.warehouse.makeSession(user: "weir", processID: 1)
    let blocking = Task { await blocker.failure(Self.endless) }
    _ = await eventually { await Self.capacity(fixture) == ["1", "1", "0"] }
    let order = Locked<[String]>([])
    var waiting: [Task<Void, any Error>] = []
    for (index, priority) in ["low", "normal", "high", "normal"].enumerated() {
      let session = try fixture.warehouse.makeSession(user: "weir")
      _ = try await session.rows("SET query_priority TO \(priority)")
      waiting.append(
        Task {
          _ = try await session.rows("SELECT count(*) FROM t")
          order.withLock { $0.append("\(priority) \(index)") }
          await session.close()
        })
      _ = await eventually { await Self.capacity(fixture) == ["1", "1", "\(index + 1)"] }
    }
    try await fixture.run("CANCEL 1")
    _ = await blocking.value
    for task in waiting { try await task.value }
    let started = try await fixture.run(
      """
      SELECT query_priority FROM sys_query_history WHERE queue_time > 0
      ORDER BY start_time + queue_time * INTERVAL '1 microsecond'
      """)
    #expect(started.map { $0[0] } == ["high", "normal", "normal", "low"])
    await blocker.close()
    await fixture.close()
  }

  @Test func `a full queue turns the next statement away, and lets short ones by`() async throws {
    var limits = Self.limits(1...1)
    limits.queueMax = 0
    let fixture = try await Self.fixture(limits)
    let blocker = try fixture.warehouse.makeSession(user: "weir", processID: 1)
    let blocking = Task { await blocker.failure(Self.endless) }
    _ = await eventually { await Self.capacity(fixture) == ["1", "1", "0"] }
    let failure = await fixture.session.failure("SELECT * FROM t")
    #expect(failure?.sqlState == "53300")
    #expect(failure?.message.contains("the workload queue is full") == true)
    #expect(try await fixture.run("SELECT 1") == [["1"]])
    #expect(try await fixture.run("SHOW query_group") == [[""]])
    #expect(try await fixture.run("SELECT pid FROM stv_inflight WHERE pid = 1") == [["1"]])
    try await fixture.run("CANCEL 1")
    _ = await blocking.value
    await blocker.close()
    await fixture.close()
  }

  @Test func `a statement that waited too long is told so`() async throws {
    var limits = Self.limits(1...1)
    limits.queueTimeout = .milliseconds(100)
    let fixture = try await Self.fixture(limits)
    let blocker = try fixture.warehouse.makeSession(user: "weir", processID: 1)
    let blocking = Task { await blocker.failure(Self.endless) }
    _ = await eventually { await Self.capacity(fixture) == ["1", "1", "0"] }
    let failure = await fixture.session.failure("SELECT * FROM t")
    #expect(failure?.sqlState == "57014")
    #expect(failure?.message.contains("queue timeout") == true)
    try await fixture.run("CANCEL 1")
    _ = await blocking.value
    await blocker.close()
    await fixture.close()
  }

  @Test func `slots open up to the ceiling when they are needed, and close again`() async throws {
    var limits = Self.limits(1...3)
    limits.idleTime = .milliseconds(50)
    limits.memoryPerSlot = 100 << 20
    let fixture = try await Self.fixture(limits)
    var blockers: [WarehouseSession] = []
    for process in 1...4 {
      let session = try fixture.warehouse.makeSession(user: "weir", processID: Int32(process))
      blockers.append(session)
      Task { await session.failure(Self.endless) }
      let wanted = ["\(min(process, 3))", "\(min(process, 3))", process > 3 ? "1" : "0"]
      let isThere = await eventually { await Self.capacity(fixture) == wanted }
      #expect(isThere)
    }
    let hasMemory = await eventually {
      (try? await fixture.run("SELECT memory_limit FROM sys_weir_capacity")) == [["300.0 MiB"]]
    }
    #expect(hasMemory)
    for session in blockers.reversed() { await session.close() }
    let isBack = await eventually { await Self.capacity(fixture) == ["1", "0", "0"] }
    #expect(isBack)
    let usage = try await fixture.run(
      "SELECT sum(compute_seconds) > 0, max(compute_capacity) > 1 FROM sys_serverless_usage")
    #expect(usage == [["t", "t"]])
    await fixture.close()
  }

  @Test func `a transaction that others wait for goes on though all slots are taken`()
    async throws
  {
    let fixture = try await Self.fixture(Self.limits(1...1))
    let writer = try fixture.warehouse.makeSession(user: "weir")
    let maker = try fixture.warehouse.makeSession(user: "weir")
    _ = try await writer.rows("BEGIN; INSERT INTO t VALUES (-1)")
    // Takes the only slot, and waits for the writer's table.
    let making = Task {
      try await maker.rows("CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t")
    }
    _ = await eventually { await Self.capacity(fixture) == ["1", "1", "0"] }
    _ = try await writer.rows("INSERT INTO t VALUES (-2); COMMIT")
    _ = try await making.value
    #expect(try await fixture.run("SELECT n FROM v") == [["10002"]])
    for session in [writer, maker] { await session.close() }
    await fixture.close()
  }

  @Test func `an unknown priority is refused`() async throws {
    let fixture = try WarehouseFixture()
    #expect(await fixture.session.failure("SET query_priority TO urgent")?.sqlState == "22023")
    await fixture.close()
  }
}
