internal import Core

/// A word, symbol or literal of the text, with its place.
struct Token: Equatable {
  enum Kind: Equatable {
    /// Unquoted: `text` is folded to lower case.
    case word
    case quotedIdentifier
    case string
    case number
    case symbol
    /// `$1`: `text` is the number.
    case parameter
    case end
  }

  var kind: Kind
  /// The meaning: folded, unescaped.
  var text: String
  /// Bytes of the source.
  var range: Range<Int>
  /// Unicode scalars before it in the source.
  var scalarOffset: Int
  /// As written, for messages.
  var source: String
}

/// Cuts Redshift's SQL into tokens (PostgreSQL's lexical rules).
struct Lexer {
  /// Text longer than this is refused: 16 MB is Redshift's own limit of a statement.
  static let bytesMax = 16 << 20

  private let bytes: [UInt8]
  private var offset = 0
  private var scalars = 0

  private static let symbols = [
    "||/", "|/", "!~~*", "!~~", "~~*", "!~*", "::", "<=", ">=", "<>", "!=", "||", "!~", "~*", "~~",
    "->>", "->", "<<", ">>",
    "=>", ":=", "(", ")", "[", "]", ",", ";", ".", "+", "-", "*", "/", "%", "^", "<", ">", "=", "~",
    "&", "|", "#", "@", ":", "!", "?", "{", "}",
  ].sorted { $0.utf8.count > $1.utf8.count }.map { Array($0.utf8) }

