internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore
internal import RedshiftSQL

// COPY … FROM 's3://…'. The rows go the way that those of an INSERT go, so that views over the
// table have them too.
extension WarehouseSession {
  /// - Returns: rows that were loaded.
  func copy(_ copy: CopyFrom, _ receive: Receive) async throws -> Int {
    try checkTarget(copy.table)
    let target = try await queue.run { [self] in try loadTarget(of: copy) }
    let record = LoadRecord(
      LoadFacts(
        query: currentStatement(of: .copy(copy)), table: copy.table.name, tableID: target.id,
        source: copy.source, format: copy.options.format.name,
        startedAt: warehouse.clock.now()))
    warehouse.loads.append(record)
    let staging = StagingFolder(objects: warehouse.objects, queue: queue)
    do {
      let rows = try await load(copy, target, record, staging)
      await staging.remove()
      record.end(.completed, rows: rows, at: warehouse.clock.now())
      lastCopy = (rows, record.facts.query.id)
      try await tell(of: record.facts, isOnlyChecked: copy.options.isOnlyChecked, receive)
      return rows
    } catch {
      await staging.remove()
      record.end(.aborted, rows: 0, at: warehouse.clock.now())
      throw failure(error, of: record.facts, at: copy.table.position)
    }
  }

  private func tell(
    of facts: LoadFacts, isOnlyChecked: Bool, _ receive: Receive
  ) async throws {
    if facts.errorCount > 0 {
      try await receive(
        .notice(
          SQLNotice(
            severity: "INFO",
            message: "Load into table '\(facts.table)' completed, \(facts.errorCount) record(s) "
              + "could not be loaded.  Check 'stl_load_errors' system table for details.")))
    }
    let verb = isOnlyChecked ? "checked" : "loaded"
    try await receive(
      .notice(
        SQLNotice(
          severity: "INFO",
          message: "Load into table '\(facts.table)' completed, \(facts.rows) record(s) \(verb) "
            + "successfully.")))
    try await receive(.complete(tag: "COPY"))
  }

  /// Redshift says only where to look; the first error is told here too.
  private func failure(_ error: any Error, of facts: LoadFacts, at position: Int) -> any Error {
    guard facts.errorCount > 0, (error as? SQLError)?.sqlState != "57014",
      (error as? DuckDBError)?.kind != .interrupt
    else { return error }
    let first = facts.errors.first.map { error in
      "\(error.file), line \(error.line)"
        + (error.column.isEmpty ? "" : ", column \(error.column)") + ": \(error.reason)"
    }
    return SQLError(
      "XX000",
      "Load into table '\(facts.table)' failed.  Check 'stl_load_errors' system table for details.",
      detail: first)
  }

  // MARK: The target

  private struct Target: Sendable {
    var table: ObjectName
    var id: Int
    /// In the order of the file's fields.
    var columns: [LoadColumn]
  }

  private func checkTarget(_ table: ObjectName) throws {
    guard table.schema == "weir" || (table.schema == nil && SystemTables.names.contains(table.name))
    else { return }
    throw SQLError(
      "42501", "permission denied: \"\(table.name)\" belongs to the warehouse",
      position: table.position)
  }

  private func loadTarget(of copy: CopyFrom) throws -> Target {
    var name = copy.table
    if name.parts.count == 3, name.parts[0].name == "dev" { name.parts.removeFirst() }
    let relation = RelationName(schema: name.schema ?? "public", name: name.name)
    if let view = try catalog.view(schema: relation.schema, name: relation.name) {
      throw SQLError(
        "42809", "cannot change materialized view \"\(view.name)\"", position: name.position)
    }
    let all = try LoadColumn.all(of: name, on: connection)
    guard !all.isEmpty else {
      throw SQLError(
        "42P01", "Cannot COPY into nonexistent table \(name.name)", position: name.position)
    }
    let id = try connection.scalar(
      "SELECT max(table_oid) FROM duckdb_tables() WHERE lower(table_name) = "
        + "lower(\(literal(name.name))) AND schema_name = \(literal(relation.schema))")
    return Target(
      table: name, id: Int(id ?? 0), columns: try columns(of: copy, among: all))
  }

