internal import Core
internal import DuckDB
internal import ObjectStore

/// The external table of a policy, as the catalog has it: its partitions, and the files of which
/// alone it consists.
struct ArchiveManifest {
  struct File: Sendable {
    var address: ObjectAddress
    var location: String
    var rowCount: Int
    /// Whether its folder has others too.
    var isOneOfMany: Bool
  }

  private let policy: ArchivePolicy
  private let table: ExternalTable
  private let connection: Connection
  private var catalog: ExternalCatalog { ExternalCatalog(connection: connection) }

  /// The archive as it is.
  init(_ policy: ArchivePolicy, on connection: Connection) throws {
    self.policy = policy
    self.connection = connection
    table = try Self.table(of: policy, on: connection)
  }

  /// Those of the files, of all times.
  var columns: [ExternalTable.Column] { table.columns }

  /// Columns that the policy's table got since are added.
  ///
  /// - Throws: `SQLError` 42P01 if the external table is gone, 42804 for a column of another type.
  init(
    _ policy: ArchivePolicy, columns: [ArchiveSource.Column], on connection: Connection
  ) throws {
    self.policy = policy
    self.connection = connection
    var table = try Self.table(of: policy, on: connection)
    for column in columns {
      let wanted = Self.column(column)
      if let known = table.columns.first(where: { $0.name == wanted.name }) {
        guard known.storedType == wanted.storedType else {
          throw SQLError(
            "42804",
            "column \"\(column.name)\" of \"\(policy.table)\" is \(wanted.type) now, and "
              + "\(known.type) in the archive",
            hint: "make a new policy with another archive table")
        }
      } else {
        try Self.add(wanted, to: table, on: connection)
        table.columns.append(wanted)
      }
    }
    self.table = table
  }

  private static func table(
    of policy: ArchivePolicy, on connection: Connection
  ) throws -> ExternalTable {
    let catalog = ExternalCatalog(connection: connection)
    guard let database = try catalog.database(ofSchema: policy.archive.schema),
      let table = try catalog.table(policy.archive.name, in: database)
    else { throw SQLError("42P01", "relation \"\(policy.archive)\" does not exist") }
    guard table.isManaged else {
      throw SQLError("55000", "\"\(policy.archive)\" is not the archive of a policy")
    }
    return table
  }

  /// Behind the last column of the files, and before those of the partitions.
  private static func add(
    _ column: ExternalTable.Column, to table: ExternalTable, on connection: Connection
  ) throws {
    let place = table.columns.count + 1
    try connection.execute(
      """
      UPDATE weir.external_column SET position = position + 1
       WHERE table_id = \(table.id) AND position >= \(place);
      INSERT INTO weir.external_column VALUES (\(table.id), \(place), \(literal(column.name)), \
      \(literal(column.type)), \(literal(column.storedType)), NULL, 0)
      """)
  }

  // MARK: Making the table

  /// - Throws: `SQLError` 3F000 without such an external schema, 42P07 if the table is there.
  static func createTable(
    for policy: ArchivePolicy, _ columns: [ArchiveSource.Column], on connection: Connection,
    at time: Timestamp
  ) throws {
    let catalog = ExternalCatalog(connection: connection)
    guard let database = try catalog.database(ofSchema: policy.archive.schema) else {
      throw SQLError(
        "3F000", "there is no external schema \"\(policy.archive.schema)\"",
        hint: "CREATE EXTERNAL SCHEMA \(policy.archive.schema) FROM DATA CATALOG DATABASE 'lake' "
          + "IAM_ROLE default CREATE EXTERNAL DATABASE IF NOT EXISTS")
    }
    guard try catalog.table(policy.archive.name, in: database) == nil else {
      throw SQLError("42P07", "relation \"\(policy.archive.name)\" already exists")
    }
    let parts = policy.granularity.columns.map {
      ExternalTable.Column(name: $0.name, type: "integer", storedType: "INTEGER", length: nil)
    }
    try catalog.insert(
      ExternalTable(
        id: 0, database: database, name: policy.archive.name, columns: columns.map(column),
        partitionColumns: parts, format: .parquet,
        location: policy.destination.appending("/").description, properties: [:],
        serdeProperties: [:], isManaged: true),
      .parquet, owner: "weir", at: time)
  }

