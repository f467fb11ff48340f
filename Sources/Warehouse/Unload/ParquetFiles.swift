internal import Core
internal import DuckDB
internal import Foundation
internal import RedshiftSQL

/// Has DuckDB write an UNLOAD's rows as Parquet.
struct ParquetFiles {
  let unloader: Unloader
  let columns: [UnloadColumn]
  /// Indices of the columns of PARTITION BY.
  let partition: [Int]

  private var options: UnloadOptions { unloader.options }

  /// A file as DuckDB's RETURN_STATS tells of it.
  private struct Written {
    var path: String
    var rows: Int
    var bytes: Int
    var statistics: [String: UnloadedFile.Statistics]
    var partition: [String: String?]
  }

  func write(to directory: String) throws -> [UnloadedFile] {
    let target = directory + "/files"
    let source = "SELECT \(items) FROM \(unloader.source(columns))"
    let rowGroup = try rowGroupRows()
    var details = ["FORMAT parquet", "COMPRESSION snappy", "RETURN_STATS"]
    if let rowGroup { details.append("ROW_GROUP_SIZE \(rowGroup)") }
    if !partition.isEmpty {
      let names = partition.map { Writer.quoted(columns[$0].name) }.joined(separator: ", ")
      details.append("PARTITION_BY (\(names))")
      if options.includesPartitionColumns { details.append("WRITE_PARTITION_COLUMNS true") }
    } else {
      if options.isParallel { details.append("PER_THREAD_OUTPUT true") }
      if hasSizeLimit { details.append("FILE_SIZE_BYTES \(fileBytes)") }
    }
    let isFile = partition.isEmpty && !options.isParallel && !hasSizeLimit
    var written = try copy(source, to: isFile ? target + ".parquet" : target, details)
    if !partition.isEmpty, hasSizeLimit {
      written = try written.flatMap { try split($0, rowGroup) }
    }
    return try named(written)
  }

  // MARK: What is written

  /// Types that Parquet, or Redshift in it, has otherwise.
  private var items: String {
    columns.enumerated().map { index, column in
      let value =
        switch column.type {
        case "HUGEINT", "UHUGEINT": "CAST(c\(index) AS DECIMAL(38, 0))"
        // Documented: the time zone is not unloaded, the moment is.
        case "TIMESTAMP WITH TIME ZONE": "c\(index) AT TIME ZONE 'UTC'"
        case "UUID": "CAST(c\(index) AS VARCHAR)"
        // The text that stands for NULL in a folder's name is one partition with it.
        case "VARCHAR" where partition.contains(index):
          "nullif(c\(index), \(literal(HivePath.null)))"
        default: "c\(index)"
        }
      return "\(value) AS \(Writer.quoted(column.name))"
    }.joined(separator: ", ")
  }

  private var hasSizeLimit: Bool { options.fileBytesMax < UnloadOptions.fileBytesLimit }

  /// Documented: rounded down to whole row groups of 32 MB.
  private var fileBytes: Int {
    let group = 32 << 20
    return options.fileBytesMax < group
      ? options.fileBytesMax : options.fileBytesMax / group * group
  }

  /// ROWGROUPSIZE in rows, by what the first rows take as text; nil: DuckDB's own 122,880.
  private func rowGroupRows() throws -> Int? {
    guard let bytes = options.rowGroupBytes else { return nil }
    let width = columns.indices.map { "coalesce(octet_length(encode(CAST(c\($0) AS VARCHAR))), 0)" }
    let statement =
      "SELECT ceil(avg(\(width.joined(separator: " + "))))::BIGINT "
      + "FROM (SELECT * FROM \(unloader.source(columns)) LIMIT 2048)"
    let average = try unloader.located(statement) { try unloader.connection.scalar(statement) }
    return max(2_048, bytes / max(1, Int(average ?? 1)) / 2_048 * 2_048)
  }

  private func copy(_ source: String, to path: String, _ details: [String]) throws -> [Written] {
    let statement =
      "COPY (\(source)) TO \(literal(path)) (\(details.joined(separator: ", ")))"
    return try unloader.located(statement) {
      try unloader.connection.rows(statement)
    }.map { row in
      Written(
        path: row[0] ?? "", rows: row[1].flatMap { Int($0) } ?? 0,
        bytes: row[2].flatMap { Int($0) } ?? 0, statistics: Self.statistics(row[4]),
        partition: Self.values(row[5]))
    }
  }

  /// DuckDB does not limit the size of a partition's files.
  private func split(_ file: Written, _ rowGroup: Int?) throws -> [Written] {
    guard file.bytes > fileBytes else { return [file] }
    try unloader.checkCancellation()
    // DuckDB looks at the size between row groups only: several of them make a file.
    let wanted = file.rows * fileBytes / max(1, file.bytes) / 4
    let details = [
      "FORMAT parquet", "COMPRESSION snappy", "RETURN_STATS", "FILE_SIZE_BYTES \(fileBytes)",
      "ROW_GROUP_SIZE \(min(rowGroup ?? 122_880, max(2_048, wanted / 2_048 * 2_048)))",
    ]
    let source =
      "SELECT * FROM read_parquet(\(literal(file.path)), hive_partitioning = false)"
    return try copy(source, to: file.path + ".parts", details).map { part in
      var part = part
      part.partition = file.partition
      return part
    }
  }

  // MARK: What was written

  private func named(_ written: [Written]) throws -> [UnloadedFile] {
    let threads = try unloader.connection.scalar("SELECT current_setting('threads')::BIGINT") ?? 1
    let slices = options.isParallel ? max(1, Int(threads)) : 1
    var counts: [[String?]: Int] = [:]
    return written.sorted { Self.order($0.path) < Self.order($1.path) }.map { file in
      let pairs = partition.map { index in
        (columns[index].name, file.partition[columns[index].name] ?? nil)
      }
      let number = counts[pairs.map(\.1), default: 0]
      counts[pairs.map(\.1)] = number + 1
      var named = unloader.file(
        at: file.path, pairs, slice: number % slices, part: number / slices, rows: file.rows,
        bytes: file.bytes)
      named.statistics = file.statistics
      return named
    }
  }

  /// `data_10` comes behind `data_9`.
  private static func order(_ path: String) -> (String, Int, String) {
    let folder = path.prefix { $0 != "\0" }.split(separator: "/").dropLast().joined(separator: "/")
    let name = path.split(separator: "/").last ?? ""
    return (folder, Int(name.filter(\.isNumber)) ?? 0, path)
  }

  private static func statistics(_ text: String?) -> [String: UnloadedFile.Statistics] {
    guard let text, let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
      let columns = object as? [String: [String: String]]
    else { return [:] }
    var all: [String: UnloadedFile.Statistics] = [:]
    for (name, facts) in columns {
      let plain = name.hasPrefix("\"") ? String(name.dropFirst().dropLast()) : name
      all[
        plain.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"")] =
        UnloadedFile.Statistics(
          least: facts["min"], greatest: facts["max"],
          nullCount: facts["null_count"].flatMap { Int($0) })
    }
    return all
  }

  private static func values(_ text: String?) -> [String: String?] {
    guard let text, let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
      let pairs = object as? [String: Any]
    else { return [:] }
    return pairs.mapValues { $0 as? String }
  }
}
