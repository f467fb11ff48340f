internal import CDuckDB
package import Core

/// What DuckDB said when it refused.
package struct DuckDBError: Error, Equatable, Sendable {
  /// DuckDB's own kinds, as far as a caller tells them apart.
  package enum Kind: Int32, Sendable {
    case invalid = 0
    case outOfRange = 1
    case conversion = 2
    case mismatchType = 5
    case divideByZero = 6
    case transaction = 10
    case notImplemented = 11
    case catalog = 13
    case parser = 14
    case constraint = 18
    case settings = 23
    case binder = 24
    case io = 28
    case interrupt = 29
    case fatal = 30
    case `internal` = 31
    case invalidInput = 32
    case outOfMemory = 33
    case permission = 34
    case dependency = 37
    case sequence = 41
    case other = -1
  }

  package var kind: Kind
  /// The first paragraph, without DuckDB's "Binder Error: ".
  package var message: String
  /// The column of the caret that DuckDB drew, as an offset in bytes into the statement's line
  /// that it showed, together with that line.
  package var caret: Caret?
  /// What DuckDB said behind the first line.
  package var rest = ""
  /// What a function of ours, or a rewrite, said was wrong: `[22012] division by zero`.
  package var ownState: String?

  package struct Caret: Equatable, Sendable {
    /// The line's number in the statement, from 1.
    package var line: Int
    /// The source line, as far as DuckDB showed it.
    package var source: String
    /// Characters before the caret in `source`.
    package var column: Int
  }

  package init(kind: Kind, message: String, caret: Caret? = nil) {
    self.kind = kind
    self.message = message
    self.caret = caret
  }

  init(type: Int32, text: String) {
    kind = Kind(rawValue: type) ?? .other
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var first = lines.first.map(String.init) ?? text
    if let colon = first.firstRange(of: " Error: ") { first = String(first[colon.upperBound...]) }
    message = first
    rest = lines.dropFirst().joined(separator: "\n")
    takeOwnState()
    caret = Self.findCaret(in: lines)
    if kind == .invalid || kind == .other { kind = Self.kind(named: text) }
  }

  /// An error as a function of ours hands it to DuckDB, which keeps the text only.
  static func marked(_ error: SQLError) -> String { "[\(error.sqlState)] \(error.message)" }

  private mutating func takeOwnState() {
    guard let match = message.firstMatch(of: #/^\[([0-9A-Z]{5})\] /#) else { return }
    ownState = String(match.1)
    message = String(message[match.range.upperBound...])
  }

  /// Whether the statement is sound and the data is not: another row might have passed.
  package var isAboutData: Bool {
    switch kind {
    case .outOfRange, .conversion, .mismatchType, .divideByZero, .invalidInput: true
    default: false
    }
  }

  private static func findCaret(in lines: [Substring]) -> Caret? {
    for (index, line) in lines.enumerated() where line.hasPrefix("LINE ") {
      guard let colon = line.firstRange(of: ": "),
        let number = Int(line[line.index(line.startIndex, offsetBy: 5)..<colon.lowerBound]),
        index + 1 < lines.count, let caret = lines[index + 1].firstIndex(of: "^")
      else { continue }
      let label = line.distance(from: line.startIndex, to: colon.upperBound)
      let column = lines[index + 1].distance(from: lines[index + 1].startIndex, to: caret) - label
      return Caret(line: number, source: String(line[colon.upperBound...]), column: max(0, column))
    }
    return nil
  }

  private static func kind(named text: String) -> Kind {
    let names: [(String, Kind)] = [
      ("Parser Error", .parser), ("Binder Error", .binder), ("Catalog Error", .catalog),
      ("Conversion Error", .conversion), ("Out of Range Error", .outOfRange),
      ("Invalid Input Error", .invalidInput), ("TransactionContext Error", .transaction),
      ("INTERRUPT", .interrupt), ("Constraint Error", .constraint), ("IO Error", .io),
      ("Permission Error", .permission), ("FATAL Error", .fatal),
    ]
    return names.first { text.hasPrefix($0.0) }?.1 ?? .other
  }
}

extension DuckDBError {
  /// The error in PostgreSQL's terms, without a position: that is for those who know the text
  /// that the client sent.
  package var sqlError: SQLError {
    // DuckDB takes no more statements until it is opened anew: its words do not say how.
    let isFull = message.contains("No space left on device") || rest.contains("No space left")
    guard kind != .fatal else {
      return SQLError(
        isFull ? "53100" : sqlState,
        "the warehouse has stopped because it could not write its files",
        detail: message, hint: "make room on its disk, then start weir again; streams go on")
    }
    if isFull {
      return SQLError(
        "53100", "Disk Full", detail: Self.lowerCased(message),
        hint: "make room on the disk of the data directory, and try again")
    }
    return SQLError(ownState ?? sqlState, ownState == nil ? Self.lowerCased(message) : message)
  }

  private var sqlState: String {
    switch kind {
    case .parser: "42601"
    case .catalog: catalogState
    case .binder: binderState
    case .conversion, .mismatchType: "22P02"
    case .outOfRange: "22003"
    case .invalidInput: "22023"
    case .divideByZero: "22012"
    case .constraint: constraintState
    case .transaction: transactionState
    case .notImplemented: "0A000"
    case .permission: "42501"
    case .dependency: "2BP01"
    case .interrupt: "57014"
    case .io, .fatal: "58030"
    case .outOfMemory: "53200"
    case .settings: "22023"
    case .sequence: "55000"
    case .invalid, .internal, .other: "XX000"
    }
  }

  private var catalogState: String {
    if message.contains("already exists") { return "42P07" }
    if message.hasPrefix("Schema") { return "3F000" }
    if message.contains("Function") || message.contains("Macro") { return "42883" }
    if message.hasPrefix("Type") { return "42704" }
    if message.contains("setting") || message.contains("configuration") { return "42704" }
    return "42P01"
  }

  private var binderState: String {
    if message.contains("Ambiguous") { return "42702" }
    if message.contains("Referenced column") || message.contains("does not have a column") {
      return "42703"
    }
    if message.contains("Referenced table") { return "42P01" }
    if message.contains("No function matches") { return "42883" }
    if message.contains("must appear in the GROUP BY") { return "42803" }
    return "42804"
  }

  private var constraintState: String {
    if message.contains("NOT NULL") { return "23502" }
    if message.contains("foreign key") { return "23503" }
    if message.contains("CHECK") { return "23514" }
    return "23505"
  }

  private var transactionState: String {
    if message.contains("aborted") { return "25P02" }
    if message.contains("no transaction is active") { return "25P01" }
    if message.contains("within a transaction") { return "25001" }
    return "40001"
  }

  /// PostgreSQL's messages start in lower case.
  private static func lowerCased(_ message: String) -> String {
    guard let first = message.first, let second = message.dropFirst().first,
      first.isUppercase, !second.isUppercase
    else { return message }
    return first.lowercased() + message.dropFirst()
  }
}
