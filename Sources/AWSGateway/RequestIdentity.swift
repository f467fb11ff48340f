/// The two names that AWS gives a request, for its own support.
enum RequestIdentity {
  /// A random UUID (version 4), in lower case.
  static func requestID() -> String {
    let high = UInt64.random(in: 0...UInt64.max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = UInt64.random(in: 0...UInt64.max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = hexadecimal(high) + hexadecimal(low)
    var parts: [Substring] = []
    var rest = digits[...]
    for count in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return parts.joined(separator: "-")
  }

  /// 96 characters of base64.
  static func extendedID() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var characters: [UInt8] = []
    for _ in 0..<10 {
      var bits = UInt64.random(in: 0...UInt64.max)
      for _ in 0..<10 {
        characters.append(alphabet[Int(bits & 63)])
        bits >>= 6
      }
    }
    return String(decoding: characters.prefix(96), as: UTF8.self)
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
