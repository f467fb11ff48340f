import AWSGateway
import Foundation
import TestSupport
import Testing

/// Kinesis' own clients, unchanged.
@Suite struct RealClientTests {
  @Test func `boto3 calls every operation of its model`() async throws {
    try await withGateway { client in
      let result = try await Python.run("operations.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("done 39"), "\(result.output)")
    }
  }

  @Test func `the aws command line works unchanged`() async throws {
    try await withGateway { client in
      let result = try await Python.run("commands.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.hasSuffix("done\n"), "\(result.output)")
    }
  }

  @Test func `boto3 and the aws command line use EventBridge unchanged`() async throws {
    try await withGateway { client in
      let result = try await Python.run("events.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.hasSuffix("done\n"), "\(result.output)")
    }
  }

  @Test func `a boto3 subscriber sees records arrive, and its shard end by a split`() async throws {
    var limits = AWSGateway.Limits()
    limits.keepAliveSeconds = 0.5
    try await withGateway(limits: limits) { client in
      let result = try await Python.run("follow.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.hasSuffix("done\n"), "\(result.output)")
    }
  }
}

/// The repository's own Python, which has boto3 and the AWS command line.
enum Python {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// Runs a script of the folder beside; it is ended after five minutes.
  static func run(_ script: String, arguments: [String]) async throws -> Outcome {
    let python = tests.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent(".deps/python/bin/python").path
    let file = tests.appendingPathComponent("Scripts/\(script)").path
    return try await ChildProcess.run(python, [file] + arguments, seconds: 300)
  }
}
