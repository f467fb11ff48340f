import Core
import Foundation
import ObjectStore
import StreamLog
import Synchronization
import TestSupport
import Warehouse

/// A stream log and a warehouse over it, in a fresh folder.
final class WarehouseFixture: Sendable {
  let directory: TemporaryDirectory
  let log: StreamLog
  let warehouse: Warehouse
  let session: WarehouseSession
  let faults = FaultTable()

  convenience init(
    clock: any WallClock = SystemClock(), limits: WorkloadLimits = WorkloadLimits(),
    federation: FederationConfiguration = FederationConfiguration()
  ) throws {
    try self.init(
      directory: TemporaryDirectory(), clock: clock, limits: limits, federation: federation)
  }

  /// Opens what an earlier fixture left in the folder.
  init(
    directory: TemporaryDirectory, clock: any WallClock = SystemClock(),
    reporter: any Reporter = SilentReporter(), limits: WorkloadLimits = WorkloadLimits(),
    federation: FederationConfiguration = FederationConfiguration(),
    objects: (any ObjectStore)? = nil
  ) throws {
    self.directory = directory
    for folder in ["streams", "warehouse"] {
      try FileManager.default.createDirectory(
        atPath: directory.file(folder), withIntermediateDirectories: true)
    }
    log = try StreamLog.open(
      directory: directory.file("streams"), configuration: StreamLog.Configuration(clock: clock))
    warehouse = try Warehouse(
      directory: directory.file("warehouse"), log: log,
      objects: objects ?? FolderStore(folder: directory.file("objects")), clock: clock,
      reporter: reporter,
      faults: faults, limits: limits, federation: federation)
    session = try warehouse.makeSession(user: "weir")
  }

  func close() async {
    await session.close()
    await warehouse.close()
    await log.close()
  }

  /// Every row of the last result, with NULL as "NULL".
  @discardableResult
  func run(_ sql: String) async throws -> [[String]] {
    try await session.rows(sql)
  }

  func put(_ documents: [String], in stream: String = "my_stream") async throws {
    _ = try await log.append(
      documents.enumerated().map {
        NewRecord(partitionKey: "k\($0.offset)", data: Array($0.element.utf8))
      }, to: stream)
  }
}

extension SQLSession {
  func rows(_ sql: String) async throws -> [[String]] {
    let collected = Collected()
    try await execute(sql) { collected.add($0) }
    return collected.rows
  }

  /// The columns of the last result.
  func columns(_ sql: String) async throws -> [SQLColumn] {
    let collected = Collected()
    try await execute(sql) { collected.add($0) }
    return collected.columns
  }

  func notices(_ sql: String) async throws -> [String] {
    let collected = Collected()
    try await execute(sql) { collected.add($0) }
    return collected.notices
  }

  func tags(_ sql: String) async throws -> [String] {
    let collected = Collected()
    try await execute(sql) { collected.add($0) }
    return collected.tags
  }

  /// The error that the text ends with.
  func failure(_ sql: String) async -> SQLError? {
    do {
      _ = try await rows(sql)
      return nil
    } catch {
      return error as? SQLError
    }
  }
}

private final class Collected: Sendable {
  private let state = Mutex(
    (rows: [[String]](), notices: [String](), tags: [String](), columns: [SQLColumn]()))

  var rows: [[String]] { state.withLock { $0.rows } }
  var notices: [String] { state.withLock { $0.notices } }
  var tags: [String] { state.withLock { $0.tags } }
  var columns: [SQLColumn] { state.withLock { $0.columns } }

  func add(_ output: SQLOutput) {
    state.withLock { state in
      switch output {
      case .columns(let columns):
        state.rows = []
        state.columns = columns
      case .rows(let batch):
        for row in 0..<batch.rowCount {
          state.rows.append(
            (0..<batch.columnCount).map { batch.text(row: row, column: $0) ?? "NULL" })
        }
      case .notice(let notice): state.notices.append("\(notice.severity): \(notice.message)")
      case .complete(let tag): state.tags.append(tag)
      case .empty, .parameter: break
      }
    }
  }
}
