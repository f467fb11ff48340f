internal import Core

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The ports of an engine, as a person knows them.
enum EnginePort: String, CaseIterable {
  case aws, sql, metrics

  var option: String { "--\(rawValue)-port" }

  /// What is said of a port that cannot be had.
  func error(_ port: Int, code: Int32) -> EngineError {
    let reason =
      switch code {
      case EADDRINUSE: "is in use; stop what listens there"
      case EACCES: "needs the rights of root"
      default: "cannot be used (\(systemReason(code: code)))"
      }
    return EngineError(
      "port \(port) (\(option)) \(reason), or choose another: weir serve \(option) N, "
        + "WEIR_\(rawValue.uppercased())_PORT=N or \(rawValue)_port in weir.yaml; "
        + "0 picks a free one")
  }
}

extension EngineConfiguration {
  func port(_ port: EnginePort) -> Int? {
    switch port {
    case .aws: awsPort
    case .sql: sqlPort
    case .metrics: metricsPort
    }
  }

  /// Looks whether the ports can be had before anything is opened. Between this and the engine's
  /// own use of them others may come; that fails with the same error.
  ///
  /// - Throws: `EngineError` that names the port and its option.
  func checkPorts() throws(EngineError) {
    var taken: [Int: EnginePort] = [:]
    for use in EnginePort.allCases {
      guard let port = port(use), port != 0 else { continue }
      if let other = taken[port] {
        throw EngineError(
          "\(other.option) and \(use.option) are both \(port); give each a port of its own "
            + "(0 picks a free one)")
      }
      taken[port] = use
      let code = Self.refusal(of: port)
      if code != 0 { throw use.error(port, code: code) }
    }
  }

  /// - Returns: the `errno` value with which the system refuses the port on loopback, or 0.
  static func refusal(of port: Int) -> Int32 {
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    let descriptor = socket(AF_INET, stream, 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    // As the servers set it: else a port of an engine that has just ended counts as taken.
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return bound == 0 ? 0 : errno
  }
}
