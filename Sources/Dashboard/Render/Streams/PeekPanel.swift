import Core

extension Painter {
  private enum Column { static let sequence = 0, arrivedAt = 1, key = 2, bytes = 3, data = 4 }

  /// The newest records of a shard: a list, and the chosen one in full.
  mutating func paintPeek() {
    guard let peek = model.peek else { return }
    let bounds = canvas.bounds
    let rect = Rect(x: 0, y: 1, width: bounds.width, height: bounds.height - 2)
    canvas.fill(rect, theme.style(.text))
    let note = peekNote(peek)
    let inside = canvas.box(
      rect,
      title: [
        Span(
          "Records of \(Self.shortName(peek.shard)) in \(peek.stream)", theme.style(.title, .bold))
      ], note: note.isEmpty ? [] : [Span(note, theme.style(.dim))], focused: true)
    let rows = peek.run.result?.rowsKept ?? 0
    switch peek.run.state {
    case .failed(let error):
      state(
        [
          Span("The records cannot be read: \(Self.oneLine(error.message))", theme.style(.bad)),
          Span("r tries again.", theme.style(.dim)),
        ], in: inside)
    case .running where rows == 0, .cancelling where rows == 0:
      state([Span("\(spinner) reading\(glyphs.ellipsis)", theme.style(.dim))], in: inside)
    default:
      guard rows > 0, let result = peek.run.result else {
        state(
          [
            Span("The shard holds no records.", theme.style(.text)),
            Span("r reads again.", theme.style(.dim)),
          ], in: inside)
        return
      }
      paintRecords(result, selected: min(peek.selected, rows - 1), in: inside)
    }
  }

  private func peekNote(_ peek: Peek) -> String {
    let rows = peek.run.result?.rowsKept ?? 0
    guard case .finished = peek.run.state, rows > 0 else { return "" }
    let at = peek.run.startedAt.map { " at \(Units.clock($0))" } ?? ""
    // Such as that there are more, which are too large to come along.
    if let notice = peek.run.notices.last { return notice.message }
    return "\(plural(rows, "record")), the newest first, read\(at)"
  }

  private mutating func paintRecords(_ result: ResultSet, selected: Int, in rect: Rect) {
    let listHeight = max(3, min(result.rowsKept + 1, rect.height / 2))
    let visible = listHeight - 1
    let first = max(0, min(selected - visible / 2, result.rowsKept - visible))
    let rows = (0..<min(result.rowsKept, first + visible)).map {
      recordRow(result, $0, isSelected: $0 == selected)
    }
    let columns = [
      TableColumn(title: "Arrived", minimum: 12, maximum: 16),
      TableColumn(title: "Partition key", minimum: 8, maximum: 32),
      TableColumn(title: "Size", alignment: .right, minimum: 6, maximum: 10),
      TableColumn(title: "Data", minimum: 16, maximum: 1000, grows: true),
    ]
    let list = Rect(x: rect.x, y: rect.y, width: rect.width, height: listHeight)
    canvas.draw(Table(columns: columns, rows: rows), in: list, first: first)
    paintRecord(
      result, selected,
      in: Rect(
        x: rect.x, y: rect.y + listHeight, width: rect.width, height: rect.height - listHeight))
  }

  private func recordRow(_ result: ResultSet, _ row: Int, isSelected: Bool) -> [TableCell] {
    func text(_ column: Int) -> String { result.text(row: row, column: column) ?? Units.unknown }
    let style = theme.style(.text)
    // `2026-11-24 18:46:48.123456`: the day is seldom in question.
    let time = text(Column.arrivedAt).split(separator: " ").last.map { String($0.prefix(12)) }
    return [
      .text([
        Span(isSelected ? glyphs.chosen + " " : "  ", theme.style(.key)),
        Span(
          time ?? "",
          isSelected ? theme.style(.selectedText, on: .selectedBackground, .bold) : style),
      ]),
      .text([Span(text(Column.key), theme.style(.accent))]),
      .text([Span(Units.bytes(Int(text(Column.bytes))), style)]),
      .text([Span(String(text(Column.data).prefix(400)), style)]),
    ]
  }

  /// One record: where it stands, and its data over as many lines as there are.
  private mutating func paintRecord(_ result: ResultSet, _ row: Int, in rect: Rect) {
    guard rect.height > 2 else { return }
    func text(_ column: Int) -> String { result.text(row: row, column: column) ?? Units.unknown }
    for column in 0..<rect.width {
      canvas.put(glyph: glyphs.rule, x: rect.x + column, y: rect.y, theme.style(.box))
    }
    let head = [
      Span("sequence ", theme.style(.dim)), Span(text(Column.sequence), theme.style(.text)),
      Span("  arrived ", theme.style(.dim)),
      Span(text(Column.arrivedAt) + " UTC", theme.style(.text)),
    ]
    canvas.put(head, x: rect.x, y: rect.y + 1, width: rect.width)
    var rest = text(Column.data).unicodeScalars[...]
    for line in 2..<rect.height where !rest.isEmpty {
      let (piece, isLast) = Self.piece(&rest, width: rect.width)
      canvas.put(piece, x: rect.x, y: rect.y + line, width: rect.width, theme.style(.text))
      if isLast { break }
      if line == rect.height - 1, !rest.isEmpty {
        canvas.put(
          glyph: glyphs.ellipsis, x: rect.x + rect.width - 1, y: rect.y + line, theme.style(.dim))
      }
    }
  }

  /// Takes what fits into a line; a line feed ends one, and is shown as it is.
  private static func piece(
    _ rest: inout Substring.UnicodeScalarView, width: Int
  ) -> (String, isLast: Bool) {
    var piece = String.UnicodeScalarView()
    var used = 0
    while let scalar = rest.first {
      let size = TextCells.width(of: String(Character(scalar)))
      guard used + size <= width else { break }
      piece.append(scalar)
      used += size
      rest.removeFirst()
      if scalar == "\n" { break }
    }
    // What is wider than the line would stay forever.
    if piece.isEmpty { rest.removeAll() }
    return (String(piece), rest.isEmpty)
  }
}
