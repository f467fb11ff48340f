package import Core

/// Makes believable retail orders, the same for the same seed.
///
/// Orders are JSON documents of 150 to 400 bytes. `order_id` counts up from 1, so that what
/// was lost or doubled on the way can be counted; a few customers and products get most of the
/// orders.
package struct RetailOrderGenerator: Sendable {
  private static let products = [
    ("espresso-beans", 1490), ("oat-milk", 229), ("running-shoes", 8900), ("desk-lamp", 3450),
    ("headphones", 12900), ("notebook", 450), ("rain-jacket", 9900), ("water-bottle", 1890),
    ("phone-case", 1999), ("board-game", 3295), ("olive-oil", 1120), ("yoga-mat", 2750),
    ("usb-cable", 899), ("backpack", 6490), ("chocolate", 349), ("bike-light", 2190),
  ]
  private static let cities = [
    "Berlin", "Lisbon", "Osaka", "Austin", "Toronto", "Nairobi", "Lyon", "Porto", "Leeds", "Oslo",
  ]
  private static let channels = ["web", "web", "web", "app", "app", "store"]
  private static let payments = ["card", "card", "card", "paypal", "invoice", "cash"]
  private static let statuses = ["paid", "paid", "paid", "paid", "pending", "refunded"]
  private static let currencies = ["EUR", "EUR", "USD", "GBP", "JPY"]
  private static let customersMax = 50_000.0

  private var random: SeededRandom
  private var nextOrder = 1

  package init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  /// Orders made so far.
  package var count: Int { nextOrder - 1 }

  package mutating func next(at time: Timestamp) -> (partitionKey: String, data: [UInt8]) {
    defer { nextOrder += 1 }
    let customer = "C" + padded(Int(skewed(Self.customersMax)) + 1, 6)
    var json = "{\"order_id\":\(nextOrder),\"customer_id\":\"\(customer)\""
    var cents = 0
    var items = ""
    for index in 0..<(1 + Int(skewed(4))) {
      let product = Self.products[Int(skewed(Double(Self.products.count)))]
      let quantity = 1 + Int(skewed(3))
      cents += product.1 * quantity
      items += (index > 0 ? "," : "") + "{\"sku\":\"\(product.0)\",\"qty\":\(quantity)}"
    }
    json += ",\"amount\":\(cents / 100).\(padded(cents % 100, 2))"
    json += ",\"currency\":\"\(pick(Self.currencies))\",\"items\":[\(items)]"
    json += ",\"city\":\"\(pick(Self.cities))\",\"channel\":\"\(pick(Self.channels))\""
    json += ",\"payment\":\"\(pick(Self.payments))\",\"status\":\"\(pick(Self.statuses))\""
    json += ",\"created_at_ms\":\(time.microseconds / 1_000)}"
    return (customer, Array(json.utf8))
  }

  /// Below `limit`, small numbers far more often than large ones.
  private mutating func skewed(_ limit: Double) -> Double {
    let even = Double(random.next() >> 11) / Double(1 << 53)
    return min(limit - 1, limit * even * even * even).rounded(.down)
  }

  private mutating func pick(_ choices: [String]) -> String {
    choices[Int(random.next() % UInt64(choices.count))]
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
