internal import Core
internal import DuckDB
internal import RedshiftSQL

// External schemas over a data catalog, and their tables: what makes, changes and drops them.
extension WarehouseSession {
  /// Does what is the catalog's.
  ///
  /// - Returns: the statement's tag; nil for a statement that is none of the catalog's.
  func defineExternal(_ statement: Statement) async throws -> String? {
    switch statement {
    case .createExternalTable(let table): return try await create(table)
    case .alterTable(let name, let action):
      guard let table = try await externalTable(name) else {
        if case .external = action { throw Self.notExternal(name) }
        guard try await queue.run({ [self] in try externalNames().view(name) == nil }) else {
          throw SQLError(
            "0A000", "ALTER on a late-binding view is not supported",
            hint: "DROP VIEW and CREATE VIEW", position: name.position)
        }
        return nil
      }
      guard case .external(let alteration) = action else {
        throw SQLError(
          "0A000", "Operation not supported on external tables", position: name.position)
      }
      try refuseInTransaction("ALTER TABLE on an external table", at: name.position)
      try await queue.run { [self] in try atomically { try alter(table, alteration) } }
      warehouse.noteDefinition()
      return "ALTER TABLE"
    case .drop(let drop) where drop.kind == .table:
      return try await dropExternal(drop)
    case .insert, .update, .delete, .merge, .truncate:
      guard let target = Self.target(of: statement), try await isExternal(target) else {
        return nil
      }
      throw SQLError(
        "0A000", "Operation not supported on external tables",
        hint: "INSERT INTO … SELECT adds files to one",
        position: target.position)
    default: return nil
    }
  }

  private static func notExternal(_ name: ObjectName) -> SQLError {
    SQLError(
      "42809", "\"\(name.name)\" is not an external table", position: name.position)
  }

  private func isExternal(_ name: ObjectName) async throws -> Bool {
    guard name.parts.count > 1 else { return false }
    return try await queue.run { [self] in
      try name.schema.map { try externalNames().databases[$0] != nil } ?? false
    }
  }

  /// - Throws: `SQLError` 42P01 for a table that its external schema does not have.
  func externalTable(_ name: ObjectName) async throws -> ExternalTable? {
    guard try await isExternal(name) else { return nil }
    return try await queue.run { [self] in try findExternalTable(name) }
  }

  func findExternalTable(_ name: ObjectName) throws -> ExternalTable? {
    guard let schema = name.schema, let database = try externalNames().databases[schema] else {
      return nil
    }
    guard let table = try externalCatalog.table(name.name, in: database) else {
      throw SQLError(
        "42P01", "relation \"\(schema).\(name.name)\" does not exist", position: name.position)
    }
    return table
  }

  var externalCatalog: ExternalCatalog { ExternalCatalog(connection: connection) }

  /// The catalog is no part of a transaction in Redshift: it refuses such statements within one.
  func refuseInTransaction(_ what: String, at position: Int) throws(SQLError) {
    guard status != .idle else { return }
    throw SQLError(
      "25001", "\(what) cannot run inside a transaction block", hint: "COMMIT first",
      position: position)
  }

  // MARK: Schemas

  func createCatalogSchema(
    _ schema: CreateExternalSchema, _ receive: @escaping Receive
  ) async throws {
    var clauses: [String: String] = [:]
    for clause in schema.clauses { clauses[clause.name] = clause.value }
    for needed in ["DATABASE", "IAM_ROLE"] where clauses[needed] == nil {
      throw SQLError(
        "42601", "CREATE EXTERNAL SCHEMA FROM DATA CATALOG needs \(needed)",
        position: schema.sourcePosition)
    }
    let database = clauses["DATABASE"] ?? ""
    let isMade = clauses.removeValue(forKey: "CREATE EXTERNAL DATABASE") != nil
    let options = clauses.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let name = schema.name.name
    let notices = try await queue.run { [self] in
      if try catalog.externalSchema(name) != nil || catalog.schemaExists(name) {
        guard schema.ifNotExists else {
          throw SQLError(
            "42P06", "schema \"\(name)\" already exists", position: schema.name.position)
        }
        return ["schema \"\(name)\" already exists, skipping"]
      }
      var notices: [String] = []
      let time = warehouse.clock.now()
      try atomically {
        if try externalCatalog.databaseExists(database) {
          if isMade { notices = ["external database \"\(database)\" already exists, skipping"] }
        } else {
          guard isMade else {
            throw SQLError(
              "3D000", "external database \"\(database)\" does not exist",
              hint: "CREATE EXTERNAL DATABASE IF NOT EXISTS at the end makes it",
              position: schema.sourcePosition)
          }
          try externalCatalog.createDatabase(database, at: time)
        }
        try catalog.createExternalSchema(
          name, kind: "DATA CATALOG", options: options, owner: user, at: time)
      }
      return notices
    }
    warehouse.noteDefinition()
    for notice in notices {
      try await receive(
        .notice(SQLNotice(severity: "INFO", sqlState: "42P06", message: notice)))
    }
    try await receive(.complete(tag: "CREATE EXTERNAL SCHEMA"))
  }

