internal import Core

/// A column that rows are written to, as it was declared.
package struct StoredColumn: Sendable, Equatable {
  package var name: String
  /// `character varying` or `character` where it has a length.
  package var textType: String?
  /// In bytes.
  package var length: Int?
  /// Filled by a sequence.
  package var isIdentity: Bool

  package init(name: String, textType: String?, length: Int?, isIdentity: Bool) {
    self.name = name
    self.textType = textType
    self.length = length
    self.isIdentity = isIdentity
  }

  var limits: Bool { textType != nil && length != nil }

  /// The value, checked against the column's length; a literal that fits is left alone.
  func fitted(_ value: String, of expression: Expression?) -> String {
    guard let textType, let length else { return value }
    switch expression?.kind {
    case .null, .raw("DEFAULT"): return value
    case .string(let text)
    where text.utf8.count <= length && (textType != "character" || !text.hasSuffix(" ")):
      return value
    default:
      return "weir_fit(weir._text(\(value)), \(length), '\(textType)')"
    }
  }
}

// INSERT, UPDATE, DELETE, MERGE: texts are checked against the lengths of their columns, which
// DuckDB does not keep.
extension Rewriter {
  func insert(_ insert: Insert) throws(SQLError) -> String {
    let table = try name(insert.table)
    guard let query = insert.query else { return "INSERT INTO \(table) DEFAULT VALUES" }
    let stored = try storedColumns(insert.table)
    let columns = targets(of: insert, among: stored)
    let target = "INSERT INTO \(table)\(Self.columns(columns)) "
    var limited: [StoredColumn?] = (columns.isEmpty ? stored.map { Identifier($0.name) } : columns)
      .map { column in stored.first { $0.name == column.name.lowercased() && $0.limits } }
    guard limited.contains(where: { $0 != nil }) else { return target + (try self.query(query)) }
    if case .values(let rows) = query.body, query.commonTables.isEmpty, query.limit == nil {
      return target + "VALUES " + (try values(rows, limited))
    }
    guard let count = Self.width(of: query) else { return target + (try self.query(query)) }
    limited += [StoredColumn?](repeating: nil, count: max(0, count - limited.count))
    let names = (0..<count).map { "c\($0)" }
    let list = zip(names, limited).map { name, column in
      column?.fitted(name, of: nil) ?? name
    }
    return target + "SELECT \(list.joined(separator: ", ")) FROM (\(try self.query(query))) AS q"
      + "(\(names.joined(separator: ", ")))"
  }

  /// Columns that fill themselves are left out of a list that says nothing.
  private func targets(of insert: Insert, among stored: [StoredColumn]) -> [Identifier] {
    guard insert.columns.isEmpty, stored.contains(where: \.isIdentity), let query = insert.query,
      let count = Self.width(of: query), count < stored.count
    else { return insert.columns }
    return stored.filter { !$0.isIdentity }.map { Identifier($0.name) }
  }

  private func values(
    _ rows: [[Expression]], _ columns: [StoredColumn?]
  ) throws(SQLError) -> String {
    var written: [String] = []
    for row in rows {
      var values: [String] = []
      for (index, value) in row.enumerated() {
        let text = try expression(value)
        let column = index < columns.count ? columns[index] : nil
        values.append(column?.fitted(text, of: value) ?? text)
      }
      written.append("(\(values.joined(separator: ", ")))")
    }
    return written.joined(separator: ", ")
  }

  /// How many columns a query has, where that can be seen.
  private static func width(of query: Query) -> Int? {
    var body = query.body
    while true {
      switch body {
      case .setOperation(_, _, let left, _): body = left
      case .nested(let inner): return width(of: inner)
      case .values(let rows): return rows.first?.count
      case .select(let select):
        let hasStar = select.items.contains {
          if case .star = $0.expression.kind { true } else { false }
        }
        return hasStar ? nil : select.items.count
      }
    }
  }

  func update(_ update: Update) throws(SQLError) -> String {
    let sets = try assignments(update.assignments, of: update.table.name)
    var text = "UPDATE \(try name(update.table.name))\(Writer.alias(update.table.alias))"
    text += " SET " + sets
    text += try sources(" FROM ", update.from)
    return text + (try condition(update.condition))
  }

  private func assignments(
    _ assignments: [Update.Assignment], of table: ObjectName
  ) throws(SQLError) -> String {
    let stored = try storedColumns(table)
    var sets: [String] = []
    for assignment in assignments {
      let value = try expression(assignment.value)
      let column = stored.first { $0.name == assignment.column.name && $0.limits }
      let fitted = column?.fitted(value, of: assignment.value) ?? value
      sets.append("\(Writer.quoted(assignment.column.name)) = \(fitted)")
    }
    return sets.joined(separator: ", ")
  }

  func delete(_ delete: Delete) throws(SQLError) -> String {
    let target = "\(try name(delete.table.name))\(Writer.alias(delete.table.alias))"
    return "DELETE FROM \(target)" + (try sources(" USING ", delete.using))
      + (try condition(delete.condition))
  }

  private func sources(_ word: String, _ sources: [TableSource]) throws(SQLError) -> String {
    guard !sources.isEmpty else { return "" }
    var map = map
    var written: [String] = []
    for source in sources { written.append(Writer.source(try map.map(source))) }
    return word + written.joined(separator: ", ")
  }

  private func condition(_ condition: Expression?) throws(SQLError) -> String {
    guard let condition else { return "" }
    return " WHERE \(try expression(condition))"
  }

  // MARK: MERGE

  func merge(_ merge: Merge) throws(SQLError) -> String {
    let target = "\(try name(merge.target.name))\(Writer.alias(merge.target.alias))"
    var map = map
    let source = Writer.source(try map.map(merge.source))
    let condition = try expression(merge.condition)
    guard !merge.removesDuplicates else {
      // What the source has replaces what it matches, once each.
      return "CREATE TEMP TABLE weir_merge AS SELECT DISTINCT * FROM \(source); "
        + "DELETE FROM \(target) USING \(source) WHERE \(condition); "
        + "INSERT INTO \(try name(merge.target.name)) SELECT * FROM weir_merge; "
        + "DROP TABLE weir_merge"
    }
    var text = "MERGE INTO \(target) USING \(source) ON (\(condition))"
    switch merge.matched {
    case .update(let assignments):
      text +=
        " WHEN MATCHED THEN UPDATE SET "
        + (try self.assignments(assignments, of: merge.target.name))
    case .delete: text += " WHEN MATCHED THEN DELETE"
    case nil: break
    }
    guard let values = merge.insertValues else { return text }
    let stored = try storedColumns(merge.target.name)
    let names =
      merge.insertColumns.isEmpty
      ? stored.map(\.name) : merge.insertColumns.map(\.name)
    let limited = names.map { name in stored.first { $0.name == name && $0.limits } }
    return text + " WHEN NOT MATCHED THEN INSERT\(Self.columns(merge.insertColumns)) VALUES "
      + (try self.values([values], limited))
  }
}
