internal import Core
internal import DuckDB
internal import RedshiftSQL

/// What a division of DECIMALs is made of; see `DivisionRule`.
enum NumericFunctions {
  static let all: [ScalarFunction] = [quotientPart, quotient]

  /// `weir_quotient('DECIMAL(8,2)', 'SMALLINT', 'finalType')`: of constants, when a statement is
  /// planned. DuckDB asks with NULLs when it looks at a macro.
  private static let quotientPart = ScalarFunction(
    "weir_quotient", [.varchar, .varchar, .varchar], to: .varchar, seesNulls: true
  ) { input, output in
    for row in 0..<input.rowCount {
      let names = (0..<3).map { input.isNull($0, row) ? "" : input.string($0, row) }
      guard let part = QuotientType.Part(rawValue: names[2]) else { continue }
      output.set(row, QuotientType(dividend: names[0], divisor: names[1])[part])
    }
  }

  /// `weir_divide(a, b, n)`: the digits of a, with n zeros behind them, by the digits of b.
  private static let quotient = ScalarFunction(
    "weir_divide", [.any, .any, .bigint], to: .hugeint
  ) { input, output in
    let widths = (input.digitWidth(0), input.digitWidth(1))
    guard widths.0 > 0, widths.1 > 0 else { return }
    let isShort = widths.0 <= 8 && widths.1 <= 8
    for row in 0..<input.rowCount where input.isValid(row) {
      let dividend = input.digits(0, row, width: widths.0)
      let divisor = input.digits(1, row, width: widths.1)
      let shift = Int(clamping: input.int64(2, row))
      if isShort, let quotient = short(dividend, divisor, shift) {
        output.set(row, hugeint: Int128(quotient))
      } else {
        output.set(row, hugeint: try divide(dividend, by: divisor, shift: shift))
      }
    }
  }

  private static let shortPowers: [Int64] = (0...18).map { count in
    (0..<count).reduce(1) { power, _ in power * 10 }
  }

  /// Where 64 bits are enough, in a tenth of the time; else nil.
  private static func short(_ dividend: Int128, _ divisor: Int128, _ shift: Int) -> Int64? {
    guard shortPowers.indices.contains(shift), divisor > 0 else { return nil }
    let (product, overflow) = Int64(truncatingIfNeeded: dividend)
      .multipliedReportingOverflow(by: shortPowers[shift])
    return overflow ? nil : product / Int64(truncatingIfNeeded: divisor)
  }

  private static let powers: [UInt128] = {
    var powers: [UInt128] = [1]
    for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  private static func divide(
    _ dividend: Int128, by divisor: Int128, shift: Int
  ) throws(SQLError) -> Int128 {
    guard divisor != 0 else { throw SQLError("22012", "division by zero") }
    guard powers.indices.contains(shift) else {
      throw SQLError("22003", "numeric data overflow (division)")
    }
    let isNegative = (dividend < 0) != (divisor < 0)
    let (by, factor) = (divisor.magnitude, powers[shift])
    let result: UInt128
    let (short, overflow) = dividend.magnitude.multipliedReportingOverflow(by: factor)
    if let short = UInt64(exactly: short), let by = UInt64(exactly: by), !overflow {
      result = UInt128(short / by)
    } else if !overflow {
      result = short / by
    } else {
      let wide = dividend.magnitude.multipliedFullWidth(by: factor)
      guard wide.high < by else {
        throw SQLError("22003", "numeric data overflow (division)")
      }
      result = by.dividingFullWidth(wide).quotient
    }
    guard let whole = Int128(exactly: result) else {
      throw SQLError("22003", "numeric data overflow (division)")
    }
    return isNegative ? -whole : whole
  }
}
