internal import Foundation

/// A function: a program of this machine that runs once for each event, in Lambda's shape.
package struct FunctionDefinition: Sendable, Equatable {
  package var name: String
  /// Program and arguments.
  package var command: [String]
  /// Seconds.
  package var timeout = 3.0
  /// MiB of address space.
  package var memory = 512
  package var concurrency = 10

  package init(name: String, command: [String]) {
    self.name = name
    self.command = command
  }
}

/// Runs functions: the event comes on standard input, status 0 is success, and what a failed run
/// wrote last is in the error.
///
/// The program is killed at its time-out, and has its memory and the size of its output limited.
package final class FunctionTarget: EventTarget {
  private let functions: [String: FunctionDefinition]
  private let folder: String
  private let environment: @Sendable () -> [String: String]

  /// - Parameters:
  ///   - folder: for the input and output of what runs; made when it is needed.
  ///   - environment: what the programs get beside the process' own.
  package init(
    _ functions: [FunctionDefinition], folder: String,
    environment: @escaping @Sendable () -> [String: String] = { [:] }
  ) {
    self.functions = Dictionary(functions.map { ($0.name, $0) }) { _, last in last }
    self.folder = folder
    self.environment = environment
  }

  package func concurrency(of target: TargetDefinition) -> Int {
    functions[TargetKind.name(of: target.arn)]?.concurrency ?? 1
  }

  package func timeout(of target: TargetDefinition) -> Double {
    (functions[TargetKind.name(of: target.arn)]?.timeout ?? 3) + 1
  }

  package func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    let name = TargetKind.name(of: delivery.target.arn)
    guard let function = functions[name] else {
      throw DeliveryError(
        .noResource, "there is no function \(name): the configuration's functions name them",
        isRetryable: false)
    }
    let run: FunctionRun
    do {
      run = try FunctionRun(function, input: delivery.input, folder: folder, environment())
    } catch {
      throw DeliveryError(.internalError, "\(name) was not started: \(error.localizedDescription)")
    }
    let status = await run.wait(seconds: function.timeout)
    defer { run.removeFiles() }
    guard let status else {
      throw DeliveryError(.timeout, "\(name) did not end within \(function.timeout) seconds")
    }
    guard status == 0 else {
      throw DeliveryError(
        .errorFromTarget, "\(name) ended with status \(status)\(run.lastWords())")
    }
  }
}

/// One program that runs for one event.
private final class FunctionRun: Sendable {
  private let process = Process()
  private let input: String
  private let output: String
  private let ended = Signal()

  /// `ulimit -f` counts blocks of 512 bytes: 16 MiB of output.
  private static let script = "ulimit -v \"$0\"; ulimit -f 32768; exec \"$@\""

  init(
    _ function: FunctionDefinition, input bytes: [UInt8], folder: String,
    _ environment: [String: String]
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    let name = UUID().uuidString
    (input, output) = (folder + "/\(name).in", folder + "/\(name).out")
    try Data(bytes).write(to: URL(fileURLWithPath: input))
    _ = FileManager.default.createFile(
      atPath: output, contents: nil, attributes: [.posixPermissions: 0o600])
    let sink = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", Self.script, "\(function.memory * 1_024)"] + function.command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .merging([
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "\(function.memory)",
      ]) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
    process.standardOutput = sink
    process.standardError = sink
    process.terminationHandler = { [ended] _ in ended.raise() }
    do {
      try process.run()
    } catch {
      removeFiles()
      throw error
    }
  }

  /// - Returns: the status it ended with (a signal's number negated); nil if it had to be killed
  ///   for its time.
  func wait(seconds: Double) async -> Int32? {
    await ended.wait(seconds: seconds)
    guard process.isRunning else {
      let status = process.terminationStatus
      return process.terminationReason == .exit ? status : -status
    }
    kill(process.processIdentifier, SIGKILL)
    await ended.wait()
    return nil
  }

  func lastWords() -> String {
    guard let data = FileManager.default.contents(atPath: output), !data.isEmpty else { return "" }
    let text = String(decoding: data.suffix(1_000), as: UTF8.self)
    return ": " + text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func removeFiles() {
    unlink(input)
    unlink(output)
  }
}
