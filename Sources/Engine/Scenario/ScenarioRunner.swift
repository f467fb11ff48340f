package import Core
internal import Synchronization
internal import Telemetry
internal import Warehouse

/// Plays a scenario on an engine: makes its streams, runs its statements, keeps its producers
/// going, and settles the account at the end.
package final class ScenarioRunner: Sendable {
  package let scenario: Scenario
  private let engine: Engine
  private let client: KinesisClient
  /// Instead of those of the scenario.
  private let givenSeed: UInt64?
  private let clock: any WallClock
  private let counts = Mutex(Counts())

  private struct Counts {
    var produced = 0
    var retries = 0
  }

  package init(
    _ scenario: Scenario, on engine: Engine, address: EngineAddress, seed: UInt64?,
    clock: any WallClock = SystemClock()
  ) throws {
    self.scenario = scenario
    self.engine = engine
    givenSeed = seed
    self.clock = clock
    client = try KinesisClient(endpoint: address.awsURL)
  }

  /// Records that the streams acknowledged.
  package var produced: Int { counts.withLock { $0.produced } }

  /// Streams first, then statements: views need their streams.
  package func prepare() async throws {
    for stream in scenario.streams {
      try await client.createStream(stream.name, shards: stream.shards)
    }
    let session = try engine.warehouse.makeSession(user: EngineAddress.user)
    do {
      for statement in scenario.statements { try await session.execute(statement) { _ in } }
    } catch {
      await session.close()
      throw error
    }
    await session.close()
  }

  // MARK: Producing

  /// Sends until cancelled; what was sent by then is acknowledged when this returns.
  package func produce() async {
    await withTaskGroup(of: Void.self) { group in
      for (index, producer) in scenario.producers.enumerated() {
        let seed = givenSeed ?? producer.seed ?? scenario.seed
        group.addTask { await self.run(producer, seed: seed &+ UInt64(index)) }
      }
    }
  }

  private func run(_ producer: Scenario.Producer, seed: UInt64) async {
    var generator = RetailOrderGenerator(seed: seed, key: producer.key, size: producer.size)
    let start = ContinuousClock.now
    let turns = 20.0
    var sent = 0
    while !Task.isCancelled {
      // What the clock says should have been sent by now.
      let elapsed = ContinuousClock.now - start
      let due = Int(elapsed / .seconds(1) * Double(producer.rate)) - sent
      sent += due
      await send(due, of: &generator, to: producer.stream)
      try? await Task.sleep(for: .seconds(1 / turns))
    }
  }

  /// Several requests at a time, each with up to 500 records.
  private func send(
    _ count: Int, of generator: inout RetailOrderGenerator, to stream: String
  ) async {
    var batches: [[KinesisClient.Entry]] = []
    var left = min(count, 50_000)
    while left > 0 {
      let size = min(left, KinesisClient.entriesMax)
      let now = clock.now()
      batches.append(
        (0..<size).map { _ in
          let order = generator.next(at: now)
          return KinesisClient.Entry(partitionKey: order.partitionKey, data: order.data)
        })
      left -= size
    }
    await withTaskGroup(of: Void.self) { group in
      for (index, batch) in batches.enumerated() {
        if index >= 4 { await group.next() }
        // Not cancelled half way: an answer that nobody waits for would be miscounted.
        group.addTask { await Task { await self.send(batch, to: stream) }.value }
      }
    }
  }

  private func send(_ batch: [KinesisClient.Entry], to stream: String) async {
    var rest = batch
    for attempt in 0..<10 where !rest.isEmpty {
      do {
        let failed = try await client.put(rest, to: stream)
        let taken = rest.count - failed.count
        rest = failed.map { rest[$0] }
        counts.withLock { $0.produced += taken }
      } catch {
        // Without an answer nobody knows whether the stream has the records: they are not sent
        // again, so that the account stays exact.
        engine.telemetry.report(
          .message(level: .error, source: "producer", text: "\(rest.count) records: \(error)"))
        return
      }
      if !rest.isEmpty {
        counts.withLock { $0.retries += 1 }
        try? await Task.sleep(for: .milliseconds(20 << attempt))
      }
    }
  }

  // MARK: The account

  package struct Account: Sendable, Equatable {
    package struct Check: Sendable, Equatable {
      package var name: String
      package var expected: String
      package var found: String
      package var passed: Bool { expected == found }
    }

    package var produced: Int
    package var lost: Int
    package var duplicated: Int
    package var checks: [Check]

    package var passed: Bool { lost == 0 && duplicated == 0 && checks.allSatisfy(\.passed) }
  }

  /// Waits until the views have what was produced (at most `seconds`), then computes the account
  /// from the data.
  package func settle(within seconds: Double) async throws -> Account {
    let session = try engine.warehouse.makeSession(user: EngineAddress.user)
    do {
      let account = try await settle(session, within: seconds)
      await session.close()
      return account
    } catch {
      await session.close()
      throw error
    }
  }

  private func settle(_ session: any SQLSession, within seconds: Double) async throws -> Account {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      let account = try await account(session)
      if account.passed || ContinuousClock.now > deadline { return account }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func account(_ session: any SQLSession) async throws -> Account {
    let row = try await firstRow(of: scenario.accounting, session)
    guard row.count == 2, let total = Int(row[0]), let distinct = Int(row[1]) else {
      throw EngineError("the scenario's accounting must return one row of two numbers")
    }
    let produced = produced
    var checks: [Account.Check] = []
    for check in scenario.checks {
      let expected = check.equals == "produced" ? String(produced) : check.equals
      let found = try await firstRow(of: check.sql, session).first ?? "no row"
      checks.append(Account.Check(name: check.name, expected: expected, found: found))
    }
    return Account(
      produced: produced, lost: max(0, produced - distinct), duplicated: total - distinct,
      checks: checks)
  }

  private func firstRow(of sql: String, _ session: any SQLSession) async throws -> [String] {
    let first = FirstRow()
    try await session.execute(sql) { output in
      if case .rows(let batch) = output { first.take(batch) }
    }
    return first.values
  }

  private final class FirstRow: Sendable {
    private let row = Mutex<[String]?>(nil)
    var values: [String] { row.withLock { $0 ?? [] } }

    func take(_ batch: RowBatch) {
      row.withLock { row in
        if row == nil {
          row = (0..<batch.columnCount).map { batch.text(row: 0, column: $0) ?? "NULL" }
        }
      }
    }
  }
}
