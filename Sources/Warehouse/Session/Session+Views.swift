internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import StreamLog

// External schemas and materialized views: what the warehouse does itself.
extension WarehouseSession {
  func create(
    _ schema: CreateExternalSchema, _ receive: @escaping Receive
  ) async throws {
    switch schema.source {
    case "KINESIS": break
    case "DATA CATALOG": return try await createCatalogSchema(schema, receive)
    case "POSTGRES":
      try FederatedSource.check(
        schema.clauses.map { ($0.name, $0.value) }, at: schema.sourcePosition)
    default:
      throw SQLError(
        "0A000", "CREATE EXTERNAL SCHEMA FROM \(schema.source) is not supported",
        hint: "FROM KINESIS, FROM POSTGRES and FROM DATA CATALOG are",
        position: schema.sourcePosition)
    }
    let name = schema.name.name
    let created = try await queue.run { [self] in
      let isTaken = try catalog.externalSchema(name) != nil || catalog.schemaExists(name)
      if isTaken {
        if schema.ifNotExists { return false }
        throw SQLError(
          "42P06", "schema \"\(name)\" already exists", position: schema.name.position)
      }
      try catalog.createExternalSchema(
        name, kind: schema.source, options: schema.clauses.map { ($0.name, $0.value) },
        owner: user, at: warehouse.clock.now())
      return true
    }
    warehouse.noteDefinition()
    if created, schema.source == "POSTGRES" { try await warnOfServer(schema, receive) }
    if !created {
      try await receive(
        .notice(
          SQLNotice(
            severity: "NOTICE", sqlState: "42P06",
            message: "schema \"\(name)\" already exists, skipping")))
    }
    try await receive(.complete(tag: "CREATE EXTERNAL SCHEMA"))
  }

  /// As in Redshift, nothing is connected to yet. What is certain to fail is told.
  private func warnOfServer(_ schema: CreateExternalSchema, _ receive: Receive) async throws {
    var options: [String: String] = [:]
    for clause in schema.clauses { options[clause.name] = clause.value }
    let source = FederatedSource(schema: schema.name.name, options: options)
    do throws(SQLError) {
      _ = try source.endpoint(warehouse.federation.configuration)
      _ = try source.credentials(warehouse.federation.configuration)
    } catch {
      try await receive(
        .notice(
          SQLNotice(
            severity: "WARNING", sqlState: "01000",
            message: [error.message, error.hint].compactMap { $0 }.joined(separator: "; "))))
    }
  }

  func missing(_ name: ObjectName) -> SQLError {
    SQLError(
      "42P01", "materialized view \"\(name.name)\" does not exist", position: name.position)
  }

  func find(_ name: ObjectName) async throws -> MaterializedView {
    let view = try await queue.run { [self] in
      try catalog.view(schema: name.schema ?? "public", name: name.name)
    }
    guard let view else { throw missing(name) }
    return view
  }

  // MARK: Refreshing

  func setAutoRefresh(_ on: Bool, of name: ObjectName, _ receive: Receive) async throws {
    let view = try await find(name)
    try await queue.run { [self] in try catalog.setAutoRefresh(on, of: view) }
    try await noteCatalogChange()
    try await receive(.complete(tag: "ALTER MATERIALIZED VIEW"))
  }
}
