internal import Core
internal import DuckDB

/// Finds the partitions whose rows a statement may need.
struct PartitionPruning {
  let references: ExternalReferences
  let connection: Connection

  /// - Parameter scans: of this reference; none if the plan needs no row of it.
  /// - Returns: the partitions, and how many the table has.
  func partitions(
    of reference: Int, scans: [PlannedScan]
  ) throws -> (qualified: [ExternalPartition], total: Int) {
    let table = references.all[reference].table
    guard !table.partitionColumns.isEmpty else {
      let whole = ExternalPartition(id: 0, values: [], location: table.location)
      return (scans.isEmpty ? [] : [whole], 0)
    }
    guard !scans.isEmpty else { return ([], try count(of: table)) }
    let rows = try rows(reference, scans, table)
    let qualified = rows.compactMap { row -> ExternalPartition? in
      guard let id = row[0].flatMap(Int64.init) else { return nil }
      return ExternalPartition(id: id, values: Array(row.dropFirst(3)), location: row[1] ?? "")
    }
    let total = rows.first.flatMap { $0[2] }.flatMap { Int($0) }
    return (qualified, try total ?? count(of: table))
  }

  private func count(of table: ExternalTable) throws -> Int {
    Int(
      try connection.scalar(
        "SELECT count(*) FROM weir.external_partition WHERE table_id = \(table.id)") ?? 0)
  }

  /// Mostly DuckDB takes every condition: what it does not take is looked for only if it must be.
  private func rows(
    _ reference: Int, _ scans: [PlannedScan], _ table: ExternalTable
  ) throws -> [[String?]] {
    func statement(_ conditions: [String]) -> String {
      select(reference, table, where: conditions.map { "(\($0))" }.joined(separator: " OR "))
    }
    let all = scans.map { condition(of: $0, table) { _ in true } }
    do {
      return try connection.rows(statement(all))
    } catch {
      let known = scans.map { scan in
        condition(of: scan, table) { condition in
          let probe = select(scan.reference, table, where: condition) + " LIMIT 0"
          return (try? connection.query(probe)) != nil
        }
      }
      return try connection.rows(statement(known))
    }
  }

  /// The scan's conditions on partition columns, as far as DuckDB takes them.
  private func condition(
    of scan: PlannedScan, _ table: ExternalTable, where isTaken: (String) -> Bool
  ) -> String {
    let reader = ScanPlanReader(references: references)
    let range = table.columns.count..<table.allColumns.count
    let usable = scan.conditions.filter { condition in
      let tags = reader.tags(in: condition)
      return !tags.isEmpty
        && tags.allSatisfy { $0.reference == scan.reference && range.contains($0.column) }
    }
    // A condition that fails on a partition says nothing of it.
    let tried = usable.map { "coalesce(TRY((\($0)) IS NOT DISTINCT FROM true), true)" }
    let known = tried.filter(isTaken)
    return known.isEmpty ? "true" : known.joined(separator: " AND ")
  }

  private func select(
    _ reference: Int, _ table: ExternalTable, where condition: String
  ) -> String {
    let typed = table.partitionColumns.enumerated().map { place, column in
      "CAST(partition_values[\(place + 1)] AS \(column.storedType)) AS "
        + references.tag(reference, table.columns.count + place)
    }
    let values = table.partitionColumns.indices.map { "w_values[\($0 + 1)]" }
    return """
      SELECT w_id, w_location, w_count, \(values.joined(separator: ", ")) FROM (
        SELECT id AS w_id, location AS w_location, partition_values AS w_values,
               count(*) OVER () AS w_count, \
      \(typed.joined(separator: ", "))
          FROM weir.external_partition WHERE table_id = \(table.id))
      WHERE \(condition) ORDER BY w_id
      """
  }
}
