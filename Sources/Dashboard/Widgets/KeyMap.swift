import Telemetry

/// Bars over all hash keys, 0 at the left and 2^128 at the right.
extension Canvas {
  /// The cells that a part of the keys fills; one at least.
  private static func cells(_ part: HashKeys, width: Int) -> Range<Int> {
    guard width > 0, part.start.isFinite, part.end.isFinite else { return 0..<0 }
    let first = min(width - 1, max(0, Units.integer(part.start * Double(width))))
    let end = min(width, max(first + 1, Units.integer(part.end * Double(width))))
    return first..<end
  }

  /// A row with one part of it marked; unknown is an empty row.
  mutating func keys(_ part: HashKeys?, in rect: Rect, _ style: Style) {
    let filled = part.map { Self.cells($0, width: rect.width) } ?? 0..<0
    let empty = theme.style(.box)
    for column in 0..<max(0, rect.width) {
      let isFilled = filled.contains(column)
      put(
        glyph: isFilled ? glyphs.meterFull : glyphs.keyEmpty, x: rect.x + column, y: rect.y,
        isFilled ? style : empty)
    }
  }

  /// A piece of the map: a part of the keys, its name and its colour.
  struct KeyPiece {
    var keys: HashKeys
    var name: String
    var style: Style
  }

  /// All parts beside each other: names above, bars below, borders between.
  mutating func keyMap(_ pieces: [KeyPiece], in rect: Rect) {
    guard rect.width > 0, rect.height >= 2 else { return }
    for piece in pieces {
      let cells = Self.cells(piece.keys, width: rect.width)
      for column in cells {
        let isBorder = column == cells.lowerBound && column > 0 && cells.count > 1
        put(
          glyph: isBorder ? glyphs.separator : glyphs.meterFull, x: rect.x + column, y: rect.y + 1,
          isBorder ? theme.style(.box) : piece.style)
      }
      let width = TextCells.width(of: piece.name)
      guard width < cells.count else { continue }
      let x = rect.x + cells.lowerBound + (cells.count - width) / 2
      put(piece.name, x: x, y: rect.y, width: width, theme.style(.dim))
    }
  }
}
