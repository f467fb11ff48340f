/// Values as PostgreSQL prints them (DateStyle ISO, IntervalStyle postgres, extra_float_digits 1).
enum PostgresText {
  static func append(_ value: Int64, to out: inout [UInt8]) {
    if value >= 0 && value < 10 {
      out.append(0x30 + UInt8(value))
    } else {
      out.append(contentsOf: value.description.utf8)
    }
  }

  static func append(_ value: Double, to out: inout [UInt8]) {
    append(value.description, isFinite: value.isFinite, isNaN: value.isNaN, value < 0, to: &out)
  }

  static func append(_ value: Float, to out: inout [UInt8]) {
    append(value.description, isFinite: value.isFinite, isNaN: value.isNaN, value < 0, to: &out)
  }

  /// Swift prints the shortest digits that read back the same, as PostgreSQL does; what differs
  /// is `1.0` for `1` and the form of exponents.
  private static func append(
    _ text: String, isFinite: Bool, isNaN: Bool, _ isNegative: Bool, to out: inout [UInt8]
  ) {
    guard isFinite else {
      out.append(contentsOf: (isNaN ? "NaN" : isNegative ? "-Infinity" : "Infinity").utf8)
      return
    }
    let parts = text.split(separator: "e", maxSplits: 1)
    var mantissa = parts.first ?? "0"
    if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    if exponent == 0 {
      out.append(contentsOf: mantissa.utf8)
    } else if exponent > 0 && exponent < 15 {
      out.append(contentsOf: plain(mantissa, shiftedBy: exponent).utf8)
    } else {
      out.append(contentsOf: mantissa.utf8)
      out.append(contentsOf: (exponent < 0 ? "e-" : "e+").utf8)
      if abs(exponent) < 10 { out.append(0x30) }
      out.append(contentsOf: abs(exponent).description.utf8)
    }
  }

  private static func plain(_ mantissa: Substring, shiftedBy exponent: Int) -> String {
    let parts = mantissa.split(separator: ".", maxSplits: 1)
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    let digits = fraction + String(repeating: "0", count: max(0, exponent - fraction.count))
    let whole = String(parts.first ?? "0") + digits.prefix(exponent)
    let rest = digits.dropFirst(exponent)
    return rest.isEmpty ? whole : whole + "." + rest
  }

