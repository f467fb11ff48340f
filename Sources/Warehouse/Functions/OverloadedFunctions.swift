internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Functions with a form for each type of their argument: DuckDB chooses.
enum OverloadedFunctions {
  static let all = moments + beside + characters + truncations + strings + hashes + days

  // MARK: Dates

  /// `weir_moment`: what functions of dates take. A date becomes a timestamp, a text is read as
  /// one, the others stay what they are.
  private static let moments: [ScalarFunction] =
    moments("weir_moment") + moments("weir_instant")
    + [
      identity("weir_moment", .time, size: 8), identity("weir_moment", .timeTZ, size: 8),
      identity("weir_moment", .interval, size: 16),
      // `weir_instant`: a time is one of the day on which all time began.
      ScalarFunction("weir_instant", [.time], to: .timestamp) { input, output in
        for row in 0..<input.rowCount where input.isValid(row) {
          output.set(row, input.int64(0, row))
        }
      },
      ScalarFunction("weir_instant", [.timeTZ], to: .timestamp) { input, output in
        for row in 0..<input.rowCount where input.isValid(row) { output.set(row, Int64(0)) }
      },
    ]

  private static func moments(_ name: String) -> [ScalarFunction] {
    [
      identity(name, .timestamp, size: 8), identity(name, .timestampTZ, size: 8),
      ScalarFunction(name, [.date], to: .timestamp) { input, output in
        for row in 0..<input.rowCount where input.isValid(row) {
          output.set(row, Int64(input.int32(0, row)) * 86_400_000_000)
        }
      },
      ScalarFunction(name, [.varchar], to: .timestamp) { input, output in
        for row in 0..<input.rowCount where input.isValid(row) {
          output.set(row, try ScalarFunctions.moment(input.string(0, row)).time.microseconds)
        }
      },
    ]
  }

