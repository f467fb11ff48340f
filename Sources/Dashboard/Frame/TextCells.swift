/// Text cut into what stands in cells.
///
/// Nothing of the text is trusted: control characters and the marks that turn the direction of
/// writing become visible signs, so that data can neither move the cursor nor hide itself.
struct TextPiece: Equatable {
  /// A scalar with the marks that combine with it.
  var text: String
  /// 1 or 2 columns.
  var width: Int
}

enum TextCells {
  /// More marks on one scalar than a terminal's cell takes are left out.
  private static let marksMax = 4

  /// The first `limit` columns of `text`, and whether there is more.
  static func pieces(
    of text: String, limit: Int, ascii: Bool = false
  ) -> (pieces: [TextPiece], isCut: Bool) {
    var pieces: [TextPiece] = []
    var used = 0
    var marks = 0
    for scalar in text.unicodeScalars {
      switch width(of: scalar) {
      case .zero:
        guard marks < marksMax, !ascii, !pieces.isEmpty else { continue }
        pieces[pieces.count - 1].text.unicodeScalars.append(scalar)
        marks += 1
      case .dropped:
        continue
      case .columns(let width):
        guard used + width <= limit else { return (pieces, true) }
        append(scalar, width: width, ascii: ascii, to: &pieces)
        used += width
        marks = 0
      case .control:
        guard used + 1 <= limit else { return (pieces, true) }
        pieces.append(TextPiece(text: mark(for: scalar, ascii: ascii), width: 1))
        used += 1
        marks = marksMax
      }
    }
    return (pieces, false)
  }

  /// How many columns `text` takes, counted up to `limit`.
  static func width(of text: String, limit: Int = 4096) -> Int {
    var used = 0
    for scalar in text.unicodeScalars {
      switch width(of: scalar) {
      case .columns(let width): used += width
      case .control: used += 1
      case .zero, .dropped: continue
      }
      if used >= limit { return limit }
    }
    return used
  }

  static func width(of character: Character) -> Int {
    width(of: String(character))
  }

  /// The text in lines of at most `width` columns, broken between words where that is possible.
  static func wrap(_ text: String, width: Int) -> [String] {
    guard width > 0 else { return [] }
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      let joined = line.isEmpty ? String(word) : line + " " + word
      if Self.width(of: joined) <= width {
        line = joined
        continue
      }
      if !line.isEmpty { lines.append(line) }
      line = String(word)
      while Self.width(of: line) > width {
        let head = String(pieces(of: line, limit: width).pieces.map(\.text).joined())
        guard !head.isEmpty, head.unicodeScalars.count < line.unicodeScalars.count else { break }
        lines.append(head)
        line = String(line.unicodeScalars.dropFirst(head.unicodeScalars.count))
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }

  private enum Width {
    case columns(Int)
    case zero
    case dropped
    case control
  }

  private static func width(of scalar: Unicode.Scalar) -> Width {
    let value = scalar.value
    switch value {
    case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300: return .columns(1)
    case 0..<0x20, 0x7F..<0xA0: return .control
    // Joiners and variation selectors: terminals disagree on what they do to widths.
    case 0xAD, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF, 0xE0100...0xE01EF:
      return .dropped
    case 0x200E...0x200F, 0x061C, 0x2028...0x202E, 0x2066...0x206F, 0xFFF9...0xFFFB,
      0xE0000...0xE007F, 0xE000...0xF8FF, 0xFFFE...0xFFFF, 0xF0000...0x10FFFF:
      return .control
    default: break
    }
    if WidthTable.contains(WidthTable.zero, value) { return .zero }
    return .columns(WidthTable.contains(WidthTable.wide, value) ? 2 : 1)
  }

  private static func append(
    _ scalar: Unicode.Scalar, width: Int, ascii: Bool, to pieces: inout [TextPiece]
  ) {
    guard ascii && !scalar.isASCII else {
      pieces.append(TextPiece(text: String(Character(scalar)), width: width))
      return
    }
    for _ in 0..<width { pieces.append(TextPiece(text: asciiText(for: scalar), width: 1)) }
  }

  /// What our own signs look like where only ASCII can be shown; data becomes a question mark.
  private static func asciiText(for scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "–", "—", "─": "-"
    case "·": "-"
    case "…": "~"
    case "×": "x"
    case "↑": "^"
    case "↓": "v"
    case "→": ">"
    case "●", "◆": "*"
    case "µ": "u"
    case "│": "|"
    default: "?"
    }
  }

  /// The visible sign for a control character: U+240A for a line feed and so on.
  private static func mark(for scalar: Unicode.Scalar, ascii: Bool) -> String {
    if ascii { return "?" }
    if scalar.value == 0x7F { return "\u{2421}" }
    guard scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) else {
      return "\u{FFFD}"
    }
    return String(Character(picture))
  }
}
