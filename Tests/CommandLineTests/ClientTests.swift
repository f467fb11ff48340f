import Foundation
import TestSupport
import Testing

/// AWS's own clients against a whole running engine.
@Suite struct ClientTests {
  private static let python = Program.root.appendingPathComponent(".deps/python/bin/python").path

  private func run(_ script: String, more: (RunningEngine) -> [String]) async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    let path = Program.root.appendingPathComponent("Tests/CommandLineTests/Scripts/\(script)").path
    let outcome = try await ChildProcess.run(
      Self.python, [path, engine.awsPort] + more(engine), seconds: 300)
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

  @Test func `of many who create one stream at once, one has made it`() async throws {
    try await run("create_at_once.py") { [$0.directory] }
  }

  @Test func `a stream has more shards than a shell allows files, through a restart`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let script = Program.root.appendingPathComponent(
      "Tests/CommandLineTests/Scripts/many_shards.py")
    for step in ["put", "get"] {
      let engine = try await RunningEngine(directory: directory.file("data"), openFiles: 256)
      let outcome = try await ChildProcess.run(
        Self.python, [script.path, step, engine.awsPort, "400"])
      #expect(outcome.output.hasSuffix("done\n"), "\(outcome.output)\(outcome.errors)")
      #expect(await engine.stop() == 0)
    }
  }
}
