import Foundation
import TestSupport

/// The real psql, run as a user would.
enum Psql {
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
    seconds: Double = 120
  ) async throws -> Outcome {
    let directory = try TemporaryDirectory()
    try script.write(toFile: directory.file("script"), atomically: false, encoding: .utf8)
    return try await ChildProcess.run(
      path ?? "/usr/bin/psql",
      ["-X", "-w", url] + options + (script.isEmpty ? [] : ["-f", directory.file("script")])
        + statements.flatMap { ["-c", $0] },
      environment: ["LC_ALL": "C.UTF-8", "HOME": directory.path],
      seconds: seconds)
  }
}
