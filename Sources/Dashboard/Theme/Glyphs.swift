/// What signs the dashboard draws with. All three say the same.
package enum Glyphs: String, Sendable, CaseIterable {
  /// Two samples and four levels in a cell.
  case braille
  /// Eight levels in a cell; for fonts without braille.
  case block
  /// Where the terminal or its locale knows nothing but ASCII.
  case ascii

  package var next: Glyphs {
    switch self {
    case .braille: .block
    case .block: .ascii
    case .ascii: .braille
    }
  }

  var isASCII: Bool { self == .ascii }
  var ellipsis: String { isASCII ? "~" : "…" }
  var box: BoxGlyphs { isASCII ? .ascii : .round }
  var dot: String { isASCII ? "*" : "●" }
  var up: String { isASCII ? "^" : "↑" }
  var down: String { isASCII ? "v" : "↓" }
  var steady: String { isASCII ? "=" : "→" }
  /// Before the row that is chosen.
  var chosen: String { isASCII ? ">" : "▸" }
  var meterFull: String { isASCII ? "#" : "■" }
  var meterEmpty: String { isASCII ? "." : "■" }
  /// Where on the bar of all hash keys a shard has none: told apart without colour, too.
  var keyEmpty: String { isASCII ? "." : "·" }
  var separator: String { isASCII ? "|" : "│" }
  var rule: String { isASCII ? "-" : "─" }
  var samplesPerCell: Int { self == .braille ? 2 : 1 }
  var levelsPerCell: Int {
    switch self {
    case .braille: 4
    case .block: 8
    case .ascii: 2
    }
  }
  var spinner: [String] {
    isASCII ? ["|", "/", "-", "\\"] : ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"]
  }

  /// A cell of an area graph; `left` and `right` are filled levels, 0 to `levelsPerCell`.
  /// Only braille has two halves.
  func area(left: Int, right: Int) -> String {
    switch self {
    case .braille: Self.braille(left: left, right: right)
    case .block: Self.pick(Self.blocks, left)
    case .ascii: Self.pick(Self.lines, left)
    }
  }

  private static let blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let lines = [" ", ".", "#"]

  private static func pick(_ table: [String], _ level: Int) -> String {
    table[max(0, min(level, table.count - 1))]
  }

  private static func braille(left: Int, right: Int) -> String {
    // Dots from the bottom up, per half.
    let leftDots: [UInt32] = [0, 0x40, 0x44, 0x46, 0x47]
    let rightDots: [UInt32] = [0, 0x80, 0xA0, 0xB0, 0xB8]
    let bits = leftDots[max(0, min(left, 4))] | rightDots[max(0, min(right, 4))]
    guard bits != 0, let scalar = Unicode.Scalar(0x2800 + bits) else { return " " }
    return String(Character(scalar))
  }
}

struct BoxGlyphs {
  var topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical: String

  static let round = BoxGlyphs(
    topLeft: "╭", topRight: "╮", bottomLeft: "╰", bottomRight: "╯", horizontal: "─",
    vertical: "│")
  static let ascii = BoxGlyphs(
    topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", horizontal: "-",
    vertical: "|")
}
