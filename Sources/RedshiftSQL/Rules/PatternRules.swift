package import Core

/// `a ~ 'b'` → `regexp_matches(a, 'b')`, `a !~ 'b'` → `NOT regexp_matches(a, 'b')`.
///
/// DuckDB's own `~` matches the whole text; PostgreSQL's and Redshift's find the pattern in it.
enum RegularExpressionRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .binary(let symbol, let text, let pattern) = expression.kind,
      ["~", "!~", "~*", "!~*"].contains(symbol)
    else { return nil }
    var arguments = [text, pattern]
    if symbol.hasSuffix("*") { arguments.append(.string("i")) }
    let match = Expression(.call(FunctionCall("regexp_matches", arguments)))
    return symbol.hasPrefix("!") ? Expression(.unary("NOT", match)) : match
  }
}

/// `a LIKE 'x\_y'` → `a LIKE 'x\_y' ESCAPE '\'`: the backslash escapes unless another character
/// is named. A literal without one stays as it is, which DuckDB matches faster.
///
/// A column may be a timestamp, which is a text here: the cast is none for one that is.
enum LikeEscapeRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .like(let text, let word, let pattern, nil, let isNegated) = expression.kind,
      word != "SIMILAR TO"
    else { return nil }
    if case .string(let literal) = pattern.kind, !literal.contains("\\") {
      guard case .column = text.kind else { return nil }
      return Expression(
        .like(asText(text), word, pattern, escape: nil, isNegated: isNegated),
        position: expression.position)
    }
    return Expression(
      .like(asText(text), word, pattern, escape: .string("\\"), isNegated: isNegated),
      position: expression.position)
  }

  private static func asText(_ value: Expression) -> Expression {
    if case .column = value.kind { value.cast(to: "varchar") } else { value }
  }
}

/// `a SIMILAR TO '(b|c)%'` → `regexp_full_match(a, '(?s)(b|c).*')`; a pattern that is no literal
/// is turned into a regular expression row by row.
///
/// Source: the metacharacters are those of the page "SIMILAR TO" of Redshift's documentation:
/// `% _ | * + ? {} () []`; the backslash escapes unless ESCAPE names another character.
package enum SimilarToRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard
      case .like(let text, "SIMILAR TO", let pattern, let escape, let isNegated) = expression.kind
    else { return nil }
    let escaping = try character(escape)
    let regular: Expression
    if case .string(let literal) = pattern.kind {
      do throws(SQLError) {
        regular = .string(try regularExpression(literal, escape: escaping))
      } catch {
        throw error.placed(at: pattern.position)
      }
    } else {
      regular = .call("weir_similar", pattern, .string(escaping.map(String.init) ?? ""))
    }
    let match = Expression.call("regexp_full_match", text, regular)
    return isNegated ? Expression(.unary("NOT", match)) : match
  }

  private static func character(_ escape: Expression?) throws(SQLError) -> Character? {
    guard let escape else { return "\\" }
    guard case .string(let text) = escape.kind, text.count <= 1 else {
      throw SQLError("22019", "an escape is one character").placed(at: escape.position)
    }
    return text.first
  }

  /// The pattern in RE2's terms.
  ///
  /// - Throws: 22025 for a pattern that ends with its escape character.
  package static func regularExpression(
    _ pattern: String, escape: Character?
  ) throws(SQLError) -> String {
    var result = "(?s)"
    var isInSet = false
    var rest = pattern[...]
    while let character = rest.popFirst() {
      if character == escape {
        guard let next = rest.popFirst() else {
          throw SQLError("22025", "the pattern ends with its escape character")
        }
        result += quoted(next)
        continue
      }
      switch character {
      case "[": isInSet = true
      case "]": isInSet = false
      default: break
      }
      switch character {
      case "%" where !isInSet: result += ".*"
      case "_" where !isInSet: result += "."
      case ".", "$", "\\": result += "\\" + String(character)
      case "^" where !isInSet: result += "\\^"
      default: result.append(character)
      }
    }
    return result
  }

  private static func quoted(_ character: Character) -> String {
    character.isASCII && !character.isLetter && !character.isNumber
      ? "\\" + String(character) : String(character)
  }
}

extension SQLError {
  /// With a place, if there is one and it has none yet.
  func placed(at position: Int) -> SQLError {
    guard self.position == nil, position > 0 else { return self }
    var copy = self
    copy.position = position
    return copy
  }
}
