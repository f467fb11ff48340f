internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import StreamLog

// External schemas and materialized views: what the warehouse does itself.
extension WarehouseSession {
  func create(
    _ schema: CreateExternalSchema, _ receive: @escaping Receive
  ) async throws {
    if schema.source == "DATA CATALOG" { return try await createCatalogSchema(schema, receive) }
    guard schema.source == "KINESIS" else {
      throw SQLError(
        "0A000", "CREATE EXTERNAL SCHEMA FROM \(schema.source) is not supported",
        hint: "FROM KINESIS and FROM DATA CATALOG are", position: schema.sourcePosition)
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
    if !created {
      try await receive(
        .notice(
          SQLNotice(
            severity: "NOTICE", sqlState: "42P06",
            message: "schema \"\(name)\" already exists, skipping")))
    }
    try await receive(.complete(tag: "CREATE EXTERNAL SCHEMA"))
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