  /// All tokens of a text, the last of kind `.end`.
  static func tokens(of text: String) throws(SQLError) -> [Token] {
    guard text.utf8.count <= bytesMax else {
      throw SQLError("54000", "the statement has more than \(bytesMax) bytes")
    }
    var lexer = Lexer(bytes: Array(text.utf8))
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      // Strings that only space with a line's end parts are one.
      if token.kind == .string, let last = tokens.last, last.kind == .string,
        lexer.hasLineEnd(between: last, token)
      {
        tokens[tokens.count - 1].text += token.text
        tokens[tokens.count - 1].range = last.range.lowerBound..<token.range.upperBound
        continue
      }
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private func hasLineEnd(between first: Token, _ second: Token) -> Bool {
    bytes[first.range.upperBound..<second.range.lowerBound].contains(0x0A)
  }

  private func byte(_ ahead: Int = 0) -> UInt8 {
    offset + ahead < bytes.count ? bytes[offset + ahead] : 0
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where offset < bytes.count {
      if bytes[offset] & 0xC0 != 0x80 { scalars += 1 }
      offset += 1
    }
  }

  private mutating func next() throws(SQLError) -> Token {
    try skipSpace()
    let start = (offset: offset, scalars: scalars)
    guard offset < bytes.count else { return token(.end, "", from: start) }
    let first = byte()
    if first == 0x27 { return try string(from: start, escapes: false) }
    if first == 0x22 { return try quotedIdentifier(from: start) }
    if isDigit(first) || (first == 0x2E && isDigit(byte(1))) { return number(from: start) }
    if first == 0x24 { return try dollar(from: start) }
    // `#name` is a temporary table's, `#` alone an operator.
    if isWordStart(first), first != 0x23 || isWordStart(byte(1)) { return try word(from: start) }
    for symbol in Self.symbols where bytes[offset...].starts(with: symbol) {
      advance(symbol.count)
      return token(.symbol, String(decoding: symbol, as: UTF8.self), from: start)
    }
    advance()
    let found = token(.symbol, "", from: start)
    throw SQLError(
      "42601", "syntax error at or near \"\(found.source)\"", position: start.scalars + 1)
  }

  private func token(
    _ kind: Token.Kind, _ text: String, from start: (offset: Int, scalars: Int)
  ) -> Token {
    Token(
      kind: kind, text: text, range: start.offset..<offset, scalarOffset: start.scalars,
      source: String(decoding: bytes[start.offset..<offset], as: UTF8.self))
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private func isWordStart(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F || byte >= 0x80
      || byte == 0x23
  }

  private func isWordPart(_ byte: UInt8) -> Bool {
    isWordStart(byte) || isDigit(byte) || byte == 0x24
  }

  // MARK: Space and comments

  private mutating func skipSpace() throws(SQLError) {
    while offset < bytes.count {
      let first = byte()
      if first == 0x20 || (0x09...0x0D).contains(first) {
        advance()
      } else if first == 0x2D && byte(1) == 0x2D {
        while offset < bytes.count && byte() != 0x0A { advance() }
      } else if first == 0x2F && byte(1) == 0x2A {
        try skipBlockComment()
      } else {
        return
      }
    }
  }

  /// Block comments nest.
  private mutating func skipBlockComment() throws(SQLError) {
    let start = scalars
    var depth = 0
    repeat {
      if byte() == 0x2F && byte(1) == 0x2A {
        depth += 1
        advance(2)
      } else if byte() == 0x2A && byte(1) == 0x2F {
        depth -= 1
        advance(2)
      } else {
        advance()
      }
      if offset >= bytes.count && depth > 0 {
        throw SQLError("42601", "unterminated comment", position: start + 1)
      }
    } while depth > 0
  }

  // MARK: Literals and words

  private mutating func string(
    from start: (offset: Int, scalars: Int), escapes: Bool
  ) throws(SQLError) -> Token {
    advance()
    var content: [UInt8] = []
    while offset < bytes.count {
      let next = byte()
      if next == 0x27 {
        if byte(1) != 0x27 {
          advance()
          return token(.string, String(decoding: content, as: UTF8.self), from: start)
        }
        content.append(0x27)
        advance(2)
      } else if escapes && next == 0x5C {
        advance()
        appendEscape(to: &content)
      } else if next == 0x5C, let meant = Self.escapes[byte(1)] {
        content.append(meant)
        advance(2)
      } else {
        content.append(next)
        advance()
      }
    }
    throw SQLError("42601", "unterminated quoted string", position: start.scalars + 1)
  }

  /// What follows a backslash in Redshift's plain strings; others stay as written, with it.
  private static let escapes: [UInt8: UInt8] = [
    0x5C: 0x5C, 0x27: 0x27, 0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x62: 0x08, 0x66: 0x0C,
  ]

  /// What follows a backslash in `E'…'`.
  private mutating func appendEscape(to content: inout [UInt8]) {
    let next = byte()
    advance()
    switch next {
    case 0x6E: content.append(0x0A)
    case 0x74: content.append(0x09)
    case 0x72: content.append(0x0D)
    case 0x62: content.append(0x08)
    case 0x66: content.append(0x0C)
    case 0x78: appendHexEscape(digits: 2, to: &content)
    case 0x75: appendHexEscape(digits: 4, to: &content)
    default: content.append(next)
    }
  }

  private mutating func appendHexEscape(digits: Int, to content: inout [UInt8]) {
    var value: UInt32 = 0
    var count = 0
    while count < digits, let digit = Character(UnicodeScalar(byte())).hexDigitValue {
      value = value << 4 | UInt32(digit)
      advance()
      count += 1
    }
    guard count > 0, value != 0, let scalar = UnicodeScalar(value) else { return }
    content.append(contentsOf: String(Character(scalar)).utf8)
  }

  private mutating func quotedIdentifier(
    from start: (offset: Int, scalars: Int)
  ) throws(SQLError) -> Token {
    advance()
    var content: [UInt8] = []
    while offset < bytes.count {
      let next = byte()
      if next == 0x22 && byte(1) != 0x22 {
        advance()
        guard !content.isEmpty else {
          throw SQLError(
            "42601", "zero-length delimited identifier", position: start.scalars + 1)
        }
        return token(.quotedIdentifier, String(decoding: content, as: UTF8.self), from: start)
      }
      content.append(next)
      advance(next == 0x22 ? 2 : 1)
    }
    throw SQLError("42601", "unterminated quoted identifier", position: start.scalars + 1)
  }

  private mutating func number(from start: (offset: Int, scalars: Int)) -> Token {
    while isDigit(byte()) { advance() }
    if byte() == 0x2E {
      advance()
      while isDigit(byte()) { advance() }
    }
    let sign = byte(1) == 0x2B || byte(1) == 0x2D ? 1 : 0
    if byte() | 0x20 == 0x65, isDigit(byte(1 + sign)) {
      advance(1 + sign)
      while isDigit(byte()) { advance() }
    }
    let text = String(decoding: bytes[start.offset..<offset], as: UTF8.self)
    return token(.number, text, from: start)
  }

  /// `$1`, or a string between `$tag$` and `$tag$`.
  private mutating func dollar(
    from start: (offset: Int, scalars: Int)
  ) throws(SQLError) -> Token {
    advance()
    if isDigit(byte()) {
      while isDigit(byte()) { advance() }
      let text = String(decoding: bytes[(start.offset + 1)..<offset], as: UTF8.self)
      return token(.parameter, text, from: start)
    }
    while isWordPart(byte()) && byte() != 0x24 { advance() }
    guard byte() == 0x24 else {
      throw SQLError("42601", "syntax error at or near \"$\"", position: start.scalars + 1)
    }
    advance()
    let tag = Array(bytes[start.offset..<offset])
    let content = offset
    while offset < bytes.count {
      if byte() == 0x24, bytes[offset...].starts(with: tag) {
        let text = String(decoding: bytes[content..<offset], as: UTF8.self)
        advance(tag.count)
        return token(.string, text, from: start)
      }
      advance()
    }
    throw SQLError("42601", "unterminated dollar-quoted string", position: start.scalars + 1)
  }

  private mutating func word(from start: (offset: Int, scalars: Int)) throws(SQLError) -> Token {
    if byte() | 0x20 == 0x65, byte(1) == 0x27 {
      advance()
      return try string(from: start, escapes: true)
    }
    while isWordPart(byte()) { advance() }
    let text = String(decoding: bytes[start.offset..<offset], as: UTF8.self)
    return token(.word, text.lowercased(), from: start)
  }
}
