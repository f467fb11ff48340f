internal import Core

// CREATE, ALTER, DROP. What DuckDB has no place for (lengths, encodings, distribution and sort
// keys) goes into the comments of tables and columns, as JSON: so it follows them when they are
// renamed, copied in a transaction, or dropped. The views weir.table_attribute and
// weir.column_attribute read it.
extension Rewriter {
  /// Several statements: they belong into one transaction.
  func createTable(_ table: CreateTable) throws(SQLError) -> String {
    try TableChecks.check(table)
    var statements: [String] = []
    var parts: [String] = []
    var comments: [String] = []
    let name = Writer.name(table.name)
    for column in table.columns {
      var column = column
      if table.primaryKey.contains(column.name) { column.isNotNull = true }
      let sequence = try sequence(of: column, isTemporary: table.isTemporary, &statements)
      parts.append(try definition(column, sequence: sequence))
      if let fact = ColumnFacts.json(of: column, sequence: sequence) {
        let place = "\(name).\(Writer.quoted(column.name.name))"
        comments.append("COMMENT ON COLUMN \(place) IS \(Writer.literal(fact))")
      }
    }
    statements.append(
      "CREATE \(table.isTemporary ? "TEMP " : "")TABLE "
        + "\(table.ifNotExists ? "IF NOT EXISTS " : "")\(name) (\(parts.joined(separator: ", ")))")
    if let fact = ColumnFacts.json(of: table) {
      comments.append("COMMENT ON TABLE \(name) IS \(Writer.literal(fact))")
    }
    return (statements + comments).joined(separator: "; ")
  }

  private func sequence(
    of column: CreateTable.Column, isTemporary: Bool, _ statements: inout [String]
  ) throws(SQLError) -> String? {
    guard let identity = column.identity else { return nil }
    guard identity.step != 0 else {
      throw SQLError("22023", "the step of an IDENTITY column cannot be zero")
    }
    let name = "\(isTemporary ? "temp." : "weir.")identity_\(try nextObjectID())"
    let bounds =
      identity.step > 0 ? "MINVALUE \(min(identity.seed, 1))" : "MAXVALUE \(max(identity.seed, -1))"
    statements.append(
      "CREATE \(isTemporary ? "TEMP " : "")SEQUENCE \(name) INCREMENT BY \(identity.step) "
        + "\(bounds) START WITH \(identity.seed)")
    return name
  }

  private func definition(
    _ column: CreateTable.Column, sequence: String?
  ) throws(SQLError) -> String {
    var text = "\(Writer.quoted(column.name.name)) \(Writer.type(column.type))"
    if column.collation == .caseInsensitive { text += " COLLATE NOCASE" }
    // Keys are information for Redshift's planner: their columns are NOT NULL, nothing else.
    if column.isNotNull || column.isPrimaryKey || sequence != nil { text += " NOT NULL" }
    if let sequence { return text + " DEFAULT nextval('\(sequence)')" }
    if let value = column.defaultValue { text += " DEFAULT (\(try expression(value)))" }
    return text
  }

  func createTableAs(_ table: CreateTableAs) throws(SQLError) -> String {
    let name = try self.name(table.name)
    var text =
      "CREATE \(table.isTemporary ? "TEMP " : "")TABLE "
      + "\(name)\(Self.columns(table.columns)) AS \(try query(table.query))"
    if let fact = ColumnFacts.json(of: table.attributes) {
      text += "; COMMENT ON TABLE \(name) IS \(Writer.literal(fact))"
    }
    return text
  }

  func drop(_ drop: Drop) throws(SQLError) -> String {
    var statements: [String] = []
    for name in drop.names {
      statements.append(
        "DROP \(drop.kind.rawValue.uppercased()) \(drop.ifExists ? "IF EXISTS " : "")"
          + (drop.kind == .table ? try self.name(name) : Writer.name(name))
          + (drop.isCascade ? " CASCADE" : ""))
    }
    return statements.joined(separator: "; ")
  }

