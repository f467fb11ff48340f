import Core
import Foundation
import StreamLog
import TestSupport
import Testing

@Suite struct ScalingPolicyTests {
  private var configuration: ScalingPolicy.Configuration = {
    var configuration = ScalingPolicy.Configuration()
    configuration.hotSeconds = 5
    configuration.coldSeconds = 60
    configuration.shardsMin = 2
    configuration.shardsMax = 5
    return configuration
  }()

  /// Shards of equal ranges that took so many records a second for some seconds.
  private func run(
    _ policy: inout ScalingPolicy, _ rates: [Double], bytes: Double = 10, seconds: Range<Int>
  ) -> [(second: Int, action: ScalingPolicy.Action)] {
    let ranges = PartitionHash.evenRanges(rates.count)
    var actions: [(Int, ScalingPolicy.Action)] = []
    for second in seconds {
      let loads = rates.indices.map { index in
        ScalingPolicy.Load(
          shard: ShardID(index: UInt32(index)), hashRange: ranges[index],
          bytes: UInt64(rates[index] * bytes * Double(second)),
          records: UInt64(rates[index] * Double(second)))
      }
      let now = Timestamp(seconds: 1_700_000_000 + Double(second))
      actions += policy.observe(loads, at: now).map { (second, $0) }
    }
    return actions
  }

  private func split(_ action: ScalingPolicy.Action?) -> (ShardID, UInt128)? {
    if case .split(let shard, let key, _) = action { return (shard, key) }
    return nil
  }

  @Test func `a shard that is hot for some seconds is split in the middle`() throws {
    var policy = ScalingPolicy(configuration)
    let actions = run(&policy, [100, 850], seconds: 0..<7)
    let (shard, key) = try #require(split(actions.first?.action))
    #expect(shard == ShardID(index: 1))
    #expect(key == 3 << 126)
    #expect(actions.first?.second == 5)
  }

  @Test func `a hot shard is split where its load is in balance, or not at all`() throws {
    func actions(_ parts: [UInt64]) -> [ScalingPolicy.Action] {
      var policy = ScalingPolicy(configuration)
      let sum = parts.reduce(0, +)
      return (UInt64(0)..<20).flatMap { second in
        policy.observe(
          [
            ScalingPolicy.Load(
              shard: ShardID(index: 0), hashRange: 0...159, bytes: sum * second,
              records: 2_000 * second, parts: parts.map { $0 * second }, partWidth: 10)
          ], at: Timestamp(seconds: 1_700_000_000 + Double(second)))
      }
    }
    var parts = [UInt64](repeating: 0, count: 16)
    (parts[2], parts[3]) = (500, 400)
    #expect(try #require(split(actions(parts).first)).1 == 30)
    parts[3] = 10
    let warnings = actions(parts)
    #expect(warnings.count == 1)
    guard case .warn(ShardID(index: 0), _) = warnings.first else {
      Issue.record("\(warnings)")
      return
    }
  }

  @Test func `bytes make a shard hot as records do`() {
    var policy = ScalingPolicy(configuration)
    #expect(!run(&policy, [10, 90], bytes: 10_000, seconds: 0..<7).isEmpty)
    var other = ScalingPolicy(configuration)
    #expect(run(&other, [10, 70], bytes: 10_000, seconds: 0..<20).isEmpty)
  }

  @Test func `a short burst splits nothing`() {
    var policy = ScalingPolicy(configuration)
    #expect(run(&policy, [0, 900], seconds: 0..<4).isEmpty)
    #expect(run(&policy, [0, 675], seconds: 4..<5).isEmpty)
    #expect(run(&policy, [0, 540], seconds: 5..<20).isEmpty)
  }

  @Test func `adjacent cold shards are merged after minutes, down to the start's`() {
    var policy = ScalingPolicy(configuration)
    let actions = run(&policy, [10, 10, 10, 10], seconds: 0..<70)
    #expect(actions.first?.second == 61)
    let first = actions.prefix { $0.second == 61 }.map(\.action)
    #expect(first.count == 2)
    var few = ScalingPolicy(configuration)
    #expect(run(&few, [10, 10], seconds: 0..<400).isEmpty)
  }