  /// Documented: IDENTITY columns are loaded with EXPLICIT_IDS only.
  private func columns(of copy: CopyFrom, among all: [LoadColumn]) throws -> [LoadColumn] {
    let isExplicit = copy.options.hasExplicitIDs
    func isGenerated(_ column: LoadColumn) -> Bool { column.isIdentity && !column.takesValues }
    guard !copy.columns.isEmpty else {
      return all.filter { isExplicit || !isGenerated($0) }
    }
    var seen: Set<String> = []
    let columns = try copy.columns.map { name in
      guard let column = all.first(where: { $0.name.lowercased() == name.name.lowercased() })
      else {
        throw SQLError(
          "42703", "column \"\(name.name)\" of relation \"\(copy.table.name)\" does not exist")
      }
      guard seen.insert(column.name).inserted else {
        throw SQLError("42701", "column \"\(name.name)\" specified more than once")
      }
      guard isExplicit || !isGenerated(column) else {
        throw SQLError(
          "0A000", "cannot set an identity column to a value", hint: "use EXPLICIT_IDS")
      }
      return column
    }
    if isExplicit, all.contains(where: { isGenerated($0) && !seen.contains($0.name) }) {
      throw SQLError("42601", "EXPLICIT_IDS takes the IDENTITY column in the list of columns")
    }
    return columns
  }

  // MARK: Loading

  private func load(
    _ copy: CopyFrom, _ target: Target, _ record: LoadRecord, _ staging: StagingFolder
  ) async throws -> Int {
    let objects = try await LoadFiles(session: self, copy: copy).find()
    if copy.options.format == .parquet {
      return try await loadParquet(objects, copy, target, record)
    }
    if case .fixedWidth(let widths) = copy.options.format, widths.count != target.columns.count {
      throw SQLError(
        "22023",
        "FIXEDWIDTH names \(widths.count) columns, the load has \(target.columns.count)")
    }
    var files: [LoadSource.File] = []
    for object in objects {
      files.append(
        LoadSource.File(
          address: "\(object.address)", path: try await staging.localCopy(of: object.address),
          byteCount: object.byteCount))
    }
    let source = LoadSource(
      files: files, columns: target.columns, options: copy.options,
      shape: try await shape(of: copy, target.columns, staging),
      checkCancellation: { [self] in try checkCancellation() })
    record.watch(source)
    return try await insert(from: source, into: target, isOnlyChecked: copy.options.isOnlyChecked)
  }

  private func shape(
    of copy: CopyFrom, _ columns: [LoadColumn], _ staging: StagingFolder
  ) async throws -> JSONShape? {
    guard case .json(let mapping) = copy.options.format else { return nil }
    if mapping == .noShred, columns.count != 1 || columns[0].kind != .semistructured {
      throw SQLError("42804", "'noshred' loads one column of type SUPER")
    }
    var text: String?
    if case .paths(let file) = mapping {
      let address = try address(file, at: copy.position)
      let bytes: [UInt8]
      do {
        bytes = try await warehouse.objects.read(address, bytesMax: 1 << 20)
      } catch {
        throw error.sqlError
      }
      text = String(decoding: bytes, as: UTF8.self)
    }
    return try JSONShape(mapping, columns: columns.map(\.name), pathsFile: text)
  }

  private func insert(
    from source: LoadSource, into target: Target, isOnlyChecked: Bool
  ) async throws -> Int {
    let number = warehouse.loadSources.add(source)
    defer { warehouse.loadSources.remove(number) }
    let values = target.columns.indices.map { target.columns[$0].value("c\($0)") }
    let select = "SELECT \(values.joined(separator: ", ")) FROM weir_load(\(number))"
    do {
      if isOnlyChecked {
        let every = target.columns.indices.map { "count(c\($0))" }.joined(separator: ", ")
        return Int(
          try await queue.run { [connection] in
            try connection.scalar("SELECT count(*), \(every) FROM weir_load(\(number))")
          } ?? 0)
      }
      return try await insertRows(
        select, into: target.table, columns: target.columns.map(\.name))
    } catch {
      if let failure = source.progress.failure { throw failure }
      throw error
    }
  }

