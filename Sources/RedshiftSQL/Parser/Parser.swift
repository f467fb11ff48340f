package import Core

/// Reads Redshift's SQL into a tree.
package struct Parser {
  /// How deep expressions and queries may nest: keeps the parser's own stack bounded.
  static let depthMax = 200
  /// How long a chain such as `1 + 1 + 1 …` may be: keeps the tree's depth bounded.
  static let chainMax = 1_000

  let source: [UInt8]
  private(set) var tokens: [Token]
  private(set) var index = 0
  private var depth = 0

  /// All statements of a text, which semicolons separate.
  ///
  /// - Throws: `SQLError` with the place in the whole text: 42601 for what is not SQL, 0A000 for
  ///   what is but is not supported, 54001 for what nests too deep.
  package static func parse(_ text: String) throws(SQLError) -> [ParsedStatement] {
    var parser = Parser(source: Array(text.utf8), tokens: try Lexer.tokens(of: text))
    var statements: [ParsedStatement] = []
    while true {
      while parser.takeSymbol(";") {}
      if parser.current.kind == .end { return statements }
      let start = parser.current
      let statement = try parser.statement()
      let end = parser.current.range.lowerBound
      if parser.current.kind != .end, !parser.takeSymbol(";") { throw parser.unexpected() }
      statements.append(
        ParsedStatement(
          statement: statement, text: parser.text(from: start, to: end),
          scalarOffset: start.scalarOffset))
    }
  }

  /// One query, and nothing else.
  package static func parseQuery(_ text: String) throws(SQLError) -> Query {
    var parser = Parser(source: Array(text.utf8), tokens: try Lexer.tokens(of: text))
    let query = try parser.query()
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return query
  }

  /// The query that a string token holds, with the places that it has in the whole text.
  func nestedQuery(in string: Token) throws(SQLError) -> Query {
    let places = StringPlaces(of: string)
    var tokens: [Token]
    do {
      tokens = try Lexer.tokens(of: string.text)
    } catch {
      throw error.moved(by: places)
    }
    for index in tokens.indices {
      tokens[index].scalarOffset = places.offset(of: tokens[index].scalarOffset)
    }
    var parser = Parser(source: Array(string.text.utf8), tokens: tokens)
    let query = try parser.query()
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return query
  }

  private init(source: [UInt8], tokens: [Token]) {
    self.source = source
    self.tokens = tokens
  }

  /// The source from a token up to a byte, without the space before it.
  func text(from start: Token, to end: Int) -> String {
    var end = end
    while end > start.range.lowerBound, [0x20, 0x09, 0x0A, 0x0D].contains(source[end - 1]) {
      end -= 1
    }
    return String(decoding: source[start.range.lowerBound..<end], as: UTF8.self)
  }

  // MARK: Tokens

  var current: Token { peek(0) }

  func peek(_ ahead: Int) -> Token {
    let place = min(index + ahead, tokens.count - 1)
    return tokens[place]
  }

  mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  mutating func rewind(to index: Int) { self.index = index }

  mutating func rewind(by count: Int) { index = max(0, index - count) }

  /// Where the current token stands, from 1.
  var position: Int { current.scalarOffset + 1 }

  func isSymbol(_ symbol: String, ahead: Int = 0) -> Bool {
    let token = peek(ahead)
    return token.kind == .symbol && token.text == symbol
  }

  mutating func takeSymbol(_ symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func expectSymbol(_ symbol: String) throws(SQLError) {
    guard takeSymbol(symbol) else { throw unexpected("expected \"\(symbol)\"") }
  }

  /// Whether the unquoted words stand here, one after the other.
  func isWord(_ words: String..., ahead: Int = 0) -> Bool {
    for (offset, word) in words.enumerated() {
      let token = peek(ahead + offset)
      guard token.kind == .word, token.text == word else { return false }
    }
    return true
  }

  /// Takes the words if all of them stand here.
  mutating func take(_ words: String...) -> Bool {
    for (offset, word) in words.enumerated() {
      let token = peek(offset)
      guard token.kind == .word, token.text == word else { return false }
    }
    for _ in words { advance() }
    return true
  }

  mutating func expect(_ words: String...) throws(SQLError) {
    for word in words {
      guard current.kind == .word, current.text == word else {
        throw unexpected("expected \(word.uppercased())")
      }
      advance()
    }
  }

  mutating func expectString() throws(SQLError) -> String {
    guard current.kind == .string else { throw unexpected("expected a string in single quotes") }
    defer { advance() }
    return current.text
  }

  mutating func expectInteger() throws(SQLError) -> Int {
    guard current.kind == .number, let value = Int(current.text) else {
      throw unexpected("expected a whole number")
    }
    advance()
    return value
  }

  // MARK: Errors

  func unexpected(_ hint: String? = nil) -> SQLError {
    if current.kind == .end {
      return SQLError("42601", "syntax error at end of input", hint: hint, position: position)
    }
    return SQLError(
      "42601", "syntax error at or near \"\(current.source.prefix(64))\"",
      hint: nearMiss(current) ?? (index > 0 ? nearMiss(tokens[index - 1]) : nil) ?? hint,
      position: position)
  }

  func unsupported(
    _ what: String, hint: String? = nil, at position: Int? = nil
  ) -> SQLError {
    SQLError(
      "0A000", "\(what) is not supported", hint: hint, position: position ?? self.position)
  }

  /// A keyword that differs from a word by one letter or a swap of two neighbours.
  private func nearMiss(_ token: Token) -> String? {
    guard token.kind == .word, token.text.count >= 3, !Keywords.common.contains(token.text)
    else { return nil }
    return Keywords.common.sorted().first { isNear(Array($0), Array(token.text)) }.map {
      "did you mean \($0.uppercased())?"
    }
  }

  private func isNear(_ word: [Character], _ other: [Character]) -> Bool {
    if word.count == other.count {
      let differing = word.indices.filter { word[$0] != other[$0] }
      if differing.count == 1 { return true }
      return differing.count == 2 && differing[1] == differing[0] + 1
        && word[differing[0]] == other[differing[1]] && word[differing[1]] == other[differing[0]]
    }
    let (short, long) = word.count < other.count ? (word, other) : (other, word)
    guard long.count == short.count + 1 else { return false }
    return long.indices.contains { index in
      var rest = long
      rest.remove(at: index)
      return rest == short
    }
  }

  // MARK: Nesting

  /// Runs `body` one level deeper.
  mutating func nested<Value>(
    _ body: (inout Parser) throws(SQLError) -> Value
  ) throws(SQLError) -> Value {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthMax else {
      throw SQLError(
        "54001", "the statement nests deeper than \(Self.depthMax) levels", position: position)
    }
    return try body(&self)
  }

  // MARK: Names

  /// Any name where no keyword can stand.
  mutating func identifier(_ what: String = "a name") throws(SQLError) -> Identifier {
    guard current.kind == .quotedIdentifier || current.kind == .word,
      current.kind == .quotedIdentifier || !Keywords.reserved.contains(current.text)
    else { throw unexpected("expected \(what)") }
    defer { advance() }
    return Identifier(current.text)
  }

  /// A name where keywords may stand too: behind a dot, or AS.
  mutating func label() throws(SQLError) -> Identifier {
    guard current.kind == .quotedIdentifier || current.kind == .word else {
      throw unexpected("expected a name")
    }
    defer { advance() }
    return Identifier(current.text)
  }

  mutating func objectName() throws(SQLError) -> ObjectName {
    let start = position
    var parts = [try identifier()]
    while takeSymbol(".") { parts.append(try label()) }
    guard parts.count <= 3 else {
      throw SQLError(
        "42601", "improper qualified name (too many dotted names)", position: start)
    }
    return ObjectName(parts, position: start)
  }

  mutating func objectNames() throws(SQLError) -> [ObjectName] {
    var names = [try objectName()]
    while takeSymbol(",") { names.append(try objectName()) }
    return names
  }

  /// `(a, b, c)`
  mutating func columnList() throws(SQLError) -> [Identifier] {
    try expectSymbol("(")
    var names = [try identifier("a column")]
    while takeSymbol(",") { names.append(try identifier("a column")) }
    try expectSymbol(")")
    return names
  }
}
