internal import Core

/// What a scan reads of its files: the compressed bytes of the columns that the statement touches,
/// in the row groups that its conditions do not rule out. Of text, whole objects.
struct ScanAccount: Sendable, Equatable {
  var bytes = 0
  var rows: Int?
  var rowGroups = 0

  /// - Parameter footers: by path; a file without one counts as a whole.
  init(
    _ table: ExternalTable, _ files: [ExternalFile], planned: [PlannedScan],
    references prefix: String, footers: [String: ParquetFooter]
  ) {
    guard table.format == .parquet else {
      for _ in planned { bytes += files.reduce(0) { $0 + $1.byteCount } }
      rowGroups = files.count
      return
    }
    let reader = ScanPlanReader(
      references: ExternalReferences(names: ExternalNames(), prefix: prefix))
    rows = 0
    for scan in planned {
      let filters = scan.conditions.compactMap { ZoneFilter($0, reader: reader) }
        // Of a text that may be cut, DuckDB's reader is not asked.
        .filter {
          table.columns.indices.contains($0.column) && table.columns[$0.column].length == nil
        }
      let names = scan.columns.filter(table.columns.indices.contains)
        .map { table.columns[$0].name.lowercased() }
      for file in files {
        guard let footer = footers[file.path] else {
          bytes += file.byteCount
          continue
        }
        add(footer, names, filters, table)
      }
    }
  }

  private mutating func add(
    _ footer: ParquetFooter, _ names: [String], _ filters: [ZoneFilter], _ table: ExternalTable
  ) {
    for group in footer.rowGroups {
      let isNeeded = filters.allSatisfy { filter in
        let column = table.columns[filter.column]
        let chunk = group.chunks[column.name.lowercased()]
        return filter.mayMeet(
          least: chunk?.least, greatest: chunk?.greatest, isNumeric: column.isNumeric)
      }
      guard isNeeded else { continue }
      rowGroups += 1
      rows = (rows ?? 0) + group.rowCount
      for name in names { bytes += group.chunks[name]?.byteCount ?? 0 }
    }
  }
}

extension ExternalTable.Column {
  var isNumeric: Bool {
    ["SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE"].contains(storedType)
      || storedType.hasPrefix("DECIMAL")
  }
}

/// What a scan would cost on Redshift Spectrum: "you are charged for the number of bytes scanned
/// from S3 … rounded up to the next megabyte, with a minimum of 10 MB per query"
/// (repost.aws, Redshift Spectrum query charges).
package struct ScanPrice: Sendable, Equatable {
  package var dollarsPerTerabyte: Double
  package var bytesMin: Int
  package var bytesStep: Int

  package init(
    dollarsPerTerabyte: Double = 5, bytesMin: Int = 10 << 20, bytesStep: Int = 1 << 20
  ) {
    self.dollarsPerTerabyte = dollarsPerTerabyte
    self.bytesMin = bytesMin
    self.bytesStep = bytesStep
  }

  /// What is charged for of a query that scans so many bytes. One that needs no byte costs none.
  package func billed(_ bytes: Int) -> Int {
    guard bytes > 0 else { return 0 }
    let step = max(1, bytesStep)
    return max(bytesMin, (bytes + step - 1) / step * step)
  }

  package func dollars(billed bytes: Int) -> Double {
    Double(bytes) / Double(1 << 40) * dollarsPerTerabyte
  }
}
