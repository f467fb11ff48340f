import Core
import Engine
import Foundation
import Testing

@Suite struct ScenarioTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test func `every scenario in Demo loads`() throws {
    let folder = Self.root.appendingPathComponent("Demo").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".yaml") }
    #expect(!files.isEmpty)
    for file in files {
      let scenario = try Scenario.load(folder + "/" + file)
      #expect(!scenario.statements.isEmpty)
    }
  }

  static let broken: [(change: (from: String, to: String), named: String)] = [
    (("shards: 5", "shards: none"), "streams[0].shards"),
    (("rate: 2000", "rate: 0"), "rate"),
    (("stream: my_stream", "stream: other"), "other"),
    (("seed: 42", "sed: 42"), "unknown key 'sed'"),
    (("equals: produced", "equals: much"), "must equal"),
  ]

  @Test(arguments: broken)
  func `a broken scenario is named with its place`(
    _ example: (change: (from: String, to: String), named: String)
  ) throws {
    let file = Self.root.appendingPathComponent("Demo/retail-orders.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacingOccurrences(of: example.change.from, with: example.change.to)
    do {
      _ = try Scenario.parse(text, path: "x.yaml")
      Issue.record("no error")
    } catch let error as EngineError {
      #expect(error.description.contains(example.named), "\(error)")
      #expect(error.description.hasPrefix("x.yaml"))
    }
  }

  @Test func `orders follow from the seed, and look like orders`() throws {
    var first = RetailOrderGenerator(seed: 5)
    var second = RetailOrderGenerator(seed: 5)
    let now = Timestamp(seconds: 1_800_000_000)
    var customers: [String: Int] = [:]
    for number in 1...2_000 {
      let order = first.next(at: now)
      #expect(order.data == second.next(at: now).data)
      #expect((150...400).contains(order.data.count), "\(order.data.count)")
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(order.data)) as? [String: Any])
      #expect(json["order_id"] as? Int == number)
      #expect(json["customer_id"] as? String == order.partitionKey)
      customers[order.partitionKey, default: 0] += 1
    }
    #expect((customers.values.max() ?? 0) > 20)
    var other = RetailOrderGenerator(seed: 6)
    #expect(
      other.next(at: now).data
        != {
          var again = RetailOrderGenerator(seed: 5)
          return again.next(at: now).data
        }())
  }
}
