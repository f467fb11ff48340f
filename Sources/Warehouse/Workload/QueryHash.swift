/// Tells queries of the same text, or of the same text but for literals, from others.
enum QueryHash {
  /// FNV-1a, 64 bits, as hexadecimal digits.
  static func of(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// As above, with every string and number taken for the same.
  static func withoutLiterals(_ text: String) -> String {
    var kept: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "'") {
        // A doubled quote begins another literal at once, which makes no difference here.
        rest = rest.drop { $0 != UInt8(ascii: "'") }.dropFirst()
        if rest.first != UInt8(ascii: "'") { kept.append(UInt8(ascii: "?")) }
      } else if isDigit(byte), kept.last.map(isWordPart) != true {
        rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: ".") }
        kept.append(UInt8(ascii: "?"))
      } else {
        kept.append(byte)
      }
    }
    return of(String(decoding: kept, as: UTF8.self))
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isWordPart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || isDigit(byte) || byte >= 0x80
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