  static func appendHex(_ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
    for byte in bytes {
      out.append(hexDigit(byte >> 4))
      out.append(hexDigit(byte & 15))
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x57 + value
  }

  /// DuckDB keeps a UUID as a 128-bit number with the top bit turned over.
  static func appendUUID(_ value: Int128, to out: inout [UInt8]) {
    let bits = UInt128(truncatingIfNeeded: value) ^ (UInt128(1) << 127)
    for index in 0..<16 {
      if index == 4 || index == 6 || index == 8 || index == 10 { out.append(0x2D) }
      let byte = UInt8(truncatingIfNeeded: bits >> UInt128(120 - index * 8))
      out.append(hexDigit(byte >> 4))
      out.append(hexDigit(byte & 15))
    }
  }

  static func appendDecimal(_ unscaled: Int128, scale: Int, to out: inout [UInt8]) {
    var digits = Array(unscaled.magnitude.description.utf8)
    if unscaled < 0 { out.append(0x2D) }
    guard scale > 0 else {
      out.append(contentsOf: digits)
      return
    }
    while digits.count <= scale { digits.insert(0x30, at: 0) }
    out.append(contentsOf: digits.dropLast(scale))
    out.append(0x2E)
    out.append(contentsOf: digits.suffix(scale))
  }

  // MARK: Time

  static func appendDate(days: Int32, to out: inout [UInt8]) {
    if days == .max {
      out.append(contentsOf: "infinity".utf8)
    } else if days == -.max {
      out.append(contentsOf: "-infinity".utf8)
    } else {
      let isBC = appendDay(Int64(days), to: &out)
      if isBC { out.append(contentsOf: " BC".utf8) }
    }
  }

  /// - Returns: whether the year lies before Christ; the caller writes " BC" at the end.
  private static func appendDay(_ days: Int64, to out: inout [UInt8]) -> Bool {
    // Howard Hinnant's days-to-civil: the calendar in eras of 400 years that start in March.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let day = shifted - era * 146_097
    let yearOfEra = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    pad(year > 0 ? year : 1 - year, 4, to: &out)
    out.append(0x2D)
    pad(month, 2, to: &out)
    out.append(0x2D)
    pad(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2, to: &out)
    return year <= 0
  }

  static func appendTime(microseconds: Int64, to out: inout [UInt8]) {
    let seconds = microseconds / 1_000_000
    pad(seconds / 3_600, 2, to: &out)
    out.append(0x3A)
    pad(seconds / 60 % 60, 2, to: &out)
    out.append(0x3A)
    pad(seconds % 60, 2, to: &out)
    appendFraction(microseconds % 1_000_000, to: &out)
  }

  /// `+02`, `-08`, `+05:30`.
  static func appendOffset(seconds: Int64, to out: inout [UInt8]) {
    out.append(seconds < 0 ? 0x2D : 0x2B)
    pad(abs(seconds) / 3_600, 2, to: &out)
    for rest in [abs(seconds) / 60 % 60, abs(seconds) % 60] where rest != 0 {
      out.append(0x3A)
      pad(rest, 2, to: &out)
    }
  }

  private static func appendFraction(_ microseconds: Int64, to out: inout [UInt8]) {
    guard microseconds != 0 else { return }
    out.append(0x2E)
    pad(microseconds, 6, to: &out)
    while out.last == 0x30 { out.removeLast() }
  }

  static func appendTimestamp(
    _ value: Int64, unitsPerSecond: Int64, to out: inout [UInt8]
  ) {
    if value == .max || value == -.max {
      out.append(contentsOf: (value > 0 ? "infinity" : "-infinity").utf8)
      return
    }
    var seconds = value / unitsPerSecond
    var rest = value % unitsPerSecond
    if rest < 0 {
      rest += unitsPerSecond
      seconds -= 1
    }
    let microseconds =
      unitsPerSecond <= 1_000_000
      ? rest * (1_000_000 / unitsPerSecond) : rest / (unitsPerSecond / 1_000_000)
    var days = seconds / 86_400
    var inDay = seconds % 86_400
    if inDay < 0 {
      inDay += 86_400
      days -= 1
    }
    let isBC = appendDay(days, to: &out)
    out.append(0x20)
    appendTime(microseconds: inDay * 1_000_000 + microseconds, to: &out)
    if isBC { out.append(contentsOf: " BC".utf8) }
  }

  /// `+02`, `-03:30`
  static func appendZone(seconds: Int, to out: inout [UInt8]) {
    out.append(seconds < 0 ? 0x2D : 0x2B)
    let minutes = Int64(abs(seconds) / 60)
    pad(minutes / 60, 2, to: &out)
    if minutes % 60 != 0 {
      out.append(0x3A)
      pad(minutes % 60, 2, to: &out)
    }
  }

  static func appendInterval(
    months: Int32, days: Int32, microseconds: Int64, to out: inout [UInt8]
  ) {
    var parts: [String] = []
    func add(_ count: Int64, _ unit: String) {
      if count != 0 { parts.append("\(count) \(unit)\(count == 1 ? "" : "s")") }
    }
    add(Int64(months / 12), "year")
    add(Int64(months % 12), "mon")
    add(Int64(days), "day")
    if microseconds != 0 || parts.isEmpty {
      var time: [UInt8] = []
      if microseconds < 0 { time.append(0x2D) }
      let magnitude = Int64(clamping: microseconds.magnitude)
      appendTime(microseconds: magnitude, to: &time)
      parts.append(String(decoding: time, as: UTF8.self))
    }
    out.append(contentsOf: parts.joined(separator: " ").utf8)
  }

  private static func pad(_ value: Int64, _ width: Int, to out: inout [UInt8]) {
    let digits = value.description.utf8
    for _ in 0..<max(0, width - digits.count) { out.append(0x30) }
    out.append(contentsOf: digits)
  }

  // MARK: JSON

  static func appendJSONString(_ utf8: [UInt8], to out: inout [UInt8]) {
    out.append(0x22)
    for byte in utf8 {
      switch byte {
      case 0x22, 0x5C: out.append(contentsOf: [0x5C, byte])
      case 0x0A: out.append(contentsOf: "\\n".utf8)
      case 0x0D: out.append(contentsOf: "\\r".utf8)
      case 0x09: out.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        out.append(contentsOf: "\\u00".utf8)
        out.append(contentsOf: [hexDigit(byte >> 4), hexDigit(byte & 15)])
      default: out.append(byte)
      }
    }
    out.append(0x22)
  }
}
