/// An instant: whole microseconds since 1970-01-01T00:00:00Z.
///
/// Microseconds are what DuckDB's TIMESTAMP stores, and finer than the milliseconds that
/// Kinesis reports.
package struct Timestamp: Hashable, Comparable, Codable, Sendable {
  package var microseconds: Int64

  package init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// - Parameter seconds: seconds since the epoch; a fraction is kept to the microsecond.
  ///   Values out of range saturate.
  package init(seconds: Double) {
    let scaled = (seconds * 1_000_000).rounded()
    self.microseconds = Int64(exactly: scaled) ?? (scaled > 0 ? .max : .min)
  }

  package var seconds: Double { Double(microseconds) / 1_000_000 }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The seconds from `earlier` to this instant; negative if `earlier` is later.
  package func seconds(since earlier: Timestamp) -> Double {
    Double(microseconds &- earlier.microseconds) / 1_000_000
  }

  package func advanced(bySeconds seconds: Double) -> Timestamp {
    Timestamp(microseconds: microseconds &+ Int64((seconds * 1_000_000).rounded()))
  }
}
