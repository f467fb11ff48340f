internal import RedshiftSQL

/// Dates and timestamps in their standard form, quickly.
enum PlainTime {
  /// `YYYY-MM-DD`; what stands behind it is left alone.
  static func date(_ bytes: UnsafeBufferPointer<UInt8>) -> CivilTime? {
    guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
      let year = number(bytes, 0..<4), let month = number(bytes, 5..<7),
      let day = number(bytes, 8..<10)
    else { return nil }
    let time = CivilTime(year: year, month: month, day: day)
    return time.isValid ? time : nil
  }

  /// `YYYY-MM-DD[ HH:MM[:SS[.ffffff]][ ][+HH[:MM]|Z]]`, with the zone's seconds if it has one.
  static func timestamp(
    _ bytes: UnsafeBufferPointer<UInt8>
  ) -> (time: CivilTime, offset: Int?)? {
    guard var time = date(bytes) else { return nil }
    guard bytes.count > 10 else { return (time, nil) }
    guard bytes.count >= 16, bytes[10] == 0x20 || bytes[10] == 0x54, bytes[13] == 0x3A,
      let hour = number(bytes, 11..<13), let minute = number(bytes, 14..<16)
    else { return nil }
    time.hour = hour
    time.minute = minute
    var place = 16
    if place < bytes.count, bytes[place] == 0x3A {
      guard let second = number(bytes, 17..<19) else { return nil }
      time.second = second
      place = 19
      if place < bytes.count, bytes[place] == 0x2E {
        place += 1
        guard let fraction = fraction(bytes, &place) else { return nil }
        time.microsecond = fraction
      }
    }
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    guard time.isValid else { return nil }
    guard place < bytes.count else { return (time, nil) }
    let zone = String(decoding: bytes[place...], as: UTF8.self)
    return TimeZones.offset(of: zone).map { (time, $0) }
  }

  /// Digits behind the sixth are cut off.
  private static func fraction(
    _ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int
  ) -> Int? {
    var (value, count) = (0, 0)
    while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 {
      if count < 6 { value = value * 10 + Int(bytes[place] - 0x30) }
      count += 1
      place += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<max(6, count) { value *= 10 }
    return value
  }

  private static func number(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Int? {
    guard range.upperBound <= bytes.count else { return nil }
    var value = 0
    for place in range {
      guard bytes[place] >= 0x30, bytes[place] <= 0x39 else { return nil }
      value = value * 10 + Int(bytes[place] - 0x30)
    }
    return value
  }
}

/// Decimals as COPY reads them: digits behind the scale are cut off, or rounded (ROUNDEC).
enum DecimalText {
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, precision: Int, scale: Int, rounds: Bool
  ) throws(LoadProblem) -> [UInt8] {
    var place = 0
    let isNegative = bytes.first == 0x2D
    if isNegative || bytes.first == 0x2B { place = 1 }
    var digits: [UInt8] = []
    var (point, hasDigit) = (nil as Int?, false)
    while place < bytes.count, bytes[place] != 0x65, bytes[place] != 0x45 {
      let byte = bytes[place]
      if byte == 0x2E, point == nil {
        point = digits.count
      } else if byte >= 0x30, byte <= 0x39 {
        digits.append(byte)
        hasDigit = true
      } else {
        throw .digit(bytes, place, "Decimal")
      }
      place += 1
    }
    guard hasDigit else { throw .digit(bytes, place, "Decimal") }
    var whole = point ?? digits.count
    if place < bytes.count {
      let text = String(decoding: bytes[(place + 1)...], as: UTF8.self)
      guard let exponent = Int(text), abs(exponent) < 400 else {
        throw .digit(bytes, place, "Decimal")
      }
      whole += exponent
    }
    let kept = try fitted(digits, whole: whole, precision: precision, scale: scale, rounds)
    return (isNegative ? [0x2D] : []) + kept
  }

  private static func fitted(
    _ digits: [UInt8], whole: Int, precision: Int, scale: Int, _ rounds: Bool
  ) throws(LoadProblem) -> [UInt8] {
    // The digit at each power of ten, from the greatest to the scale's, and one more.
    func digit(_ index: Int) -> UInt8 { digits.indices.contains(index) ? digits[index] - 0x30 : 0 }
    let first = min(0, whole)
    var value = (first..<(whole + scale)).map(digit)
    if rounds, digit(whole + scale) >= 5, whole + scale >= 0 {
      var index = value.count - 1
      while index >= 0, value[index] == 9 {
        value[index] = 0
        index -= 1
      }
      if index >= 0 { value[index] += 1 } else { value.insert(1, at: 0) }
    }
    let significant = Array(value.drop { $0 == 0 })
    guard significant.count <= precision else {
      throw LoadProblem(
        code: 1_204, reason: "Numeric overflow, Type: Decimal(\(precision),\(scale))")
    }
    var padded = significant
    while padded.count <= scale { padded.insert(0, at: 0) }
    var text = padded.map { $0 + 0x30 }
    if scale > 0 { text.insert(0x2E, at: text.count - scale) }
    return text
  }
}

/// What is wrong with bytes that should be UTF-8, in the numbers that COPY gives it.
enum UTF8Check {
  /// - Returns: where the first wrong sequence begins, and its kind: 1 longer than four bytes, 2
  ///   incomplete, 3 no such byte, 4 no continuation where one must be.
  static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> (place: Int, kind: Int)? {
    var place = 0
    while place < bytes.count {
      let length = length(bytes, at: place)
      if length > 0 {
        place += length
      } else {
        return (place, -length)
      }
    }
    return nil
  }

  /// Each wrong byte becomes the replacement.
  static func replacing(
    _ bytes: UnsafeBufferPointer<UInt8>, with replacement: UInt8
  ) -> [UInt8] {
    var out: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let length = length(bytes, at: place)
      if length > 0 {
        out.append(contentsOf: bytes[place..<(place + length)])
        place += length
      } else {
        out.append(replacement)
        place += 1
      }
    }
    return out
  }

  /// Of the sequence at a place; negative: the kind of what is wrong.
  private static func length(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
    let first = bytes[place]
    let count: Int
    switch first {
    case 0..<0x80: return 1
    case 0xC2..<0xE0: count = 2
    case 0xE0..<0xF0: count = 3
    case 0xF0..<0xF5: count = 4
    case 0xF8..<0xFE: return -1
    default: return -3
    }
    guard place + count <= bytes.count else { return -2 }
    for index in 1..<count where bytes[place + index] & 0xC0 != 0x80 { return -4 }
    let second = bytes[place + 1]
    // Overlong forms, surrogates, and what is past the last character.
    let isWrong =
      (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)
      || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)
    return isWrong ? -3 : count
  }
}
