package import Core

/// Makes believable retail orders, the same for the same seed and the same times.
///
/// Each is a JSON document. `order_id` counts up from 1, so that what was lost or doubled on the
/// way can be counted; a few customers, products and stores get most of the orders, so that
/// shards are loaded unevenly, as they are in earnest. `amount` is the sum of the items.
package struct RetailOrderGenerator: Sendable {
  /// What the partition key is taken from.
  package enum Key: String, Sendable, Codable, CaseIterable {
    case customer = "customer_id"
    case order = "order_id"
    case store
  }

  package static let usualSize = 150...400
  /// What the upper end of the size may be, in bytes. An order of one item takes up to 340; a
  /// record of Kinesis holds a mebibyte.
  package static let sizeLimits = 340...1_000_000
  /// How much the upper end has to be above the lower one, in bytes.
  package static let sizeSlack = 50

  private let key: Key
  private let size: ClosedRange<Int>
  private var random: SeededRandom
  private var clock = JSONClock()
  /// Orders made so far.
  package private(set) var count = 0

  /// - Parameter size: bytes of a record; an end outside `sizeLimits` is moved to them.
  package init(
    seed: UInt64, key: Key = .customer, size: ClosedRange<Int> = RetailOrderGenerator.usualSize
  ) {
    self.key = key
    let limits = Self.sizeLimits
    let most = min(max(size.upperBound, limits.lowerBound), limits.upperBound)
    self.size = min(size.lowerBound, most - Self.sizeSlack)...most
    random = SeededRandom(seed: seed)
  }

  /// The next order, placed at `time`.
  package mutating func next(at time: Timestamp) -> (partitionKey: String, data: [UInt8]) {
    count &+= 1
    let customer = Retail.customer(random.below(Retail.customersWeight))
    let store = Retail.stores[random.low(Retail.stores.count)]
    var json = JSONBytes(capacity: min(size.upperBound, 4_096))
    json.add("{\"order_id\":")
    json.add(count)
    json.add(",\"customer_id\":\"C")
    json.add(customer, digits: 6)
    json.add("\",\"store\":\"")
    json.add(store.code)
    json.add("\",\"city\":\"")
    json.add(store.city)
    json.add("\",\"channel\":\"")
    json.add(Retail.channels[random.below(Retail.channels.count)])
    json.add("\",\"payment\":\"")
    json.add(Retail.payments[random.below(Retail.payments.count)])
    json.add("\",\"status\":\"")
    json.add(Retail.statuses[random.below(Retail.statuses.count)])
    json.add("\",\"currency\":\"")
    json.add(store.currency)
    json.add("\",\"created_at\":\"")
    clock.add(time, to: &json)
    json.add("\",\"items\":[")
    let cents = addItems(to: &json)
    json.add("],\"amount\":")
    json.add(cents: cents)
    addNote(to: &json)
    json.add("}")
    return (partitionKey(customer, store.code), json.bytes)
  }

  /// Adds one to four items, as far as they fit.
  ///
  /// - Returns: their price in all.
  private mutating func addItems(to json: inout JSONBytes) -> Int {
    var cents = 0
    for index in 0...random.low(4) {
      let product = Retail.products[random.low(Retail.products.count)]
      let quantity = 1 + random.low(3)
      guard index == 0 || json.bytes.count + Retail.itemAndEndMax <= size.upperBound else { break }
      json.add(index == 0 ? "{\"sku\":\"" : ",{\"sku\":\"")
      json.add(product.sku)
      json.add("\",\"qty\":")
      json.add(quantity)
      json.add(",\"price\":")
      json.add(cents: product.cents)
      json.add("}")
      cents += product.cents * quantity
    }
    return cents
  }

  /// Fills an order that is too short.
  private func addNote(to json: inout JSONBytes) {
    let missing = size.lowerBound - json.bytes.count - 1
    guard missing > 0 else { return }
    json.add(",\"note\":\"")
    for _ in 0..<max(1, missing - 10) { json.bytes.append(UInt8(ascii: ".")) }
    json.add("\"")
  }

  private func partitionKey(_ customer: Int, _ store: String) -> String {
    switch key {
    case .store: return store
    case .order: return String(count)
    case .customer:
      var bytes = JSONBytes(capacity: 7)
      bytes.add("C")
      bytes.add(customer, digits: 6)
      return String(decoding: bytes.bytes, as: UTF8.self)
    }
  }
}

extension SeededRandom {
  /// An even draw of 0 to `limit` - 1. Whole numbers only, so that every machine draws the same.
  fileprivate mutating func below(_ limit: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  /// The lower of two draws: 0 is the likeliest, `limit` - 1 the least.
  fileprivate mutating func low(_ limit: Int) -> Int {
    min(below(limit), below(limit))
  }
}
