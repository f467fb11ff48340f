import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The built `weir`, and where its sources are.
enum Program {
  /// Beside the test bundle: whatever folder it was built in.
  static let weir: String = {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    let folder = URL(fileURLWithPath: bundle ?? CommandLine.arguments[0])
      .deletingLastPathComponent()
    return folder.appendingPathComponent("weir").path
  }()

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func run(
    _ arguments: [String], input: String = "", environment: [String: String]? = nil
  ) async throws -> Outcome {
    try await ChildProcess.run(weir, arguments, input: input, environment: environment)
  }
}

/// A running `weir serve` over a fresh folder.
final class RunningEngine: Sendable {
  let directory: String
  private let process: ChildProcess
  let readyLine: String

  /// - Parameters:
  ///   - openFiles: the soft limit that a shell sets before.
  ///   - configuration: a weir.yaml, as text.
  init(
    directory: String, openFiles: Int? = nil, configuration: String? = nil
  ) async throws {
    self.directory = directory
    let stdout = Pipe()
    var options: [String] = []
    if let configuration {
      let file = directory + ".yaml"
      try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
      options = ["--config", file]
    }
    let limit = openFiles.map { "ulimit -S -n \($0); " } ?? ""
    process = try ChildProcess(
      "/bin/sh",
      [
        "-c", limit + "exec \"$0\" \"$@\"", Program.weir, "serve", "--data", directory,
        "--aws-port",
        "0", "--sql-port", "0", "--metrics-port", "0",
      ] + options,
      output: stdout.fileHandleForWriting, errors: .standardError)
    try stdout.fileHandleForWriting.close()
    readyLine = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var line = Data()
        while let byte = try? stdout.fileHandleForReading.read(upToCount: 1), byte != Data([0x0A]),
          !byte.isEmpty
        {
          line.append(byte)
        }
        continuation.resume(returning: String(decoding: line, as: UTF8.self))
      }
    }
  }

  /// Empty if the engine did not become ready.
  var awsPort: String { port("aws") }
  var metricsPort: String { port("metrics") }

  private func port(_ name: String) -> String {
    let word = readyLine.split(separator: " ").first { $0.hasPrefix(name + "=") }
    return word?.split(separator: ":").last.map(String.init) ?? ""
  }

  func createStream(_ name: String, shards: Int) async throws {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(awsPort)/")))
    request.httpMethod = "POST"
    request.setValue("application/x-amz-json-1.1", forHTTPHeaderField: "Content-Type")
    request.setValue("Kinesis_20131202.CreateStream", forHTTPHeaderField: "X-Amz-Target")
    request.httpBody = Data(#"{"StreamName":"\#(name)","ShardCount":\#(shards)}"#.utf8)
    let (answer, response) = try await URLSession.shared.data(for: request)
    #expect(
      (response as? HTTPURLResponse)?.statusCode == 200,
      "\(String(decoding: answer, as: UTF8.self))")
  }

  /// Asks it to end in order.
  ///
  /// - Returns: its exit status.
  func stop() async -> Int32 {
    process.signal(SIGTERM)
    return await process.wait()
  }

  /// Ends it as a crash does.
  func kill() async {
    process.signal(SIGKILL)
    _ = await process.wait()
  }

  deinit { process.signal(SIGKILL) }
}
