package import Core

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A number inside a SUPER: whole ones stay exact.
package enum SuperNumber: Sendable, Equatable {
  case whole(Int128)
  case fraction(Double)

  /// - Returns: nil for what is no number, such as a string in quotes.
  package init?(_ text: String) {
    let first = text.utf8.first ?? 0
    guard (0x30...0x39).contains(first) || first == 0x2D || first == 0x2E else { return nil }
    if let value = Int128(text) {
      self = .whole(value)
    } else if let value = Double(text), value.isFinite {
      self = .fraction(value)
    } else {
      return nil
    }
  }

  private var double: Double {
    switch self {
    case .whole(let value): Double(value)
    case .fraction(let value): value
    }
  }

  package func compared(to other: SuperNumber) -> Int? {
    if case (.whole(let left), .whole(let right)) = (self, other) {
      return left < right ? -1 : left == right ? 0 : 1
    }
    if let exact = comparedExactly(to: other) { return exact }
    let (left, right) = (double, other.double)
    return left < right ? -1 : left == right ? 0 : 1
  }

  /// A whole number beside a fraction that is one as well.
  private func comparedExactly(to other: SuperNumber) -> Int? {
    switch (self, other) {
    case (.whole(let left), .fraction(let right)):
      guard let right = Int128(exactly: right) else { return nil }
      return left < right ? -1 : left == right ? 0 : 1
    case (.fraction, .whole): return other.comparedExactly(to: self).map { -$0 }
    default: return nil
    }
  }

  /// - Parameter symbol: `+ - * / %`, each as SQL has it of numbers of these types.
  package func calculated(
    _ symbol: String, _ other: SuperNumber
  ) throws(SQLError) -> SuperNumber {
    if case (.whole(let left), .whole(let right)) = (self, other) {
      return .whole(try Self.whole(symbol, left, right))
    }
    let (left, right) = (double, other.double)
    if right == 0, symbol == "/" || symbol == "%" {
      throw SQLError("22012", "division by zero")
    }
    let result =
      switch symbol {
      case "+": left + right
      case "-": left - right
      case "*": left * right
      case "/": left / right
      default: fmod(left, right)
      }
    guard result.isFinite else { throw SQLError("22003", "value out of range") }
    return .fraction(result)
  }

  private static func whole(
    _ symbol: String, _ left: Int128, _ right: Int128
  ) throws(SQLError) -> Int128 {
    if right == 0, symbol == "/" || symbol == "%" {
      throw SQLError("22012", "division by zero")
    }
    let (result, overflow) =
      switch symbol {
      case "+": left.addingReportingOverflow(right)
      case "-": left.subtractingReportingOverflow(right)
      case "*": left.multipliedReportingOverflow(by: right)
      case "/": left.dividedReportingOverflow(by: right)
      default: left.remainderReportingOverflow(dividingBy: right)
      }
    guard !overflow else { throw SQLError("22003", "value out of range") }
    return result
  }

  /// As JSON.
  package var text: String {
    switch self {
    case .whole(let value): String(value)
    case .fraction(let value):
      // Whole ones without a point, as Redshift writes a double.
      if let whole = Int64(exactly: value) { String(whole) } else { "\(value)" }
    }
  }
}
