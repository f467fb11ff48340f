import Telemetry

/// Brings SQL into lines for the eye. What the user laid out stays as it is.
enum SQLLayout {
  /// The lines of a query: as they are where there are several, else with a line for each clause,
  /// column and condition.
  static func lines(_ sql: String) -> [String] {
    let lines = sql.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { trimmedEnd(String($0)) }
    return lines.count > 1 ? withoutIndent(lines) : broken(lines.first ?? "")
  }

  private static func trimmedEnd(_ line: String) -> String {
    var line = line
    while line.last?.isWhitespace == true { line.removeLast() }
    return line
  }

  /// The first line begins where the statement's text did; the others share their indent.
  private static func withoutIndent(_ lines: [String]) -> [String] {
    let indent =
      lines.dropFirst().filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    var result = lines.enumerated().map { $0 == 0 ? $1 : String($1.dropFirst(indent)) }
    while result.last?.isEmpty == true { result.removeLast() }
    return result
  }

  /// Words that begin a line where they stand outside of parentheses.
  private static let clauses: Set<String> = [
    "from", "where", "group", "having", "qualify", "union", "except", "intersect", "order",
    "left", "right", "full", "inner", "cross", "join", "limit",
  ]
  /// After one of these, a clause's word belongs to the same line.
  private static let openers: Set<String> = [
    "left", "right", "full", "inner", "cross", "outer", "natural",
  ]

  private static func broken(_ sql: String) -> [String] {
    var highlighter = SQLHighlighter()
    let characters = Array(sql)
    let kinds = highlighter.kinds(of: characters)
    var lines: [String] = []
    var line = ""
    var depth = 0
    var wordBefore = ""
    var isBetween = false
    var index = 0
    func flush(_ indent: String) {
      let text = trimmedEnd(line)
      if !text.isEmpty { lines.append(text) }
      line = indent
    }
    while index < characters.count {
      let character = characters[index]
      let isCode = kinds[index] != .string && kinds[index] != .comment
      guard isCode, character.isLetter || character == "_" else {
        if isCode, character == "(" { depth += 1 }
        if isCode, character == ")" { depth -= 1 }
        if !(character.isWhitespace && line.allSatisfy(\.isWhitespace) && !line.isEmpty) {
          line.append(character)
        }
        if isCode, character == ",", depth == 0 { flush("       ") }
        index += 1
        continue
      }
      var end = index
      while end < characters.count,
        characters[end].isLetter || characters[end].isNumber || characters[end] == "_"
      { end += 1 }
      let word = String(characters[index..<end])
      let lower = word.lowercased()
      if depth == 0, clauses.contains(lower), !openers.contains(wordBefore) { flush("") }
      if depth == 0, lower == "or" || (lower == "and" && !isBetween) { flush("  ") }
      if lower == "between" { isBetween = true } else if lower == "and" { isBetween = false }
      line += word
      wordBefore = lower
      index = end
    }
    flush("")
    return lines
  }

  /// A line over as many as it needs in `width` columns; what goes on is indented.
  ///
  /// - Returns: ranges of the line's characters.
  static func wrapped(_ line: [Character], width: Int) -> [Range<Int>] {
    guard width > 8, !line.isEmpty else { return [0..<line.count] }
    var ranges: [Range<Int>] = []
    let hang = hang(of: line, width: width)
    var start = 0
    while start < line.count {
      let room = ranges.isEmpty ? width : width - hang
      var end = start
      var used = 0
      var blank: Int?
      while end < line.count {
        let size = TextCells.width(of: line[end])
        guard used + size <= room else { break }
        if line[end] == " " { blank = end }
        used += size
        end += 1
      }
      let isWord = blank.map { line[start..<$0].contains { $0 != " " } } ?? false
      if end < line.count, let blank, isWord {
        ranges.append(start..<blank)
        start = blank + 1
      } else {
        ranges.append(start..<max(end, start + 1))
        start = max(end, start + 1)
      }
    }
    return ranges
  }

  /// Columns by which the rest of a long line is indented: further than its start.
  static func hang(of line: [Character], width: Int) -> Int {
    min(line.prefix { $0 == " " }.count + 4, width / 2)
  }
}

extension Model {
  /// The statement that would make the chosen view; nil while it is not known.
  var definitionLines: [String]? {
    guard let view = chosenView, let detail = viewDetail, detail.view == ViewName(view),
      let text = detail.result(.definition)?.text(row: 0, column: 0)
    else { return nil }
    let auto = view.autoRefresh ? " AUTO REFRESH YES" : ""
    return ["CREATE MATERIALIZED VIEW \(ViewName(view).text)\(auto) AS"] + SQLLayout.lines(text)
  }

  /// As many as they are in a panel of this width.
  func definitionRows(width: Int) -> Int {
    (definitionLines ?? []).reduce(0) {
      $0 + SQLLayout.wrapped(Array($1), width: width).count
    }
  }
}
