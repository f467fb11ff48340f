internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore
internal import RedshiftSQL

/// Adds files to an external table: those of INSERT, or the first of CREATE EXTERNAL TABLE AS.
struct ExternalWriter: Sendable {
  let warehouse: Warehouse
  let table: ExternalTable
  /// Of the statement; its files' names have it.
  let queryID: Int
  let checkCancellation: @Sendable () throws -> Void

  // MARK: Options

  /// - Throws: `SQLError` 0A000 for a format that Redshift does not write either.
  func options() throws(SQLError) -> UnloadOptions {
    var options = UnloadOptions()
    options.existing = .add
    options.partitionColumns = table.partitionColumns.map { Identifier($0.name) }
    switch table.format {
    case .parquet: options.format = .parquet
    case .text:
      options.format = .text
      options.delimiter = try delimiter()
      options.nullText = table.properties["serialization.null.format"] ?? "\\N"
      if table.properties["compression_type"]?.lowercased() == "gzip" {
        options.compression = .gzip
      }
    case .csv, .json:
      throw SQLError(
        "0A000", "writing \(table.format.rawValue) to external tables is not supported",
        hint: "STORED AS PARQUET and TEXTFILE are")
    }
    if table.properties["write.parallel"]?.lowercased() == "off" { options.isParallel = false }
    if let text = table.properties["write.maxfilesize.mb"] {
      guard let megabytes = Int(text), (5...6_200).contains(megabytes) else {
        throw SQLError("22023", "'write.maxfilesize.mb' goes from 5 to 6200, not '\(text)'")
      }
      options.fileBytesMax = megabytes << 20
    }
    return options
  }

  private func delimiter() throws(SQLError) -> UInt8 {
    let text = table.serdeProperties["field.delim"] ?? "\u{1}"
    guard text.utf8.count == 1, let byte = text.utf8.first else {
      throw SQLError("0A000", "a delimiter of several bytes cannot be written")
    }
    return byte
  }

  /// The query with the table's names and types.
  ///
  /// - Parameter places: of the table's columns among the query's.
  func query(_ text: String, _ columns: [UnloadColumn], places: [Int]) -> String {
    let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
    let items = zip(places, table.allColumns).map { place, column in
      let isZoned = columns[place].type == "TIMESTAMP WITH TIME ZONE"
      let source =
        isZoned && column.storedType == "TIMESTAMP" ? "(c\(place) AT TIME ZONE 'UTC')" : "c\(place)"
      return "\(value(source, column)) AS \(quoted(column.name))"
    }
    return "SELECT \(items.joined(separator: ", ")) FROM (\(text)) AS weir_rows(\(names))"
  }

  private func value(_ name: String, _ column: ExternalTable.Column) -> String {
    let value = "CAST(\(name) AS \(column.storedType))"
    guard column.storedType == "VARCHAR", let length = column.length else { return value }
    let problem = literal("[22001] value too long for type character varying(\(length))")
    return "CASE WHEN strlen(\(value)) > \(length) THEN weir_error(\(problem)) ELSE \(value) END"
  }

  // MARK: Publishing

  /// Makes objects of the files and tells the catalog of them, all at once.
  ///
  /// - Parameter define: makes the table first, if there is none, and gives its number.
  func publish(
    _ staged: StagedUnload, define: @escaping @Sendable (ExternalCatalog) throws -> Int64
  ) async throws {
    let known = try await warehouse.onCatalog { [table] catalog in
      try Self.locations(of: table, catalog.connection)
    }
    let files = staged.files.filter { $0.rows > 0 }
    let parts = try files.map { try place($0, known) }
    let locations = parts.map { "\($0.address)" }
    warehouse.pendingFiles.begin(locations)
    do {
      try await note(locations)
      for (file, part) in zip(files, parts) {
        try checkCancellation()
        _ = try await warehouse.objects.put(file: file.path, as: part.address, replaces: false)
      }
      try await warehouse.externalWriteReached()
      try await commit(parts, rows: staged.rows, define)
    } catch {
      await undo(parts.map(\.address), locations)
      throw (error as? ObjectStoreError)?.sqlError ?? error
    }
    warehouse.pendingFiles.settle(locations)
  }

