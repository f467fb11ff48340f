internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore
internal import Synchronization

/// Carries one batch out, in one transaction of a session of its own.
///
/// DuckDB's transactions see the database as it was when they began: the rows that are copied,
/// counted again and deleted are the same ones, whatever others write meanwhile. What others
/// change among them ends the batch (40001), and it is undone. Files are outside of transactions:
/// they get names that say whose they are, and count only if the transaction that names them in
/// the archive's manifest was committed.
struct ArchiveRun {
  let warehouse: Warehouse
  let session: WarehouseSession
  let batch: ArchiveBatch
  /// Called after each step; one that throws ends the batch there.
  let reached: @Sendable (ArchiveStep) async throws -> Void

  var policy: ArchivePolicy { batch.policy }
  var objects: any ObjectStore { warehouse.objects }

  /// - Returns: what was moved; the batch is settled as `done`.
  /// - Throws: why nothing was; everything is as before, and the batch settled as `undone` or
  ///   `failed`. If even that could not be done, the next run does it.
  func run() async throws -> ArchiveResult {
    try await onWarehouse { try $0.insert(batch, at: warehouse.clock.now()) }
    var staging: String?
    do {
      try await step(.intended)
      let folder = try await objects.stagingDirectory()
      staging = folder
      try await session.execute("BEGIN") { _ in }
      let result = try await move(through: folder)
      try await session.execute("COMMIT") { _ in }
      try await step(.committed)
      try? FileManager.default.removeItem(atPath: folder)
      return result
    } catch {
      _ = try? await session.execute("ROLLBACK") { _ in }
      if let staging { try? FileManager.default.removeItem(atPath: staging) }
      if error is ArchiveKilled { throw error }
      try await undo(because: error)
      throw error
    }
  }

  func step(_ step: ArchiveStep) async throws {
    try await onWarehouse { try $0.note(step, of: batch.id, at: warehouse.clock.now()) }
    try await reached(step)
    try Task.checkCancellation()
  }

  private func move(through folder: String) async throws -> ArchiveResult {
    switch batch.kind {
    case .archive: try await archive(through: folder)
    case .compact: try await compact(through: folder)
    case .restore: try await restore()
    }
  }

  // MARK: Rows → files

  private func archive(through folder: String) async throws -> ArchiveResult {
    let source = try await onSession { try ArchiveSource(policy, on: $0) }
    let (files, check) = try await stage(
      source, { source.rows(of: batch.month, isSerial: $0) }, in: folder)
    guard check.rowCount > 0 else { return try await settle([], check) }
    let published = try await publish(files)
    let deleted = Counter()
    try await session.execute(
      "DELETE FROM \(policy.table.sql) WHERE \(source.isIn(batch.month))"
    ) { output in
      if case .complete(let tag) = output { deleted.add(tag) }
    }
    guard deleted.value == check.rowCount else {
      throw SQLError(
        "XX000", "\(check.rowCount) rows were archived, but \(deleted.value) deleted")
    }
    try await step(.deleted)
    try await onSession { connection in
      let manifest = try ArchiveManifest(policy, columns: source.columns, on: connection)
      for (file, summary) in published { try manifest.add(file, summary) }
    }
    return try await settle(published, check)
  }

