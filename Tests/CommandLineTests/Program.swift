import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The built `weir`, and other programs, run to their end with a time limit.
struct Program {
  struct Outcome: Sendable {
    var status: Int32
    var output: String
    var error: String
  }

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
    _ path: String, _ arguments: [String], input: String = "",
    environment: [String: String]? = nil, seconds: Double = 120
  ) async throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = environment
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let limit = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: limit)
    defer { limit.cancel() }
    async let output = text(of: stdout)
    async let error = text(of: stderr)
    let (out, err) = await (output, error)
    return Outcome(status: await exitStatus(of: process), output: out, error: err)
  }

  /// Waits on a thread of its own, and asks the system: Foundation sees a program's end only once
  /// every program that was started beside it has ended too, since they inherit what tells of it.
  static func exitStatus(of process: Process) async -> Int32 {
    let id = process.processIdentifier
    return await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var info = siginfo_t()
        // Foundation is left to reap it; where it has done so already, it knows.
        var result: Int32
        repeat {
          result = waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT)
        } while result == -1 && errno == EINTR
        guard result == 0 else {
          process.waitUntilExit()
          continuation.resume(returning: process.terminationStatus)
          return
        }
        #if canImport(Glibc)
          continuation.resume(returning: info._sifields._sigchld.si_status)
        #else
          continuation.resume(returning: info.si_status)
        #endif
      }
    }
  }

  private static func text(of pipe: Pipe) async -> String {
    await withCheckedContinuation { continuation in
      // A thread of its own: a program that lives long must not hold up a shared queue.
      Thread.detachNewThread {
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        continuation.resume(returning: String(decoding: data, as: UTF8.self))
      }
    }
  }
}

/// A running `weir serve` over a fresh folder.
final class RunningEngine: Sendable {
  let directory: String
  private let process: Process
  let readyLine: String

  init(directory: String) async throws {
    self.directory = directory
    process = Process()
    process.executableURL = URL(fileURLWithPath: Program.weir)
    process.arguments = [
      "serve", "--data", directory, "--aws-port", "0", "--sql-port", "0", "--metrics-port", "0",
    ]
    let stdout = Pipe()
    process.standardOutput = stdout
    try process.run()
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

  var awsPort: String {
    String(readyLine.split(separator: " ")[1].split(separator: ":").last ?? "")
  }

  /// Asks it to end in order.
  ///
  /// - Returns: its exit status.
  func stop() async -> Int32 {
    process.terminate()
    return await Program.exitStatus(of: process)
  }

  deinit { if process.isRunning { process.terminate() } }
}
