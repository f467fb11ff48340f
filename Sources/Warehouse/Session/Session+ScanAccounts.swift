internal import Core
internal import DuckDB
internal import Foundation

// What a statement's scans of external tables read, and what that would cost.
extension WarehouseSession {
  /// Passes output on; before a statement says that it is done, it says what it scanned.
  func tellingScans(_ receive: @escaping Receive) -> Receive {
    { [self] output in
      if case .complete = output, let summary = try await finishScans(isAborted: false) {
        try await receive(.notice(SQLNotice(severity: "INFO", message: summary)))
      }
      try await receive(output)
    }
  }

  /// Notes the scans of the statement that runs.
  ///
  /// - Returns: what to say of them; nil if there were none.
  @discardableResult
  func finishScans(isAborted: Bool) async throws -> String? {
    let scans = takeScans()
    guard !scans.isEmpty else { return nil }
    var accounts: [ScanAccount] = []
    for scan in scans { accounts.append(try await account(of: scan, isAborted)) }
    let bytes = accounts.reduce(0) { $0 + $1.bytes }
    let price = warehouse.scanPrice
    let billed = isAborted ? 0 : price.billed(bytes)
    note(scans, accounts, billed: billed, of: bytes, isAborted)
    return Self.summary(
      scans, bytes: bytes, dollars: price.dollars(billed: billed))
  }

  /// What DuckDB says of a value in an external table's file, with the object and the column.
  func failure(_ error: DuckDBError, inFilesOf scans: [Scan]) -> SQLError? {
    let isStructure = error.message.hasPrefix("CSV Error on Line")
    guard error.isAboutData || isStructure, !scans.isEmpty else { return nil }
    let text = error.message + "\n" + error.rest
    guard let file = scans.lazy.flatMap(\.files).first(where: { text.contains($0.path) }) else {
      return nil
    }
    if error.ownState != nil {
      // Ours says which file and column.
      return SQLError(
        error.sqlError.sqlState,
        error.message.replacingOccurrences(of: file.path, with: file.address))
    }
    let line = text.firstMatch(of: /CSV Error on Line: (\d+)/).map { ", line \($0.1)" } ?? ""
    if isStructure {
      // Documented of OpenCSVSerde: "does not support embedded line breaks".
      let reason =
        text.contains("quoted new lines")
        ? "a value in quotes has a line break, which OpenCSVSerde does not support"
        : error.rest.prefix { $0 != "\n" }.trimmingCharacters(in: .whitespaces)
      return SQLError("22P04", "\(file.address)\(line): \(reason)")
    }
    let column = text.firstMatch(of: /column "([^"]+)"/).map { "column \"\($0.1)\": " } ?? ""
    let reason =
      text.firstMatch(of: /Could not convert [^\n]*/).map { String($0.0) } ?? error.message
    return SQLError(
      error.sqlError.sqlState,
      "\(file.address)\(line): \(column)"
        + reason.replacingOccurrences(of: file.path, with: file.address))
  }

  private func account(of scan: Scan, _ isAborted: Bool) async throws -> ScanAccount {
    // What a statement that failed has read is not known; it is not charged for.
    guard !isAborted else {
      return ScanAccount(scan.table, [], planned: [], references: scan.prefix, footers: [:])
    }
    let footers =
      scan.table.format == .parquet ? try await warehouse.footers.footers(of: scan.files) : [:]
    return ScanAccount(
      scan.table, scan.files, planned: scan.planned, references: scan.prefix, footers: footers)
  }

  private func note(
    _ scans: [Scan], _ accounts: [ScanAccount], billed: Int, of bytes: Int, _ isAborted: Bool
  ) {
    let now = warehouse.clock.now()
    let statement = currentStatementID
    let transaction = transactionID(orNew: statement)
    for (place, (scan, account)) in zip(scans, accounts).enumerated() {
      let share = bytes > 0 ? Double(account.bytes) / Double(bytes) : 0
      let part = Int((Double(billed) * share).rounded())
      let facts = ScanFacts(
        statement: statement, transaction: transaction, session: id, sequence: place + 1,
        table: scan.name, format: scan.table.format.rawValue,
        isPartitioned: !scan.table.partitionColumns.isEmpty,
        partitionsTotal: scan.partitionsTotal, partitionsQualified: scan.partitionsQualified,
        files: scan.files.count, account: account, billedBytes: part,
        dollars: warehouse.scanPrice.dollars(billed: part), startedAt: scan.startedAt,
        endedAt: now, isAborted: isAborted)
      warehouse.scans.add(facts)
      warehouse.externalQueries.add(
        ExternalQueryFacts(
          statement: statement, transaction: transaction, session: id, sequence: place + 1,
          source: .objects, table: scan.name, startedAt: scan.startedAt,
          duration: .microseconds(now.microseconds - scan.startedAt.microseconds),
          isAborted: isAborted, partitionsTotal: scan.partitionsTotal,
          partitionsQualified: scan.partitionsQualified, files: scan.files.count,
          format: scan.table.format.rawValue, location: scan.table.location))
    }
  }

  /// `scanned 12.3 MB in 2 of 36 partitions, 3 files: $0.00005`
  private static func summary(_ scans: [Scan], bytes: Int, dollars: Double) -> String {
    let total = scans.reduce(0) { $0 + $1.partitionsTotal }
    let read = scans.reduce(0) { $0 + ($1.partitionsTotal > 0 ? $1.partitionsQualified : 0) }
    let files = scans.reduce(0) { $0 + $1.files.count }
    let partitions = total > 0 ? "\(read) of \(total) partitions, " : ""
    return "scanned \(size(bytes)) in \(partitions)\(files) \(files == 1 ? "file" : "files"): "
      + "$" + money(dollars)
  }

  private static func size(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1_000, unit < units.count - 1 {
      value /= 1_000
      unit += 1
    }
    return unit == 0 ? "\(bytes) B" : String(format: "%.1f %@", value, units[unit])
  }

  private static func money(_ dollars: Double) -> String {
    if dollars == 0 { return "0" }
    return String(format: dollars < 0.01 ? "%.5f" : "%.2f", dollars)
  }
}
