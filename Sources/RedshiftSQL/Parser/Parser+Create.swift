internal import Core

extension Parser {
  mutating func create() throws(SQLError) -> Statement {
    try expect("create")
    let replaces = take("or", "replace")
    if take("external", "schema") { return try createExternalSchema() }
    if take("external", "table") { return try createExternalTable() }
    if take("materialized", "view") {
      return try createMaterializedView(replaces: replaces)
    }
    if take("view") { return try createView(replaces: replaces) }
    if take("function") { return try createFunction(replaces: replaces) }
    if take("schema") {
      let ifNotExists = take("if", "not", "exists")
      // `CREATE SCHEMA AUTHORIZATION u` makes the schema `u`.
      let isOwnName = take("authorization")
      let name = try objectName()
      if !isOwnName, take("authorization") { _ = try label() }
      return .createSchema(name, ifNotExists: ifNotExists, quota: try quota())
    }
    if let principal = try createPrincipal() { return principal }
    let isTemporary = take("temporary") || take("temp")
    _ = !isTemporary && take("local") && (take("temporary") || take("temp"))
    guard take("table") else {
      throw current.kind == .word
        ? unsupported("CREATE \(current.text.uppercased())") : unexpected()
    }
    return try createTable(isTemporary: isTemporary)
  }

  // MARK: Views

  private mutating func createView(replaces: Bool) throws(SQLError) -> Statement {
    let name = try objectName()
    let columns = isSymbol("(") ? try columnList() : []
    try expect("as")
    let start = current
    let query = try query()
    let text = text(from: start, to: current.range.lowerBound)
    let isLateBinding = take("with", "no", "schema", "binding")
    return .createView(
      CreateView(
        name: name, replaces: replaces, columns: columns, query: query,
        queryText: text, isLateBinding: isLateBinding))
  }

  private mutating func createMaterializedView(
    replaces: Bool
  ) throws(SQLError) -> Statement {
    let name = try objectName()
    var attributes = TableAttributes()
    var autoRefresh = false
    while !isWord("as") {
      if take("auto", "refresh") {
        autoRefresh = try yesOrNo()
      } else if !(try takeAttribute(&attributes)) {
        throw unexpected("expected AS")
      }
    }
    try expect("as")
    let start = current
    let query = try query()
    return .createMaterializedView(
      CreateMaterializedView(
        name: name, replaces: replaces, attributes: attributes, autoRefresh: autoRefresh,
        query: query, queryText: text(from: start, to: current.range.lowerBound)))
  }

  /// BACKUP, DISTSTYLE, DISTKEY, SORTKEY.
  mutating func takeAttribute(
    _ attributes: inout TableAttributes
  ) throws(SQLError) -> Bool {
    if take("backup") {
      attributes.backup = try yesOrNo()
    } else if take("diststyle") {
      attributes.distributionStyle = try label().name
      guard ["even", "key", "all", "auto"].contains(attributes.distributionStyle ?? "") else {
        throw unexpected("DISTSTYLE is EVEN, KEY, ALL or AUTO")
      }
    } else if take("distkey") {
      let isList = isSymbol("(")
      attributes.distributionKey =
        isList ? try keyList().first : try identifier("a column")
    } else if isWord("compound", "sortkey") || isWord("interleaved", "sortkey") {
      attributes.sortStyle = current.text
      advance()
      advance()
      attributes.sortKey = try keyList()
    } else if take("sortkey") {
      if take("auto") {
        attributes.sortStyle = "auto"
        return true
      }
      attributes.sortKey = isSymbol("(") ? try keyList() : [try identifier("a column")]
    } else if isWord("encode") {
      guard take("encode", "auto") else { throw unexpected("expected ENCODE AUTO") }
    } else {
      return false
    }
    return true
  }

  // MARK: External schemas

  private mutating func createExternalSchema() throws(SQLError) -> Statement {
    let ifNotExists = take("if", "not", "exists")
    let name = try objectName()
    try expect("from")
    let start = position
    let source: String
    if take("data", "catalog") {
      source = "DATA CATALOG"
    } else if take("hive", "metastore") {
      source = "HIVE METASTORE"
    } else {
      let word = try label().name.uppercased()
      guard ["KINESIS", "MSK", "KAFKA", "POSTGRES", "MYSQL", "REDSHIFT"].contains(word) else {
        throw SQLError(
          "42601", "syntax error at or near \"\(word.lowercased())\"",
          hint: "expected KINESIS, POSTGRES, DATA CATALOG or another source", position: start)
      }
      source = word
    }
    var schema = CreateExternalSchema(
      name: name, ifNotExists: ifNotExists, source: source, sourcePosition: start, clauses: [])
    while let clause = try externalClause() { schema.clauses.append(clause) }
    return .createExternalSchema(schema)
  }

