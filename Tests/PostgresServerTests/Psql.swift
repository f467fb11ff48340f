import Dispatch
import Foundation
import TestSupport

/// The real psql, run as a user would.
enum Psql {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  static let path: String? = ["/usr/bin/psql", "/usr/local/bin/psql", "/opt/homebrew/bin/psql"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  static var isInstalled: Bool { path != nil }

  /// Kills psql when the time is over or the task is canceled.
  ///
  /// - Parameters:
  ///   - statements: each is one `-c`, that is one Query message.
  ///   - script: what psql reads as a file, before the statements.
  static func run(
    _ url: String, _ statements: [String] = [], script: String = "", options: [String] = [],
    seconds: Double = 10
  ) async throws -> Result {
    let directory = try TemporaryDirectory()
    try script.write(toFile: directory.file("script"), atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "/usr/bin/psql")
    process.arguments =
      ["-X", "-w", url] + options + (script.isEmpty ? [] : ["-f", directory.file("script")])
      + statements.flatMap { ["-c", $0] }
    process.environment = ["PGCONNECT_TIMEOUT": "5", "LC_ALL": "C.UTF-8", "HOME": directory.path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try file(directory.file("output"))
    process.standardError = try file(directory.file("errors"))
    let ended = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in ended.continuation.finish() }
    try process.run()
    let processID = process.processIdentifier
    let limit = DispatchWorkItem { kill(processID, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + Double(seconds), execute: limit)
    // A task of its own, so that it waits for the end even if this one is canceled.
    let end = Task { for await _ in ended.stream {} }
    await withTaskCancellationHandler {
      await end.value
    } onCancel: {
      kill(processID, SIGKILL)
    }
    limit.cancel()
    return Result(
      status: process.terminationStatus,
      output: try String(contentsOfFile: directory.file("output"), encoding: .utf8),
      errors: try String(contentsOfFile: directory.file("errors"), encoding: .utf8))
  }

  private static func file(_ path: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}