  /// Documented: the columns of the files are those of the table, in order.
  private func loadParquet(
    _ objects: [ObjectSummary], _ copy: CopyFrom, _ target: Target, _ record: LoadRecord
  ) async throws -> Int {
    record.update { facts in
      facts.fileCount = objects.count
      facts.fileBytes = objects.reduce(0) { $0 + $1.byteCount }
    }
    let paths = try objects.map { object throws(SQLError) in
      do throws(ObjectStoreError) {
        return literal(try warehouse.objects.location(of: object.address))
      } catch {
        throw error.sqlError
      }
    }
    let source = "read_parquet([\(paths.joined(separator: ", "))], hive_partitioning = false)"
    let found = try await queue.run { [connection] in
      try connection.rows("DESCRIBE SELECT * FROM \(source)").compactMap { $0[0] }
    }
    var columns = target.columns
    guard found.count == columns.count || (copy.options.fillsRecords && found.count < columns.count)
    else {
      throw SQLError(
        "42804",
        "the files have \(found.count) columns, the load has \(columns.count)",
        detail: "columns of Parquet are loaded in their order")
    }
    columns.removeSubrange(found.count...)
    let names = found.indices.map { "c\($0)" }
    let values = zip(columns, names).map { column, name -> String in
      guard column.length != nil, column.kind == .varchar || column.kind == .char else {
        return column.kind == .timestamptz
          ? "CAST(\(name) AS TIMESTAMP) AT TIME ZONE 'UTC'" : "CAST(\(name) AS \(column.type))"
      }
      let type = column.kind == .char ? "character" : "character varying"
      return "weir_fit(CAST(\(name) AS VARCHAR), \(column.length ?? 0), '\(type)')"
    }
    let select =
      "SELECT \(values.joined(separator: ", ")) FROM \(source) "
      + "AS q(\(names.joined(separator: ", ")))"
    let rows = try await insertRows(
      select, into: target.table, columns: columns.map(\.name))
    record.update { facts in
      facts.scannedFiles = facts.fileCount
      facts.scannedBytes = facts.fileBytes
    }
    return rows
  }
}

/// Where objects of a store that is not this machine's are copied to while they are read.
actor StagingFolder {
  private let objects: any ObjectStore
  private let queue: BlockingQueue
  private var folder: String?

  init(objects: any ObjectStore, queue: BlockingQueue) {
    self.objects = objects
    self.queue = queue
  }

  /// - Returns: the path of a file with the object's bytes.
  func localCopy(of address: ObjectAddress) async throws -> String {
    do throws(ObjectStoreError) {
      if let path = try await objects.localPath(of: address) { return path }
      if folder == nil { folder = try await objects.stagingDirectory() }
      let path = "\(folder ?? "")/\(UUID().uuidString)"
      try await objects.download(address, to: path)
      return path
    } catch {
      throw error.sqlError
    }
  }

  func remove() async {
    guard let folder else { return }
    _ = try? await queue.run { try FileManager.default.removeItem(atPath: folder) }
  }
}

/// The objects that a COPY names: those of a prefix, or of a manifest.
struct LoadFiles {
  let session: WarehouseSession
  let copy: CopyFrom

  private var objects: any ObjectStore { session.warehouse.objects }

  func find() async throws -> [ObjectSummary] {
    let address = try session.address(copy.source, at: copy.position)
    if copy.options.isManifest { return try await entries(of: address) }
    // What ends with a slash and has no bytes is what consoles make a folder of.
    let found = try await list(address).filter {
      $0.byteCount > 0 || !$0.address.key.hasSuffix("/")
    }
    guard !found.isEmpty else {
      throw SQLError(
        "58P01", "The specified S3 prefix '\(address.key)' does not exist",
        detail: "no object of the bucket \(address.bucket) begins so", position: copy.position)
    }
    return found
  }

  private func list(_ address: ObjectAddress) async throws -> [ObjectSummary] {
    do {
      return try await objects.list(address)
    } catch {
      throw error.sqlError
    }
  }

  private func entries(of address: ObjectAddress) async throws -> [ObjectSummary] {
    let bytes: [UInt8]
    do {
      bytes = try await objects.read(address, bytesMax: 64 << 20)
    } catch {
      throw error.sqlError
    }
    let object = try? JSONSerialization.jsonObject(with: Data(bytes))
    guard let entries = (object as? [String: Any])?["entries"] as? [[String: Any]] else {
      throw SQLError(
        "22023", "The specified manifest file is not in JSON format", detail: "\(address)",
        position: copy.position)
    }
    var found: [ObjectSummary] = []
    for entry in entries {
      guard let url = entry["url"] as? String else {
        throw SQLError("22023", "an entry of the manifest has no url", position: copy.position)
      }
      let wanted = try session.address(url, at: copy.position)
      if let object = try await list(wanted).first(where: { $0.address == wanted }) {
        found.append(object)
      } else if entry["mandatory"] as? Bool == true {
        throw SQLError(
          "58P01", "\(wanted) does not exist, and the manifest says that it must",
          position: copy.position)
      }
    }
    guard !found.isEmpty else {
      throw SQLError("58P01", "no file of the manifest exists", position: copy.position)
    }
    return found
  }
}
