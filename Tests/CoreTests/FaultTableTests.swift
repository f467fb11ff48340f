import Core
import Testing

@Suite struct FaultTableTests {
  private func failed(
    _ table: FaultTable, count: Int = 100, shard: (Int) -> String = { "shard-\($0 % 2)" }
  ) -> [Int] {
    let faults = table.recordFaults(
      operation: "PutRecords", stream: "orders", count: count, shard: shard)
    return (faults?.refusals.keys).map { $0.sorted() } ?? []
  }

  @Test func `an empty table touches nothing and routes nothing`() {
    let table = FaultTable()
    #expect(table.isEmpty)
    #expect(table.fault(operation: "PutRecord", stream: "orders") == nil)
    let faults = table.recordFaults(operation: "PutRecords", stream: "orders", count: 3) { _ in
      Issue.record("a record was routed for nothing")
      return ""
    }
    #expect(faults == nil)
  }

  @Test func `the same seed and the same requests give the same faults`() throws {
    func run(seed: UInt64) throws -> [Bool] {
      let table = FaultTable(seed: seed)
      try table.set(
        FaultRule(
          operation: "GetRecords", probability: 0.3,
          effect: .error(.init(type: "InternalFailure"))))
      return (0..<200).map { _ in table.fault(operation: "GetRecords", stream: "orders") != nil }
    }
    let first = try run(seed: 7)
    #expect(try run(seed: 7) == first)
    #expect(try run(seed: 8) != first)
    #expect((30...90).contains(first.count { $0 }))
  }

  @Test func `a rule draws the same beside other rules, given its own seed`() throws {
    let alone = FaultTable()
    let crowded = FaultTable()
    try crowded.set(FaultRule(probability: 0.5, effect: .latency(seconds: 0...1)))
    let rule = FaultRule(
      operation: "PutRecords", probability: 0.5,
      effect: .partial(share: 0.4, .init(type: "InternalFailure")), seed: 11)
    try alone.set(rule)
    try crowded.set(rule)
    for _ in 0..<20 {
      _ = crowded.fault(operation: "PutRecords", stream: "orders")
      #expect(failed(alone) == failed(crowded))
    }
  }

  @Test func `a rule strikes only the operation, the stream and the shard that it names`() throws {
    let table = FaultTable()
    try table.set(
      FaultRule(
        operation: "GetRecords", stream: "orders", shard: "shard-1",
        effect: .error(.init(type: "ExpiredIteratorException"))))
    #expect(table.fault(operation: "GetRecords", stream: "orders", shard: "shard-0") == nil)
    #expect(table.fault(operation: "GetRecords", stream: "other", shard: "shard-1") == nil)
    #expect(table.fault(operation: "PutRecord", stream: "orders", shard: "shard-1") == nil)
    let fault = table.fault(operation: "GetRecords", stream: "orders", shard: "shard-1")
    #expect(fault?.refusal?.type == "ExpiredIteratorException")
    #expect(fault?.refusal?.status == 400)
  }

  @Test func `a throttle of one shard fails that shard's records of a PutRecords`() throws {
    let table = FaultTable()
    try table.set(FaultRule(stream: "orders", shard: "shard-1", effect: .throttle))
    #expect(table.fault(operation: "PutRecords", stream: "orders") == nil)
    #expect(failed(table, count: 6) == [1, 3, 5])
    let faults = table.recordFaults(operation: "PutRecord", stream: "orders", count: 1) { _ in
      "shard-1"
    }
    #expect(faults?.refusals[0]?.type == "ProvisionedThroughputExceededException")
    #expect(table.entries.first?.recordsFailed == 4)
  }

  @Test func `no rule strikes both a request and its records`() throws {
    let table = FaultTable()
    try table.set(FaultRule(effect: .error(.init(type: "InternalFailure"))))
    #expect(table.fault(operation: "PutRecords", stream: "orders")?.refusal != nil)
    #expect(failed(table).isEmpty)
    #expect(table.entries.first?.struck == 1)
  }

