internal import Core

/// Follows the conditions of a statement to the external tables that they speak of.
///
/// Which partitions a statement needs is for DuckDB's optimizer to say: it knows how a condition
/// moves through views, subqueries, joins and set operations. It is shown the statement with a
/// stand-in for each external table, and its plan has the conditions right above the stand-ins.
/// Some conditions do not get there as they are: a list of many values becomes a join, and what
/// may fail on a row stays above a projection. So a mark goes with each: `hash(columns) <> number`,
/// which moves where its condition might, and says which columns of the stand-in it is about.
package final class ExternalMarks {
  /// What a mark stands for.
  package struct Mark: Sendable, Equatable {
    package let number: UInt64
    package let columnCount: Int
    /// The condition in DuckDB's SQL, with `⟨0⟩` for its first column.
    fileprivate let template: [Piece]

    fileprivate enum Piece: Equatable {
      case text(String)
      case column(Int)
    }

    /// - Parameter columns: as many as the mark has.
    package func condition(of columns: [String]) -> String {
      template.map { piece in
        switch piece {
        case .text(let text): text
        case .column(let index): columns.indices.contains(index) ? columns[index] : "NULL"
        }
      }.joined()
    }
  }

  /// The function that stands for external tables, with the table's number in the statement. No
  /// statement can name it: it is another one each time.
  package let placeholder: String
  /// Whether conditions get marks.
  package let marksConditions: Bool
  /// Whether the tables have the columns `$path` and `$size`, which `*` leaves out.
  package let hasPseudoColumns: Bool
  package private(set) var marks: [Mark] = []
  /// Whether the statement names `$path` or `$size`.
  package private(set) var namesPseudoColumns = false

  package static let pseudoColumns = ["$path", "$size"]

  package init(placeholder: String, marksConditions: Bool, hasPseudoColumns: Bool) {
    self.placeholder = placeholder
    self.marksConditions = marksConditions
    self.hasPseudoColumns = hasPseudoColumns
  }

  func note(_ value: Expression) {
    guard case .column(let parts) = value.kind, let last = parts.last,
      Self.pseudoColumns.contains(last.name)
    else { return }
    namesPseudoColumns = true
  }

  // MARK: Selects

  func marked(_ select: Select) throws(SQLError) -> Select {
    var select = select
    let names = select.from.flatMap(externalNames)
    if hasPseudoColumns, !names.isEmpty {
      for index in select.items.indices { hidePseudoColumns(&select.items[index], names) }
    }
    guard marksConditions else { return select }
    if let condition = select.condition { select.condition = try marked(condition) }
    for index in select.from.indices { select.from[index] = try marked(select.from[index]) }
    return select
  }

  /// By what names the select calls its external tables.
  private func externalNames(_ source: TableSource) -> [String] {
    switch source {
    case .function(let call, let alias) where call.name.name == placeholder:
      [alias?.name.name ?? ""]
    case .join(let left, let right, _, _): externalNames(left) + externalNames(right)
    case .nested(let inner): externalNames(inner)
    default: []
    }
  }

  private func hidePseudoColumns(_ item: inout SelectItem, _ names: [String]) {
    guard case .star(let qualifier, let exclude) = item.expression.kind,
      qualifier.last.map({ names.contains($0.name) }) ?? true
    else { return }
    item.expression.kind = .star(
      qualifier: qualifier, exclude: exclude + Self.pseudoColumns.map { Identifier($0) })
  }

  private func marked(_ source: TableSource) throws(SQLError) -> TableSource {
    switch source {
    case .join(let left, let right, let kind, .on(let condition)):
      .join(
        try marked(left), try marked(right), kind: kind, .on(try marked(condition)))
    case .join(let left, let right, let kind, let condition):
      .join(try marked(left), try marked(right), kind: kind, condition)
    case .nested(let inner): .nested(try marked(inner))
    default: source
    }
  }

  // MARK: Conditions

  private func marked(_ condition: Expression) throws(SQLError) -> Expression {
    var terms: [Expression]
    if case .logical("AND", let all) = condition.kind { terms = all } else { terms = [condition] }
    for term in terms {
      if let mark = try mark(for: term) { terms.append(mark) }
    }
    return terms.count == 1 ? terms[0] : Expression(.logical("AND", terms))
  }

  /// - Returns: nil for a condition that needs no mark, or must not be looked at twice.
  private func mark(for term: Expression) throws(SQLError) -> Expression? {
    var columns: [Expression] = []
    var isSimple = true
    var isFit = true
    var map = TreeMap(expression: { value throws(SQLError) in
      switch value.kind {
      case .column(let parts):
        if !columns.contains(value) { columns.append(value) }
        if parts.last?.name.hasPrefix("$") ?? true { isFit = false }
      case .subquery, .exists, .inQuery, .quantified, .parameter, .star: isFit = false
      case .call(let call):
        isSimple = false
        if call.over != nil || Self.volatile.contains(call.name.name) { isFit = false }
      case .number, .string, .typedString, .boolean, .null, .between, .isTest, .logical: break
      case .binary(let symbol, _, _):
        // A plan shows two bounds of a column as BETWEEN, whether they belong to it or not.
        if symbol != "=" { isSimple = false }
      default: isSimple = false
      }
      return nil
    })
    _ = try map.map(term)
    guard isFit, !isSimple, !columns.isEmpty, columns.count <= 16 else { return nil }
    let number = Self.firstNumber + UInt64(marks.count)
    marks.append(
      Mark(
        number: number, columnCount: columns.count,
        template: try Self.template(of: term, columns)))
    return Expression(
      .binary(
        "<>", Expression(.call(FunctionCall("hash", columns))),
        Expression(.number(String(number)))))
  }

  /// Too large for anything else in a plan.
  private static let firstNumber: UInt64 = 17_000_000_000_000_000_000

  private static let volatile: Set<String> = [
    "random", "setseed", "nextval", "currval", "uuid", "gen_random_uuid", "uuidv4", "uuidv7",
    "timeofday", "clock_timestamp", "pg_sleep", "get_current_time",
  ]

  private static func template(
    of term: Expression, _ columns: [Expression]
  ) throws(SQLError) -> [Mark.Piece] {
    var map = TreeMap(expression: { value throws(SQLError) in
      guard let index = columns.firstIndex(of: value) else { return nil }
      return Expression(.raw("\u{1}\(index)\u{1}"))
    })
    // Every second piece is a number.
    return Writer.expression(try map.map(term)).split(
      separator: "\u{1}", omittingEmptySubsequences: false
    ).enumerated().map { place, piece in
      place % 2 == 1 ? .column(Int(piece) ?? 0) : .text(String(piece))
    }
  }
}
