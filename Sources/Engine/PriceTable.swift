internal import Foundation
package import Warehouse

/// What things cost on AWS: the file `Prices/prices.yaml` that ships with Weir, each price with its
/// source and date, and what `prices:` in weir.yaml says instead.
package struct PriceTable: Sendable, Equatable {
  package var scan = ScanPrice()
  /// Where the price of a scan comes from.
  package var scanSource = ""
  /// Of a GB-month in each tier.
  package var storage = TierPrices()

  package init() {}

  /// - Throws: `EngineError` for a file that ships with Weir and is no price table.
  static func shipped() throws -> PriceTable {
    guard let folder = Resources.folders(named: "Prices").first else { return PriceTable() }
    return try read(folder + "/prices.yaml")
  }

  /// - Throws: `EngineError` that names the file, the line and the key.
  package static func read(_ file: String) throws -> PriceTable {
    guard let data = FileManager.default.contents(atPath: file),
      let document = try YAMLPlace.read(String(decoding: data, as: UTF8.self), file: file)
    else { throw EngineError("cannot read the prices in \(file)") }
    var table = PriceTable()
    let fields = try document.fields([], optional: names)
    for (name, path) in storagePrices {
      guard let price = try fields[name]?.fields(["dollars", "per", "source", "read"]) else {
        continue
      }
      let words = [try price["source"]?.text() ?? "", "(\(try price["read"]?.text() ?? ""))"]
      table.storage[keyPath: path] = TierPrices.Price(
        try price["dollars"]?.decimal(range) ?? 0, source: words.joined(separator: " "))
    }
    guard
      let scan = try fields["spectrum_scan"]?.fields(
        ["dollars", "per", "source", "read"], optional: ["bytes_min", "bytes_step"])
    else { return table }
    table.scan.dollarsPerTerabyte = try scan["dollars"]?.decimal(0...1_000_000) ?? 0
    table.scan.bytesMin = try scan["bytes_min"]?.number(0...(1 << 40)) ?? table.scan.bytesMin
    table.scan.bytesStep = try scan["bytes_step"]?.number(1...(1 << 40)) ?? table.scan.bytesStep
    let (source, date) = (try scan["source"]?.text() ?? "", try scan["read"]?.text() ?? "")
    table.scanSource = "\(source) (\(date))"
    return table
  }

  /// - Parameters:
  ///   - file: `prices:` of weir.yaml.
  ///   - environment: `WEIR_PRICES_SPECTRUM_SCAN`, in dollars for a terabyte, and those of storage
  ///     likewise, for a GB-month.
  static func load(file: [String: Double], environment: [String: String]) throws -> PriceTable {
    var table = try shipped()
    let variable = "WEIR_PRICES_SPECTRUM_SCAN"
    if let price = try EngineConfiguration.number(environment, variable, in: range) {
      table.scan.dollarsPerTerabyte = price
      table.scanSource = variable
    } else if let price = file["spectrum_scan"] {
      table.scan.dollarsPerTerabyte = price
      table.scanSource = "weir.yaml"
    }
    for (name, path) in storagePrices {
      let variable = "WEIR_PRICES_" + name.uppercased()
      if let price = try EngineConfiguration.number(environment, variable, in: range) {
        table.storage[keyPath: path] = TierPrices.Price(price, source: variable)
      } else if let price = file[name] {
        table.storage[keyPath: path] = TierPrices.Price(price, source: "weir.yaml")
      }
    }
    return table
  }

  private static let range = 0.0...1_000_000.0
  private static var storagePrices: [(String, WritableKeyPath<TierPrices, TierPrices.Price>)] {
    [
      ("aurora_storage", \.live), ("managed_storage", \.warehouse), ("s3_standard", \.archive),
    ]
  }
  private static var names: [String] { ["spectrum_scan"] + storagePrices.map(\.0) }

  static func overrides(_ place: YAMLPlace) throws -> [String: Double] {
    let fields = try place.fields([], optional: names)
    var prices: [String: Double] = [:]
    for name in names { prices[name] = try fields[name]?.decimal(range) }
    return prices
  }
}
