extension Painter {
  mutating func paintEditor(_ rect: Rect) {
    let editor = model.editor
    let place = "line \(Units.count(editor.row + 1)), column \(Units.count(editor.column + 1))"
    let inside = box(.editor, rect, note: [Span(place, theme.style(.dim))])
    guard inside.width > 6, inside.height > 0 else { return }
    let digits = max(2, String(editor.lines.count).count)
    let room = inside.width - digits - 1
    let top = max(0, min(editor.row - inside.height / 2, editor.lines.count - inside.height))
    let before = Self.width(of: editor.lines[editor.row].prefix(editor.column))
    let shift = max(0, before - room + 2)
    var highlighter = SQLHighlighter()
    // Colours need all lines from the first on; of a huge text they are not worth the wait.
    let isColored = editor.lines.count <= 2000
    if isColored { for line in editor.lines.prefix(top) { _ = highlighter.kinds(of: line) } }
    for (index, line) in editor.lines.dropFirst(top).prefix(inside.height).enumerated() {
      let y = inside.y + index
      let number = [Span("\(top + index + 1)", theme.style(.dim))]
      canvas.putRight(number, x: inside.x, y: y, width: digits)
      let kinds = isColored && line.count < 5000 ? highlighter.kinds(of: line) : []
      put(line, kinds, shift: shift, x: inside.x + digits + 1, y: y, width: room)
    }
    if editor.isBlank && editor.lines.count == 1 && editor.lines[0].isEmpty {
      canvas.put(
        "Type SQL; F5 or Ctrl-J runs it.", x: inside.x + digits + 2, y: inside.y,
        width: max(0, room - 1), theme.style(.dim))
    }
    if model.focus == .editor && model.overlay == nil {
      let x = inside.x + digits + 1 + before - shift
      canvas.setCursor(x: x, y: inside.y + editor.row - top)
    }
  }

  private static func width(of characters: ArraySlice<Character>) -> Int {
    characters.reduce(0) { $0 + TextCells.width(of: $1) }
  }

  mutating func put(
    _ line: [Character], _ kinds: [SQLHighlighter.Kind], shift: Int, x: Int, y: Int, width: Int
  ) {
    var column = -shift
    for (index, character) in line.enumerated() {
      let size = TextCells.width(of: character)
      defer { column += size }
      guard column >= 0 else { continue }
      guard column + size <= width else { break }
      let style = style(of: index < kinds.count ? kinds[index] : .plain)
      canvas.put(String(character), x: x + column, y: y, width: size, style)
    }
  }

  private func style(of kind: SQLHighlighter.Kind) -> Style {
    switch kind {
    case .plain: theme.style(.text)
    case .keyword: theme.style(.sqlKeyword, .bold)
    case .string: theme.style(.sqlString)
    case .number: theme.style(.sqlNumber)
    case .comment: theme.style(.sqlComment)
    }
  }
}
