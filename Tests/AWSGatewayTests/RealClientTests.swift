import AWSGateway
import Foundation
import Testing

/// Kinesis' own clients, unchanged.
@Suite struct RealClientTests {
  @Test(.enabled(if: Python.path != nil, "skipped: no python3 with boto3 was found"))
  func `boto3 calls every operation of its model`() async throws {
    try await withGateway { client in
      let result = try await Python.run("operations.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.contains("done 39"), "\(result.output)")
    }
  }

  @Test(.enabled(if: Python.path != nil, "skipped: no python3 with boto3 was found"))
  func `the aws command line works unchanged`() async throws {
    try await withGateway { client in
      let result = try await Python.run("commands.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.hasSuffix("done\n"), "\(result.output)")
    }
  }

  @Test(.enabled(if: Python.path != nil, "skipped: no python3 with boto3 was found"))
  func `a boto3 subscriber sees records arrive, and its shard end by a split`() async throws {
    var limits = AWSGateway.Limits()
    limits.keepAliveSeconds = 0.5
    try await withGateway(limits: limits) { client in
      let result = try await Python.run("follow.py", arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.hasSuffix("done\n"), "\(result.output)")
    }
  }
}

/// A Python that can import boto3: the repository's own, or the one on the path.
enum Python {
  static let path: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let own = root.appendingPathComponent(".deps/python/bin/python").path
    return [[own], ["/usr/bin/env", "python3"]].first(where: importsBoto3)?.joined(separator: " ")
  }()

  private static func importsBoto3(_ command: [String]) -> Bool {
    guard FileManager.default.isExecutableFile(atPath: command[0]) else { return false }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = command.dropFirst() + ["-c", "import boto3"]
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// Runs a script of the folder beside; it is ended after a minute.
  static func run(
    _ script: String, arguments: [String]
  ) async throws -> (status: Int32, output: String) {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Scripts/\(script)").path
    let command = try #require(path).split(separator: " ").map(String.init)
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result { try wait(for: command + [file] + arguments) })
      }
    }
  }

  private static func wait(for command: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + 60)
    timer.setEventHandler { process.terminate() }
    timer.resume()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    timer.cancel()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
