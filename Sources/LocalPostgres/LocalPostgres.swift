internal import Foundation
internal import Synchronization

/// A PostgreSQL server of one's own: real, in a folder, on a free port of loopback, gone with its
/// owner. For tests and demonstrations: it does not wait for the disk.
///
/// As root it runs as another user, because PostgreSQL refuses root.
package final class LocalPostgres: Sendable {
  package static let user = "weir"

  package let port: Int
  package let password: String
  package let processID: Int32
  private let folder: String
  private let programs: Programs
  private let server: Program

  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// Whether PostgreSQL's server is installed.
  package static var isInstalled: Bool { Programs.find() != nil }

  /// Makes a cluster and starts its server.
  ///
  /// - Parameters:
  ///   - folder: exists and is empty; all of the server's files go there. The path must be short:
  ///     less than 90 bytes.
  ///   - template: the folder of a cluster that was made before and does not run, to copy.
  ///   - port: nil for a free one.
  /// - Throws: `Failure` with what the program said.
  package static func start(
    in folder: String, template: String? = nil, port: Int? = nil, password: String = "wort-7fd2"
  ) async throws -> LocalPostgres {
    guard let programs = Programs.find() else {
      throw Failure(description: "PostgreSQL's server is not installed: no initdb was found")
    }
    if let template {
      try await programs.run("/bin/cp", ["-a", template + "/data", folder + "/data"])
      try programs.give(folder)
    } else {
      try await makeCluster(in: folder, programs, password: password)
    }
    return try await restart(in: folder, programs, port: port ?? freePort(), password)
  }

  /// Makes a cluster without starting it, for `start(in:template:)`.
  package static func makeCluster(
    in folder: String, password: String = "wort-7fd2"
  ) async throws {
    guard let programs = Programs.find() else {
      throw Failure(description: "PostgreSQL's server is not installed: no initdb was found")
    }
    try await makeCluster(in: folder, programs, password: password)
  }

  private static func makeCluster(
    in folder: String, _ programs: Programs, password: String
  ) async throws {
    try programs.give(folder)
    let file = folder + "/password"
    try Data((password + "\n").utf8).write(to: URL(fileURLWithPath: file))
    try programs.give(file)
    try await programs.run(
      programs.path("initdb"),
      [
        "-D", folder + "/data", "-U", user, "--pwfile", file, "-A", "scram-sha-256", "-E", "UTF8",
        "--locale", "C", "--no-sync", "--no-instructions",
      ], asServer: true)
  }

  private static func restart(
    in folder: String, _ programs: Programs, port: Int, _ password: String
  ) async throws -> LocalPostgres {
    let settings = [
      "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off",
      "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB",
      "max_connections=60", "logging_collector=off", "max_wal_size=1GB", "autovacuum=off",
    ]
    let server = try programs.start(
      programs.path("postgres"),
      ["-D", folder + "/data", "-p", String(port)] + settings.flatMap { ["-c", $0] },
      log: folder + "/log", asServer: true)
    let made = LocalPostgres(
      port: port, password: password, folder: folder, programs: programs, server: server)
    try await made.awaitReady()
    return made
  }

  private init(
    port: Int, password: String, folder: String, programs: Programs, server: Program
  ) {
    self.port = port
    self.password = password
    self.folder = folder
    self.programs = programs
    self.server = server
    processID = server.id
  }

  private func awaitReady() async throws {
    for _ in 0..<600 {
      if let status = server.status {
        let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        throw Failure(description: "PostgreSQL ended with status \(status): \(log.suffix(2_000))")
      }
      if (try? await query("SELECT 1", database: "postgres")) != nil { return }
      await rest(milliseconds: 50)
    }
    throw Failure(description: "PostgreSQL was not ready within a minute")
  }

  /// Starts the server of the same folder again, on the same port.
  package func startAgain() async throws -> LocalPostgres {
    try await Self.restart(in: folder, programs, port: port, password)
  }

  // MARK: Use

  /// Runs statements with psql.
  ///
  /// - Returns: rows as lines, their fields parted by `|`.
  /// - Throws: `Failure` with what psql said.
  @discardableResult
  package func query(_ sql: String, database: String = "postgres") async throws -> String {
    try await programs.run(
      programs.path("psql"),
      [
        "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", String(port),
        "-U", Self.user, "-d", database, "-c", sql,
      ], environment: ["PGPASSWORD": password, "PGCONNECT_TIMEOUT": "5"])
  }

  package func createDatabase(_ name: String) async throws {
    try await query("CREATE DATABASE \"\(name)\" TEMPLATE template0")
  }

  // MARK: Ending

  package enum Ending: Sendable {
    /// Sessions are cut, the cluster is left whole.
    case fast
    /// As in a crash.
    case kill
  }

  /// Ends the server, and waits for its end.
  package func stop(_ ending: Ending = .fast) async {
    endAtOnce(ending)
    while server.status == nil { await rest(milliseconds: 10) }
  }

  /// Does not wait.
  package func endAtOnce(_ ending: Ending = .kill) {
    switch ending {
    case .fast: server.signal(SIGINT)
    // SIGQUIT has the server kill its own children, which SIGKILL would leave.
    case .kill: server.signal(SIGQUIT)
    }
  }

  /// Stops the server and all its processes where they are, as a machine that hangs.
  package func pause() {
    guard server.status == nil else { return }
    for id in [processID] + children() { kill(id, SIGSTOP) }
  }

  package func resume() {
    guard server.status == nil else { return }
    for id in children() + [processID] { kill(id, SIGCONT) }
  }

  private func children() -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap(Int32.init).filter { id in
      let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
      // The name, in parentheses, may hold anything; the parent is the second field behind it.
      let fields = status?.split(separator: ")").last?.split(separator: " ") ?? []
      return fields.count > 1 && Int32(fields[1]) == processID
    }
  }

  /// A port that nobody listens on at this moment.
  package static func freePort() throws -> Int {
    let descriptor = makeSocket()
    guard descriptor >= 0 else { throw Failure(description: "no socket could be made") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let state = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        let bound = bind(descriptor, generic, size)
        return bound == 0 ? getsockname(descriptor, generic, &size) : bound
      }
    }
    guard state == 0 else { throw Failure(description: "no port is free") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func makeSocket() -> Int32 {
    #if canImport(Darwin)
      socket(AF_INET, SOCK_STREAM, 0)
    #else
      socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
  }
}

private func rest(milliseconds: Int) async {
  await withCheckedContinuation { continuation in
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
      continuation.resume()
    }
  }
}
