package import Core

/// A regular expression with what RE2, DuckDB's, lacks: look-around, back references, and the
/// places of matches.
///
/// Not `Sendable`: a compiled expression is used by one thread.
package struct RegularExpression {
  private let regex: Regex<AnyRegexOutput>
  private let takesSubexpression: Bool

  /// - Parameter parameters: `c` `i` `e` `p`, as REGEXP_SUBSTR takes them.
  /// - Throws: 2201B for a pattern that is none, 22023 for another parameter.
  package init(_ pattern: String, parameters: String) throws(SQLError) {
    for parameter in parameters where !"ciep".contains(parameter) {
      throw SQLError("22023", "invalid regular expression parameter \"\(parameter)\"")
    }
    takesSubexpression = parameters.contains("e")
    do {
      var regex = try Regex(pattern).dotMatchesNewlines().matchingSemantics(.unicodeScalar)
      if parameters.contains("i") { regex = regex.ignoresCase() }
      self.regex = regex
    } catch {
      throw SQLError("2201B", "invalid regular expression: \(pattern)")
    }
  }

  /// The text from a position in letters, from 1.
  private func rest(of text: String, from position: Int64) throws(SQLError) -> Substring {
    guard position >= 1 else {
      throw SQLError("22023", "the position of a search must be greater than zero")
    }
    return text.dropFirst(Int(clamping: position - 1))
  }

  private func match(
    _ occurrence: Int64, in text: Substring
  ) throws(SQLError) -> Regex<AnyRegexOutput>.Match? {
    guard occurrence >= 1 else {
      throw SQLError("22023", "the occurrence of a match must be greater than zero")
    }
    var matches = text.matches(of: regex)[...]
    matches = matches.dropFirst(Int(clamping: occurrence - 1))
    return matches.first
  }

  /// The match, or its first subexpression with `e`; empty if there is none.
  package func substring(
    of text: String, from position: Int64, occurrence: Int64
  ) throws(SQLError) -> String {
    guard let match = try match(occurrence, in: try rest(of: text, from: position)) else {
      return ""
    }
    if takesSubexpression, match.output.count > 1 {
      return match.output[1].substring.map(String.init) ?? ""
    }
    return String(text[match.range])
  }

  package func count(in text: String, from position: Int64) throws(SQLError) -> Int64 {
    Int64(try rest(of: text, from: position).matches(of: regex).count)
  }

  /// The position of the match (or of what follows it), from 1; 0 if there is none.
  package func place(
    in text: String, from position: Int64, occurrence: Int64, behind: Bool
  ) throws(SQLError) -> Int64 {
    guard let match = try match(occurrence, in: try rest(of: text, from: position)) else {
      return 0
    }
    var range = match.range
    if takesSubexpression, match.output.count > 1, let inner = match.output[1].range {
      range = inner
    }
    let index = behind ? range.upperBound : range.lowerBound
    return Int64(text.distance(from: text.startIndex, to: index)) + 1
  }

  /// Every match from the position on replaced; `\1` and `$1` stand for subexpressions.
  package func replacing(
    in text: String, with template: String, from position: Int64
  ) throws(SQLError) -> String {
    let rest = try rest(of: text, from: position)
    var result = String(text[..<rest.startIndex])
    var end = rest.startIndex
    for match in rest.matches(of: regex) {
      result += text[end..<match.range.lowerBound]
      result += expand(template, match)
      end = match.range.upperBound
    }
    return result + text[end...]
  }

  private func expand(_ template: String, _ match: Regex<AnyRegexOutput>.Match) -> String {
    var result = ""
    var rest = Array(template)[...]
    while let first = rest.popFirst() {
      guard first == "\\" || first == "$", let next = rest.first else {
        result.append(first)
        continue
      }
      if let group = next.wholeNumberValue, next.isASCII {
        rest.removeFirst()
        if group < match.output.count { result += match.output[group].substring ?? "" }
      } else if first == "\\" {
        result.append(next)
        rest.removeFirst()
      } else {
        result.append(first)
      }
    }
    return result
  }
}
