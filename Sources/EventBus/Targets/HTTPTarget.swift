internal import Core
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An HTTP endpoint on this machine: `http://127.0.0.1:PORT/PATH` as a target's ARN, or an API
/// destination whose endpoint is such an address. Nothing else is ever contacted.
///
/// As on EventBridge 429 and 5xx are tried again and other statuses that are no success are not.
package final class HTTPTarget: EventTarget {
  private let broker: EventBroker
  private let queue = DispatchQueue(label: "weir.events.http", attributes: .concurrent)

  /// EventBridge gives API destinations five seconds.
  private static let seconds = 5

  package init(_ broker: EventBroker) {
    self.broker = broker
  }

  package func timeout(of target: TargetDefinition) -> Double { Double(Self.seconds) + 5 }

  package func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    var request = HTTPRequest(body: delivery.input)
    try await request.aim(at: delivery.target, broker)
    let ready = request
    let status = await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: ready.send(seconds: Self.seconds)) }
    }
    switch status {
    case .success(200..<300): return
    case .success(429):
      throw DeliveryError(.throttling, "the endpoint answered 429")
    case .success(let status):
      throw DeliveryError(
        .errorFromTarget, "the endpoint answered \(status)", isRetryable: status >= 500)
    case .failure(let error): throw error
    }
  }
}

/// One request, and the status that answers it.
private struct HTTPRequest: Sendable {
  var method = "POST"
  var host = ""
  var port: UInt16 = 80
  var path = "/"
  var headers: [(name: String, value: String)] = [("Content-Type", "application/json")]
  var body: [UInt8]

  init(body: [UInt8]) {
    self.body = body
  }

  /// Takes address, method and headers from the target, and from the API destination and its
  /// connection if it is one.
  mutating func aim(
    at target: TargetDefinition, _ broker: EventBroker
  ) async throws(DeliveryError) {
    var address = target.arn
    if target.arn.hasPrefix("arn:") {
      let name = target.arn.split(separator: "/").dropFirst().first.map(String.init) ?? ""
      let destination = await broker.resourceIfAny(.apiDestination, name)
      guard let destination, let endpoint = destination["InvocationEndpoint"]?.text else {
        throw DeliveryError(
          .noResource, "there is no API destination \(name)", isRetryable: false)
      }
      address = endpoint
      method = destination["HttpMethod"]?.text ?? method
      let connection = destination["ConnectionArn"]?.text?.split(separator: "/").dropFirst().first
      if let connection {
        authorize(by: await broker.resourceIfAny(.connection, String(connection)))
      }
    }
    for value in target.json["HttpParameters"]?["PathParameterValues"]?.elements ?? [] {
      guard let text = value.text, let star = address.firstIndex(of: "*") else { break }
      address.replaceSubrange(star...star, with: text)
    }
    try read(address)
    let parameters = target.json["HttpParameters"]
    for (name, value) in parameters?["HeaderParameters"]?.members?.members ?? [] {
      headers.append((name, value.text ?? ""))
    }
    for (name, value) in parameters?["QueryStringParameters"]?.members?.members ?? [] {
      path +=
        (path.contains("?") ? "&" : "?") + name.urlEncoded + "="
        + (value.text ?? "").urlEncoded
    }
  }

  private mutating func authorize(by connection: JSONObject?) {
    let parameters = connection?["AuthParameters"]
    if let key = parameters?["ApiKeyAuthParameters"], let name = key["ApiKeyName"]?.text {
      headers.append((name, key["ApiKeyValue"]?.text ?? ""))
    } else if let basic = parameters?["BasicAuthParameters"] {
      let text = (basic["Username"]?.text ?? "") + ":" + (basic["Password"]?.text ?? "")
      headers.append(("Authorization", "Basic " + text.base64))
    }
    for entry in parameters?["InvocationHttpParameters"]?["HeaderParameters"]?.elements ?? [] {
      if let name = entry["Key"]?.text { headers.append((name, entry["Value"]?.text ?? "")) }
    }
  }

  private mutating func read(_ address: String) throws(DeliveryError) {
    guard address.hasPrefix("http://") else {
      throw DeliveryError(
        .invalidParameter, "\(address) is no http:// address", isRetryable: false)
    }
    let rest = address.dropFirst(7)
    let place = rest.prefix { $0 != "/" && $0 != "?" }
    path = String(rest.dropFirst(place.count))
    if !path.hasPrefix("/") { path = "/" + path }
    let parts = place.split(separator: ":")
    host = parts.first.map { $0 == "localhost" ? "127.0.0.1" : String($0) } ?? ""
    guard parts.count <= 2, host.hasPrefix("127."), let ip = IPAddress(Array(host.utf8)),
      !ip.isVersion6, let port = parts.count == 2 ? UInt16(parts[1]) : 80, port > 0
    else {
      throw DeliveryError(
        .invalidParameter, "\(place) is not on this machine: only 127.0.0.1 is contacted",
        isRetryable: false)
    }
    self.port = port
  }

  // MARK: Sending

  private var bytes: [UInt8] {
    var head = "\(method) \(path.lineSafe) HTTP/1.1\r\nHost: \(host):\(port)\r\n"
    for (name, value) in headers { head += "\(name.lineSafe): \(value.lineSafe)\r\n" }
    head += "User-Agent: Amazon/EventBridge/ApiDestinations\r\n"
    head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    return Array(head.utf8) + body
  }

  /// Blocking. The status of the answer.
  func send(seconds: Int) -> Result<Int, DeliveryError> {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return failure("no socket") }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { return failure("no connection to \(host):\(port)") }
    let bytes = bytes
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Self.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer[sent...]))
      }
      // Whoever answers before it has read all may have closed by now.
      guard count > 0 else { break }
      sent += count
    }
    return receive(descriptor, seconds)
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    #else
      Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
    #endif
  }

  private func receive(_ descriptor: Int32, _ seconds: Int) -> Result<Int, DeliveryError> {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 256 {
      let count = recv(descriptor, &byte, 1, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN || errno == EWOULDBLOCK {
        return .failure(DeliveryError(.timeout, "no answer within \(seconds) seconds"))
      }
      guard count == 1, byte != 0x0A else { break }
      line.append(byte)
    }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1"),
      let status = Int(words[1].filter { !$0.isWhitespace })
    else { return .failure(DeliveryError(.connectionFailure, "the endpoint hung up")) }
    return .success(status)
  }

  private func failure(_ what: String) -> Result<Int, DeliveryError> {
    .failure(DeliveryError(.connectionFailure, "\(what): \(String(cString: strerror(errno)))"))
  }
}

extension EventBroker {
  fileprivate func resourceIfAny(_ kind: ResourceKind, _ name: String) async -> JSONObject? {
    try? await resource(kind, name)
  }
}

extension String {
  /// Nothing that would end a header's line.
  fileprivate var lineSafe: String { filter { !$0.isNewline && $0 != "\0" } }

  fileprivate var urlEncoded: String {
    utf8.map { byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
      if isPlain { return String(UnicodeScalar(byte)) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  fileprivate var base64: String {
    let alphabet = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    let bytes = Array(utf8)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for place in 0..<3 {
        bits = bits << 8 | (place < group.count ? UInt32(group[start + place]) : 0)
      }
      for place in 0..<4 {
        result.append(
          place <= group.count
            ? alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
