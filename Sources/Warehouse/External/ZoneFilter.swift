internal import Core
internal import Foundation

/// A condition on one column that the least and the greatest value of a row group may rule out:
/// what DuckDB's reader passes over for, as far as the plan's text says it.
struct ZoneFilter: Equatable {
  enum Test: Equatable {
    case equal(String)
    case less(String)
    case lessOrEqual(String)
    case greater(String)
    case greaterOrEqual(String)
    case between(String, String)
    case any([Test])
  }

  var column: Int
  var test: Test

  /// - Returns: nil for a condition of another form.
  init?(_ condition: String, reader: ScanPlanReader) {
    let tags = reader.tags(in: condition)
    guard let column = tags.first?.column, tags.allSatisfy({ $0.column == column }),
      let test = Self.test(condition, reader)
    else { return nil }
    self.column = column
    self.test = test
  }

  private static func test(_ text: String, _ reader: ScanPlanReader) -> Test? {
    let text = SQLPieces.unwrapped(text)
    let terms = SQLPieces.terms(text, separator: " OR ")
    if terms.count > 1 {
      let tests = terms.map { test($0, reader) }
      let known = tests.compactMap(\.self)
      return known.count == tests.count ? .any(known) : nil
    }
    guard let space = text.firstIndex(of: " "),
      reader.isTag(String(text[..<space]))
    else { return nil }
    let rest = text[text.index(after: space)...]
    if rest.hasPrefix("BETWEEN ") {
      let bounds = String(rest.dropFirst(8)).components(separatedBy: " AND ")
      guard bounds.count == 2, let low = constant(bounds[0]), let high = constant(bounds[1]) else {
        return nil
      }
      return .between(low, high)
    }
    guard let next = rest.firstIndex(of: " "),
      let value = constant(String(rest[rest.index(after: next)...]))
    else { return nil }
    switch rest[..<next] {
    case "=": return .equal(value)
    case "<": return .less(value)
    case "<=": return .lessOrEqual(value)
    case ">": return .greater(value)
    case ">=": return .greaterOrEqual(value)
    default: return nil
    }
  }

  /// `'2024-01-01'::DATE`, `5`, `'it''s'`
  private static func constant(_ text: String) -> String? {
    if text.hasPrefix("'") {
      let body = text.dropFirst()
      guard let end = body.lastIndex(of: "'") else { return nil }
      let suffix = body[body.index(after: end)...]
      guard suffix.isEmpty || suffix.hasPrefix("::") else { return nil }
      return body[..<end].replacingOccurrences(of: "''", with: "'")
    }
    return Double(text) == nil ? nil : text
  }

  /// Whether a row group with these bounds may have a row that meets the condition.
  func mayMeet(least: String?, greatest: String?, isNumeric: Bool) -> Bool {
    guard let least, let greatest else { return true }
    return Self.mayMeet(test, least, greatest, isNumeric)
  }

  private static func mayMeet(
    _ test: Test, _ least: String, _ greatest: String, _ isNumeric: Bool
  ) -> Bool {
    func isLess(_ left: String, _ right: String) -> Bool {
      guard isNumeric else { return left.utf8.lexicographicallyPrecedes(right.utf8) }
      if let left = Int64(left), let right = Int64(right) { return left < right }
      guard let left = Double(left), let right = Double(right) else { return true }
      return left < right
    }
    return switch test {
    case .equal(let value): !isLess(value, least) && !isLess(greatest, value)
    case .less(let value): isLess(least, value)
    case .lessOrEqual(let value): !isLess(value, least)
    case .greater(let value): isLess(value, greatest)
    case .greaterOrEqual(let value): !isLess(greatest, value)
    case .between(let low, let high): !isLess(high, least) && !isLess(greatest, low)
    case .any(let tests): tests.contains { mayMeet($0, least, greatest, isNumeric) }
    }
  }
}
