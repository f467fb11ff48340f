import Foundation
import TestSupport

/// A server that is measured, running in a process of its own.
struct Peer {
  let port: Int
  let isHTTP: Bool
  fileprivate let process: ChildProcess

  func end() async {
    process.signal(SIGKILL)
    _ = await process.wait()
  }
}

enum Peers {
  /// The `weir` that was built beside this program.
  static func weir(directory: String) async throws -> Peer {
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("weir").path
    let port = try freePort()
    return try await start(
      program,
      [
        "serve", "--data", directory, "--aws-port", "\(port)", "--sql-port", "0",
        "--metrics-port", "0",
      ], port: port, isHTTP: true)
  }

  /// nil if it is not installed.
  static func redis(directory: String, fsync: String) async throws -> Peer? {
    guard let program = find("redis-server") else { return nil }
    try? FileManager.default.removeItem(atPath: directory)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let port = try freePort()
    return try await start(
      program,
      [
        "--bind", "127.0.0.1", "--port", "\(port)", "--dir", directory, "--save", "",
        "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0",
      ], port: port, isHTTP: false)
  }

  /// nil if it is not installed.
  static func moto() async throws -> Peer? {
    guard let program = find("moto_server") else { return nil }
    let port = try freePort()
    return try await start(
      program, ["-H", "127.0.0.1", "-p", "\(port)"], port: port, isHTTP: true)
  }

  private static func find(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return ([".deps/python/bin"] + path.split(separator: ":").map(String.init))
      .map { $0 + "/" + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func start(
    _ program: String, _ arguments: [String], port: Int, isHTTP: Bool
  ) async throws -> Peer {
    let process = try ChildProcess(program, arguments)
    let peer = Peer(port: port, isHTTP: isHTTP, process: process)
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      if (try? Socket(port: port)) != nil { return peer }
      try await Task.sleep(for: .milliseconds(50))
    }
    await peer.end()
    throw BenchmarkError("\(program) did not accept on port \(port) within 30 s")
  }

  /// One that nobody listens on right now.
  private static func freePort() throws -> Int {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let state = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
      }
    }
    guard state == 0 else { throw BenchmarkError("no port is free") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
