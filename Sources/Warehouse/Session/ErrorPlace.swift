internal import Core
internal import DuckDB

/// The place of a DuckDB error in the text that the user wrote.
///
/// DuckDB points into the statement that it got, which a rewrite made. The word it points at is
/// looked up in the user's statement: the same word, the same time it occurs.
enum ErrorPlace {
  /// - Parameters:
  ///   - rewritten: the statement that DuckDB got.
  ///   - original: the statement as written.
  /// - Returns: Unicode scalars before the place in `original`; nil if it is not found.
  static func find(_ caret: DuckDBError.Caret, in rewritten: String, original: String) -> Int? {
    guard let place = offset(of: caret, in: rewritten) else { return nil }
    let scalars = Array(rewritten.unicodeScalars)
    let word = word(in: scalars, at: place)
    guard !word.isEmpty else { return nil }
    let time = occurrences(of: word, in: scalars).filter { $0 <= place }.count
    let found = occurrences(of: word, in: Array(original.unicodeScalars))
    if found.isEmpty { return nil }
    return found[min(max(time, 1), found.count) - 1]
  }

  /// Whether the error is about what the user wrote (or the data it names), so that a place in it
  /// helps: the classes of syntax, access, data, dependency and missing features.
  static func isWanted(for error: SQLError) -> Bool {
    ["22", "42", "0A", "2B", "3F", "23"].contains(String(error.sqlState.prefix(2)))
  }

  /// Where a statement says what an error's message names in quotes; its first word if it says
  /// nothing of the kind.
  ///
  /// - Returns: Unicode scalars before the place in `original`.
  static func find(namedIn message: String, original: String) -> Int {
    let scalars = Array(original.unicodeScalars)
    for mark: Character in ["\"", "'"] {
      // Every second part lies between two marks.
      let parts = message.split(separator: mark, omittingEmptySubsequences: false)
      for index in stride(from: 1, to: parts.count - 1, by: 2) where !parts[index].isEmpty {
        let word = Array(parts[index].unicodeScalars)
        if let place = occurrences(of: word, in: scalars).first { return place }
      }
    }
    // "Table with name orders does not exist!"
    if let name = message.firstMatch(of: /with name (\w+)/)?.1,
      let place = occurrences(of: Array(name.unicodeScalars), in: scalars).first
    {
      return place
    }
    return scalars.firstIndex { !$0.properties.isWhitespace } ?? 0
  }

  /// DuckDB shortens long lines with "..." at either end.
  private static func offset(of caret: DuckDBError.Caret, in text: String) -> Int? {
    var shown = caret.source
    var column = caret.column
    if shown.hasPrefix("...") {
      shown.removeFirst(3)
      column -= 3
    }
    if shown.hasSuffix("...") { shown.removeLast(3) }
    guard column >= 0, let range = text.firstRange(of: shown) else { return nil }
    return text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound) + column
  }

  private static func word(in scalars: [Unicode.Scalar], at place: Int) -> [Unicode.Scalar] {
    guard place < scalars.count else { return [] }
    var start = place
    if scalars[start] == "\"" { start += 1 }
    let end = scalars[start...].firstIndex { !isWordPart($0) } ?? scalars.count
    return end > start ? Array(scalars[start..<end]) : [scalars[place]]
  }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
  }

  private static func occurrences(
    of word: [Unicode.Scalar], in scalars: [Unicode.Scalar]
  ) -> [Int] {
    let isWord = word.first.map(isWordPart) ?? false
    let folded = word.map(\.properties.lowercaseMapping)
    guard scalars.count >= word.count else { return [] }
    return (0...(scalars.count - word.count)).filter { start in
      let end = start + word.count
      guard
        zip(scalars[start..<end], folded).allSatisfy({
          $0.properties.lowercaseMapping == $1
        })
      else { return false }
      guard isWord else { return true }
      let before = start == 0 || !isWordPart(scalars[start - 1])
      let after = end == scalars.count || !isWordPart(scalars[end])
      return before && after
    }
  }
}

extension Connection {
  /// Ends a transaction that failed. An interrupt that was meant for what failed may hit this.
  func rollBack() {
    for _ in 0..<3 {
      if (try? execute("ROLLBACK")) != nil { return }
    }
  }
}

/// Whatever a part threw, as a SQL client sees it.
func sqlError(from error: any Error) -> SQLError {
  switch error {
  case let error as SQLError: withFullDisk(error)
  case let error as DuckDBError: error.sqlError
  case is CancellationError: SQLError("57014", "canceling statement due to user request")
  default: withFullDisk(SQLError("XX000", "\(error)"))
  }
}

/// A disk that is full has a state of its own, whatever found it so.
func withFullDisk(_ error: SQLError) -> SQLError {
  guard error.message.contains("No space left on device") else { return error }
  var error = error
  error.sqlState = "53100"
  return error
}