  @Test func `a throttle of a control operation is a LimitExceededException`() throws {
    let table = FaultTable()
    try table.set(FaultRule(effect: .throttle))
    let fault = table.fault(operation: "DescribeStream", stream: "orders")
    #expect(fault?.refusal?.type == "LimitExceededException")
    let read = table.fault(operation: "GetRecords", stream: "orders", shard: "shard-0")
    #expect(read?.refusal?.type == "ProvisionedThroughputExceededException")
    #expect(read?.refusal?.message == "Rate exceeded for shard shard-0 in stream orders.")
  }

  @Test func `a partial failure spends nothing on requests that cannot fail in part`() throws {
    let quiet = FaultTable()
    let busy = FaultTable()
    let rule = FaultRule(
      probability: 0.5, effect: .partial(share: 0.4, .init(type: "InternalFailure")), limit: 5,
      seed: 11)
    try quiet.set(rule)
    try busy.set(rule)
    for _ in 0..<20 {
      for operation in FaultRule.operations {
        #expect(busy.fault(operation: operation, stream: "orders") == nil)
      }
      #expect(
        busy.recordFaults(operation: "PutRecord", stream: "orders", count: 1) { _ in "s" } == nil)
      #expect(failed(busy) == failed(quiet))
    }
    let (first, second) = (try #require(busy.entries.first), try #require(quiet.entries.first))
    #expect(first.matched == second.matched && first.matched <= 20)
    #expect(first.struck == 5 && second.struck == 5)
  }

  @Test func `latencies lie in their range and add up`() throws {
    let table = FaultTable()
    try table.set(FaultRule(effect: .latency(seconds: 0.1...0.2)))
    try table.set(FaultRule(effect: .latency(seconds: 1...1)))
    for _ in 0..<50 {
      let latency = try #require(table.fault(operation: "ListShards", stream: nil)?.latency)
      #expect(latency >= .milliseconds(1_100) && latency <= .milliseconds(1_200))
    }
  }

  @Test func `a limit ends a rule, which stays listed with its counts`() throws {
    let table = FaultTable()
    try table.set(FaultRule(effect: .throttle, limit: 2))
    let struck = (0..<5).map { _ in table.fault(operation: "GetRecords", stream: "s") != nil }
    #expect(struck == [true, true, false, false, false])
    #expect(table.entries.first?.struck == 2)
  }

  @Test func `rules are cleared one by one or all at once, and numbers are not used again`() throws
  {
    let table = FaultTable()
    let first = try table.set(FaultRule(effect: .throttle))
    let second = try table.set(FaultRule(effect: .throttle))
    #expect(table.clear(first))
    #expect(!table.clear(first))
    #expect(table.entries.map(\.id) == [second])
    #expect(table.clearAll() == 1)
    #expect(table.isEmpty)
    #expect(try table.set(FaultRule(effect: .throttle)) == 3)
  }

  @Test func `a rule that makes no sense is refused with what would do`() {
    let table = FaultTable()
    let wrong: [FaultRule] = [
      FaultRule(probability: 0, effect: .throttle),
      FaultRule(probability: .nan, effect: .throttle),
      FaultRule(effect: .throttle, limit: 0),
      FaultRule(stream: "", effect: .throttle),
      FaultRule(operation: "putRecords", effect: .throttle),
      FaultRule(effect: .latency(seconds: 0...301)),
      FaultRule(effect: .error(.init(type: "NoSuchException"))),
      FaultRule(effect: .partial(share: 1.5, .init(type: "InternalFailure"))),
      FaultRule(
        operation: "GetRecords", effect: .partial(share: 0.5, .init(type: "InternalFailure"))),
    ]
    for rule in wrong {
      #expect(throws: FaultError.self) { try table.set(rule) }
    }
    #expect(table.isEmpty)
  }
}
