import Foundation
import TestSupport
import Testing

/// AWS's own clients against a whole running engine.
@Suite struct ClientTests {
  /// The repository's own Python, or the one on the path, if it can import boto3.
  static let python: String? = {
    let own = Program.root.appendingPathComponent(".deps/python/bin/python").path
    return [own, "/usr/bin/python3", "/usr/local/bin/python3"].first { path in
      guard FileManager.default.isExecutableFile(atPath: path) else { return false }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = ["-c", "import boto3"]
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
  }()

  private func run(_ script: String, more: (RunningEngine) -> [String]) async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    let path = Program.root.appendingPathComponent("Tests/CommandLineTests/Scripts/\(script)").path
    let outcome = try await Program.run(
      try #require(Self.python), [path, engine.awsPort] + more(engine))
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
    #expect(outcome.output.hasSuffix("done\n"))
    #expect(engine.stop() == 0)
  }

  @Test(.enabled(if: ClientTests.python != nil, "skipped: no python3 with boto3 was found"))
  func `boto3 and aws read the streams' metrics from CloudWatch`() async throws {
    try await run("cloudwatch.py") { _ in [] }
  }

  @Test(.enabled(if: ClientTests.python != nil, "skipped: no python3 with boto3 was found"))
  func `boto3 sees the faults that weir faults sets`() async throws {
    try await run("faults.py") { [Program.weir, $0.directory] }
  }
}
