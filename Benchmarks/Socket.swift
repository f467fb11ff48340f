import Foundation

/// A blocking TCP connection on loopback with a buffer for reading.
final class Socket {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var position = 0

  #if canImport(Glibc)
    private static let noSignal = Int32(MSG_NOSIGNAL)
  #else
    private static let noSignal: Int32 = 0
  #endif
  private static let timeLimit = timeval(tv_sec: 60, tv_usec: 0)

  init(port: Int) throws {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var (one, limit) = (Int32(1), Self.timeLimit)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let state = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard state == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, Self.noSignal)
      }
      guard count > 0 else { throw POSIXError(.EPIPE) }
      done += count
    }
  }

  private func fill() throws {
    if position > 0 {
      buffer.removeFirst(position)
      position = 0
    }
    let start = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: 64 << 10))
    let count = buffer.withUnsafeMutableBytes {
      recv(descriptor, $0.baseAddress.map { $0 + start }, 64 << 10, 0)
    }
    buffer.removeLast((64 << 10) - max(count, 0))
    guard count > 0 else { throw POSIXError(.ECONNRESET) }
  }

  /// The next line, without its end.
  func line() throws -> String {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { position = end + 1 }
        return String(decoding: buffer[position..<max(position, end - 1)], as: UTF8.self)
      }
      searched = buffer.count - position
      try fill()
    }
  }

  /// Steps over bytes.
  func skip(_ count: Int) throws {
    while buffer.count - position < count { try fill() }
    position += count
  }
}

/// The answer to one HTTP request.
enum HTTPAnswer {
  /// - Returns: whether the connection stays open.
  @Sendable @discardableResult static func read(from socket: Socket) throws -> Bool {
    let status = try socket.line()
    var length = 0
    var isChunked = false
    var staysOpen = true
    while true {
      let line = try socket.line().lowercased()
      if line.isEmpty { break }
      if line.hasPrefix("content-length:") {
        length = Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces)) ?? 0
      }
      isChunked = isChunked || line == "transfer-encoding: chunked"
      staysOpen = staysOpen && line != "connection: close"
    }
    try socket.skip(length)
    while isChunked {
      let size = Int(try socket.line(), radix: 16) ?? 0
      try socket.skip(size + 2)
      if size == 0 { break }
    }
    guard status.contains(" 200 ") else { throw BenchmarkError("the answer was: \(status)") }
    return staysOpen
  }
}

/// Answers to commands of Redis: an id each.
enum RedisAnswer {
  static func read(_ count: Int, from socket: Socket) throws -> Bool {
    for _ in 0..<count {
      let line = try socket.line()
      guard line.hasPrefix("$"), let size = Int(line.dropFirst()) else {
        throw BenchmarkError("redis answered: \(line)")
      }
      try socket.skip(size + 2)
    }
    return true
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String

  init(_ text: String) { description = text }
}
