import Core

/// Numbers as people read them, each with its unit. Unknown is `–`, never 0.
enum Units {
  static let unknown = "–"

  /// `20,104`
  static func count(_ value: Int?) -> String {
    guard let value else { return unknown }
    let digits = Array(String(value.magnitude))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  static func count(_ value: Int?, _ unit: String) -> String {
    value == nil ? unknown : count(value) + " " + unit
  }

  /// `20,104 rec/s`; below ten with a decimal: `0.5 rec/s`
  static func rate(_ value: Double?, _ unit: String) -> String {
    let text = number(value)
    return text == unknown ? text : text + " " + unit
  }

  /// As `rate`, where the unit is the column's title.
  static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    if value > 0 && value < 9.95 && value.rounded() != value {
      return decimal(value, places: 1)
    }
    return count(integer(value))
  }

  /// `1.2 MB`; units of a thousand.
  static func bytes(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    var amount = value
    for unit in ["B", "kB", "MB", "GB", "TB"] {
      if abs(amount) < 999.5 { return significant(amount, whole: unit == "B") + " " + unit }
      amount /= 1000
    }
    return significant(amount, whole: false) + " PB"
  }

  static func bytes(_ value: Int?) -> String { bytes(value.map { Double($0) }) }

  /// `$12.34`, `$1,204`; less than a cent is `<$0.01`.
  static func dollars(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    if value > 0 && value < 0.01 { return "<$0.01" }
    return "$" + (abs(value) < 999.5 ? decimal(value, places: 2) : count(integer(value)))
  }

  static func byteRate(_ value: Double?) -> String {
    let text = bytes(value)
    return text == unknown ? text : text + "/s"
  }

  /// `0.4 ms`, `230 ms`, `1.2 s`, `2 m 05 s`, `1 h 02 m`, `3 d 04 h`
  static func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return unknown }
    let length = max(0, seconds)
    if length == 0 { return "0 ms" }
    if length < 0.00995 { return decimal(length * 1000, places: 1) + " ms" }
    if length < 0.9995 { return "\(integer(length * 1000)) ms" }
    if length < 59.95 { return decimal(length, places: 1) + " s" }
    let whole = integer(length)
    if whole < 3600 { return "\(whole / 60) m \(two(whole % 60)) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(two(whole % 3600 / 60)) m" }
    return "\(whole / 86_400) d \(two(whole % 86_400 / 3600)) h"
  }

  /// How long ago, in whole seconds: `12 s`, `2 m 05 s`.
  static func age(_ seconds: Double) -> String {
    seconds < 59.5 ? "\(integer(max(0, seconds))) s" : duration(seconds)
  }

  static func percent(_ fraction: Double?) -> String {
    guard let fraction, fraction.isFinite else { return unknown }
    return "\(integer(fraction * 100)) %"
  }

  /// The time of day in UTC: `13:20:33`
  static func clock(_ time: Timestamp) -> String {
    let day: Int64 = 86_400_000_000
    let rest = ((time.microseconds % day) + day) % day / 1_000_000
    let second = Int(rest)
    return "\(two(second / 3600)):\(two(second % 3600 / 60)):\(two(second % 60))"
  }

  /// A number for an axis: `0`, `250`, `12.5 k`, `3 M`.
  static func axis(_ value: Double) -> String {
    guard value.isFinite else { return unknown }
    if abs(value) < 999.5 { return significant(value, whole: value.rounded() == value) }
    if abs(value) < 999_500 { return significant(value / 1000, whole: false) + " k" }
    return significant(value / 1_000_000, whole: false) + " M"
  }

  private static func two(_ value: Int) -> String {
    value < 10 ? "0\(value)" : "\(value)"
  }

  private static func significant(_ value: Double, whole: Bool) -> String {
    if whole || abs(value) >= 99.95 { return "\(integer(value))" }
    let text = decimal(value, places: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Rounded to the nearest; what an `Int` cannot hold saturates.
  static func integer(_ value: Double) -> Int {
    Int(exactly: value.rounded()) ?? (value > 0 ? .max : value < 0 ? .min : 0)
  }

  static func decimal(_ value: Double, places: Int) -> String {
    let scale = places == 2 ? 100.0 : 10.0
    let scaled = integer(value * scale)
    let magnitude = scaled.magnitude
    let fraction = String(magnitude % UInt(scale))
    let padded = String(repeating: "0", count: max(0, places - fraction.count)) + fraction
    return (scaled < 0 ? "-" : "") + count(Int(clamping: magnitude / UInt(scale))) + "." + padded
  }
}
