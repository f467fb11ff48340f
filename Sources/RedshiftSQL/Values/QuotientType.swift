/// The type of a quotient, and the constants that its computation needs, from the names that DuckDB
/// gives the types of dividend and divisor.
///
/// Source: the page "Computations with numeric values": of DECIMALs the scale is
/// max(4, s1 + p2 - s2 + 1) and the precision p1 - s1 + s2 + scale; more than 38 digits are cut to
/// max(38 + scale - precision, 4) of scale. AVG keeps the scale of its argument ("AVG function").
package struct QuotientType: Sendable, Equatable {
  /// Stands for the type of a divisor that counts what an average is of.
  package static let count = "COUNT"

  private enum Operand: Equatable {
    case whole(precision: Int)
    case decimal(precision: Int, scale: Int)
    case other
  }

  /// Of a quotient of DECIMALs; nil for other operands, which DuckDB divides as they are.
  private struct Plan: Equatable {
    var precision: Int
    var scale: Int
    var dividendScale: Int
    var divisorScale: Int

    /// Digits that the dividend's get, so that whole numbers can be divided.
    var shift: Int { scale - dividendScale + divisorScale }
    /// Beyond this the dividend would not fit 128 bits, and is divided as a double.
    var isWide: Bool { scale + divisorScale > 18 }
  }

  private let plan: Plan?
  private let isAverage: Bool
  private let wholeName: String

  package init(dividend: String, divisor: String) {
    let left = Self.operand(dividend)
    isAverage = divisor == Self.count
    wholeName = isAverage ? "BIGINT" : Self.wider(dividend, divisor)
    guard !isAverage else {
      guard case .decimal(_, let scale) = left else {
        plan = nil
        return
      }
      plan = Plan(precision: 38, scale: scale, dividendScale: scale, divisorScale: 0)
      return
    }
    plan = Self.plan(left, Self.operand(divisor))
  }

  private static func plan(_ left: Operand, _ right: Operand) -> Plan? {
    let (p1, s1, p2, s2): (Int, Int, Int, Int)
    switch (left, right) {
    case (.decimal(let p, let s), .decimal(let q, let t)): (p1, s1, p2, s2) = (p, s, q, t)
    case (.decimal(let p, let s), .whole(let q)): (p1, s1, p2, s2) = (p, s, q, 0)
    case (.whole(let p), .decimal(let q, let t)): (p1, s1, p2, s2) = (p, 0, q, t)
    default: return nil
    }
    var scale = max(4, s1 + p2 - s2 + 1)
    var precision = p1 - s1 + s2 + scale
    if precision > 38 {
      scale = max(38 + scale - precision, 4)
      precision = 38
    }
    scale = min(scale, 37)
    return Plan(
      precision: max(precision, scale), scale: scale, dividendScale: s1, divisorScale: s2)
  }

  private static let wholes = [
    "BOOLEAN": 1, "TINYINT": 5, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38,
  ]

  private static func operand(_ name: String) -> Operand {
    if let precision = wholes[name] { return .whole(precision: precision) }
    guard name.hasPrefix("DECIMAL("), name.hasSuffix(")") else { return .other }
    let parts = name.dropFirst(8).dropLast().split(separator: ",").compactMap { Int($0) }
    guard parts.count == 2 else { return .other }
    return .decimal(precision: parts[0], scale: parts[1])
  }

  private static func wider(_ left: String, _ right: String) -> String {
    guard let first = wholes[left], let second = wholes[right] else { return "DOUBLE" }
    return first >= second ? left : right
  }

  /// What a part of the computation is called; see `DivisionRule`.
  package enum Part: String, Sendable {
    /// `d` for DECIMALs, else `n`.
    case mode
    /// The quotient's type, as DuckDB names it.
    case type
    /// Digits to shift the dividend by.
    case shift
    /// What dividend and divisor are multiplied by, and the type of that.
    case dividendFactor, divisorFactor, factorType
    /// The types that the products have and are to have.
    case dividendType, divisorType, productType
    /// What makes the whole number that comes out the quotient, and the type of that.
    case unit, unitType
    /// The same, of what may have been divided as a double.
    case productUnit, productUnitType
    /// The type of a whole quotient before it is multiplied by the unit.
    case wholeType
    /// The type that DuckDB's own quotient has.
    case ownType
    /// The types that the quotient has and is to have; `wide` ones where it was divided as double.
    case rawType, wideRawType, finalType

    fileprivate var isType: Bool {
      switch self {
      case .mode, .type, .shift, .dividendFactor, .divisorFactor, .unit, .productUnit: false
      default: true
      }
    }
  }

  /// A type's name in quotes, for `from_json`; of what is computed with, a constant's text.
  package subscript(part: Part) -> String {
    let text = plan.map { self.text(of: part, $0) } ?? plain(part)
    return part.isType ? "\"\(text)\"" : text
  }

  private func text(of part: Part, _ plan: Plan) -> String {
    let isWide = plan.isWide
    switch part {
    case .mode: return "d"
    case .type: return "DECIMAL(\(plan.precision),\(plan.scale))"
    case .shift: return String(plan.shift)
    case .dividendFactor: return Self.power(isWide ? 0 : plan.scale + plan.divisorScale)
    case .divisorFactor: return Self.power(isWide ? 0 : plan.divisorScale)
    case .factorType, .wholeType: return Self.decimal(38, 0)
    case .dividendType: return Self.decimal(38, plan.dividendScale)
    case .divisorType: return Self.decimal(38, plan.divisorScale)
    case .productType: return isWide ? "DOUBLE" : "HUGEINT"
    case .unit: return plan.scale == 0 ? "1" : "0." + Self.power(-plan.scale)
    case .unitType: return Self.decimal(max(plan.scale, 1), plan.scale)
    case .productUnit: return isWide ? "1" : self[.unit]
    case .productUnitType:
      return isWide ? "TINYINT" : Self.decimal(max(plan.scale, 1), plan.scale)
    case .ownType: return "DOUBLE"
    case .rawType: return Self.decimal(38, plan.scale)
    case .wideRawType: return isWide ? "DOUBLE" : Self.decimal(38, plan.scale)
    case .finalType: return Self.decimal(plan.precision, plan.scale)
    }
  }

  private static func decimal(_ precision: Int, _ scale: Int) -> String {
    "DECIMAL(\(precision),\(scale))"
  }

  /// UUID is a type that no number has.
  private func plain(_ part: Part) -> String {
    switch part {
    case .mode: "n"
    case .type: wholeName
    case .shift: "0"
    case .dividendFactor, .divisorFactor, .unit, .productUnit: "1"
    case .factorType, .unitType, .productUnitType, .wholeType: "TINYINT"
    case .dividendType, .divisorType, .ownType: "UUID"
    case .rawType, .wideRawType: isAverage ? "HUGEINT" : "UUID"
    case .productType: "HUGEINT"
    case .finalType: "BIGINT"
    }
  }

  /// `1000` for 3; `001` for -3, behind a point.
  private static func power(_ exponent: Int) -> String {
    exponent >= 0
      ? "1" + String(repeating: "0", count: exponent)
      : String(repeating: "0", count: -exponent - 1) + "1"
  }
}
