import Foundation
import TestSupport
import Testing

/// AWS's own clients against a whole running engine.
@Suite struct ClientTests {
  private func run(_ script: String, more: (RunningEngine) -> [String]) async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    let path = Program.root.appendingPathComponent("Tests/CommandLineTests/Scripts/\(script)").path
    let outcome = try await ChildProcess.run(
      Program.root.appendingPathComponent(".deps/python/bin/python").path,
      [path, engine.awsPort] + more(engine), seconds: 300)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.hasSuffix("done\n"))
    #expect(await engine.stop() == 0)
  }

  @Test func `boto3 and aws read the streams' metrics from CloudWatch`() async throws {
    try await run("cloudwatch.py") { _ in [] }
  }

  @Test func `boto3 sees the faults that weir faults sets`() async throws {
    try await run("faults.py") { [Program.weir, $0.directory] }
  }
}