  /// What goes with an external schema over a catalog; within the transaction that drops it.
  func dropCatalog(of schema: ObjectName, _ drop: Drop) throws {
    guard let database = try externalCatalog.database(ofSchema: schema.name) else { return }
    let hasTables = try !externalCatalog.tables(in: database).isEmpty
    guard !hasTables || drop.isCascade else {
      throw SQLError(
        "2BP01", "cannot drop schema \(schema.name) because other objects depend on it",
        detail: "the external database \"\(database)\" has tables",
        hint: "use DROP SCHEMA … CASCADE", position: schema.position)
    }
    guard drop.dropsExternalDatabase else { return }
    try externalCatalog.dropDatabase(database)
    try connection.execute(
      """
      DELETE FROM weir.external_schema WHERE kind = 'DATA CATALOG'
        AND name <> \(literal(schema.name)) AND (options ->> '$.DATABASE') = \(literal(database))
      """)
  }

  // MARK: Tables

  private func create(_ create: CreateExternalTable) async throws -> String {
    let tag = "CREATE EXTERNAL TABLE"
    try refuseInTransaction(tag, at: create.name.position)
    try await queue.run { [self] in
      let database = try externalDatabase(of: create.name)
      let formats = try ExternalFormats(create)
      let table = try described(create, formats, database)
      try atomically {
        guard try externalCatalog.table(table.name, in: database) == nil else {
          if create.ifNotExists { return }
          throw SQLError(
            "42P07", "relation \"\(table.name)\" already exists", position: create.name.position)
        }
        try externalCatalog.insert(table, formats, owner: user, at: warehouse.clock.now())
      }
    }
    warehouse.noteDefinition()
    return tag
  }

  /// - Throws: `SQLError` for a name that has no external schema before it.
  func externalDatabase(of name: ObjectName) throws -> String {
    guard let schema = name.schema else {
      throw SQLError(
        "42601", "an external table needs its schema's name before its own",
        position: name.position)
    }
    guard let database = try externalNames().databases[schema] else {
      throw SQLError(
        "3F000", "\"\(schema)\" is no external schema over a data catalog",
        hint: "CREATE EXTERNAL SCHEMA … FROM DATA CATALOG makes one", position: name.position)
    }
    return database
  }

  func described(
    _ create: CreateExternalTable, _ formats: ExternalFormats, _ database: String
  ) throws -> ExternalTable {
    try ExternalFormats.check(create.properties, at: create.name.position)
    do throws(SQLError) {
      _ = try ScanFiles.address(create.location)
    } catch {
      throw SQLError(error.sqlState, error.message, position: create.locationPosition)
    }
    var names: Set<String> = []
    for column in create.columns + create.partitionColumns {
      guard names.insert(column.name.name).inserted else {
        throw SQLError(
          "42701", "column \"\(column.name.name)\" is given twice", position: column.position)
      }
    }
    return ExternalTable(
      id: 0, database: database, name: create.name.name,
      columns: try create.columns.map(Self.column),
      partitionColumns: create.query == nil ? try create.partitionColumns.map(Self.column) : [],
      format: formats.format,
      location: create.location,
      properties: Dictionary(
        create.properties.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
      serdeProperties: formats.serdeProperties, isManaged: false)
  }

  private static func column(
    _ column: CreateExternalTable.Column
  ) throws(SQLError) -> ExternalTable.Column {
    guard let type = column.type else {
      throw SQLError(
        "42601", "column \"\(column.name.name)\" has no type", position: column.position)
    }
    guard !ExternalMarks.pseudoColumns.contains(column.name.name) else {
      throw SQLError(
        "42601", "\"\(column.name.name)\" is the name of a pseudocolumn",
        position: column.position)
    }
    let stored = Writer.type(type)
    let known = [
      "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP",
      "BLOB", "TIMESTAMP WITH TIME ZONE", "JSON", "TIME",
    ]
    guard known.contains(stored) || stored.hasPrefix("DECIMAL") else {
      throw SQLError(
        "42704", "type \"\(type.name)\" does not exist in external tables",
        position: column.position)
    }
    let modifiers = type.modifiers.map { $0.map(String.init) ?? "max" }
    let text = modifiers.isEmpty ? type.name : "\(type.name)(\(modifiers.joined(separator: ",")))"
    return ExternalTable.Column(
      name: column.name.name, type: text, storedType: stored,
      length: stored == "VARCHAR" ? type.modifiers.first ?? nil : nil)
  }

  private func dropExternal(_ drop: Drop) async throws -> String? {
    let names = try await queue.run { [self] in try externalNames() }
    let external = drop.names.filter { names.has($0) }
    guard let first = external.first else { return nil }
    guard external.count == drop.names.count else {
      throw SQLError(
        "0A000", "external and other relations cannot be dropped in one statement",
        position: first.position)
    }
    try refuseInTransaction("DROP TABLE of an external table", at: first.position)
    try await queue.run { [self] in
      try atomically {
        for name in external {
          do {
            if let table = try findExternalTable(name) { try externalCatalog.drop(table.id) }
          } catch let error as SQLError where error.sqlState == "42P01" && drop.ifExists {}
        }
      }
    }
    warehouse.noteDefinition()
    return "DROP \(drop.kind.rawValue.uppercased())"
  }
}
