import Foundation
import TestSupport
import Testing

/// AWS's own clients against a whole running engine.
@Suite struct ClientTests {
  /// The repository's own Python, or the one on the path, if it can import boto3.
  private static func python() async -> String? {
    let own = Program.root.appendingPathComponent(".deps/python/bin/python").path
    for path in [own, "/usr/bin/python3", "/usr/local/bin/python3"] {
      guard FileManager.default.isExecutableFile(atPath: path) else { continue }
      let outcome = try? await Program.run(path, ["-c", "import boto3"])
      if outcome?.status == 0 { return path }
    }
    return nil
  }

  private func run(_ script: String, more: (RunningEngine) -> [String]) async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    let path = Program.root.appendingPathComponent("Tests/CommandLineTests/Scripts/\(script)").path
    let outcome = try await Program.run(
      try #require(await Self.python()), [path, engine.awsPort] + more(engine))
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
    #expect(outcome.output.hasSuffix("done\n"))
    #expect(await engine.stop() == 0)
  }

  @Test(.enabled("skipped: no python3 with boto3 was found") { await python() != nil })
  func `boto3 and aws read the streams' metrics from CloudWatch`() async throws {
    try await run("cloudwatch.py") { _ in [] }
  }

  @Test(.enabled("skipped: no python3 with boto3 was found") { await python() != nil })
  func `boto3 sees the faults that weir faults sets`() async throws {
    try await run("faults.py") { [Program.weir, $0.directory] }
  }
}