  private static func column(_ column: ArchiveSource.Column) -> ExternalTable.Column {
    ExternalTable.Column(
      name: column.name, type: redshiftName(of: column.storedType), storedType: column.storedType,
      length: nil)
  }

  private static func redshiftName(of type: String) -> String {
    switch type {
    case "VARCHAR", "UUID": "varchar(65535)"
    case "JSON": "super"
    case "BLOB": "varbyte(1024000)"
    case "TINYINT": "smallint"
    case "FLOAT": "real"
    case "DOUBLE": "double precision"
    case "TIMESTAMP WITH TIME ZONE": "timestamptz"
    default: type.lowercased()
    }
  }

  // MARK: Files

  /// Those of the month, by their names.
  func files(of month: ArchiveMonth) throws -> [File] {
    let rows = try connection.rows(
      """
      SELECT f.location, f.row_count, count(*) OVER (PARTITION BY f.partition_id) > 1
        FROM weir.external_file f JOIN weir.external_partition p ON p.id = f.partition_id
       WHERE f.table_id = \(table.id) AND p.partition_values[1] = '\(month.year)'
         AND p.partition_values[2] = '\(month.month)' ORDER BY f.location
      """)
    var files: [File] = []
    for row in rows {
      guard let location = row[0], let address = try? ObjectAddress(parsing: location) else {
        continue
      }
      files.append(
        File(
          address: address, location: location, rowCount: row[1].flatMap { Int($0) } ?? 0,
          isOneOfMany: row[2] == "t"))
    }
    return files
  }

  func add(_ file: StagedFile, _ summary: ObjectSummary) throws {
    let values: [String?] = file.partitionValues
    let folder = file.key.split(separator: "/").dropLast().joined(separator: "/")
    try catalog.addPartition(
      values, at: policy.destination.appending("/\(folder)/").description, to: table)
    guard let partition = try catalog.partition(values, of: table) else {
      throw SQLError("XX000", "the archive's partition \(folder) was not made")
    }
    try connection.execute(
      """
      INSERT INTO weir.external_file VALUES (\(table.id), \(partition), \
      \(literal(summary.address.description)), \(file.rowCount), \(summary.byteCount))
      """)
  }

  /// Takes the files out, and partitions that have none left.
  func remove(_ files: [File]) throws {
    let names = files.map { literal($0.location) }.joined(separator: ", ")
    guard !files.isEmpty else { return }
    try connection.execute(
      """
      DELETE FROM weir.external_file WHERE table_id = \(table.id) AND location IN (\(names));
      DELETE FROM weir.external_partition WHERE table_id = \(table.id)
        AND id NOT IN (SELECT partition_id FROM weir.external_file WHERE table_id = \(table.id))
      """)
  }

  /// Months with a folder that has more than one file.
  static func monthsOfManyFiles(
    of policy: ArchivePolicy, on connection: Connection
  ) throws -> [ArchiveMonth] {
    let table = try table(of: policy, on: connection)
    return try connection.rows(
      """
      SELECT DISTINCT p.partition_values[1]::INTEGER, p.partition_values[2]::INTEGER
        FROM weir.external_partition p
       WHERE p.table_id = \(table.id) AND
         (SELECT count(*) FROM weir.external_file f WHERE f.partition_id = p.id) > 1
       ORDER BY 1, 2
      """
    ).compactMap { row in
      guard let year = row[0].flatMap({ Int($0) }), let month = row[1].flatMap({ Int($0) })
      else { return nil }
      return ArchiveMonth(year: year, month: month)
    }
  }
}
