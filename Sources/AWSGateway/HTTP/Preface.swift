/// Tells HTTP/2 from HTTP/1.1 by a connection's first bytes.
///
/// Source: RFC 9113, section 3.4. No request of HTTP/1.1 begins like this: there is no method
/// `PRI`.
enum Preface {
  case http1
  case http2

  static let http2Bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// - Returns: nil while the bytes do not tell.
  init?(_ bytes: some Sequence<UInt8>) {
    var count = 0
    for (byte, expected) in zip(bytes, Self.http2Bytes) {
      guard byte == expected else {
        self = .http1
        return
      }
      count += 1
    }
    guard count == Self.http2Bytes.count else { return nil }
    self = .http2
  }
}
