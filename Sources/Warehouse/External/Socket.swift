internal import Core

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A TCP socket that does not block, closed with the value that owns it.
final class Socket: Sendable {
  let descriptor: Int32

  init(adopting descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    #if canImport(Darwin)
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }

  deinit { close(descriptor) }

  /// Wakes whoever polls the socket; both directions are over.
  func shutDown() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

  enum Outcome: Equatable {
    case bytes(Int)
    case wouldBlock
    case ended(Int32)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    return count == 0 ? .ended(0) : outcome(count)
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    return outcome(send(descriptor, bytes.baseAddress, bytes.count, flags))
  }

  private func outcome(_ count: Int) -> Outcome {
    if count >= 0 { return .bytes(count) }
    let code = errno
    return code == EAGAIN || code == EWOULDBLOCK || code == EINTR ? .wouldBlock : .ended(code)
  }

  /// Blocks until the socket can be read (or written), or the time is over.
  func wait(toWrite: Bool = false, until deadline: ContinuousClock.Instant) -> Bool {
    while true {
      var poll = pollfd(
        fd: descriptor, events: Int16(toWrite ? POLLOUT : POLLIN), revents: 0)
      let found = pollOnce(&poll, 1, Self.milliseconds(until: deadline))
      if found > 0 { return true }
      if found == 0 { return false }
      if errno != EINTR { return true }
    }
  }

  /// Rounded up, so that the time is over when poll returns.
  static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
    let left = deadline - .now
    return Int32(clamping: max(0, left.inMicroseconds / 1_000 + 1))
  }
}

/// `poll`, under a name that no member shadows.
func pollOnce(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: Int, _ time: Int32) -> Int32 {
  poll(descriptors, nfds_t(count), time)
}

extension Socket {
  /// Connects within the time that there is.
  ///
  /// - Returns: the socket, or why there is none.
  static func connect(
    host: String, port: Int, until deadline: ContinuousClock.Instant
  ) -> Swift.Result<Socket, ConnectFailure> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    let state = getaddrinfo(host, String(port), &hints, &found)
    guard state == 0 else {
      return .failure(ConnectFailure(reason: String(cString: gai_strerror(state))))
    }
    defer { freeaddrinfo(found) }
    var failure = ConnectFailure(reason: "the name has no address")
    var next = found
    while let address = next?.pointee {
      switch connect(address, until: deadline) {
      case .success(let socket): return .success(socket)
      case .failure(let error): failure = error
      }
      next = address.ai_next
    }
    return .failure(failure)
  }

  struct ConnectFailure: Error, Equatable {
    var reason: String
    var isTimeout = false
  }

  private static func connect(
    _ address: addrinfo, until deadline: ContinuousClock.Instant
  ) -> Swift.Result<Socket, ConnectFailure> {
    let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
    guard descriptor >= 0 else { return .failure(ConnectFailure(reason: reason(errno))) }
    let made = Socket(adopting: descriptor)
    #if canImport(Glibc)
      let state = Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen)
    #else
      let state = Darwin.connect(descriptor, address.ai_addr, address.ai_addrlen)
    #endif
    if state == 0 { return .success(made) }
    guard errno == EINPROGRESS else { return .failure(ConnectFailure(reason: reason(errno))) }
    guard made.wait(toWrite: true, until: deadline) else {
      return .failure(ConnectFailure(reason: "no answer", isTimeout: true))
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return code == 0 ? .success(made) : .failure(ConnectFailure(reason: reason(code)))
  }

  static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

  /// Listens on a free port of loopback.
  static func listen() throws(SQLError) -> (socket: Socket, port: Int) {
    func failed(_ what: String) -> SQLError {
      SQLError("58000", "cannot \(what) a port on loopback: \(reason(errno))")
    }
    #if canImport(Darwin)
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    guard descriptor >= 0 else { throw failed("open") }
    let made = Socket(adopting: descriptor)
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
    #if canImport(Glibc)
      let isListening = state == 0 && Glibc.listen(descriptor, 64) == 0
    #else
      let isListening = state == 0 && Darwin.listen(descriptor, 64) == 0
    #endif
    guard isListening else { throw failed("listen on") }
    return (made, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// The next connection; nil when the socket was shut down.
  func accept() -> Socket? {
    while true {
      #if canImport(Glibc)
        let descriptor = Glibc.accept(descriptor, nil, nil)
      #else
        let descriptor = Darwin.accept(descriptor, nil, nil)
      #endif
      if descriptor >= 0 { return Socket(adopting: descriptor) }
      switch errno {
      case EAGAIN, EWOULDBLOCK:
        _ = wait(until: .now + .seconds(3_600))
      case EINTR, ECONNABORTED: continue
      // Files are free again some time.
      case EMFILE, ENFILE, ENOMEM: usleep(100_000)
      default: return nil
      }
    }
  }
}
