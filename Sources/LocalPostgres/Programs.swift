internal import Foundation
internal import Synchronization

/// PostgreSQL's programs, and whom they run as.
struct Programs: Sendable {
  let folder: String
  /// Whom the server runs as, if not as this process does.
  let user: (name: String, id: uid_t, group: gid_t)?

  func path(_ name: String) -> String { folder + "/" + name }

  /// The newest version that is installed.
  static func find() -> Programs? {
    let fixed = ["/opt/homebrew/opt/postgresql@17/bin", "/usr/local/opt/postgresql@17/bin"]
    let debian = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let folders =
      debian.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
      + fixed
      + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let folder = folders.first {
      FileManager.default.isExecutableFile(atPath: $0 + "/initdb")
        && FileManager.default.isExecutableFile(atPath: $0 + "/postgres")
    }
    guard let folder else { return nil }
    guard getuid() == 0 else { return Programs(folder: folder, user: nil) }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name) {
        return Programs(folder: folder, user: (name, entry.pointee.pw_uid, entry.pointee.pw_gid))
      }
    }
    return nil
  }

  /// Has the server's user own a file or folder.
  func give(_ path: String) throws {
    guard let user else { return }
    guard chown(path, user.id, user.group) == 0 else {
      throw LocalPostgres.Failure(description: "\(path) cannot be given to \(user.name)")
    }
  }

  private func command(
    _ path: String, _ arguments: [String], asServer: Bool
  ) -> (path: String, arguments: [String]) {
    guard asServer, let user else { return (path, arguments) }
    return (
      "/usr/bin/setpriv",
      ["--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups", path] + arguments
    )
  }

  /// Starts a program; what it says goes to a file.
  func start(
    _ path: String, _ arguments: [String], log: String, asServer: Bool = false,
    environment: [String: String] = [:]
  ) throws -> Program {
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    guard let output = FileHandle(forWritingAtPath: log) else {
      throw LocalPostgres.Failure(description: "\(log) cannot be written")
    }
    defer { try? output.close() }
    let command = command(path, arguments, asServer: asServer)
    return try Program(
      command.path, command.arguments, output: output, environment: environment)
  }

  /// Runs a program to its end.
  ///
  /// - Returns: what it printed, without the last line's end.
  @discardableResult
  func run(
    _ path: String, _ arguments: [String], asServer: Bool = false,
    environment: [String: String] = [:]
  ) async throws -> String {
    let log = NSTemporaryDirectory() + "weir-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: log) }
    let program = try start(
      path, arguments, log: log, asServer: asServer, environment: environment)
    let status = await program.wait()
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    guard status == 0 else {
      throw LocalPostgres.Failure(
        description: "\(path) ended with status \(status): \(text.suffix(2_000))")
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}

/// A program that runs.
///
/// @unchecked Sendable: `Process` is not used after its start but to ask for its id.
final class Program: @unchecked Sendable {
  let id: Int32
  private let process = Process()
  private let end = End()

  private final class End: Sendable {
    struct State {
      var status: Int32?
      var waiting: [CheckedContinuation<Int32, Never>] = []
    }
    let state = Mutex(State())
  }

  init(
    _ path: String, _ arguments: [String], output: FileHandle, environment: [String: String]
  ) throws {
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    process.currentDirectoryURL = URL(fileURLWithPath: "/")
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.terminationHandler = { [end] process in
      let status = process.terminationStatus
      let waiting = end.state.withLock { state in
        state.status = status
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume(returning: status) }
    }
    try process.run()
    id = process.processIdentifier
  }

  /// nil while it runs.
  var status: Int32? { end.state.withLock(\.status) }

  func signal(_ number: Int32) {
    end.state.withLock { state in
      if state.status == nil { kill(id, number) }
    }
  }

  func wait() async -> Int32 {
    await withCheckedContinuation { continuation in
      let known = end.state.withLock { state -> Int32? in
        if state.status == nil { state.waiting.append(continuation) }
        return state.status
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}
