internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore
internal import RedshiftSQL
internal import Synchronization

// INSERT INTO an external table, and CREATE EXTERNAL TABLE … AS: pages r_INSERT_external_table and
// r_CREATE_EXTERNAL_TABLE_usage of Redshift's documentation.
extension WarehouseSession {
  /// - Returns: rows that were written; nil for a statement that writes to no external table.
  func writeExternal(
    _ parsed: ParsedStatement, _ receive: @escaping Receive
  ) async throws -> Int? {
    switch parsed.statement {
    case .insert(let insert):
      guard let table = try await externalTable(insert.table) else { return nil }
      try await queue.run { [self] in try checkFunctions(of: parsed) }
      let rows = try await self.insert(insert, into: table, receive)
      try await receive(.complete(tag: "INSERT 0 \(rows)"))
      return rows
    case .createExternalTable(let create):
      guard let query = create.query else { return nil }
      try await queue.run { [self] in try checkFunctions(of: parsed) }
      let rows = try await self.create(create, as: query, receive)
      try await receive(.complete(tag: "CREATE EXTERNAL TABLE"))
      return rows
    default: return nil
    }
  }

  // MARK: INSERT

  private func insert(
    _ insert: Insert, into table: ExternalTable, _ receive: @escaping Receive
  ) async throws -> Int {
    let position = insert.table.position
    try refuseInTransaction("INSERT into an external table", at: position)
    let query = try checked(insert, table)
    let writer = writer(table)
    let options = try located(at: position) { () throws(SQLError) in try writer.options() }
    let count = table.allColumns.count
    let staged = try await stage(query, options, receive) { columns in
      guard columns.count == count else {
        throw SQLError(
          "42601",
          "INSERT has \(columns.count < count ? "fewer" : "more") expressions than target columns",
          detail: "\"\(table.name)\" has \(count) with those of its partitions, the query has "
            + "\(columns.count)", position: position)
      }
      return (writer, Array(0..<count))
    }
    try await publish(staged, by: writer) { _ in table.id }
    return staged.rows
  }

  private func checked(_ insert: Insert, _ table: ExternalTable) throws(SQLError) -> Query {
    func refused(_ what: String, _ hint: String) -> SQLError {
      SQLError("0A000", what, hint: hint, position: insert.table.position)
    }
    guard !table.isManaged else {
      throw refused(
        "\"\(table.name)\" is the archive of a policy", "INSERT INTO the policy's table")
    }
    guard insert.columns.isEmpty else {
      throw refused(
        "a list of columns is not supported with external tables",
        "SELECT a value for every column, those of the partitions last")
    }
    guard let query = insert.query, !insert.movesRows else {
      throw refused("DEFAULT VALUES is not supported with external tables", "SELECT the values")
    }
    if case .values = query.body {
      throw refused(
        "VALUES is not supported with external tables", "INSERT INTO … SELECT 1, 'a'")
    }
    try checkUnlimited(query, at: insert.table.position)
    return query
  }

  private func checkUnlimited(_ query: Query, at position: Int) throws(SQLError) {
    var hasTop = false
    if case .select(let select) = query.body { hasTop = select.top != nil }
    guard query.limit == nil, query.offset == nil, !hasTop else {
      throw SQLError(
        "0A000", "Limit clause is not supported", hint: "put it into a subquery",
        position: position)
    }
  }

  // MARK: CREATE EXTERNAL TABLE AS

  private func create(
    _ create: CreateExternalTable, as query: Query, _ receive: @escaping Receive
  ) async throws -> Int {
    let position = create.name.position
    try refuseInTransaction("CREATE EXTERNAL TABLE", at: position)
    guard create.columns.isEmpty else {
      throw SQLError(
        "42601", "CREATE EXTERNAL TABLE AS takes its columns from the query", position: position)
    }
    try checkUnlimited(query, at: position)
    let known = try await queue.run { [self] in try describe(create) }
    guard let (made, formats) = known else {
      return 0
    }
    try await checkIsEmpty(made.location, at: create.locationPosition)
    let described = Mutex<ExternalTable?>(nil)
    let options = try located(at: create.formatPosition) { () throws(SQLError) in
      try writer(made).options()
    }
    let staged = try await stage(query, options, receive) { [self] columns in
      let (table, places) = try ExternalWriter.table(
        made, columns, partitions: create.partitionColumns)
      described.withLock { $0 = table }
      return (writer(table), places)
    }
    guard let table = described.withLock({ $0 }) else { return 0 }
    let (owner, now) = (user, warehouse.clock.now())
    try await publish(staged, by: writer(table)) { catalog in
      guard try catalog.table(table.name, in: table.database) == nil else {
        throw SQLError("42P07", "relation \"\(table.name)\" already exists", position: position)
      }
      return try catalog.insert(table, formats, owner: owner, at: now)
    }
    return staged.rows
  }

  /// On the session's queue.
  ///
  /// - Returns: the table without its columns; nil if it is there, and may be.
  private func describe(
    _ create: CreateExternalTable
  ) throws -> (ExternalTable, ExternalFormats)? {
    let position = create.name.position
    let database = try externalDatabase(of: create.name)
    let formats = try ExternalFormats(create)
    guard try externalCatalog.table(create.name.name, in: database) == nil else {
      if create.ifNotExists { return nil }
      throw SQLError(
        "42P07", "relation \"\(create.name.name)\" already exists", position: position)
    }
    var table = try described(create, formats, database)
    if !table.location.hasSuffix("/") { table.location += "/" }
    table.partitionColumns = create.partitionColumns.map {
      ExternalTable.Column(name: $0.name.name, type: "", storedType: "")
    }
    table.properties["numRows"] = "0"
    return (table, formats)
  }

