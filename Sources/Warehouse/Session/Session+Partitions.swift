internal import Core
internal import DuckDB
internal import RedshiftSQL

// ALTER TABLE on external tables.
extension WarehouseSession {
  func alter(_ table: ExternalTable, _ action: ExternalAlteration) throws {
    switch action {
    case .addPartitions(let partitions, let ifNotExists):
      for partition in partitions {
        let values = try values(of: partition, in: table)
        try checkLocation(partition.location, at: partition.position)
        let added = try externalCatalog.addPartition(
          values, at: partition.location, to: table)
        guard added != nil || ifNotExists else {
          throw SQLError(
            "42710", "partition \(Self.text(values)) of \"\(table.name)\" already exists",
            hint: "ADD IF NOT EXISTS leaves it", position: partition.position)
        }
      }
    case .dropPartition(let partition):
      try externalCatalog.dropPartition(try find(partition, in: table))
    case .setPartitionLocation(let partition):
      let id = try find(partition, in: table)
      try checkLocation(partition.location, at: partition.position)
      try externalCatalog.setLocation(partition.location, ofPartition: id)
    case .setLocation(let location, let position):
      try checkLocation(location, at: position)
      try externalCatalog.setLocation(location, of: table)
    case .setFormat(let format, let position):
      var create = CreateExternalTable(
        name: ObjectName([Identifier(table.name)]), ifNotExists: false)
      create.format = format
      create.formatPosition = position
      try externalCatalog.setFormat(try ExternalFormats(create), of: table)
    case .setProperties(let properties):
      try ExternalFormats.check(properties, at: 0)
      var all = table.properties
      for property in properties { all[property.name] = property.value }
      try externalCatalog.setProperties(all, of: table)
    }
  }

  private static func text(_ values: [String?]) -> String {
    "(\(values.map { $0 ?? "NULL" }.joined(separator: ", ")))"
  }

  private func checkLocation(_ location: String, at position: Int) throws(SQLError) {
    do throws(SQLError) {
      _ = try ScanFiles.address(location)
    } catch {
      throw SQLError(error.sqlState, error.message, position: position)
    }
  }

  private func find(
    _ partition: ExternalAlteration.Partition, in table: ExternalTable
  ) throws -> Int64 {
    let values = try values(of: partition, in: table)
    guard let id = try externalCatalog.partition(values, of: table) else {
      throw SQLError(
        "42704", "partition \(Self.text(values)) of \"\(table.name)\" does not exist",
        position: partition.position)
    }
    return id
  }

  /// The partition's values in the order of the table's columns, each as its type writes it.
  private func values(
    of partition: ExternalAlteration.Partition, in table: ExternalTable
  ) throws -> [String?] {
    let known = table.partitionColumns.map(\.name)
    guard Set(partition.values.map(\.column.name)) == Set(known),
      partition.values.count == known.count
    else {
      throw SQLError(
        "42703",
        "a partition of \"\(table.name)\" has a value for each of: "
          + (known.isEmpty ? "no column, it is not partitioned" : known.joined(separator: ", ")),
        position: partition.position)
    }
    return try table.partitionColumns.map { column in
      guard let value = partition.values.first(where: { $0.column.name == column.name })?.value,
        value.kind != .null, value.kind != .string(ExternalTable.nullPartition)
      else { return nil }
      let sql = "SELECT CAST(\(try rewriter().expression(value)) AS \(column.storedType))::VARCHAR"
      do {
        return try connection.rows(sql).first?[0]
      } catch let error as DuckDBError {
        throw LocatedError(error: error, statement: sql)
      }
    }
  }
}
