internal import Core
internal import Foundation
internal import RedshiftSQL

/// What a session knows of external schemas and of late-binding views, until a definition changes.
struct ExternalNames: Sendable {
  /// A view that is known by its text.
  struct View: Sendable {
    var columns: [String]
    var definition: String
    /// Whether it reads an external table, itself or through another view.
    var isExternal = false
  }

  var generation = -1
  /// Schemas over a data catalog, with their databases.
  var databases: [String: String] = [:]
  var views: [RelationName: View] = [:]

  var isEmpty: Bool { databases.isEmpty && views.isEmpty }

  /// Whether the name is an external table's or that of a view that reads one.
  func has(_ name: ObjectName) -> Bool {
    databases[Self.relation(name).schema] != nil || view(name)?.isExternal == true
  }

  func view(_ name: ObjectName) -> View? { views[Self.relation(name)] }

  /// Finds out which of the views read external tables.
  mutating func followViews() {
    var queries: [RelationName: Query] = [:]
    for (name, view) in views { queries[name] = try? Parser.parseQuery(view.definition) }
    var found = true
    while found {
      found = false
      for (name, query) in queries where readsExternal(query) {
        views[name]?.isExternal = true
        queries[name] = nil
        found = true
      }
    }
  }

  private func readsExternal(_ query: Query) -> Bool {
    var reads = false
    var map = TreeMap(table: { table throws(SQLError) in
      if has(table.name) { reads = true }
      return nil
    })
    _ = try? map.map(query)
    return reads
  }

  private static func relation(_ name: ObjectName) -> RelationName {
    let parts = name.parts.suffix(2).map(\.name)
    return RelationName(
      schema: parts.count == 2 ? parts[0] : "public", name: parts.last ?? "")
  }
}

/// The external tables of one statement, in the order in which it names them. Each has a place in
/// the statement's text, which becomes a stand-in or a scan.
///
/// Used on the session's queue only.
final class ExternalReferences {
  struct Reference {
    var table: ExternalTable
    /// `schema.table`, as the statement names it.
    var name: String
  }

  let names: ExternalNames
  let marks: ExternalMarks
  /// What the names of the stand-ins' columns begin with; no statement can have it.
  let prefix: String
  private(set) var all: [Reference] = []
  /// What the catalog said, so that a statement that is read twice asks once.
  private(set) var tables: [RelationName: ExternalTable] = [:]
  /// Views within views.
  private var depth = 0

  init(
    names: ExternalNames, marksConditions: Bool = false, hasPseudoColumns: Bool = false,
    prefix: String? = nil, tables: [RelationName: ExternalTable] = [:]
  ) {
    self.names = names
    self.tables = tables
    let unique = UUID().uuidString.lowercased().filter { $0 != "-" }
    self.prefix = prefix ?? "w" + unique.prefix(12)
    marks = ExternalMarks(
      placeholder: "external$" + unique, marksConditions: marksConditions,
      hasPseudoColumns: hasPseudoColumns)
  }

  /// - Parameter read: asks the catalog.
  func table(
    _ name: RelationName, _ read: (_ database: String) throws -> ExternalTable?
  ) rethrows -> ExternalTable? {
    if let known = tables[name] { return known }
    let found = try read(names.databases[name.schema] ?? "")
    tables[name] = found
    return found
  }

  /// What stands for the table until its files are known.
  func place(for table: ExternalTable, as reference: TableReference) -> TableSource {
    let name = reference.name.parts.suffix(2).map(\.name).joined(separator: ".")
    all.append(Reference(table: table, name: name))
    let call = FunctionCall(
      marks.placeholder, [Expression(.number(String(all.count - 1)))])
    return .function(call, reference.alias ?? Alias(name: Identifier(table.name)))
  }

  /// The text with `source` for each place.
  func replacing(in text: String, _ source: (Int) -> String) -> String {
    var text = text
    for index in all.indices {
      text = text.replacingOccurrences(
        of: "\"\(marks.placeholder)\"(\(index))", with: source(index))
    }
    return text
  }

  /// Runs `body` for a view's own text.
  func inView<Value>(
    _ name: ObjectName, _ body: () throws(SQLError) -> Value
  ) throws(SQLError) -> Value {
    guard depth < 32 else {
      throw SQLError(
        "54001", "views nest deeper than 32 levels at \"\(name.name)\"", position: name.position)
    }
    depth += 1
    defer { depth -= 1 }
    return try body()
  }

  // MARK: Stand-ins

  /// A column's name in the plan: the reference's number, and the column's.
  func tag(_ reference: Int, _ column: Int) -> String { "\(prefix)_\(reference)_\(column)" }

  /// A column that no table has: each scan is asked something of it, so that the plan says which
  /// table the scan is of, even where it needs none of the columns.
  static let identityColumn = 9_999

  /// A query of no rows with the table's columns, from which DuckDB's plan tells what is needed.
  func standIn(for index: Int, emptyFile: String) -> String {
    let table = all[index].table
    let columns = table.allColumns.map(\.self) + pseudoColumns
    let identity = tag(index, Self.identityColumn)
    let types =
      columns.enumerated().map { "'\(tag(index, $0))': \(literal($1.storedType))" }
      + ["'\(identity)': 'INTEGER'"]
    let items = columns.enumerated().map { "\(tag(index, $0)) AS \(quoted($1.name))" }
    return """
      (SELECT \(items.joined(separator: ", ")) FROM read_csv(\(literal(emptyFile)), \
      columns = {\(types.joined(separator: ", "))}, auto_detect = false, header = false, \
      delim = ',', hive_partitioning = false) WHERE hash(\(identity)) <> 1)
      """
  }

  var pseudoColumns: [ExternalTable.Column] {
    guard marks.hasPseudoColumns else { return [] }
    return [
      ExternalTable.Column(name: "$path", type: "varchar", storedType: "VARCHAR"),
      ExternalTable.Column(name: "$size", type: "bigint", storedType: "BIGINT"),
    ]
  }
}
