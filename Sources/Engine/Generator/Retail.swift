/// The shop that the orders are from.
enum Retail {
  static let products: [(sku: String, cents: Int)] = [
    ("espresso-beans", 1_490), ("oat-milk", 229), ("running-shoes", 8_900), ("desk-lamp", 3_450),
    ("headphones", 12_900), ("notebook", 450), ("rain-jacket", 9_900), ("water-bottle", 1_890),
    ("phone-case", 1_999), ("board-game", 3_295), ("olive-oil", 1_120), ("yoga-mat", 2_750),
    ("usb-cable", 899), ("backpack", 6_490), ("chocolate", 349), ("bike-light", 2_190),
  ]

  static let stores: [(code: String, city: String, currency: String)] = [
    ("BER-1", "Berlin", "EUR"), ("AUS-1", "Austin", "USD"), ("LDS-1", "Leeds", "GBP"),
    ("LIS-1", "Lisbon", "EUR"), ("TOR-1", "Toronto", "CAD"), ("BER-2", "Berlin", "EUR"),
    ("ZRH-1", "Zürich", "CHF"), ("OSL-1", "Oslo", "NOK"), ("SAO-1", "São Paulo", "BRL"),
    ("NBO-1", "Nairobi", "KES"), ("LYS-1", "Lyon", "EUR"), ("OPO-1", "Porto", "EUR"),
  ]

  static let channels = ["web", "web", "web", "app", "app", "store"]
  static let payments = ["card", "card", "card", "paypal", "invoice", "cash"]
  static let statuses = ["paid", "paid", "paid", "paid", "pending", "refunded"]

  /// Bytes of the longest item with its comma, and of what follows the items.
  static let itemAndEndMax = 80

  /// The n-th best customer orders one n-th as often as the best (Zipf's law): where each one's
  /// share ends, when the shares are laid one behind the other.
  private static let shares: [Int] = {
    var end = 0
    return (1...10_000).map { rank in
      end += 1_000_000_000 / rank
      return end
    }
  }()

  /// The sum of all shares.
  static let customersWeight = shares.last ?? 1

  /// The customer, from 1, in whose share `draw` lies.
  static func customer(_ draw: Int) -> Int {
    var low = 0
    var high = shares.count - 1
    while low < high {
      let middle = (low + high) / 2
      if draw < shares[middle] { high = middle } else { low = middle + 1 }
    }
    return low + 1
  }
}
