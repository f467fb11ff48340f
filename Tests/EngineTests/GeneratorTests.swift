import Core
import Foundation
import Testing

@testable import Engine

@Suite struct RetailOrders {
  private static let now = Timestamp(seconds: 1_800_000_000.25)

  private struct Order: Decodable {
    struct Item: Decodable {
      let sku: String
      let qty: Int
      let price: Decimal
    }
    let orderId: Int
    let customerId: String
    let store: String
    let city: String
    let channel: String
    let payment: String
    let status: String
    let currency: String
    let createdAt: String
    let items: [Item]
    let amount: Decimal
  }

  private func decode(_ data: [UInt8]) throws -> Order {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Order.self, from: Data(data))
  }

  private func make(
    _ count: Int, seed: UInt64 = 5, key: RetailOrderGenerator.Key = .customer,
    size: ClosedRange<Int> = RetailOrderGenerator.usualSize
  ) -> [(partitionKey: String, data: [UInt8])] {
    var generator = RetailOrderGenerator(seed: seed, key: key, size: size)
    return (0..<count).map { _ in generator.next(at: Self.now) }
  }

  @Test func `orders are whole, numbered from 1, and add up`() throws {
    for (index, made) in make(2_000).enumerated() {
      let order = try decode(made.data)
      #expect(order.orderId == index + 1)
      #expect(order.customerId == made.partitionKey)
      #expect(order.createdAt == "2027-01-15T08:00:00.250Z")
      #expect((1...4).contains(order.items.count))
      let sum = order.items.reduce(Decimal(0)) { $0 + $1.price * Decimal($1.qty) }
      #expect(abs(sum - order.amount) < Decimal(1) / 1_000)
      #expect((150...400).contains(made.data.count))
    }
  }

  @Test func `the same seed makes the same orders, another one others`() {
    let (first, second, other) = (make(100), make(100), make(100, seed: 6))
    #expect(first.map(\.data) == second.map(\.data))
    #expect(first.map(\.data) != other.map(\.data))
    #expect(
      String(decoding: first[0].data, as: UTF8.self).hasPrefix("{\"order_id\":1,\"customer_id\":"))
  }

  @Test func `a few customers place many of the orders, and many place some`() {
    let counts = Dictionary(make(20_000).map { ($0.partitionKey, 1) }, uniquingKeysWith: +)
    let sorted = counts.values.sorted(by: >)
    let top = sorted.prefix(100).reduce(0, +)
    #expect((8_000...12_000).contains(top))
    #expect(counts.count > 2_500)
  }

  @Test func `the partition key can be the order or the store`() {
    #expect(make(3, key: .order).map(\.partitionKey) == ["1", "2", "3"])
    #expect(make(50, key: .store).allSatisfy { $0.partitionKey.contains("-") })
  }

  @Test(arguments: [150...340, 300...400, 1_000...1_050, 5_000...9_000, 1...1, 0...Int.max])
  func `every order keeps to its size`(_ size: ClosedRange<Int>) throws {
    let limits = RetailOrderGenerator.sizeLimits
    let most = min(max(size.upperBound, limits.lowerBound), limits.upperBound)
    for made in make(300, size: size) {
      #expect(made.data.count <= most && made.data.count >= min(size.lowerBound, most - 50))
      _ = try decode(made.data)
    }
  }

  @Test func `no time and no count of orders is out of range`() {
    for microseconds in [Int64.min, -1, 0, .max] {
      var generator = RetailOrderGenerator(seed: 1)
      let order = generator.next(at: Timestamp(microseconds: microseconds))
      #expect(order.data.last == UInt8(ascii: "}"))
    }
  }
}