  private struct Part: Sendable {
    var address: ObjectAddress
    var values: [String?]
    /// Of its partition.
    var folder: String
  }

  private static func locations(
    of table: ExternalTable, _ connection: Connection
  ) throws -> [[String?]: String] {
    guard !table.partitionColumns.isEmpty else { return [:] }
    var found: [[String?]: String] = [:]
    let values = table.partitionColumns.indices.map { "partition_values[\($0 + 1)]" }
    for row in try connection.rows(
      """
      SELECT location, \(values.joined(separator: ", ")) FROM weir.external_partition
       WHERE table_id = \(table.id)
      """)
    {
      found[Array(row.dropFirst())] = row[0]
    }
    return found
  }

  /// Where the file is to be: in its partition's folder, wherever that is, under a name of its own.
  private func place(_ file: UnloadedFile, _ known: [[String?]: String]) throws -> Part {
    let values = file.partition.map(\.value)
    var folder = known[values] ?? table.location
    if !folder.hasSuffix("/") { folder += "/" }
    if known[values] == nil {
      folder += file.partition.map { HivePath.folder($0.column, $0.value) + "/" }.joined()
    }
    let own = String(file.address.key.split(separator: "/").last ?? "")
    let name = own.contains("_part_") ? own : "0000_part_" + own
    let address = try ScanFiles.address(folder + "\(stamp)_\(queryID)_\(name)")
    return Part(address: address, values: values, folder: folder)
  }

  /// `20200303_004509_810669`, as Redshift's names of such files begin.
  private var stamp: String {
    let now = warehouse.clock.now()
    let digits = now.postgresText.filter(\.isNumber)
    let micros = String(now.microseconds % 1_000_000)
    return "\(digits.prefix(8))_\(digits.dropFirst(8).prefix(6))_"
      + String(repeating: "0", count: 6 - micros.count) + micros
  }

  private func note(_ locations: [String]) async throws {
    guard !locations.isEmpty else { return }
    let rows = locations.map { "(\(literal($0)))" }.joined(separator: ", ")
    _ = try await warehouse.onCatalog { catalog in
      try catalog.connection.execute("INSERT INTO weir.external_pending VALUES \(rows)")
    }
  }

  private func commit(
    _ parts: [Part], rows: Int, _ define: @escaping @Sendable (ExternalCatalog) throws -> Int64
  ) async throws {
    try await warehouse.onCatalog { [table] archive in
      let connection = archive.connection
      try connection.execute("BEGIN TRANSACTION")
      do {
        let catalog = ExternalCatalog(connection: connection)
        var table = table
        table.id = try define(catalog)
        if !table.partitionColumns.isEmpty {
          var seen: Set<[String?]> = []
          for part in parts where seen.insert(part.values).inserted {
            try catalog.addPartition(part.values, at: part.folder, to: table)
          }
        }
        if let count = table.rowCount {
          table.properties["numRows"] = "\(count + rows)"
          try catalog.setProperties(table.properties, of: table)
        }
        if !parts.isEmpty {
          let names = parts.map { literal("\($0.address)") }.joined(separator: ", ")
          try connection.execute("DELETE FROM weir.external_pending WHERE location IN (\(names))")
        }
        try connection.execute("COMMIT")
      } catch {
        connection.rollBack()
        throw error
      }
    }
  }

  /// What cannot be removed now stays hidden, and is removed after the next start.
  private func undo(_ addresses: [ObjectAddress], _ locations: [String]) async {
    // In a task of its own: this one may be cancelled.
    let work = Task { [warehouse] in
      for (address, location) in zip(addresses, locations) {
        do {
          do throws(ObjectStoreError) {
            try await warehouse.objects.delete(address)
          } catch .noSuchObject {}
          _ = try await warehouse.onCatalog { catalog in
            try catalog.connection.execute(
              "DELETE FROM weir.external_pending WHERE location = \(literal(location))")
          }
          warehouse.pendingFiles.forget([location])
        } catch {}
      }
    }
    await work.value
  }
}
