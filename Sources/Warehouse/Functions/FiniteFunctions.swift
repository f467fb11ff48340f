internal import Core
internal import DuckDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Functions of doubles that are errors where DuckDB's are infinite, or no number.
enum FiniteFunctions {
  static let all: [ScalarFunction] = [
    function("weir_finite", [.double]) { input, row in try finite(input.double(0, row)) },
    function("weir_exp", [.double]) { input, row in
      let value = input.double(0, row)
      return value.isFinite ? try finite(exp(value)) : exp(value)
    },
    function("weir_power", [.double, .double]) { input, row in
      let (base, exponent) = (input.double(0, row), input.double(1, row))
      if base == 0, exponent < 0 {
        throw SQLError("2201F", "zero raised to a negative power is undefined")
      }
      if base < 0, base.isFinite, exponent.isFinite, exponent.rounded() != exponent {
        throw SQLError(
          "2201F", "a negative number raised to a non-integer power yields a complex result")
      }
      let value = pow(base, exponent)
      return base.isFinite && exponent.isFinite ? try finite(value) : value
    },
  ]

  private static func finite(_ value: Double) throws(SQLError) -> Double {
    guard !value.isInfinite else { throw SQLError("22003", "value out of range: overflow") }
    return value
  }

  private static func function(
    _ name: String, _ parameters: [ScalarFunction.ValueType],
    _ body: @escaping @Sendable (borrowing ScalarInput, Int) throws -> Double
  ) -> ScalarFunction {
    ScalarFunction(name, parameters, to: .double) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, try body(input, row))
      }
    }
  }
}