  private mutating func externalClause() throws(SQLError) -> CreateExternalSchema.Clause? {
    if take("create", "external", "database", "if", "not", "exists") {
      return CreateExternalSchema.Clause(name: "CREATE EXTERNAL DATABASE", value: "true")
    }
    let names: Set<String> = [
      "iam_role", "database", "schema", "uri", "port", "region", "secret_arn", "catalog_role",
      "catalog_id", "authentication", "authentication_arn",
    ]
    guard current.kind == .word, names.contains(current.text) else { return nil }
    let name = current.text.uppercased()
    advance()
    // `IAM_ROLE default`, `PORT 5432` and `AUTHENTICATION none` stand without quotes.
    guard current.kind == .string || current.kind == .number || current.kind == .word else {
      throw unexpected("expected a value for \(name)")
    }
    defer { advance() }
    return CreateExternalSchema.Clause(name: name, value: current.text)
  }

  // MARK: Tables

  private mutating func createTable(isTemporary: Bool) throws(SQLError) -> Statement {
    let ifNotExists = take("if", "not", "exists")
    let name = try objectName()
    let isTemporary = isTemporary || name.name.hasPrefix("#")
    if isSymbol("("), !isColumnNamesThenAs {
      var table = CreateTable(
        name: name, isTemporary: isTemporary, ifNotExists: ifNotExists, columns: [],
        primaryKey: [], unique: [], attributes: TableAttributes())
      try expectSymbol("(")
      repeat { try tableElement(&table) } while takeSymbol(",")
      try expectSymbol(")")
      while try takeAttribute(&table.attributes) {}
      return .createTable(table)
    }
    let columns = isSymbol("(") ? try columnList() : []
    var attributes = TableAttributes()
    while try takeAttribute(&attributes) {}
    try expect("as")
    return .createTableAs(
      CreateTableAs(
        name: name, isTemporary: isTemporary, columns: columns, attributes: attributes,
        query: try query()))
  }

  /// `(a, b) AS`: names without types.
  private var isColumnNamesThenAs: Bool {
    let follower = peek(2)
    return follower.kind == .symbol && [",", ")"].contains(follower.text)
  }

  private mutating func tableElement(_ table: inout CreateTable) throws(SQLError) {
    if take("constraint") { _ = try identifier("a constraint") }
    if isWord("check"), isSymbol("(", ahead: 1) { throw unsupported("CHECK") }
    if take("primary", "key") {
      table.primaryKey = try columnList()
    } else if isWord("unique"), isSymbol("(", ahead: 1) {
      advance()
      table.unique.append(try columnList())
    } else if take("foreign", "key") {
      _ = try columnList()
      try references()
    } else if take("like") {
      table.like = try objectName()
      if take("including", "defaults") {
        table.likeDefaults = true
      } else {
        _ = take("excluding", "defaults")
      }
    } else {
      table.columns.append(try columnDefinition(&table.attributes))
    }
  }

  private mutating func signedInteger() throws(SQLError) -> Int {
    let isNegative = takeSymbol("-")
    return (isNegative ? -1 : 1) * (try expectInteger())
  }

  /// Redshift keeps foreign keys as information for its planner, and enforces none.
  mutating func references() throws(SQLError) {
    try expect("references")
    _ = try objectName()
    if isSymbol("(") { _ = try columnList() }
  }

  mutating func columnDefinition() throws(SQLError) -> CreateTable.Column {
    var attributes = TableAttributes()
    return try columnDefinition(&attributes)
  }

  private mutating func columnDefinition(
    _ attributes: inout TableAttributes
  ) throws(SQLError) -> CreateTable.Column {
    let name = try identifier("a column")
    var column = CreateTable.Column(name: name, type: try typeName())
    while try columnConstraint(&column, &attributes) {}
    return column
  }

  private mutating func columnConstraint(
    _ column: inout CreateTable.Column, _ attributes: inout TableAttributes
  ) throws(SQLError) -> Bool {
    if isWord("check"), isSymbol("(", ahead: 1) { throw unsupported("CHECK") }
    if take("not", "null") {
      column.isNotNull = true
    } else if take("primary", "key") {
      column.isPrimaryKey = true
    } else if take("unique") {
      column.isUnique = true
    } else if take("default") {
      column.defaultValue = try expression()
    } else if isWord("identity") || isWord("generated") {
      let isDefault = take("generated")
      if isDefault { try expect("by", "default", "as") }
      try expect("identity")
      guard takeSymbol("(") else {
        column.identity = CreateTable.Identity(seed: 1, step: 1, isDefault: isDefault)
        return true
      }
      let seed = try signedInteger()
      try expectSymbol(",")
      column.identity = CreateTable.Identity(
        seed: seed, step: try signedInteger(), isDefault: isDefault)
      try expectSymbol(")")
    } else if take("encode") {
      column.encoding = try label().name
    } else if take("distkey") {
      attributes.distributionKey = column.name
    } else if take("sortkey") {
      attributes.sortKey.append(column.name)
    } else if isWord("references") {
      try references()
    } else if take("collate") {
      guard let collation = Collation(current.text) else {
        throw unexpected("COLLATE is CASE_SENSITIVE or CASE_INSENSITIVE")
      }
      guard column.type.name != "super" else { throw unsupported("COLLATE of a SUPER") }
      advance()
      column.collation = collation
    } else {
      return take("null")
    }
    return true
  }
}
