internal import Core
internal import DuckDB
internal import ObjectStore
internal import RedshiftSQL

// A month that comes back: files → rows.
extension ArchiveRun {
  func restore() async throws -> ArchiveResult {
    let (source, old) = try await onSession { connection in
      let source = try ArchiveSource(policy, on: connection)
      return (
        source,
        try ArchiveManifest(policy, columns: source.columns, on: connection).files(of: batch.month)
      )
    }
    let rowCount = old.map(\.rowCount).reduce(0, +)
    guard rowCount > 0 else {
      throw SQLError("02000", "the archive has nothing of \(batch.month)")
    }
    let locations = try old.map { try objects.location(of: $0.address) }
    let (check, filled) = try await onSession { connection in
      try checkNothingIsLost(of: locations, source, on: connection)
      return (
        try source.check(source.rows(of: locations, isSerial: false), on: connection),
        try columns(of: locations, source, on: connection)
      )
    }
    try await step(.verified)
    let names = filled.map(\.sql).joined(separator: ", ")
    let inserted = try await session.restoreRows(
      "SELECT \(names) FROM \(source.rows(of: locations, isSerial: false))", into: policy.table,
      columns: filled.map(\.name))
    guard inserted == rowCount, check.rowCount == rowCount else {
      throw SQLError(
        "XX001",
        "the manifest says \(rowCount) rows, the files have \(check.rowCount), and "
          + "\(inserted) were inserted")
    }
    try await onSession { connection in
      try ArchiveManifest(policy, on: connection).remove(old)
      try ArchiveCatalog(connection: connection)
        .discard(old.map(\.address), at: warehouse.clock.now())
    }
    try await step(.deleted)
    return try await settle([], check)
  }

  /// - Throws: `SQLError` 55000 for values that the table has no column for any more.
  private func checkNothingIsLost(
    of files: [String], _ source: ArchiveSource, on connection: Connection
  ) throws {
    let kept = Set(source.columns.map { $0.name.lowercased() })
    let gone = try ArchiveManifest(policy, on: connection).columns
      .filter { !kept.contains($0.name.lowercased()) }
    let counts = try ArchiveSource.valueCounts(
      in: files, of: gone.map { .init(name: $0.name, type: $0.storedType) }, on: connection)
    guard let (column, count) = zip(gone, counts).first(where: { $0.1 > 0 }) else { return }
    throw SQLError(
      "55000",
      "\(batch.month) cannot be restored: \(count) of its rows have a value in \"\(column.name)\", "
        + "which \"\(policy.table)\" has not any more",
      hint: "ALTER TABLE \(policy.table) ADD COLUMN \"\(column.name)\" \(column.type), or give a "
        + "renamed column its name back; the month stays in the archive meanwhile")
  }

  /// Those that get their values from the files. One of the table that no file has is NULL, as it
  /// was for readers of the archive; where it must not be, the table's default fills it.
  private func columns(
    of files: [String], _ source: ArchiveSource, on connection: Connection
  ) throws -> [ArchiveSource.Column] {
    let needed = source.columns.filter(\.isNotNull)
    let counts = try ArchiveSource.valueCounts(in: files, of: needed, on: connection)
    let missing = Set(zip(needed, counts).filter { $0.1 == 0 }.map(\.0.name))
    return source.columns.filter { !missing.contains($0.name) }
  }
}

extension WarehouseSession {
  /// Adds the rows of a SELECT in DuckDB's SQL to a table, or to a view over a stream: values of
  /// IDENTITY columns too.
  func restoreRows(
    _ select: String, into relation: RelationName, columns: [String]
  ) async throws -> Int {
    let view = try await queue.run { [self] in
      try catalog.view(schema: relation.schema, name: relation.name)
    }
    if let view { return try await addRows(select, to: view) }
    let table = ObjectName([Identifier(relation.schema), Identifier(relation.name)])
    return try await insertRows(select, into: table, columns: columns)
  }
}
