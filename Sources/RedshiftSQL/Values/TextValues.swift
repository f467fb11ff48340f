package import Core

/// Redshift's functions of text that need more than DuckDB has.
package enum TextValues {
  /// The first letter of each word in upper case, the others in lower case. A word is a run of
  /// letters and digits.
  package static func capitalized(_ text: String) -> String {
    var result = ""
    var isInWord = false
    for character in text {
      let isWordPart = character.isLetter || character.isNumber
      result += isInWord ? character.lowercased() : character.uppercased()
      isInWord = isWordPart
    }
    return result
  }

  /// American Soundex: a letter and three digits; empty for a text without letters.
  package static func soundex(_ text: String) -> String {
    let codes: [Character: Character] = [
      "B": "1", "F": "1", "P": "1", "V": "1", "C": "2", "G": "2", "J": "2", "K": "2", "Q": "2",
      "S": "2", "X": "2", "Z": "2", "D": "3", "T": "3", "L": "4", "M": "5", "N": "5", "R": "6",
    ]
    let letters = text.uppercased().filter { $0.isASCII && $0.isLetter }
    guard let first = letters.first else { return "" }
    var result = String(first)
    var last = codes[first]
    for letter in letters.dropFirst() {
      let code = codes[letter]
      if let code, code != last { result.append(code) }
      if letter != "H", letter != "W" { last = code }
      if result.count == 4 { break }
    }
    return result + String(repeating: "0", count: max(0, 4 - result.count))
  }

  /// - Throws: 22023 for a base that is none, 22P02 for what is no number of the base.
  package static func number(_ text: String, base: Int64) throws(SQLError) -> Int64 {
    guard (2...36).contains(base) else {
      throw SQLError("22023", "the base \(base) is not between 2 and 36")
    }
    var body = text.drop(while: \.isWhitespace)
    let isNegative = body.hasPrefix("-")
    if body.hasPrefix("-") || body.hasPrefix("+") { body = body.dropFirst() }
    if base == 16, body.lowercased().hasPrefix("0x") { body = body.dropFirst(2) }
    guard !body.isEmpty else { return 0 }
    guard let value = Int64((isNegative ? "-" : "") + body, radix: Int(base)) else {
      throw SQLError(
        "22P02", "The input \(text) is not valid to be converted to base \(base)")
    }
    return value
  }

  /// As an identifier in SQL: in double quotes if it needs them.
  package static func quotedIdentifier(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && !Keywords.reserved.contains(text)
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0)
      } && !(text.first?.isNumber ?? false)
    return isPlain ? text : Writer.quoted(text)
  }

  /// As a string in SQL, in single quotes.
  package static func quotedLiteral(_ text: String) -> String {
    let doubled = text.split(separator: "\\", omittingEmptySubsequences: false)
      .joined(separator: "\\\\")
    return Writer.literal(doubled)
  }

  /// The first `count` bytes, without a cut letter.
  package static func prefix(_ bytes: UnsafeBufferPointer<UInt8>, count: Int) -> Int {
    guard bytes.count > count else { return bytes.count }
    var end = count
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }
}

/// FNV-1a of 64 bits.
package enum FNV {
  package static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

  package static func hash(
    _ bytes: some Sequence<UInt8>, seed: UInt64 = FNV.seed
  ) -> UInt64 {
    var hash = seed
    for byte in bytes {
      hash ^= UInt64(byte)
      hash = hash &* 0x0000_0100_0000_01B3
    }
    return hash
  }
}
