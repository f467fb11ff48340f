internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore
internal import RedshiftSQL

/// Writes the rows of a query into objects, in two steps: `stage()` makes files that nobody sees,
/// `publish(_:)` makes objects of them. What is staged and not published is to be discarded.
///
/// The query reads within the connection's transaction, if one is open.
struct Unloader: Sendable {
  let connection: Connection
  /// That of the connection.
  let queue: BlockingQueue
  let objects: any ObjectStore
  /// DuckDB's SQL.
  let query: String
  /// What the objects' keys begin with.
  let destination: ObjectAddress
  let options: UnloadOptions
  /// Told how many rows there are so far.
  var progress: @Sendable (Int) -> Void = { _ in }
  /// Asked between batches; what it throws ends the work.
  var checkCancellation: @Sendable () throws -> Void = {}

  /// PARTITION BY makes a folder of the destination.
  var prefix: ObjectAddress {
    guard !options.partitionColumns.isEmpty, !destination.key.isEmpty,
      !destination.key.hasSuffix("/")
    else { return destination }
    return destination.appending("/")
  }

  /// Runs the query and writes its rows into files.
  ///
  /// - Throws: `LocatedError` for what DuckDB has against the query, `SQLError` for options that
  ///   do not fit its columns; nothing is left behind.
  func stage() async throws -> StagedUnload {
    let directory = try await stagingDirectory()
    do {
      return try await queue.run { try stage(in: directory) }
    } catch {
      await discard(directory)
      throw error
    }
  }

  func discard(_ staged: StagedUnload) async { await discard(staged.directory) }

  private func discard(_ directory: String) async {
    _ = try? await queue.run { try FileManager.default.removeItem(atPath: directory) }
  }

  private func stagingDirectory() async throws -> String {
    do {
      return try await objects.stagingDirectory()
    } catch {
      throw error.sqlError
    }
  }

  // MARK: Staging, on the queue

  private func stage(in directory: String) throws -> StagedUnload {
    let columns = try describe()
    let partition = try partitionIndices(among: columns)
    try check(columns)
    let files =
      options.format == .parquet
      ? try ParquetFiles(unloader: self, columns: columns, partition: partition).write(
        to: directory)
      : try writeText(columns, partition, to: directory)
    return StagedUnload(
      files: files, columns: columns.map { ($0.name, $0.type) }, destination: prefix,
      directory: directory)
  }

  private func describe() throws -> [UnloadColumn] {
    let statement = "DESCRIBE \(query)"
    return try located(statement) {
      try connection.rows(statement).map {
        UnloadColumn(name: $0[0] ?? "", type: $0[1] ?? "")
      }
    }
  }

  private func partitionIndices(among columns: [UnloadColumn]) throws -> [Int] {
    let indices = try options.partitionColumns.map { name in
      guard
        let index = columns.firstIndex(where: { $0.name.lowercased() == name.name.lowercased() })
      else {
        throw SQLError(
          "42703", "PARTITION BY column \"\(name.name)\" is not in the query's result")
      }
      let type = columns[index].type
      guard !columns[index].isSUPER, !columns[index].isBinary,
        !["DOUBLE", "TIME", "INTERVAL", "TIMESTAMP WITH TIME ZONE"].contains(type)
      else {
        throw SQLError("0A000", "PARTITION BY column \"\(name.name)\" has an unsupported type")
      }
      return index
    }
    guard Set(indices).count == indices.count else {
      throw SQLError("42701", "PARTITION BY names a column twice")
    }
    guard indices.isEmpty || indices.count < columns.count else {
      throw SQLError(
        "42601", "at least one column of the query must not be in PARTITION BY")
    }
    return indices
  }

  private func check(_ columns: [UnloadColumn]) throws {
    guard [.parquet, .json].contains(options.format) else {
      if options.fixedWidths != nil, columns.contains(where: \.isBinary) {
        throw SQLError("0A000", "VARBYTE cannot be unloaded with FIXEDWIDTH")
      }
      return
    }
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.name.lowercased()).inserted {
      throw SQLError("42701", "column name \"\(column.name)\" is duplicated")
    }
  }

  /// DuckDB's errors, with the statement that they speak of.
  func located<Value>(_ statement: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DuckDBError {
      throw LocatedError(error: error, statement: statement)
    }
  }

  /// The query as a table whose columns are `c0`, `c1`, …: its own names need not differ.
  func source(_ columns: [UnloadColumn]) -> String {
    let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
    return "(\(query)) AS weir_unload(\(names))"
  }

  private func writeText(
    _ columns: [UnloadColumn], _ partition: [Int], to directory: String
  ) throws -> [UnloadedFile] {
    let kept = columns.indices.filter {
      options.includesPartitionColumns || !partition.contains($0)
    }
    let text = UnloadText(columns: columns, options: options)
    // The text that stands for NULL in a folder's name is one partition with it.
    let values = partition.map {
      "nullif(CAST(c\($0) AS VARCHAR), \(literal(HivePath.null))) AS p\($0)"
    }
    var statement =
      "SELECT " + (["\(try text.line(of: kept)) AS line"] + values).joined(separator: ", ")
      + " FROM \(source(columns))"
    if !partition.isEmpty {
      statement += " ORDER BY " + partition.map { "p\($0)" }.joined(separator: ", ")
    }
    let slices = try connection.scalar("SELECT current_setting('threads')::BIGINT") ?? 1
    let files = TextFiles(
      directory: directory, options: options, header: text.header(of: kept),
      sliceCount: Int(slices))
    var rows = 0
    try located(statement) {
      let result = try connection.stream(statement)
      var number = 0
      while let chunk = try result.nextChunk() {
        try checkCancellation()
        try files.append(chunk, number: number)
        number += 1
        rows += chunk.rowCount
        progress(rows)
      }
    }
    try files.finish()
    return files.written.sorted { ($0.slice, $0.part) < ($1.slice, $1.part) }.map { file in
      let pairs = zip(partition, file.partition).map { (columns[$0].name, $1) }
      return self.file(
        at: file.path, pairs, slice: file.slice, part: file.part, rows: file.rows,
        bytes: file.bytes)
    }
  }

  // MARK: Names

  /// A staged file with the address that Redshift would give it.
  func file(
    at path: String, _ partition: [(String, String?)], slice: Int, part: Int, rows: Int,
    bytes: Int
  ) -> UnloadedFile {
    let folders = partition.map { HivePath.folder($0, $1) + "/" }.joined()
    let name =
      options.isParallel
      ? "\(Self.padded(slice, 4))_part_\(Self.padded(part, 2))" : Self.padded(part, 3)
    return UnloadedFile(
      address: prefix.appending(folders + name + options.suffix),
      partition: partition.map { (column: $0, value: $1) }, rows: rows, bytes: bytes, path: path)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// Folders of partitions, as Hive and DuckDB name them.
enum HivePath {
  static let null = "__HIVE_DEFAULT_PARTITION__"

  static func folder(_ column: String, _ value: String?) -> String {
    "\(escaped(column))=\(value.map(escaped) ?? null)"
  }

  /// Letters, digits and `-._~` stay, everything else becomes `%XX`.
  static func escaped(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      let scalar = Unicode.Scalar(byte)
      let isPlain =
        byte < 0x80
        && (("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
          || ("0"..."9").contains(scalar) || ["-", ".", "_", "~"].contains(scalar))
      if isPlain {
        out.unicodeScalars.append(scalar)
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        out += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return out
  }
}
