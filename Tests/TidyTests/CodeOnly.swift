/// Blanks out what is not code in a Swift file, so that a word in a comment or a text is not
/// taken for a call. What is interpolated into a text is blanked with it.
struct CodeOnly {
  private let input: [UInt8]
  private var output: [UInt8]
  private var place = 0

  static func of(_ text: String) -> String {
    var scanner = CodeOnly(text)
    scanner.code(until: nil)
    return String(decoding: scanner.output, as: UTF8.self)
  }

  private init(_ text: String) {
    input = Array(text.utf8)
    output = input
  }

  private func starts(_ word: String) -> Bool { input[place...].starts(with: word.utf8) }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where place < input.count {
      if input[place] != UInt8(ascii: "\n") { output[place] = UInt8(ascii: " ") }
      place += 1
    }
  }

  /// Passes over code, up to the closing parenthesis of an interpolation or the end.
  private mutating func code(until end: UInt8?) {
    var depth = 0
    while place < input.count {
      if starts("//") {
        while place < input.count && input[place] != UInt8(ascii: "\n") { blank() }
      } else if starts("/*") {
        comment()
      } else if let hashes = hashesBeforeQuote() {
        literal(hashes)
      } else {
        if end != nil {
          if input[place] == UInt8(ascii: "(") { depth += 1 }
          if input[place] == UInt8(ascii: ")") {
            if depth == 0 { return blank() }
            depth -= 1
          }
          blank()
        } else {
          place += 1
        }
      }
    }
  }

  private mutating func comment() {
    var depth = 0
    while place < input.count {
      if starts("/*") {
        depth += 1
        blank(2)
      } else if starts("*/") {
        depth -= 1
        blank(2)
        if depth == 0 { return }
      } else {
        blank()
      }
    }
  }

  /// The number of `#` before a quote that opens a literal here; nil where none opens.
  private func hashesBeforeQuote() -> Int? {
    let hashes = input[place...].prefix { $0 == UInt8(ascii: "#") }.count
    let quote = place + hashes
    return quote < input.count && input[quote] == UInt8(ascii: "\"") ? hashes : nil
  }

  private mutating func literal(_ hashes: Int) {
    blank(hashes)
    let marks = String(repeating: "#", count: hashes)
    let quote = starts("\"\"\"") ? "\"\"\"" : "\""
    let close = quote + marks
    blank(quote.utf8.count)
    while place < input.count {
      if starts(close) {
        return blank(close.utf8.count)
      } else if starts("\\" + marks + "(") {
        blank(hashes + 2)
        code(until: UInt8(ascii: ")"))
      } else if starts("\\" + marks) {
        blank(hashes + 2)
      } else if quote == "\"" && input[place] == UInt8(ascii: "\n") {
        // Not Swift; go on with the next line instead of blanking the rest of the file.
        return
      } else {
        blank()
      }
    }
  }
}
