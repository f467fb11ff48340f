import Core
import Engine
import Foundation
import Logging
import StreamLog
import Synchronization
import TestSupport
import Warehouse

/// A whole engine on free ports over a fresh folder.
final class EngineFixture: Sendable {
  let directory: TemporaryDirectory
  let engine: Engine
  let client: KinesisClient
  let session: WarehouseSession
  private let running: Task<Void, any Error>

  static func open(
    clock: any WallClock = SystemClock(), directory: TemporaryDirectory? = nil,
    _ change: (inout EngineConfiguration) -> Void = { _ in }
  ) async throws -> EngineFixture {
    let directory = try directory ?? TemporaryDirectory()
    var configuration = EngineConfiguration(dataDirectory: directory.file("data"))
    (configuration.awsPort, configuration.sqlPort, configuration.metricsPort) = (0, 0, 0)
    change(&configuration)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let engine = try await Engine.open(configuration, clock: clock, logger: logger)
    return try await EngineFixture(directory, engine)
  }

  private init(_ directory: TemporaryDirectory, _ engine: Engine) async throws {
    self.directory = directory
    self.engine = engine
    running = Task { try await engine.run() }
    let address = try await engine.ready()
    client = try KinesisClient(endpoint: address.awsURL)
    session = try engine.warehouse.makeSession(user: EngineAddress.user)
  }

  func close() async {
    await session.close()
    running.cancel()
    _ = await running.result
  }

  /// The rows of the last result, with NULL as "NULL".
  @discardableResult
  func run(_ sql: String) async throws -> [[String]] {
    let found = Mutex<[[String]]>([])
    try await session.execute(sql) { output in
      switch output {
      case .columns: found.withLock { $0 = [] }
      case .rows(let batch):
        let rows = (0..<batch.rowCount).map { row in
          (0..<batch.columnCount).map { batch.text(row: row, column: $0) ?? "NULL" }
        }
        found.withLock { $0 += rows }
      default: break
      }
    }
    return found.withLock { $0 }
  }

  /// Bytes of the streams' segment files.
  func segmentBytes() -> Int {
    let folder = directory.file("data/streams")
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".segment") }.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      return sum + (attributes?[.size] as? Int ?? 0)
    }
  }
}
