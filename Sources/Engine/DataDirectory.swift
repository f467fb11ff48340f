internal import Foundation
internal import Warehouse

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder that holds everything one engine keeps, and the lock that makes it one.
///
/// | path | what |
/// |---|---|
/// | `lock` | held while an engine runs; its text is the process id |
/// | `engine.json` | where the running engine listens (owner-readable only) |
/// | `credentials.json` | user and password of SQL clients (owner-readable only) |
/// | `streams/` | the stream log |
/// | `warehouse/dev.duckdb` | rows, views, positions |
/// | `events/events.sqlite` | event buses, rules, deliveries that wait, dead letters |
/// | `logs/` | log groups that are targets of rules |
/// | `objects/` | buckets: `s3://bucket/key` is `objects/bucket/key` |
package final class DataDirectory: Sendable {
  package let path: String
  private let lockDescriptor: Int32

  package var streams: String { path + "/streams" }
  package var warehouse: String { path + "/warehouse" }
  package var objects: String { path + "/objects" }
  package var events: String { path + "/events" }
  package var logs: String { path + "/logs" }

  /// The directory that a program uses if it is told none: `$XDG_DATA_HOME/weir`.
  package static func standard(environment: [String: String]) -> String {
    if let home = environment["WEIR_DATA"], !home.isEmpty { return home }
    if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/weir" }
    return (environment["HOME"] ?? ".") + "/.local/share/weir"
  }

  /// Makes the directory if it is missing and takes its lock.
  ///
  /// - Throws: `EngineError` that names the process holding it.
  package init(claiming path: String) throws {
    self.path = path
    do {
      for folder in [path, path + "/streams", path + "/warehouse", path + "/events"] {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      }
    } catch {
      throw EngineError("cannot make the data directory \(path): \(systemReason(of: error))")
    }
    let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw EngineError("cannot open \(path)/lock: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      let holder = (try? String(contentsOfFile: path + "/lock", encoding: .utf8)) ?? ""
      let pid = holder.trimmingCharacters(in: .whitespacesAndNewlines)
      throw EngineError(
        "\(path) is in use by process \(pid.isEmpty ? "(unknown)" : pid); "
          + "stop it, or choose another directory with --data")
    }
    lockDescriptor = descriptor
    let pid = "\(getpid())\n"
    _ = ftruncate(descriptor, 0)
    _ = pid.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit { close(lockDescriptor) }

  // MARK: What other processes read

  package static func running(in path: String) -> EngineAddress? {
    guard let data = FileManager.default.contents(atPath: path + "/engine.json"),
      let address = try? JSONDecoder().decode(EngineAddress.self, from: data),
      isHeld(path)
    else { return nil }
    return address
  }

  /// No engine holds the directory.
  package struct NotRunning: Error, CustomStringConvertible {
    package let path: String
    package var description: String {
      "no engine runs over \(path); start one with: weir serve"
    }
  }

  /// - Throws: `NotRunning`
  package static func requireRunning(in path: String) throws(NotRunning) -> EngineAddress {
    guard let address = running(in: path) else { throw NotRunning(path: path) }
    return address
  }

  private static func isHeld(_ path: String) -> Bool {
    let descriptor = open(path + "/lock", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return true }
    flock(descriptor, LOCK_UN)
    return false
  }

  package func publish(_ address: EngineAddress) throws {
    try write(JSONEncoder().encode(address), to: path + "/engine.json")
  }

  package func withdraw() {
    unlink(path + "/engine.json")
  }

  /// The SQL user's password: made at the first start, the same ever after.
  package func password() throws -> String {
    struct Credentials: Codable {
      var user: String
      var password: String
    }
    let file = path + "/credentials.json"
    if let data = FileManager.default.contents(atPath: file) {
      do {
        return try JSONDecoder().decode(Credentials.self, from: data).password
      } catch {
        throw EngineError("\(file) is not readable as credentials; remove it to get new ones")
      }
    }
    let alphabet = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    var random = SystemRandomNumberGenerator()
    let password = String((0..<24).compactMap { _ in alphabet.randomElement(using: &random) })
    let credentials = Credentials(user: EngineAddress.user, password: password)
    try write(JSONEncoder().encode(credentials), to: file)
    return password
  }

  private func write(_ data: Data, to file: String) throws {
    let temporary = file + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw EngineError("cannot write \(file): \(String(cString: strerror(errno)))")
    }
    let written = data.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
    let synced = fsync(descriptor)
    close(descriptor)
    guard written == data.count, synced == 0, rename(temporary, file) == 0 else {
      throw EngineError("cannot write \(file): \(String(cString: strerror(errno)))")
    }
  }
}

/// Where a running engine answers.
package struct EngineAddress: Codable, Sendable, Equatable {
  package static let user = "weir"
  package static let database = "dev"
  /// The application name of a dashboard that asks for snapshots.
  package static let watcher = WarehouseSession.watcher

  package var processID: Int32
  package var awsPort: Int
  package var sqlPort: Int
  package var metricsPort: Int?
  package var password: String

  package var awsURL: String { "http://127.0.0.1:\(awsPort)" }
  package var sqlURL: String {
    "postgresql://\(Self.user):\(password)@127.0.0.1:\(sqlPort)/\(Self.database)"
  }
}

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
