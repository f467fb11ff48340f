/// Text in one style.
struct Span: Equatable {
  var text: String
  var style: Style

  init(_ text: String, _ style: Style) {
    self.text = text
    self.style = style
  }
}

/// A frame being drawn, with the theme and the glyphs it is drawn in.
struct Canvas {
  private(set) var frame: Frame
  let theme: Theme
  let glyphs: Glyphs

  init(size: Size, theme: Theme, glyphs: Glyphs) {
    frame = Frame(size: size, style: theme.style(.text))
    self.theme = theme
    self.glyphs = glyphs
  }

  var bounds: Rect { Rect(x: 0, y: 0, width: frame.size.width, height: frame.size.height) }

  mutating func setCursor(x: Int, y: Int) {
    guard x >= 0, y >= 0, x < frame.size.width, y < frame.size.height else { return }
    frame.cursor = (x, y)
  }

  mutating func fill(_ rect: Rect, _ style: Style) {
    for y in rect.y..<(rect.y + rect.height) {
      for x in rect.x..<(rect.x + rect.width) {
        frame.set(Cell(text: " ", style: style), x: x, y: y)
      }
    }
  }

  /// One sign of our own, one column wide.
  mutating func put(glyph: String, x: Int, y: Int, _ style: Style) {
    frame.set(Cell(text: glyph, style: style), x: x, y: y)
  }

  /// Draws spans one behind the other in at most `width` columns; what does not fit ends in an
  /// ellipsis.
  ///
  /// - Returns: the columns used.
  @discardableResult
  mutating func put(_ spans: [Span], x: Int, y: Int, width: Int) -> Int {
    var used = 0
    for (index, span) in spans.enumerated() {
      let (pieces, isCut) = TextCells.pieces(
        of: span.text, limit: width - used, ascii: glyphs.isASCII)
      for piece in pieces {
        frame.set(Cell(text: piece.text, width: piece.width, style: span.style), x: x + used, y: y)
        used += piece.width
      }
      let more = isCut || (used >= width && spans[(index + 1)...].contains { !$0.text.isEmpty })
      if more {
        cut(x: x, y: y, used: used, width: width, span.style)
        return width
      }
    }
    return used
  }

  private mutating func cut(x: Int, y: Int, used: Int, width: Int, _ style: Style) {
    guard width > 0 else { return }
    for column in used..<max(used, width) {
      frame.set(Cell(text: " ", style: style), x: x + column, y: y)
    }
    put(glyph: glyphs.ellipsis, x: x + width - 1, y: y, style)
  }

  @discardableResult
  mutating func put(_ text: String, x: Int, y: Int, width: Int, _ style: Style) -> Int {
    put([Span(text, style)], x: x, y: y, width: width)
  }

  mutating func putRight(_ spans: [Span], x: Int, y: Int, width: Int) {
    let used = min(width, Self.width(of: spans))
    put(spans, x: x + width - used, y: y, width: used)
  }

  mutating func putCentered(_ text: String, in rect: Rect, y: Int, _ style: Style) {
    let used = min(rect.width, TextCells.width(of: text))
    put(text, x: rect.x + (rect.width - used) / 2, y: y, width: used, style)
  }

  static func width(of spans: [Span]) -> Int {
    spans.reduce(0) { $0 + TextCells.width(of: $1.text) }
  }

  /// A box with a title at the left of its upper border and a note at the right of it.
  ///
  /// - Returns: the room inside, with a column of air at either side.
  mutating func box(_ rect: Rect, title: [Span], note: [Span] = [], focused: Bool) -> Rect {
    guard rect.width >= 4, rect.height >= 2 else {
      return Rect(x: rect.x, y: rect.y, width: 0, height: 0)
    }
    let style = theme.style(focused ? .boxFocused : .box)
    drawBorder(rect, style)
    let room = rect.width - 6
    let used = put(title, x: rect.x + 3, y: rect.y, width: room)
    if used > 0 {
      put(glyph: " ", x: rect.x + 2, y: rect.y, style)
      put(glyph: " ", x: rect.x + 3 + used, y: rect.y, style)
    }
    let left = room - used - 4
    if !note.isEmpty && left >= min(Self.width(of: note), 12) {
      let size = min(left, Self.width(of: note))
      let x = rect.x + rect.width - 3 - size
      put(note, x: x, y: rect.y, width: size)
      put(glyph: " ", x: x - 1, y: rect.y, style)
      put(glyph: " ", x: x + size, y: rect.y, style)
    }
    return Rect(
      x: rect.x + 2, y: rect.y + 1, width: rect.width - 4, height: rect.height - 2)
  }

  private mutating func drawBorder(_ rect: Rect, _ style: Style) {
    let box = glyphs.box
    let right = rect.x + rect.width - 1
    let bottom = rect.y + rect.height - 1
    for x in (rect.x + 1)..<right {
      put(glyph: box.horizontal, x: x, y: rect.y, style)
      put(glyph: box.horizontal, x: x, y: bottom, style)
    }
    for y in (rect.y + 1)..<max(rect.y + 1, bottom) {
      put(glyph: box.vertical, x: rect.x, y: y, style)
      put(glyph: box.vertical, x: right, y: y, style)
    }
    put(glyph: box.topLeft, x: rect.x, y: rect.y, style)
    put(glyph: box.topRight, x: right, y: rect.y, style)
    put(glyph: box.bottomLeft, x: rect.x, y: bottom, style)
    put(glyph: box.bottomRight, x: right, y: bottom, style)
  }
}
