internal import Core
internal import Foundation
internal import RedshiftSQL

/// What DuckDB's plan says of one scan of a stand-in: which columns it reads, and which conditions
/// each of its rows must meet.
struct PlannedScan: Sendable, Equatable {
  var reference: Int
  /// Numbers of columns.
  var columns: Set<Int>
  /// In DuckDB's SQL, by the columns' tags; all must hold.
  var conditions: [String]
}

/// Reads the scans of stand-ins out of `EXPLAIN (FORMAT json)`.
///
/// Only conditions right above a scan count: DuckDB has moved there what may be asked of a row
/// before anything else is done with it. What it shows of them is SQL again. A condition that is
/// not understood is left out, which reads more than need be and never less.
struct ScanPlanReader {
  let references: ExternalReferences
  private(set) var scans: [PlannedScan] = []
  /// Whether it is known of every scan which table it is of.
  private(set) var isComplete = true

  private struct Node: Decodable {
    var name: String
    var children: [Node]
    var details: [String: Text]

    enum CodingKeys: String, CodingKey {
      case name, children
      case details = "extra_info"
    }

    func text(_ key: String) -> [String] { details[key]?.lines ?? [] }
  }

  /// A text, or one that was cut at its line breaks.
  private struct Text: Decodable {
    var lines: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let line = try? container.decode(String.self) {
        lines = [line]
      } else {
        lines = (try? container.decode([String].self)) ?? []
      }
    }
  }

  init(references: ExternalReferences) {
    self.references = references
  }

  mutating func read(_ json: String) throws {
    for node in try JSONDecoder().decode([Node].self, from: Data(json.utf8)) {
      walk(node, conditions: [])
    }
  }

  private mutating func walk(_ node: Node, conditions: [String]) {
    let name = node.name.trimmingCharacters(in: .whitespaces)
    switch name {
    case "FILTER":
      let own = node.text("Expression").joined(separator: "\n")
      for child in node.children { walk(child, conditions: conditions + [own]) }
    case "READ_CSV": note(node, conditions)
    case "HASH_JOIN" where node.text("Join Type").first == "MARK":
      // Every row of the first side comes out of it, and is asked the conditions.
      for (place, child) in node.children.enumerated() {
        walk(child, conditions: place == 0 ? conditions : [])
      }
    default:
      for child in node.children { walk(child, conditions: []) }
    }
  }

  private mutating func note(_ node: Node, _ texts: [String]) {
    let read = node.text("Projections").flatMap { tags(in: $0) }
    let conditions = texts.flatMap(SQLPieces.conjuncts).compactMap(understood)
    let asked = conditions.flatMap { tags(in: $0) }
    guard let reference = (read + asked).first?.reference else {
      isComplete = false
      return
    }
    let identity = references.tag(reference, ExternalReferences.identityColumn)
    scans.append(
      PlannedScan(
        reference: reference,
        columns: Set((read + asked).map(\.column)).subtracting([
          ExternalReferences.identityColumn
        ]),
        conditions: conditions.filter { !$0.contains(identity) }))
  }

  func tags(in text: String) -> [(reference: Int, column: Int)] {
    text.components(separatedBy: references.prefix + "_").dropFirst().compactMap { rest in
      let parts = rest.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let reference = Int(parts[0]),
        let column = Int(parts[1].prefix { $0.isNumber })
      else { return nil }
      return (reference, column)
    }
  }

  /// The condition with what its marks stand for, or nil if DuckDB's text does not say all of it.
  private func understood(_ condition: String) -> String? {
    var text = condition
    // A number of a column says nothing without the plan around it.
    guard !SQLPieces.outsideQuotes(text).contains("#") else { return nil }
    for mark in references.marks.marks where text.contains(String(mark.number)) {
      guard let whole = resolve(mark, in: text) else { return nil }
      text = whole
    }
    // A long list of values is a join in the plan. To leave it out asks less, unless it is negated.
    if SQLPieces.outsideQuotes(text).contains("IN (...)") {
      guard !SQLPieces.outsideQuotes(text).contains("NOT") else { return nil }
      text = SQLPieces.replacing("IN (...)", with: "TRUE", in: text)
    }
    return text
  }

  /// `hash(tag, tag) != number` → the mark's condition of these columns.
  private func resolve(_ mark: ExternalMarks.Mark, in text: String) -> String? {
    var text = text
    let end = ") != \(mark.number)"
    while let last = text.range(of: end) {
      let before = text.startIndex..<last.lowerBound
      guard let first = text.range(of: "hash(", options: .backwards, range: before) else {
        return nil
      }
      let columns = text[first.upperBound..<last.lowerBound].components(separatedBy: ", ")
      guard columns.count == mark.columnCount, columns.allSatisfy(isTag) else { return nil }
      text.replaceSubrange(
        first.lowerBound..<last.upperBound, with: "(\(mark.condition(of: columns)))")
    }
    return text
  }

  func isTag(_ text: String) -> Bool {
    text.hasPrefix(references.prefix + "_")
      && text.dropFirst(references.prefix.count).allSatisfy { $0 == "_" || $0.isNumber }
  }
}

/// Cuts SQL without reading what is between quotes.
enum SQLPieces {
  /// The terms of `((a) AND (b))`.
  static func conjuncts(_ text: String) -> [String] {
    let inner = unwrapped(text)
    let pieces = terms(inner, separator: " AND ")
    return pieces.count == 1 ? [inner] : pieces.flatMap(conjuncts)
  }

  /// Without parentheses around the whole.
  static func unwrapped(_ text: String) -> String {
    var text = Substring(text)
    while text.hasPrefix("("), text.hasSuffix(")") {
      var isWhole = true
      let last = text.index(before: text.endIndex)
      for (place, depth) in depths(text) where depth == 0 && place != last {
        isWhole = false
        break
      }
      guard isWhole else { break }
      text = text.dropFirst().dropLast()
    }
    return String(text)
  }

  /// What the separator parts, outside quotes and parentheses.
  static func terms(_ text: String, separator: String) -> [String] {
    var pieces: [String] = []
    var start = text.startIndex
    // `BETWEEN a AND b` has an AND of its own.
    var isBetween = false
    for (place, depth) in depths(text[...]) where depth == 0 {
      if text[place...].hasPrefix(" BETWEEN ") { isBetween = true }
      let isAnd = text[place...].hasPrefix(" AND ")
      if isAnd, isBetween {
        isBetween = false
        continue
      }
      guard text[place...].hasPrefix(separator) else { continue }
      pieces.append(String(text[start..<place]))
      start = text.index(place, offsetBy: separator.count)
    }
    return pieces + [String(text[start...])]
  }

  /// Places outside quotes, with how many parentheses are open behind them.
  private static func depths(_ text: Substring) -> [(String.Index, Int)] {
    var found: [(String.Index, Int)] = []
    var depth = 0
    var quote: Character?
    for place in text.indices {
      let character = text[place]
      if let open = quote {
        if character == open { quote = nil }
        continue
      }
      switch character {
      case "'", "\"": quote = character
      case "(": depth += 1
      case ")": depth -= 1
      default: break
      }
      found.append((place, depth))
    }
    return found
  }

  static func outsideQuotes(_ text: String) -> String {
    String(depths(text[...]).map { text[$0.0] })
  }

  static func replacing(_ piece: String, with other: String, in text: String) -> String {
    var result = ""
    var skipped = text.startIndex
    for (place, _) in depths(text[...]) where place >= skipped && text[place...].hasPrefix(piece) {
      result += text[skipped..<place] + other
      skipped = text.index(place, offsetBy: piece.count)
    }
    return result + text[skipped...]
  }
}
