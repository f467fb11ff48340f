internal import Core
internal import DuckDB
internal import Foundation
internal import RedshiftSQL

/// The data catalog: databases of external tables, read and written through one connection.
///
/// As in Redshift, a table belongs to a database, and every external schema over that database
/// shows it.
struct ExternalCatalog {
  let connection: Connection

  // MARK: Databases

  func databaseExists(_ name: String) throws -> Bool {
    try connection.scalar(
      "SELECT count(*) FROM weir.external_database WHERE name = \(literal(name))") ?? 0 > 0
  }

  func createDatabase(_ name: String, at time: Timestamp) throws {
    try connection.execute(
      """
      INSERT INTO weir.external_database VALUES (\(literal(name)), \
      make_timestamp(\(time.microseconds)))
      """)
  }

  /// Drops the database with its tables.
  func dropDatabase(_ name: String) throws {
    for table in try tables(in: name) { try drop(table) }
    try connection.execute("DELETE FROM weir.external_database WHERE name = \(literal(name))")
  }

  /// The database that an external schema shows; nil for a schema of another kind, or none.
  func database(ofSchema schema: String) throws -> String? {
    try connection.rows(
      """
      SELECT options ->> '$.DATABASE' FROM weir.external_schema
      WHERE kind = 'DATA CATALOG' AND name = \(literal(schema))
      """
    ).first?[0]
  }

  // MARK: Tables

  func tables(in database: String) throws -> [Int64] {
    try connection.rows(
      "SELECT id FROM weir.external_table WHERE database_name = \(literal(database)) ORDER BY id"
    ).compactMap { $0[0].flatMap(Int64.init) }
  }

  func table(_ name: String, in database: String) throws -> ExternalTable? {
    let rows = try connection.rows(
      """
      SELECT id, format, location, properties, serde_properties, is_managed
      FROM weir.external_table
      WHERE database_name = \(literal(database)) AND name = \(literal(name))
      """)
    guard let row = rows.first, let id = row[0].flatMap(Int64.init),
      let format = row[1].flatMap(ExternalTable.Format.init)
    else { return nil }
    var table = ExternalTable(
      id: id, database: database, name: name, columns: [], partitionColumns: [], format: format,
      location: row[2] ?? "", properties: Self.map(row[3]), serdeProperties: Self.map(row[4]),
      isManaged: row[5] == "t")
    let columns = try connection.rows(
      """
      SELECT name, external_type, stored_type, length, part_key FROM weir.external_column
      WHERE table_id = \(id) ORDER BY position
      """)
    for column in columns {
      let found = ExternalTable.Column(
        name: column[0] ?? "", type: column[1] ?? "", storedType: column[2] ?? "",
        length: column[3].flatMap(Int.init))
      if column[4] == "0" {
        table.columns.append(found)
      } else {
        table.partitionColumns.append(found)
      }
    }
    return table
  }

  /// - Parameter table: its `id` is of no account.
  /// - Returns: the table's number.
  @discardableResult
  func insert(
    _ table: ExternalTable, _ formats: ExternalFormats, owner: String, at time: Timestamp
  ) throws -> Int64 {
    let id = try connection.scalar("SELECT nextval('weir.object_id')") ?? 0
    try connection.execute(
      """
      INSERT INTO weir.external_table VALUES (\(id), \(literal(table.database)), \
      \(literal(table.name)), \(literal(table.format.rawValue)), \(literal(table.location)), \
      \(literal(formats.inputFormat)), \(literal(formats.outputFormat)), \
      \(literal(formats.serde)), \(literal(Self.json(table.serdeProperties))), \
      \(literal(Self.json(table.properties))), \(table.isManaged), \(literal(owner)), \
      make_timestamp(\(time.microseconds)))
      """)
    for (place, column) in table.allColumns.enumerated() {
      let key = max(0, place - table.columns.count + 1)
      try connection.execute(
        """
        INSERT INTO weir.external_column VALUES (\(id), \(place + 1), \(literal(column.name)), \
        \(literal(column.type)), \(literal(column.storedType)), \
        \(column.length.map(String.init) ?? "NULL"), \(key))
        """)
    }
    return id
  }

  func drop(_ table: Int64) throws {
    for name in ["external_file", "external_partition", "external_column"] {
      try connection.execute("DELETE FROM weir.\(name) WHERE table_id = \(table)")
    }
    try connection.execute("DELETE FROM weir.external_table WHERE id = \(table)")
  }

  func setLocation(_ location: String, of table: ExternalTable) throws {
    try set("location", literal(location), of: table)
  }

  func setProperties(_ properties: [String: String], of table: ExternalTable) throws {
    try set("properties", literal(Self.json(properties)), of: table)
  }

  func setFormat(_ formats: ExternalFormats, of table: ExternalTable) throws {
    try set("format", literal(formats.format.rawValue), of: table)
    try set("input_format", literal(formats.inputFormat), of: table)
    try set("output_format", literal(formats.outputFormat), of: table)
    try set("serde", literal(formats.serde), of: table)
  }

  private func set(_ column: String, _ value: String, of table: ExternalTable) throws {
    try connection.execute(
      "UPDATE weir.external_table SET \(column) = \(value) WHERE id = \(table.id)")
  }

  // MARK: Partitions

  /// Adds a partition, or says that it is there.
  ///
  /// - Returns: its number; nil if there was one with these values.
  @discardableResult
  func addPartition(
    _ values: [String?], at location: String, to table: ExternalTable
  ) throws -> Int64? {
    guard try partition(values, of: table) == nil else { return nil }
    let id = try connection.scalar("SELECT nextval('weir.object_id')") ?? 0
    try connection.execute(
      """
      INSERT INTO weir.external_partition VALUES (\(id), \(table.id), \(Self.list(values)), \
      \(literal(location)))
      """)
    return id
  }

  func partition(_ values: [String?], of table: ExternalTable) throws -> Int64? {
    try connection.scalar(
      """
      SELECT id FROM weir.external_partition WHERE table_id = \(table.id)
        AND partition_values IS NOT DISTINCT FROM \(Self.list(values))
      """)
  }

  func dropPartition(_ id: Int64) throws {
    try connection.execute("DELETE FROM weir.external_file WHERE partition_id = \(id)")
    try connection.execute("DELETE FROM weir.external_partition WHERE id = \(id)")
  }

  func setLocation(_ location: String, ofPartition id: Int64) throws {
    try connection.execute(
      "UPDATE weir.external_partition SET location = \(literal(location)) WHERE id = \(id)")
  }

  private static func list(_ values: [String?]) -> String {
    "[\(values.map { $0.map(literal) ?? "NULL" }.joined(separator: ", "))]::VARCHAR[]"
  }

  // MARK: Properties

  static func json(_ properties: [String: String]) -> String {
    let pairs = properties.sorted { $0.key < $1.key }.map {
      RedshiftSQL.ColumnFacts.string($0.key) + ":" + RedshiftSQL.ColumnFacts.string($0.value)
    }
    return "{\(pairs.joined(separator: ","))}"
  }

  private static func map(_ json: String?) -> [String: String] {
    guard let json else { return [:] }
    return (try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))) ?? [:]
  }
}
