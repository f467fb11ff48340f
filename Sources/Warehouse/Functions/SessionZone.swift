internal import Foundation

/// The zone in which a session sees moments.
enum SessionZone {
  static func isKnown(_ zone: String) -> Bool { TimeZone(identifier: zone) != nil }

  /// Seconds east of UTC.
  ///
  /// - Parameter time: microseconds since 1970, in UTC.
  static func offset(of zone: String, at time: Int64) -> Int {
    guard zone != "UTC", let zone = TimeZone(identifier: zone) else { return 0 }
    return zone.secondsFromGMT(
      for: Date(timeIntervalSince1970: Double(time) / 1_000_000))
  }
}
