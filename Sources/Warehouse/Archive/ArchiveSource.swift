internal import Core
internal import DuckDB

/// The rows of one month of a policy's table, as SQL. Within a batch's transaction, so that each
/// of these statements speaks of the same rows.
struct ArchiveSource {
  struct Column: Equatable {
    var name: String
    /// DuckDB's name of it.
    var type: String
    /// Whether a row must have a value in it.
    var isNotNull = false

    var sql: String { quoted(name) }
    /// What files have; Parquet knows no HUGEINT.
    var storedType: String { type == "HUGEINT" ? "DECIMAL(38,0)" : type }
  }

  let relation: RelationName
  let columns: [Column]
  /// The time column's.
  let timeType: String
  let timeColumn: String

  /// - Throws: `SQLError` 42P01 and 42703 if the table or its time column is gone, 0A000 for
  ///   columns that Parquet cannot keep as they are.
  init(_ policy: ArchivePolicy, on connection: Connection) throws {
    relation = policy.table
    timeColumn = policy.timeColumn
    columns = try connection.rows(
      """
      SELECT column_name, data_type, is_nullable FROM information_schema.columns
       WHERE table_catalog = current_database() AND table_schema = \(literal(relation.schema))
         AND table_name = \(literal(relation.name)) ORDER BY ordinal_position
      """
    ).map { Column(name: $0[0] ?? "", type: $0[1] ?? "", isNotNull: $0[2] == "NO") }
    guard !columns.isEmpty else {
      throw SQLError("42P01", "relation \"\(relation)\" does not exist")
    }
    guard
      let time = columns.first(where: { $0.name.lowercased() == policy.timeColumn.lowercased() })
    else {
      throw SQLError(
        "42703", "column \"\(policy.timeColumn)\" of \"\(relation)\" does not exist")
    }
    timeType = time.type
    guard ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"].contains(timeType) else {
      throw SQLError(
        "42804",
        "column \"\(policy.timeColumn)\" of \"\(relation)\" is no date or timestamp")
    }
    for column in columns where !Self.isStorable(column.type) {
      throw SQLError(
        "0A000",
        "column \"\(column.name)\" of \"\(relation)\" cannot be archived: its type is not kept by "
          + "Parquet")
    }
    let partitions = policy.granularity.columns.map(\.name)
    if let clash = columns.first(where: { partitions.contains($0.name.lowercased()) }) {
      throw SQLError(
        "42701",
        "column \"\(clash.name)\" of \"\(relation)\" has the name of a partition of the archive",
        hint: "rename it: ALTER TABLE … RENAME COLUMN")
    }
  }

  /// The rows that the archive has, with all the columns that its files ever had, whatever the
  /// policy's table has become since.
  init(archive columns: [ExternalTable.Column], of policy: ArchivePolicy) {
    relation = policy.archive
    timeColumn = policy.timeColumn
    self.columns = columns.map { Column(name: $0.name, type: $0.storedType) }
    timeType =
      columns.first { $0.name.lowercased() == policy.timeColumn.lowercased() }?.storedType ?? ""
  }

  private static func isStorable(_ type: String) -> Bool {
    let plain: Set<String> = [
      "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR", "JSON",
      "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BLOB", "UUID",
    ]
    return plain.contains(type) || type.hasPrefix("DECIMAL(") || type == "HUGEINT"
  }

  private var time: String { quoted(timeColumn) }

  /// - Returns: an expression that is true for rows of the month.
  func isIn(_ month: ArchiveMonth) -> String {
    isFrom(month.firstDay) + " AND " + isBefore(month.adding(1))
  }

  private func isFrom(_ day: String) -> String { "\(time) >= \(instant(day))" }

  func isBefore(_ month: ArchiveMonth) -> String { "\(time) < \(instant(month.firstDay))" }

  private func instant(_ day: String) -> String {
    switch timeType {
    case "DATE": "DATE '\(day)'"
    case "TIMESTAMP": "TIMESTAMP '\(day) 00:00:00'"
    default: "CAST('\(day) 00:00:00+00' AS TIMESTAMPTZ)"
    }
  }

  /// Months with rows from before the cutoff, oldest first.
  func months(before cutoff: ArchiveMonth, on connection: Connection) throws -> [ArchiveMonth] {
    try connection.rows(
      """
      SELECT DISTINCT strftime(\(time)::TIMESTAMP, '%Y-%m') FROM \(relation.sql)
       WHERE \(isBefore(cutoff)) ORDER BY 1
      """
    ).compactMap { row in row[0].flatMap { ArchiveMonth($0) } }
  }

  /// What goes into the files. HUGEINT has no type in Parquet; Redshift knows DECIMAL(38,0).
  private var storedColumns: String {
    columns.map { column in
      column.type == "HUGEINT" ? "\(column.sql)::DECIMAL(38,0) AS \(column.sql)" : column.sql
    }.joined(separator: ", ")
  }

  /// Writes the month's rows below a folder.
  ///
  /// - Parameter name: how the files' names begin.
  func copy(
    _ source: String, to folder: String, name: String, _ granularity: ArchivePolicy.Granularity,
    _ month: ArchiveMonth
  ) -> String {
    let options = "FORMAT parquet, COMPRESSION zstd, RETURN_STATS"
    guard granularity == .month else {
      let parts = granularity.columns.map { "\($0.function)(\(time)) AS \($0.name)" }
      let names = granularity.columns.map(\.name).joined(separator: ", ")
      return """
        COPY (SELECT \(storedColumns), \(parts.joined(separator: ", ")) FROM \(source)) \
        TO \(literal(folder)) (\(options), PARTITION_BY (\(names)), \
        FILENAME_PATTERN \(literal(name + "{i}")))
        """
    }
    return """
      COPY (SELECT \(storedColumns) FROM \(source)) \
      TO \(literal("\(folder)/year=\(month.year)/month=\(month.month)/\(name)0.parquet")) \
      (\(options))
      """
  }

  /// Has DuckDB read the rows with one thread: it lets no others count up to a limit.
  private static let oneThread = " LIMIT 9223372036854775807"

  /// The rows of the month, as a FROM clause has them.
  func rows(of month: ArchiveMonth, isSerial: Bool) -> String {
    "(SELECT * FROM \(relation.sql) WHERE \(isIn(month))\(isSerial ? Self.oneThread : "")) AS t"
  }

  /// The same columns, with the same types, of files; NULL for one that a file lacks.
  func rows(of files: [String], isSerial: Bool) -> String {
    let casts = columns.map { "\($0.sql)::\($0.type) AS \($0.sql)" }.joined(separator: ", ")
    let limit = isSerial ? Self.oneThread : ""
    return "(SELECT \(casts) FROM \(Self.reader(of: files, columns))\(limit)) AS t"
  }

  private static func reader(of files: [String], _ columns: [Column]) -> String {
    let list = files.map(literal).joined(separator: ", ")
    let schema = columns.map {
      "\(literal($0.name)): {name: \(literal($0.name)), type: \(literal($0.storedType)), "
        + "default_value: NULL}"
    }.joined(separator: ", ")
    return "read_parquet([\(list)], hive_partitioning = false, schema = MAP {\(schema)})"
  }

  /// How many values files have in some columns.
  static func valueCounts(
    in files: [String], of columns: [Column], on connection: Connection
  ) throws -> [Int] {
    guard !columns.isEmpty, !files.isEmpty else { return columns.map { _ in 0 } }
    let counts = columns.map { "count(\($0.sql))" }.joined(separator: ", ")
    let row = try connection.rows("SELECT \(counts) FROM \(reader(of: files, columns))").first
    return (row ?? []).map { $0.flatMap { Int($0) } ?? 0 }
  }

  /// How many rows there are, and a sum over all of them that does not depend on their order.
  func check(_ source: String, on connection: Connection) throws -> ArchiveCheck {
    let values = columns.map(\.sql).joined(separator: ", ")
    let row = try connection.rows(
      "SELECT count(*), coalesce(sum(hash(\(values))::HUGEINT), 0)::VARCHAR FROM \(source)"
    ).first
    return ArchiveCheck(
      rowCount: row?.first?.flatMap(Int.init) ?? 0, checksum: row?.last?.flatMap { $0 } ?? "")
  }
}

struct ArchiveCheck: Equatable, Sendable {
  var rowCount: Int
  var checksum: String
}

/// A file that was written and is not yet an object.
struct StagedFile: Sendable {
  var path: String
  /// `year=2024/month=3/weir-00000012-0.parquet`
  var key: String
  var rowCount: Int
  var byteCount: Int

  /// The files of a COPY that returned its statistics.
  static func files(of rows: [[String?]], below folder: String) throws(SQLError) -> [StagedFile] {
    var files: [StagedFile] = []
    for row in rows {
      guard row.count > 2, let path = row[0], let count = row[1].flatMap(Int.init),
        let bytes = row[2].flatMap(Int.init), path.hasPrefix(folder + "/")
      else { throw SQLError("XX000", "the archive's files could not be counted") }
      if count == 0 { continue }
      files.append(
        StagedFile(
          path: path, key: String(path.dropFirst(folder.utf8.count + 1)), rowCount: count,
          byteCount: bytes))
    }
    return files
  }

  /// The values of the folders, in their order: `["2024", "3"]`.
  var partitionValues: [String] {
    key.split(separator: "/").dropLast().compactMap { part in
      part.split(separator: "=", maxSplits: 1).last.map(String.init)
    }
  }
}