  @Test func `two shards of which one works are not merged`() {
    var policy = ScalingPolicy(configuration)
    let actions = run(&policy, [10, 500, 10, 500], seconds: 0..<400)
    #expect(actions.isEmpty)
  }

  @Test func `where there is no room for all, the hottest shard is split`() throws {
    var policy = ScalingPolicy(configuration)
    let actions = run(&policy, [850, 900, 999, 100], seconds: 0..<6)
    #expect(actions.count == 1)
    #expect(try #require(split(actions.first?.action)).0 == ShardID(index: 2))
    var roomy = ScalingPolicy(configuration)
    let both = run(&roomy, [850, 100, 999], seconds: 0..<6).map { split($0.action)?.0 }
    #expect(both == [ShardID(index: 2), ShardID(index: 0)])
  }

  @Test func `a stream has no more shards than its maximum`() {
    var policy = ScalingPolicy(configuration)
    let actions = run(&policy, [900, 900, 900, 900], seconds: 0..<6)
    #expect(actions.count == 1)
    var full = ScalingPolicy(configuration)
    #expect(run(&full, [900, 900, 900, 900, 900], seconds: 0..<60).isEmpty)
  }
}

@Suite struct ScalingTests {
  let fixture: LogFixture

  init() throws {
    fixture = try LogFixture()
  }

  private func open() throws -> StreamLog {
    try fixture.open { configuration in
      configuration.scaling.coldSeconds = 30
      configuration.scaling.recordsPerSecond = 50
    }
  }

  /// A second of a clock that only this test moves: so many records, then a look.
  private func second(_ log: StreamLog, _ records: [NewRecord]) async throws {
    _ = try await log.append(records, to: "s")
    fixture.clock.advance(seconds: 1)
    await log.scaleOnDemandStreams()
  }

  @Test func `an on-demand stream splits under load, merges after it, and loses nothing`()
    async throws
  {
    let log = try open()
    try await log.createStream("s", shardCount: 4, mode: .onDemand)
    var sent = 0
    for _ in 0..<12 {
      try await second(log, records(sent..<(sent + 400)))
      sent += 400
    }
    let grown = try log.summary(of: "s").openShards.count
    #expect(grown >= 8)
    for _ in 0..<100 {
      try await second(log, records(sent..<(sent + 1)))
      sent += 1
    }
    #expect(try log.summary(of: "s").openShards.count == 4)
    #expect(try log.numbers("s").sorted() == Array(0..<sent))
    let history = try log.reshardings(of: "s")
    #expect(history.allSatisfy { $0.isAutomatic && !$0.reason.isEmpty })
    #expect(fixture.reports.scalings.count == history.count)
    #expect(Set(history.map(\.action)) == [.split, .merge])
  }

  @Test func `all shards that are hot are split at one time, though the stream updates for long`()
    async throws
  {
    let maker = try open()
    try await maker.createStream("s", shardCount: 4, mode: .onDemand)
    await maker.close()
    let log = try fixture.open { configuration in
      configuration.scaling.recordsPerSecond = 50
      configuration.stateDelay = .seconds(3600)
    }
    for round in 0..<6 { try await second(log, records(round * 400..<(round + 1) * 400)) }
    #expect(try log.summary(of: "s").status == .updating)
    #expect(try log.summary(of: "s").openShards.count == 8)
    #expect(fixture.reports.scalings.map(\.parents.count) == [1, 1, 1, 1])
    #expect(Set(fixture.reports.scalings.flatMap(\.parents)).count == 4)
    #expect(fixture.reports.messages.filter { $0.contains("cannot scale") }.isEmpty)
  }

  @Test func `a stream that is hot by one key says so, and does not split for it`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 4, mode: .onDemand)
    for round in 0..<15 {
      try await second(log, records(round * 400..<(round + 1) * 400, keys: 1))
    }
    #expect(try log.summary(of: "s").shards.count == 4)
    #expect(fixture.reports.messages.filter { $0.contains("hot by one key") }.count == 1)
  }

  @Test func `a provisioned stream stays as it is`() async throws {
    let log = try open()
    try await log.createStream("s", shardCount: 1)
    for round in 0..<10 { try await second(log, records(round * 400..<(round + 1) * 400)) }
    #expect(try log.summary(of: "s").shards.count == 1)
  }
}
