internal import Core
internal import DuckDB
internal import Foundation

/// Has DuckDB move what is in its write-ahead log into the database file while no statement runs.
///
/// A checkpoint writes and compresses on all cores, in the commit that makes the log too long:
/// left to DuckDB, it comes in the middle of somebody's query.
final class WriteAhead: Sendable {
  /// Where a checkpoint comes in any case: bounds how long a restart after a crash takes.
  static let bytesMax = 256 << 20
  /// What is worth one while nothing else happens: DuckDB's own threshold.
  private static let bytesWorth = 16 << 20
  private static let look = Duration.seconds(2)

  private let path: String
  private let connection: Connection
  private let queue = BlockingQueue(label: "weir.checkpoint")
  private let isBusy: @Sendable () -> Bool

  /// - Parameter path: of the database file.
  init(path: String, connection: Connection, isBusy: @escaping @Sendable () -> Bool) {
    self.path = path + ".wal"
    self.connection = connection
    self.isBusy = isBusy
  }

  /// Opens the database file, with what a crash left in its log.
  ///
  /// DuckDB replays the change of a table by binding the table's defaults, and cannot where one
  /// calls a function and the file is its first database: "no default database set", at every
  /// start. Then the file is attached to another database, which has the functions that defaults
  /// call, and the log is moved into it.
  static func open(
    _ path: String, options: [String: String]
  ) throws(DuckDBError) -> Database {
    do {
      return try Database(path: path, options: options)
    } catch {
      guard error.message.contains("no default database set") else { throw error }
    }
    let other = try Database(path: nil, options: options)
    try other.register(ScalarFunctions.all)
    try other.connect().execute("ATTACH \(literal(path)) AS dev; CHECKPOINT dev; DETACH dev")
    return try Database(path: path, options: options)
  }

  /// Runs until its task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: Self.look)
      guard !Task.isCancelled, !isBusy() else { continue }
      // Others write just then: it is tried again.
      _ = try? await queue.run { [self] in
        guard isLong else { return }
        try connection.execute("CHECKPOINT")
      }
    }
  }

  /// Whether a checkpoint is worth its time.
  var isLong: Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.size] as? Int ?? 0 >= Self.bytesWorth
  }
}
