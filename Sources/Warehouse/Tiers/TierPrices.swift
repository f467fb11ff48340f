internal import DuckDB

/// What a GiB costs for a month where the rows of a tier lie, in US dollars. AWS bills GB of 2^30
/// bytes.
package struct TierPrices: Sendable, Equatable {
  package struct Price: Sendable, Equatable {
    package var dollars: Double
    /// Where it was read, and when.
    package var source: String

    package init(_ dollars: Double, source: String = "") {
      self.dollars = dollars
      self.source = source
    }
  }

  /// Aurora's storage, Redshift's managed storage, S3 Standard.
  package var live = Price(0.10)
  package var warehouse = Price(0.024)
  package var archive = Price(0.023)

  package init() {}

  /// The table function `weir_prices()`.
  static func function(_ tiers: TierPrices, _ scan: ScanPrice) -> TableFunction {
    TableFunction(name: "weir_prices", parameters: []) { _ in
      RowTable(
        [("name", .varchar), ("dollars", .double), ("unit", .varchar), ("source", .varchar)],
        rows: [
          row("aurora_storage", tiers.live), row("managed_storage", tiers.warehouse),
          row("s3_standard", tiers.archive),
          [.text("spectrum_scan"), .double(scan.dollarsPerTerabyte), .text("TB"), .null],
        ])
    }
  }

  private static func row(_ name: String, _ price: Price) -> [RowTable.Cell] {
    [
      .text(name), .double(price.dollars), .text("GB-month"),
      price.source.isEmpty ? .null : .text(price.source),
    ]
  }
}