  private static func identity(
    _ name: String, _ type: ScalarFunction.ValueType, size: Int
  ) -> ScalarFunction {
    ScalarFunction(name, [type], to: type) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.copy(row, from: input, column: 0, size: size)
      }
    }
  }

  /// A date and a number of days that is a BIGINT, as window functions and counts are.
  private static let days: [ScalarFunction] = [
    ScalarFunction("+", [.date, .bigint], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, int32: try day(input.int32(0, row), input.int64(1, row)))
      }
    },
    ScalarFunction("+", [.bigint, .date], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, int32: try day(input.int32(1, row), input.int64(0, row)))
      }
    },
    ScalarFunction("-", [.date, .bigint], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let (days, isOver) = Int64(0).subtractingReportingOverflow(input.int64(1, row))
        output.set(row, int32: try day(input.int32(0, row), isOver ? .max : days))
      }
    },
  ]

  private static func day(_ date: Int32, _ days: Int64) throws -> Int32 {
    // Infinity, and minus infinity.
    guard date != .max, date != -Int32.max else { return date }
    let (sum, isOver) = Int64(date).addingReportingOverflow(days)
    guard !isOver, let day = Int32(exactly: sum), day != .max, day > -Int32.max else {
      throw SQLError("22008", "date out of range")
    }
    return day
  }

  /// `weir_same(x, text)`: the text as a value of x's type, if that is a date's.
  private static let beside: [ScalarFunction] = [
    ScalarFunction("weir_same", [.varchar, .varchar], to: .varchar) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, input.string(1, row))
      }
    },
    ScalarFunction("weir_same", [.date, .varchar], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let time = try ScalarFunctions.moment(input.string(1, row)).time
        output.set(row, int32: Int32(time.days))
      }
    },
    sameMoment(.timestamp), sameMoment(.timestampTZ),
  ]

  private static func sameMoment(_ type: ScalarFunction.ValueType) -> ScalarFunction {
    ScalarFunction("weir_same", [type, .varchar], to: type) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let (time, offset) = try ScalarFunctions.moment(input.string(1, row))
        output.set(row, time.microseconds - Int64(offset ?? 0) * 1_000_000)
      }
    }
  }

  /// `weir_to_char(x, format, zone)`. That of a number is never run: it lets the macro be planned.
  private static let characters: [ScalarFunction] = [
    character(.timestamp) { input, row in input.int64(0, row) },
    character(.timestampTZ, hasZone: true) { input, row in
      let time = input.int64(0, row)
      let offset = SessionZone.offset(of: input.string(2, row), at: time)
      return time + Int64(offset) * 1_000_000
    },
    character(.date) { input, row in Int64(input.int32(0, row)) * 86_400_000_000 },
    character(.time) { input, row in input.int64(0, row) },
    character(.varchar) { input, row in
      try ScalarFunctions.moment(input.string(0, row)).time.microseconds
    },
    // The hours and minutes of an interval, its days as days.
    character(.interval) { input, row in
      let interval = input.interval(0, row)
      var time = CivilTime(year: Int(interval.months) / 12, month: 1, day: 1)
      time.month += Int(interval.months) % 12
      return CivilTime(days: time.days + Int(interval.days)).microseconds
        + interval.microseconds
    },
    character(.double) { _, _ in 0 },
  ]

  private static func character(
    _ type: ScalarFunction.ValueType, hasZone: Bool = false,
    _ microseconds: @escaping @Sendable (borrowing ScalarInput, Int) throws -> Int64
  ) -> ScalarFunction {
    ScalarFunction("weir_to_char", [type, .varchar, .varchar], to: .varchar) { input, output in
      var template = Cached("") { DateTemplate($0) }
      for row in 0..<input.rowCount where input.isValid(row) {
        let time = CivilTime(microseconds: try microseconds(input, row))
        let zone = hasZone ? input.string(2, row) : ""
        output.set(row, template[input.string(1, row)].text(of: time, zone: zone))
      }
    }
  }

  /// DuckDB's `trunc` is of numbers; of dates these are.
  private static let truncations: [ScalarFunction] = [
    ScalarFunction("trunc", [.timestamp], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, int32: Int32(CivilTime(microseconds: input.int64(0, row)).days))
      }
    },
    ScalarFunction("trunc", [.date], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.copy(row, from: input, column: 0, size: 4)
      }
    },
    ScalarFunction("trunc", [.varchar], to: .date) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let time = try ScalarFunctions.moment(input.string(0, row)).time
        output.set(row, int32: Int32(time.days))
      }
    },
  ]

  // MARK: Texts and bytes

  private static let strings: [ScalarFunction] = [
    // DuckDB's own is of texts and lists.
    length("length", .blob) { $0.count },
    length("weir_octet_length", .blob) { $0.count },
    length("weir_octet_length", .varchar) { $0.count },
    length("weir_json_kind", .varchar) { Int(JSONText.kind(of: $0)?.rawValue ?? 0) },
    length("weir_json_kind", .blob) { bytes in
      guard String(validating: bytes, as: UTF8.self) != nil else { return 0 }
      return Int(JSONText.kind(of: bytes)?.rawValue ?? 0)
    },
    part(.varchar), part(.blob), part(.varchar, hasLength: true), part(.blob, hasLength: true),
  ]

  private static func length(
    _ name: String, _ type: ScalarFunction.ValueType,
    _ count: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> Int
  ) -> ScalarFunction {
    .int64(name, [type]) { input, row in Int64(input.withBytes(0, row, count)) }
  }

  /// SUBSTRING: by letters, of bytes by bytes. Positions before the first count, and take from the
  /// length.
  private static func part(
    _ type: ScalarFunction.ValueType, hasLength: Bool = false
  ) -> ScalarFunction {
    ScalarFunction(
      "weir_substring", [type, .bigint] + (hasLength ? [.bigint] : []), to: type
    ) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let start = input.int64(1, row)
        let length = hasLength ? input.int64(2, row) : Int64.max
        guard length >= 0 else {
          throw SQLError("22011", "negative substring length not allowed")
        }
        let (sum, overflow) = start.addingReportingOverflow(length)
        let range = max(start, 1)..<max(max(start, 1), overflow ? .max : sum)
        output.set(
          row,
          bytes: input.withBytes(0, row) { bytes in
            type == .blob
              ? Array(bytes[Self.bytes(range, count: bytes.count)])
              : Array(bytes[Self.letters(range, in: bytes)])
          })
      }
    }
  }

  private static func bytes(_ range: Range<Int64>, count: Int) -> Range<Int> {
    let lower = min(Int(clamping: range.lowerBound - 1), count)
    return lower..<max(lower, min(Int(clamping: range.upperBound - 1), count))
  }

  private static func letters(
    _ range: Range<Int64>, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Range<Int> {
    var letter: Int64 = 0
    var lower = bytes.count
    for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
      letter += 1
      if letter == range.lowerBound { lower = offset }
      if letter == range.upperBound { return min(lower, offset)..<offset }
    }
    return lower..<bytes.count
  }

  // MARK: Hashes

  /// `weir_fnv(x, seed)` of a value's own bytes, the lowest first; `weir_sha2(x, bits)`.
  private static let hashes: [ScalarFunction] = [
    fnv(.smallint) { input, row in number(UInt64(truncatingIfNeeded: input.int16(0, row)), 2) },
    fnv(.integer) { input, row in number(UInt64(truncatingIfNeeded: input.int32(0, row)), 4) },
    fnv(.bigint) { input, row in number(UInt64(bitPattern: input.int64(0, row)), 8) },
    fnv(.boolean) { input, row in [input.bool(0, row) ? 1 : 0] },
    fnv(.varchar) { input, row in input.bytes(0, row) },
    fnv(.blob) { input, row in input.bytes(0, row) },
    sha2(.varchar), sha2(.blob),
  ]

  private static func fnv(
    _ type: ScalarFunction.ValueType,
    _ bytes: @escaping @Sendable (borrowing ScalarInput, Int) -> [UInt8]
  ) -> ScalarFunction {
    .int64("weir_fnv", [type, .bigint]) { input, row in
      let seed = UInt64(bitPattern: input.int64(1, row))
      return Int64(bitPattern: FNV.hash(bytes(input, row), seed: seed))
    }
  }

  private static func number(_ value: UInt64, _ count: UInt64) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static func sha2(_ type: ScalarFunction.ValueType) -> ScalarFunction {
    .text("weir_sha2", [type, .bigint]) { input, row in
      SHA2.hexDigest(input.bytes(0, row), bits: input.int64(1, row))
    }
  }
}