  /// Documented: "The Amazon S3 location must be empty."
  private func checkIsEmpty(_ location: String, at position: Int) async throws {
    let address = try address(location, at: position)
    let found: [ObjectSummary]
    do {
      found = try await warehouse.objects.list(address)
    } catch {
      throw error.sqlError
    }
    guard let first = found.first else { return }
    throw SQLError(
      "42P07", "the location \(location) is not empty", detail: "\(first.address) exists",
      hint: "CREATE EXTERNAL TABLE AS writes to an empty location", position: position)
  }

  // MARK: Files

  private func writer(_ table: ExternalTable) -> ExternalWriter {
    ExternalWriter(warehouse: warehouse, table: table, queryID: currentStatementID) { [self] in
      try checkCancellation()
    }
  }

  private func located<Value>(
    at position: Int, _ body: () throws(SQLError) -> Value
  ) throws(SQLError) -> Value {
    do {
      return try body()
    } catch {
      var error = error
      error.position = error.position ?? position
      throw error
    }
  }

  /// Runs the query and writes its rows into files that nobody sees yet.
  ///
  /// - Parameter resolve: what writes a query of these columns, and the columns' places in the
  ///   table's order.
  private func stage(
    _ query: Query, _ options: UnloadOptions, _ receive: @escaping Receive,
    _ resolve: @escaping @Sendable ([UnloadColumn]) throws -> (ExternalWriter, [Int])
  ) async throws -> StagedUnload {
    let made = Mutex<StagedUnload?>(nil)
    let reading = Statement.query(query)
    _ = try await withFederation(of: reading, receive) { [self] _ in
      try await withSnapshot(of: reading) {
        let sql = try await queue.run { [self] in
          let text = try rewrite(reading)
          let statement = "DESCRIBE \(text)"
          let columns: [UnloadColumn]
          do {
            columns = try connection.rows(statement).map {
              UnloadColumn(name: $0[0] ?? "", type: $0[1] ?? "")
            }
          } catch let error as DuckDBError {
            throw LocatedError(error: error, statement: statement)
          }
          let (writer, places) = try resolve(columns)
          return writer.query(text, columns, places: places)
        }
        var unloader = Unloader(
          connection: connection, queue: queue, objects: warehouse.objects, query: sql,
          destination: try ObjectAddress(parsing: "s3://staged/"), options: options)
        unloader.checkCancellation = { [self] in try checkCancellation() }
        let staged = try await unloader.stage()
        made.withLock { $0 = staged }
        return staged.rows
      }
    }
    guard let staged = made.withLock({ $0 }) else { throw SQLError("XX000", "nothing was staged") }
    return staged
  }

  private func publish(
    _ staged: StagedUnload, by writer: ExternalWriter,
    define: @escaping @Sendable (ExternalCatalog) throws -> Int64
  ) async throws {
    defer { try? FileManager.default.removeItem(atPath: staged.directory) }
    try checkCancellation()
    try await writer.publish(staged, define: define)
    warehouse.noteDefinition()
  }
}

extension ExternalWriter {
  /// The table with the columns that a query has, those of its partitions last.
  static func table(
    _ table: ExternalTable, _ columns: [UnloadColumn],
    partitions: [CreateExternalTable.Column]
  ) throws -> (ExternalTable, places: [Int]) {
    var table = table
    let names = columns.map { $0.name.lowercased() }
    if let place = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw SQLError("42701", "column name \"\(names[place])\" is duplicated")
    }
    let last = try partitions.map { column in
      guard let place = names.firstIndex(of: column.name.name.lowercased()) else {
        throw SQLError(
          "42703", "PARTITIONED BY column \"\(column.name.name)\" is not in the query's result",
          position: column.position)
      }
      return place
    }
    let first = columns.indices.filter { !last.contains($0) }
    guard !first.isEmpty else {
      throw SQLError(
        "42601", "at least one column of the query must not be in PARTITIONED BY",
        position: partitions.first?.position)
    }
    table.columns = try first.map { try column(columns[$0]) }
    table.partitionColumns = try last.map { try column(columns[$0]) }
    return (table, first + last)
  }

  private static func column(_ column: UnloadColumn) throws -> ExternalTable.Column {
    let plain = [
      "BOOLEAN": "boolean", "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer",
      "BIGINT": "bigint", "FLOAT": "real", "DOUBLE": "double precision", "DATE": "date",
      "TIMESTAMP": "timestamp", "BLOB": "varbyte(1024000)",
    ]
    let (type, stored): (String, String)
    switch column.type {
    case "HUGEINT": (type, stored) = ("decimal(38,0)", "DECIMAL(38,0)")
    case "VARCHAR", "UUID": (type, stored) = ("varchar(65535)", "VARCHAR")
    case "TINYINT": (type, stored) = ("smallint", "SMALLINT")
    // Documented for UNLOAD: the time zone is left out, the moment is kept.
    case "TIMESTAMP WITH TIME ZONE": (type, stored) = ("timestamp", "TIMESTAMP")
    case let other where other.hasPrefix("DECIMAL("): (type, stored) = (other.lowercased(), other)
    case let other:
      guard let name = plain[other] else {
        throw SQLError(
          "0A000", "column \"\(column.name)\" has a type that external tables do not have",
          hint: "cast it to one that they have")
      }
      (type, stored) = (name, other)
    }
    return ExternalTable.Column(
      name: column.name.lowercased(), type: type, storedType: stored,
      length: stored == "VARCHAR" ? 65_535 : nil)
  }
}