  /// Writes the rows' files, and reads them back.
  private func stage(
    _ source: ArchiveSource, _ makeRows: (_ isSerial: Bool) -> String, in folder: String
  ) async throws -> (files: [StagedFile], check: ArchiveCheck) {
    // While statements run, the archive takes what they leave.
    let isQuiet = warehouse.workload.pace.isBusy
    let rows = makeRows(isQuiet)
    let statement = source.copy(
      rows, to: folder, name: batch.objectName, policy.granularity, batch.month)
    if policy.granularity == .month {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/year=\(batch.month.year)/month=\(batch.month.month)",
        withIntermediateDirectories: true)
    }
    let files = try await onSession(isQuiet: isQuiet) { connection in
      try StagedFile.files(of: try connection.rows(statement), below: folder)
    }
    try await step(.staged)
    let (there, back) = try await onSession(isQuiet: isQuiet) { connection in
      (
        try source.check(rows, on: connection),
        files.isEmpty
          ? ArchiveCheck(rowCount: 0, checksum: "0")
          : try source.check(source.rows(of: files.map(\.path), isSerial: isQuiet), on: connection)
      )
    }
    guard there == back else {
      throw SQLError(
        "XX001",
        "the files do not have what was written: \(there.rowCount) rows (\(there.checksum)) became "
          + "\(back.rowCount) (\(back.checksum))")
    }
    try await step(.verified)
    return (files, there)
  }

  private func publish(_ files: [StagedFile]) async throws -> [(StagedFile, ObjectSummary)] {
    var published: [(StagedFile, ObjectSummary)] = []
    for file in files {
      let summary = try await objects.put(
        file: file.path, as: policy.destination.appending("/" + file.key), replaces: false)
      published.append((file, summary))
    }
    try await step(.published)
    return published
  }

  // MARK: Files → fewer files

  /// Reads and writes what the archive has, not what the policy's table has become since.
  private func compact(through folder: String) async throws -> ArchiveResult {
    let (source, old) = try await onSession { connection in
      let manifest = try ArchiveManifest(policy, on: connection)
      return (
        ArchiveSource(archive: manifest.columns, of: policy),
        try manifest.files(of: batch.month).filter { $0.isOneOfMany }
      )
    }
    guard !old.isEmpty else {
      return try await settle([], ArchiveCheck(rowCount: 0, checksum: "0"))
    }
    let locations = try old.map { try objects.location(of: $0.address) }
    let (files, check) = try await stage(
      source, { source.rows(of: locations, isSerial: $0) }, in: folder)
    guard check.rowCount == old.map(\.rowCount).reduce(0, +) else {
      throw SQLError("XX001", "the archive's files have other rows than its manifest says")
    }
    let published = try await publish(files)
    try await onSession { connection in
      let manifest = try ArchiveManifest(policy, on: connection)
      try manifest.remove(old)
      for (file, summary) in published { try manifest.add(file, summary) }
      try ArchiveCatalog(connection: connection)
        .discard(old.map(\.address), at: warehouse.clock.now())
    }
    try await step(.deleted)
    return try await settle(published, check)
  }

  // MARK: The end

  func settle(
    _ files: [(StagedFile, ObjectSummary)], _ check: ArchiveCheck
  ) async throws -> ArchiveResult {
    let result = ArchiveResult(
      state: .done, rowCount: check.rowCount, fileCount: files.count,
      byteCount: files.map(\.1.byteCount).reduce(0, +), checksum: check.checksum)
    let now = warehouse.clock.now()
    try await onSession { connection in
      try ArchiveCatalog(connection: connection).settle(batch.id, result, at: now)
    }
    return result
  }

  private func undo(because error: any Error) async throws {
    let isStopped = error is CancellationError || (error as? SQLError)?.sqlState == "57014"
    let message = (error as? SQLError)?.message ?? "\(error)"
    // In a task of its own: this one may be cancelled.
    let work = Task { [warehouse, batch, policy] in
      try await warehouse.clear(
        batch.id, policy.destination,
        ArchiveResult(state: isStopped ? .undone : .failed, message: message))
    }
    try await work.value
  }

  /// - Parameter isQuiet: on a thread of low priority. Nothing else uses the session meanwhile.
  func onSession<Value: Sendable>(
    isQuiet: Bool = false, _ body: @escaping @Sendable (Connection) throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    let work: @Sendable () throws -> Value = { [session] in
      do {
        return try body(session.connection)
      } catch let error as DuckDBError {
        throw ErrorWords.translate(error.sqlError)
      }
    }
    return isQuiet ? try await QuietThread.run(work) : try await session.queue.run(work)
  }

  private func onWarehouse<Value: Sendable>(
    _ body: @escaping @Sendable (ArchiveCatalog) throws -> Value
  ) async throws -> Value {
    try await warehouse.onCatalog(body)
  }
}

/// A test's way to stop a batch as a kill would: nothing is undone.
package struct ArchiveKilled: Error {
  package init() {}
}

/// Rows that statements said they changed.
private final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func add(_ tag: String) {
    guard let rows = tag.split(separator: " ").last.flatMap({ Int($0) }) else { return }
    count.withLock { $0 += rows }
  }
}