  func alter(_ table: ObjectName, _ action: AlterAction) throws(SQLError) -> String {
    let name = try self.name(table)
    let target = "ALTER TABLE \(name) "
    switch action {
    case .addColumn(let column):
      guard column.identity == nil else {
        throw SQLError("0A000", "ALTER TABLE ADD COLUMN with IDENTITY is not supported")
          .placed(at: table.position)
      }
      try TableChecks.check(added: column)
      var plain = column
      plain.isNotNull = false
      var text = target + "ADD COLUMN \(try definition(plain, sequence: nil))"
      if column.isNotNull {
        text += "; \(target)ALTER COLUMN \(Writer.quoted(column.name.name)) SET NOT NULL"
      }
      if let fact = ColumnFacts.json(of: column, sequence: nil) {
        text +=
          "; COMMENT ON COLUMN \(name).\(Writer.quoted(column.name.name)) IS "
          + Writer.literal(fact)
      }
      return text
    case .dropColumn(let column, let isCascade):
      return target + "DROP COLUMN \(Writer.quoted(column.name))\(isCascade ? " CASCADE" : "")"
    case .renameColumn(let old, let new):
      return target + "RENAME COLUMN \(Writer.quoted(old.name)) TO \(Writer.quoted(new.name))"
    case .rename(let new): return target + "RENAME TO \(Writer.quoted(new.name))"
    case .alterType(let column, let type):
      return target + "ALTER COLUMN \(Writer.quoted(column.name)) TYPE \(Writer.type(type))"
    case .attributes, .encode, .constraint, .appendFrom, .external:
      throw SQLError("0A000", "the statement cannot be run by DuckDB")
    }
  }
}

/// What the comments say.
package enum ColumnFacts {
  /// nil if DuckDB's own type says everything.
  static func json(of column: CreateTable.Column, sequence: String?) -> String? {
    var members = typeMembers(column.type)
    if let encoding = column.encoding { members.append(("encode", string(encoding))) }
    if let identity = column.identity, let sequence {
      members.append(("identity", "[\(identity.seed), \(identity.step)]"))
      members.append(("generated_by_default", identity.isDefault ? "true" : "false"))
      members.append(("sequence", string(sequence)))
    }
    return object(members)
  }

  /// A column's declared type, as JSON to be merged into its comment.
  package static func json(of type: TypeName) -> String {
    let members = typeMembers(type)
    return object(members.isEmpty ? [("type", "null"), ("length", "null")] : members) ?? "{}"
  }

  private static func typeMembers(_ type: TypeName) -> [(String, String)] {
    let length = type.modifiers.first.flatMap { $0 }
    let isMax = type.modifiers.first.map { $0 == nil } ?? false
    switch type.name {
    case "varchar", "character varying", "nvarchar", "text", "bpchar":
      return [
        ("type", string("character varying")),
        ("length", String(isMax ? 65_535 : length ?? 256)),
      ]
    case "char", "character", "nchar":
      return [("type", string("character")), ("length", String(isMax ? 4_096 : length ?? 1))]
    case "varbyte", "varbinary", "binary varying":
      return [
        ("type", string("varbyte")), ("length", String(isMax ? 1_024_000 : length ?? 64_000)),
      ]
    default: return []
    }
  }

  static func json(of table: CreateTable) -> String? {
    var members = self.members(of: table.attributes)
    let keys = table.primaryKey + table.columns.filter(\.isPrimaryKey).map(\.name)
    if !keys.isEmpty { members.append(("primary_key", list(keys))) }
    let unique = table.unique + table.columns.filter(\.isUnique).map { [$0.name] }
    if !unique.isEmpty {
      members.append(("unique", "[\(unique.map(list).joined(separator: ", "))]"))
    }
    return object(members)
  }

  package static func json(of attributes: TableAttributes) -> String? {
    object(members(of: attributes))
  }

  private static func members(of attributes: TableAttributes) -> [(String, String)] {
    var members: [(String, String)] = []
    if let key = attributes.distributionKey {
      members.append(("diststyle", string("key")))
      members.append(("distkey", string(key.name)))
    } else if let style = attributes.distributionStyle {
      members.append(("diststyle", string(style)))
      members.append(("distkey", "null"))
    }
    if !attributes.sortKey.isEmpty || attributes.sortStyle != nil {
      members.append(("sortkey", list(attributes.sortKey)))
      members.append(("sortstyle", string(attributes.sortStyle ?? "compound")))
    }
    if let backup = attributes.backup { members.append(("backup", backup ? "true" : "false")) }
    return members
  }

  package static func list(_ names: [Identifier]) -> String {
    "[\(names.map { string($0.name) }.joined(separator: ", "))]"
  }

  private static func object(_ members: [(String, String)]) -> String? {
    guard !members.isEmpty else { return nil }
    return "{" + members.map { "\(string($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
  }

  package static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
